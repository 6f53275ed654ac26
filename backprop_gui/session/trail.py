"""The way training came, so that it can be gone back step by step."""

from backprop_gui.engine.network import Parameters
from backprop_gui.engine.trainer import Progress
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained

MOST_REPEATED = 300_000
"""Going back repeats training from the last checkpoint; further than this many steps takes too long."""
MOST_NUMBERS = 20_000_000
KEPT_ON_THE_WAY = 100


class Trail:
    """States of one run by step. Training is deterministic, so any state between two of them can be made again."""

    def __init__(self, session: Session) -> None:
        self._states: dict[int, tuple[Parameters, Progress]] = {}
        self._last = session
        self.note(session)

    def note(self, session: Session) -> None:
        """Take in the document's newest state; what an edit made untrue is forgotten."""
        last, step = self._last, session.progress.step
        known = self._states.get(step)
        moved_on = step > last.progress.step
        if not session.same_run(last) or (not moved_on and (known is None or known[0] != session.parameters)):
            self._states.clear()
        self._last = session
        self._states = {at: state for at, state in self._states.items() if at <= step}
        self._remember(session.parameters, session.progress)

    def before(self, session: Session, step: int) -> Session | None:
        """Return the session as it was after ``step`` updates, bit for bit, or None where the way is not known."""
        at = max((known for known in self._states if known <= step), default=None)
        if at is None or step - at > MOST_REPEATED:
            return None
        parameters, progress = self._states[at]
        trainer = trained(session, parameters, progress).trainer()
        trainer.run(max(0, step - at - KEPT_ON_THE_WAY))
        while trainer.step < step:
            self._remember(trainer.parameters(), trainer.progress())
            trainer.run(1)
        if trainer.step != at:
            parameters, progress = trainer.parameters(), trainer.progress()
            self._remember(parameters, progress)
        return trained(session, parameters, progress)

    def _remember(self, parameters: Parameters, progress: Progress) -> None:
        self._states[progress.step] = parameters, progress
        most = max(20, MOST_NUMBERS // parameters.flat().size)
        while len(self._states) > most:  # thin out the middle: the beginning and the newest stay
            steps = sorted(self._states)
            for step in steps[1 : len(steps) // 2 : 2]:
                del self._states[step]

"""The runs of one window, and the tree they make.

A session says which run it stands in; its step says where. Undo, redo and looking back need nothing more: they bring
another session, and with it its run and its curve. Nothing that was trained is overwritten: who goes back and goes on
otherwise begins a branch; who goes on in the same way walks the same run again, bit for bit.
"""

from collections.abc import Iterable
from dataclasses import replace

from backprop_gui.engine.history import History, Record
from backprop_gui.engine.trainer import Progress
from backprop_gui.runs.keyframes import State, same_state
from backprop_gui.runs.run import Branch, Run
from backprop_gui.session.document import Session
from backprop_gui.session.edits import progress_in, trained

MOST_BYTES = 300_000_000
"""What the ways of all runs may take in memory before older ones are slimmed."""


class Book:
    """All runs by id, in the order they began."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self._count = 0

    def run_of(self, session: Session) -> Run | None:
        """Return the run a session stands in, if it stands in any."""
        return self.runs.get(session.run)

    def begin(self, session: Session) -> Run:
        """Return the run that training on from ``session`` belongs to: its own, or a new one."""
        run, step = self.run_of(session), session.progress.step
        if run is None:
            return self.add(Run([session]))
        here, last = run.state_at(step), run.last
        goes_on = step >= run.stages[-1].progress.step and _trains_alike(session, run.stages[-1])
        if goes_on and here is not None and same_state(here, (session.parameters, session.progress)):
            return run
        if _place(session.progress) == _place(last) and _same_shape(session, run.stages[-1]):
            run.go_on(replace(session, run=run.id))
            return run
        return self.branch(session)

    def branch(self, session: Session) -> Run:
        """Return a new run that leaves the session's own where it stands."""
        run, step = self.run_of(session), session.progress.step
        leaves = run is not None and step > 0 and _same_shape(session, run.stages[-1])
        return self.add(Run([session], parent=Branch(session.run, step) if leaves else None))

    def add(self, run: Run) -> Run:
        """Take a run in and name it."""
        self._count += 1
        if not run.name:
            names = {one.name for one in self.runs.values()}
            while f"Run {self._count}" in names:
                self._count += 1
            run.name = f"Run {self._count}"
        run.stages[0] = replace(run.stages[0], run=run.id)
        self.runs[run.id] = run
        return run

    def precede(self, session: Session, before: Run) -> str:
        """Take in the run that led to ``session``; return its id, or that of the run that went on from there."""
        own = next((run for run in self.runs.values() if run.stages[0].parameters is session.parameters), None)
        if own is None:
            return self.add(before).id
        own.precede(before)
        return own.id

    def diverged_at(self, session: Session) -> bool:
        """Tell whether a run ended where a session stands because its numbers grew beyond what can be computed."""
        ends = (
            run for run in self.runs.values() if run.outcome == "diverged" and run.last.step == session.progress.step
        )
        return any(_trains_alike(session, run.stages[-1]) and run.end[0] == session.parameters for run in ends)

    def delete(self, run: Run) -> None:
        """Forget a run; its branches stay, as runs of their own that begin where they left it."""
        del self.runs[run.id]

    def make_room(self, session: Session, most: int = MOST_BYTES) -> None:
        """Slim the oldest runs that are neither pinned nor on the way to ``session``, until all take ``most`` bytes."""
        needed, total = self.needed(session), sum(run.size for run in self.runs.values())
        for run in self.runs.values():
            if total <= most:
                return
            if not run.pinned and run.id not in needed:
                total -= run.size
                run.slim()
                total += run.size

    def needed(self, session: Session) -> set[str]:
        """Return the ids of the runs on the way to a session."""
        return {run.id for run, _ in self.lineage(session)}

    def note(self, run: Run, records: Iterable[Record], states: Iterable[State]) -> None:
        """Keep what training brought; what is known already stays as it is."""
        known = run.history.epochs[-1] if len(run.history) else -1
        for record in records:
            if record.epoch > known:
                run.history.add(record)
        for state in states:
            run.reach(state)

    def lineage(self, session: Session) -> list[tuple[Run, int]]:
        """Return the way to a session: runs from the first on, each with the step up to which it counts."""
        way: list[tuple[Run, int]] = []
        run, step = self.run_of(session), session.progress.step
        while run is not None:
            way.insert(0, (run, step))
            run, step = (None, 0) if run.parent is None else (self.runs.get(run.parent.run), run.parent.step)
        return way

    def stages(self, session: Session) -> list[Session]:
        """Return where the stretches of one setting began on the way to a session, earliest first."""
        found: list[Session] = []
        for run, step in self.lineage(session):
            found += [one for one in run.stages if one.progress.step <= step]
        return found

    def curve(self, session: Session) -> History:
        """Return a history of the way to a session, up to but not with a row of where it stands."""
        parts: list[tuple[History, int]] = []
        until = _next_row(session)
        for run, _ in reversed(self.lineage(session)):
            if _same_shape(run.stages[0], session):
                parts.insert(0, (run.history, until))
            until = min(until, _next_row(run.stages[0]))
        return History.joined(session.network.parameter_count, parts)

    def nearest(self, session: Session, step: int) -> Session | None:
        """Return the latest state kept on a session's way after at most ``step`` updates, as the session was then.

        None where the way does not reach back so far.
        """
        for run, until in reversed(self.lineage(session)):
            if step >= run.stages[0].progress.step:
                stage = run.stage(min(step, until))
                parameters, progress = run.state_before(min(step, until))
                return replace(trained(stage, parameters, progress), run=run.id)
        return None

    def with_edits(self, session: Session, moment: Session) -> Session:
        """Return an earlier moment of a session, under its present settings where those have not been trained with."""
        run = self.run_of(session)
        if run is None or _trains_alike(session, run.stage(session.progress.step)) or not _same_shape(session, moment):
            return moment
        return replace(trained(session, moment.parameters, progress_in(session, moment)), run=moment.run)


def _trains_alike(one: Session, other: Session) -> bool:
    return (one.network, one.training) == (other.network, other.training) and one.samples is other.samples


def _place(progress: Progress) -> tuple[int, int, int]:
    """Return where a run stands; an epoch that an edit begins again is another place, as its curve has a row of it."""
    return progress.step, progress.epoch, progress.batch


def _same_shape(one: Session, other: Session) -> bool:
    return one.network.sizes == other.network.sizes


def _next_row(session: Session) -> int:
    """Return the epoch of the row that a session would add, or of the next after it inside an epoch."""
    return session.progress.epoch + (session.progress.batch > 0)

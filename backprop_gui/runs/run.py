"""One run: where it began, how it went on, and what is kept of its way."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import uuid4

from backprop_gui.engine.history import History
from backprop_gui.engine.trainer import Progress
from backprop_gui.runs.keyframes import Keyframes, State
from backprop_gui.session.document import Session


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a run left another: the other's id, and how many updates that had taken by then."""

    run: str
    step: int


@dataclass(slots=True, eq=False)
class Run:
    """A way of training from ``stages[0]`` on.

    Each stage is the session where a stretch of one setting began: first the start, then after every edit. ``end`` is
    the furthest state it reached. ``history`` and ``keyframes`` hold its own way; what came before a branch is the
    other run's. ``diverged`` is the epoch in which the numbers grew beyond what can be computed, ``by_hand`` the steps
    after which parameters were set by hand.
    """

    stages: list[Session]
    name: str = ""
    parent: Branch | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    note: str = ""
    pinned: bool = False
    diverged: float | None = None
    by_hand: set[int] = field(default_factory=set[int])
    history: History = field(init=False)
    keyframes: Keyframes = field(init=False)
    end: State = field(init=False)

    def __post_init__(self) -> None:
        start = self.stages[0]
        self.history = History(start.network.parameter_count)
        self.keyframes = Keyframes()
        self.end = start.parameters, start.progress

    @property
    def last(self) -> Progress:
        """The furthest progress."""
        return self.end[1]

    @property
    def outcome(self) -> str:
        """How it stands at its end: ``done``, or ``diverged``; one that went on healthily from there is done."""
        if self.diverged is None:
            return "done"
        position = self.last.epoch + self.last.batch / self.stages[-1].batches
        return "diverged" if self.diverged == position else "done"

    @property
    def size(self) -> int:
        """About how many bytes its way takes in memory."""
        return self.history.size + self.keyframes.size

    def slim(self) -> None:
        """Keep its losses, its stages and its end alone; moments between are made again from the stages."""
        self.history.forget_parameters()
        self.keyframes = Keyframes()

    def stage(self, step: int) -> Session:
        """Return the session where the stretch began that ``step`` lies in; the later one where two meet."""
        return next((one for one in reversed(self.stages) if one.progress.step <= step), self.stages[0])

    def state_at(self, step: int) -> State | None:
        """Return the state after ``step`` updates, where it is kept."""
        stage = self.stage(step)
        if stage.progress.step == step:
            return stage.parameters, stage.progress
        return self.end if self.last.step == step else self.keyframes.at(step)

    def state_before(self, step: int) -> State:
        """Return the latest state kept after at most ``step`` updates, of the stretch that ``step`` lies in."""
        stage = self.stage(step)
        found = self.keyframes.before(step)
        if self.last.step <= step:
            found = self.end
        if found is None or found[1].step <= stage.progress.step:
            return stage.parameters, stage.progress
        return found

    def reach(self, state: State) -> None:
        """Keep a state on the way."""
        self.keyframes.add(*state)
        if state[1].step >= self.last.step:
            self.end = state

    def precede(self, before: "Run") -> None:
        """Put before this run one that ends where it begins."""
        first = replace(before.stages[0], run=self.id)
        same = first.training == self.stages[0].training and first.network == self.stages[0].network
        self.stages = [first, *(self.stages[1:] if same else self.stages)]
        count = first.network.parameter_count
        ahead = int(self.history.epochs[0]) if len(self.history) else before.last.epoch + 1
        self.history = History.joined(count, [(before.history, ahead), (self.history, self.last.epoch + 1)])
        later, self.keyframes = self.keyframes, Keyframes()
        for state in (*before.keyframes.states, *later.states):
            self.keyframes.add(*state)

    def go_on(self, session: Session) -> None:
        """Go on from the end as ``session`` has it: edited, which begins another stage."""
        step = session.progress.step
        if session.parameters != self.end[0]:
            self.by_hand.add(step)
        self.stages = [one for one in self.stages if one.progress.step < step] + [session]
        self.end = session.parameters, session.progress
        self.history.forget_from(session.progress.epoch + (session.progress.batch > 0))
        self.keyframes.forget_from(step)

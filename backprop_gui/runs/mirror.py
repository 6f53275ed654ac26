"""What changed in a book of runs since it was last told, as plain values that another thread can write down."""

from dataclasses import dataclass, field

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.runs.book import Book
from backprop_gui.runs.keyframes import State, numbers_of
from backprop_gui.runs.run import Branch, Run
from backprop_gui.session.document import Session

MOST_ROW_PARAMETERS = 1000
"""Networks of more parameters keep the losses of their history alone; keyframes tell the rest."""
MOST_STATE_BYTES = 16_000_000
"""About how much a run's keyframes may need; of more, only every second, fourth and so on is kept."""


@dataclass(frozen=True, slots=True)
class RunChange:
    """What is new of one run.

    ``rows`` (rows, 4 or 4 + parameters) go in place of those from the place ``first`` on; of the keyframes those after
    ``steps`` stay, and ``states`` are new among them. ``stages`` is None where they are as before.
    """

    id: str
    parent: Branch | None
    name: str
    note: str
    pinned: bool
    started: float
    diverged: float | None
    outcome: str
    by_hand: tuple[int, ...]
    stride: int
    last: State
    first: int
    rows: Floats
    steps: tuple[int, ...]
    states: tuple[State, ...]
    stages: tuple[Session, ...] | None


@dataclass(slots=True)
class _Told:
    signature: object = None
    last: State | None = None
    rows: Floats = field(default_factory=lambda: np.empty((0, 4)))
    states: dict[int, State] = field(default_factory=dict[int, State])
    stages: tuple[Session, ...] = ()


class Mirror:
    """Remembers what has been told of each run."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def forget(self) -> None:
        """Tell everything anew the next time."""
        self._told.clear()

    def gone(self, book: Book) -> list[str]:
        """Return the runs that were told and are no longer in the book."""
        gone = [one for one in self._told if one not in book.runs]
        for one in gone:
            del self._told[one]
        return gone

    def changes(self, book: Book) -> list[RunChange]:
        """Return what is new since the last time, run by run."""
        return [change for run in book.runs.values() if (change := self._change(run)) is not None]

    def _change(self, run: Run) -> RunChange | None:
        told, history = self._told.setdefault(run.id, _Told()), run.history
        stages = tuple(run.stages)
        signature = (
            (run.name, run.note, run.pinned, run.diverged, len(run.by_hand), len(run.keyframes)),
            (len(history), history.stride, float(history.epochs[-1]) if len(history) else -1.0),
            tuple(map(id, stages)),
        )
        if signature == told.signature and run.end is told.last:
            return None
        losses = np.column_stack((history.epochs, history.losses, history.running_losses, history.test_losses))
        first = _common(told.rows, losses)
        rows = losses[first:]
        if history.parameters.shape[1] <= MOST_ROW_PARAMETERS:
            rows = np.hstack((rows, history.parameters[first:]))
        kept = _affordable(run.keyframes.states)
        states = tuple(state for step, state in kept.items() if told.states.get(step) is not state)
        same = len(stages) == len(told.stages) and all(
            one is other for one, other in zip(stages, told.stages, strict=True)
        )
        self._told[run.id] = _Told(signature, run.end, losses, kept, stages)
        return RunChange(
            run.id,
            run.parent,
            run.name,
            run.note,
            run.pinned,
            run.started.timestamp(),
            run.diverged,
            run.outcome,
            tuple(sorted(run.by_hand)),
            history.stride,
            run.end,
            first,
            rows,
            tuple(kept),
            states,
            None if same else stages,
        )


def _common(one: Floats, other: Floats) -> int:
    """Return how many rows both begin with."""
    most = min(len(one), len(other))
    differ = np.flatnonzero((one[:most].view(np.int64) != other[:most].view(np.int64)).any(axis=1))
    return int(differ[0]) if len(differ) else most


def _affordable(states: list[State]) -> dict[int, State]:
    if not states:
        return {}
    each, every = 8 * numbers_of(states[-1]), 1
    while len(states) // every * each > MOST_STATE_BYTES:
        every *= 2
    return {progress.step: (parameters, progress) for parameters, progress in states[::every]}

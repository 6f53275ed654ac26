"""What stands out on the way of a run: where a setting changed, where it branched or diverged, its best test loss."""

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from operator import is_not

import numpy as np

from backprop_gui.engine.history import History
from backprop_gui.runs.book import Book
from backprop_gui.runs.differences import differences
from backprop_gui.session.document import Session


def epoch_told(position: float) -> str:
    """Return a moment in epochs as people write it: 1,682,796 or 3.25, whatever its size."""
    return f"{position:,.4f}".rstrip("0").rstrip(".")


class Kind(Enum):
    """What a mark tells."""

    CHANGED = "changed"
    BRANCHED = "branched"
    DIVERGED = "diverged"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the way, in epochs, and a sentence about it."""

    position: float
    kind: Kind
    text: str


class Marker:
    """Finds what stands out on a way; what changed on it is told once, for the stages of a run stay as they are."""

    def __init__(self) -> None:
        self._stages: list[Session] = []
        self._changes: list[Mark] = []

    def marks(self, book: Book, end: Session, history: History) -> list[Mark]:
        """Return the marks on the way to ``end``, whose curve is ``history``."""
        stages = book.stages(end)
        if len(stages) != len(self._stages) or any(map(is_not, stages, self._stages)):
            self._stages, self._changes = stages, [_change(book, *pair) for pair in pairwise(stages)]
        found = list(self._changes)
        run = book.run_of(end)
        if run is not None and run.diverged is not None:
            where = f"Epoch {epoch_told(run.diverged)}"
            text = f"{where}: the last healthy moment before the numbers grew beyond what can be computed."
            found.append(Mark(run.diverged, Kind.DIVERGED, text))
        tests = history.test_losses
        if len(tests) > 1 and not np.isnan(tests).all():
            best = int(np.nanargmin(tests))
            epoch = float(history.epochs[best])
            found.append(
                Mark(epoch, Kind.BEST, f"Epoch {epoch_told(epoch)}: the best test loss so far, {tests[best]:.6g}.")
            )
        return found


def _change(book: Book, before: Session, after: Session) -> Mark:
    """Return the mark where one stage follows another."""
    changed = [f"{name} {old} → {new}" for name, old, new in differences(before, after)]
    if after.progress.step in book.runs[after.run].by_hand:
        changed.append("weights set by hand")
    where = f"Epoch {epoch_told(after.position)}"
    if before.run != after.run:
        return Mark(after.position, Kind.BRANCHED, f"{where}: a branch begins. {'; '.join(changed)}".strip())
    return Mark(after.position, Kind.CHANGED, f"{where}: {'; '.join(changed)}.")

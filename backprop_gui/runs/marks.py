"""What stands out on the way of a run: where a setting changed, where it branched or diverged, its best test loss."""

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np

from backprop_gui.engine.history import History
from backprop_gui.runs.book import Book
from backprop_gui.runs.differences import differences
from backprop_gui.session.document import Session


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


def marks(book: Book, end: Session, history: History) -> list[Mark]:
    """Return what stands out on the way to ``end``, whose curve is ``history``, in order."""
    found: list[Mark] = []
    stages = book.stages(end)
    for before, after in pairwise(stages):
        changed = [f"{name} {old} → {new}" for name, old, new in differences(before, after)]
        if after.progress.step in book.runs[after.run].by_hand:
            changed.append("weights set by hand")
        where = f"Epoch {after.position:,.6g}"
        if before.run != after.run:
            found.append(Mark(after.position, Kind.BRANCHED, f"{where}: a branch begins. {'; '.join(changed)}".strip()))
        else:
            found.append(Mark(after.position, Kind.CHANGED, f"{where}: {'; '.join(changed)}."))
    run = book.run_of(end)
    if run is not None and run.diverged is not None:
        text = (
            f"Epoch {run.diverged:,.6g}: the last healthy moment before the numbers grew beyond what can be computed."
        )
        found.append(Mark(run.diverged, Kind.DIVERGED, text))
    tests = history.test_losses
    if len(tests) > 1 and not np.isnan(tests).all():
        best = int(np.nanargmin(tests))
        epoch = float(history.epochs[best])
        found.append(Mark(epoch, Kind.BEST, f"Epoch {epoch:,.6g}: the best test loss so far, {tests[best]:.6g}."))
    return found

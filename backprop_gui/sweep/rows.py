"""What is known of each run when it is over, and the table of it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backprop_gui.data.cells import plain_cell, table_of
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.population import State
from backprop_gui.storage import write_whole


@dataclass(frozen=True, slots=True)
class Row:
    """One run: its number (from 1), its seed, the value of each key, and where it ended.

    ``loss`` is the mean over the samples for training, ``test_loss`` over those kept for testing (NaN: there are
    none), ``accuracy`` the share of right classes over the latter, or else over all (NaN: targets are no classes). A
    run that diverged stands at its last healthy moment.
    """

    run: int
    seed: int
    values: tuple[str, ...]
    epochs: int
    loss: float
    test_loss: float
    accuracy: float
    outcome: Literal["done", "diverged"]

    @property
    def judged(self) -> float:
        """The loss by which runs are compared: over the test samples where there are any; inf where it diverged."""
        if self.outcome == "diverged":
            return math.inf
        return self.loss if math.isnan(self.test_loss) else self.test_loss


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A run that is over: its row, where it stands if that is kept, and (epochs, losses) on the way, (2, points)."""

    row: Row
    state: State | None = None
    curve: Floats | None = None


def best_of(rows: Iterable[Row]) -> Row | None:
    """Return the run with the smallest loss, the first of equals; None where all diverged."""
    found = min(rows, key=lambda row: (row.judged, row.run), default=None)
    return None if found is None or math.isinf(found.judged) else found


def table(keys: Iterable[str], rows: Iterable[Row]) -> bytes:
    """Return rows as CSV; what is not known is empty."""
    lines: list[list[object]] = [["run", "seed", *keys, "epochs", "loss", "test_loss", "accuracy", "outcome"]]
    for row in rows:
        measured = ("" if math.isnan(one) else repr(one) for one in (row.loss, row.test_loss, row.accuracy))
        lines.append([row.run, row.seed, *map(plain_cell, row.values), row.epochs, *measured, row.outcome])
    return table_of(lines)


def write_rows(path: Path, keys: Iterable[str], rows: Iterable[Row]) -> None:
    """Write the table, all or nothing.

    Raises:
        FileError: the file cannot be written.
    """
    write_whole(path, table(keys, rows))

"""What a sweep has finished, kept beside its table until that is written, so that the same command goes on from there.

A line of JSON per piece, whole on the disk before the next is taken; the first line names the plan. A line that was
torn by a kill or a power cut is not there. A journal of another plan is begun anew.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from backprop_gui.storage import FileError, read_whole, write_whole
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Row
from backprop_gui.sweep.training import Piece

_MOST_BYTES = 256_000_000


class Journal:
    """The journal of a plan whose table goes to ``output``; ``rows`` are those it already knew, by piece.

    Raises:
        FileError: it cannot be read or written.
    """

    def __init__(self, output: Path, plan: Plan, pieces: Sequence[Piece]) -> None:
        self.path = output.with_name(output.name + ".sweep")
        self._head = json.dumps({"format": "backprop-gui/sweep-journal", "version": 1, "plan": plan.digest()})
        self.rows: dict[int, list[Row]] = {}
        lines: list[str] = []
        if self.path.exists():
            lines = self._read(pieces)
        write_whole(self.path, "".join(f"{one}\n" for one in (self._head, *lines)).encode())

    def add(self, piece: Piece, rows: Sequence[Row]) -> None:
        """Keep the rows of a piece that is over; raises ``FileError``."""
        line = json.dumps([piece.number, [_cells(row) for row in rows]]) + "\n"
        try:
            with self.path.open("ab") as file:
                file.write(line.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise FileError(f"{self.path}: cannot be written: {error.strerror or error}.") from error

    def remove(self) -> None:
        """Take it away: the table is written."""
        with suppress(OSError):
            self.path.unlink()

    def _read(self, pieces: Sequence[Piece]) -> list[str]:
        """Return the lines of pieces of this very plan."""
        head, *lines = read_whole(self.path, _MOST_BYTES).decode(errors="replace").split("\n")
        if head != self._head:
            return []
        whole: list[str] = []
        for line in lines:
            with suppress(ValueError, TypeError, IndexError):
                number, cells = _piece(line)
                rows = [_row(one) for one in cells]
                if tuple(row.run for row in rows) == pieces[number].runs:
                    self.rows[number] = rows
                    whole.append(line)
        return whole


def _cells(row: Row) -> list[object]:
    return [row.run, row.seed, row.values, row.epochs, row.loss, row.test_loss, row.accuracy, row.outcome]


def _piece(line: str) -> tuple[int, list[list[Any]]]:
    number, cells = json.loads(line)
    return number, cells


def _row(cells: list[Any]) -> Row:
    run, seed, values, *rest = cells
    return Row(run, seed, tuple(values), *rest)

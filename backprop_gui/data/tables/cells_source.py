"""Tables whose cells come parted: what readers of other kinds of files hand on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal

from backprop_gui.data.tables.columns import Stretch
from backprop_gui.data.tables.dialect import BadRow, Dialect, Role, Wishes
from backprop_gui.data.tables.guess import guess_cells
from backprop_gui.data.tables.text import Row, fitted

_ROWS = 60
_HEAD_ROWS = 400
Rows = Callable[[], Iterator[Row]]


class CellsSource:
    """Rows of cells as text, each with its line; ``rows_anew`` gives them from the start (see ``columns.Source``).

    ``count`` is how many there are, as far as is known, for the share that is read.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        rows_anew: Rows,
        count: int,
        why: tuple[str, ...],
        roles: tuple[Role | Literal[""], ...] = (),
        classes: dict[int, tuple[str, ...]] | None = None,
        dialect: Dialect | None = None,
    ) -> None:
        self.names, self.why, self.dialect = names, why, dialect
        self.roles: tuple[Role | Literal[""], ...] = roles
        self.classes: dict[int, tuple[str, ...]] = classes or {}
        self._rows_anew, self._count = rows_anew, max(count, 1)
        self.rows: tuple[Row, ...] = tuple(islice(rows_anew(), _HEAD_ROWS))

    def stretches(self) -> Iterator[Stretch]:
        """Read the rows."""
        rows, done, width = self._rows_anew(), 0, len(self.names)
        while taken := list(islice(rows, _ROWS)):
            done += len(taken)
            fitting: list[list[str]] = []
            lines: list[int] = []
            bad: list[BadRow] = []
            for line, cells in taken:
                row = fitted(cells, width)
                if row is None:
                    bad.append(BadRow(line, "row", f"{len(cells)} cells where the table has {width} columns"))
                else:
                    fitting.append(row)
                    lines.append(line)
            yield Stretch(done / self._count, lines, cells=list(zip(*fitting, strict=True)), bad=bad)


def framed_source(rows_anew: Rows, count: int, wishes: Wishes, told: str) -> CellsSource:
    """Return a source of cells whose header, if any, is among the rows.

    Raises:
        FieldError: no rows, or too many columns.
    """
    head = list(islice(rows_anew(), _HEAD_ROWS))
    guessed = guess_cells(head, wishes)
    first = guessed.rows[0][0]

    def body() -> Iterator[Row]:
        return ((line, cells) for line, cells in rows_anew() if line >= first)

    return CellsSource(guessed.names, body, count, (told, *guessed.why), dialect=replace(guessed.dialect, delimiter=""))

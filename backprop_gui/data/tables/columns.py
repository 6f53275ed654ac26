"""A whole table by its columns: numbers as they are read, and words where there is no number."""

import math
from array import array
from bisect import bisect_right
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal, Protocol, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from backprop_gui.data.tables.dialect import BadRow, Dialect, Role
from backprop_gui.data.tables.numerals import Decimal, is_missing, number
from backprop_gui.data.tables.text import Row
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError

MOST_CELLS = 60_000_000
"""What is kept of a table takes 8 bytes a cell."""
MOST_BAD = 100_000
_MOST_LETTERS = 200_000_000
LIST_OF_NUMBERS = msgspec.json.Decoder(list[float])
"""Reads plain numbers exactly, several times faster than Python does one by one."""

_NUMBERS_AND_GAPS = msgspec.json.Decoder(list[float | None])
_GAPS: dict[str, str] = dict.fromkeys(("", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "-"), "null")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a table: numbers (rows, columns), or its columns' cells. ``share`` of the file is read by then.

    Row k comes from line ``lines[k]``; ``bad`` are rows of another length. With ``anew``, what came before is void.
    """

    share: float
    lines: Sequence[int]
    numbers: Floats | None = None
    cells: Sequence[Sequence[str]] = ()
    bad: Sequence[BadRow] = ()
    anew: bool = False


class Source(Protocol):
    """A table that can be read, from the start, as often as is asked for.

    ``dialect`` is None where the kind of file has none; ``roles`` and ``classes`` are what the file itself says of its
    columns, else empty; ``rows`` are the first ones, for a preview; ``why`` tells what was guessed.
    """

    names: tuple[str, ...]
    dialect: Dialect | None
    rows: tuple[Row, ...]
    roles: tuple[Role | Literal[""], ...]
    classes: dict[int, tuple[str, ...]]
    why: tuple[str, ...]

    def stretches(self) -> Iterator[Stretch]:
        """Read the table."""
        ...


class CellColumn:
    """The cells of one column: a number per row, NaN where there is none; there a word says what the cell holds.

    The cell of row ``places[k]`` holds ``words[codes[k]]``.
    """

    def __init__(self) -> None:
        self.places, self.codes = array("q"), array("i")
        self.words: list[str] = []
        self._seen: dict[str, int] = {}
        self._store: Floats = np.empty(0)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    def add_numbers(self, values: Floats) -> None:
        """Add rows of numbers."""
        end = self._used + len(values)
        if end > len(self._store):
            larger = np.empty(max(end, len(self._store) * 3 // 2))
            larger[: self._used] = self._store[: self._used]
            self._store = larger
        self._store[self._used : end] = values
        self._used = end

    def add_cells(self, cells: Sequence[str], decimal: Decimal) -> int:
        """Add rows of text; return how many letters of new words are kept."""
        values = plain_numbers(cells, decimal)
        if values is not None and None not in values:
            self.add_numbers(np.frombuffer(array("d", cast("list[float]", values))))
            return 0
        letters, seen, numbers, begun = 0, self._seen, array("d"), self._used
        for cell, value in zip(cells, values or repeat(None), strict=False):
            if value is not None:
                numbers.append(value)
                continue
            code = seen.get(cell)
            if code is None:
                found = number(cell, decimal)
                if found is not None and math.isfinite(found):
                    numbers.append(found)
                    continue
                word = cell.strip()
                code = seen.get(word)
                if code is None:
                    code = seen[word] = len(self.words)
                    self.words.append(word)
                    letters += len(word)
                seen[cell] = code
            self.places.append(begun + len(numbers))
            self.codes.append(code)
            numbers.append(math.nan)
        self.add_numbers(np.frombuffer(numbers))
        return letters

    @property
    def values(self) -> Floats:
        """The numbers, NaN where there is none."""
        return self._store[: self._used]

    @property
    def worded(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Which rows hold words, and which."""
        return np.frombuffer(self.places, dtype=np.int64), np.frombuffer(self.codes, dtype=np.int32)


def plain_numbers(cells: Sequence[str], decimal: Decimal) -> list[float | None] | None:
    """Return the numbers of cells that are all plain ones, None for those that are missing; or None altogether."""
    first = cells[0].strip()
    if first[:1].isalpha() and first not in _GAPS:
        return None  # a column of words
    text = "\n".join([_GAPS.get(cell, cell) for cell in cells])
    if decimal == ",":
        if "." in text:
            return None
        text = text.replace(",", ".")
    elif "," in text:
        return None
    try:
        values = _NUMBERS_AND_GAPS.decode(f"[{text.replace(chr(10), ',')}]")
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return values if len(values) == len(cells) else None


@dataclass(slots=True)
class Columns:
    """Every column of a table, and the rows that are no part of it for their length."""

    names: tuple[str, ...]
    columns: list[CellColumn]
    bad: list[BadRow] = field(default_factory=list[BadRow])
    _starts: list[int] = field(default_factory=list[int])
    _lines: list[int] = field(default_factory=list[int])

    def __len__(self) -> int:
        return len(self.columns[0])

    def line(self, row: int) -> int:
        """Return the line of the file that a row (from 0) came from."""
        run = bisect_right(self._starts, row) - 1
        return self._lines[run] + row - self._starts[run]

    def add_lines(self, lines: Sequence[int]) -> None:
        """Note where the rows to come are from; only jumps are kept."""
        before = len(self)
        if isinstance(lines, range):
            lines = lines[:1]
        for row, line in enumerate(lines, start=before):
            if not self._starts or self._lines[-1] + row - self._starts[-1] != line:
                self._starts.append(row)
                self._lines.append(line)


def read_columns(source: Source) -> Generator[float, None, Columns]:
    """Read all of a table; yields the share done.

    Raises:
        FieldError: no rows, more cells or words than can be kept, or too many rows that are cut short.
    """
    found, letters = _empty(source), 0
    decimal: Decimal = source.dialect.decimal if source.dialect else "."
    for stretch in source.stretches():
        if stretch.anew:
            found, letters = _empty(source), 0
        found.bad.extend(stretch.bad)
        found.add_lines(stretch.lines)
        if stretch.numbers is not None:
            for place, column in enumerate(found.columns):
                column.add_numbers(stretch.numbers[:, place])
        elif stretch.cells:
            for column, cells in zip(found.columns, stretch.cells, strict=True):
                letters += column.add_cells(cells, decimal)
        if len(found) * len(found.columns) > MOST_CELLS or letters > _MOST_LETTERS:
            accepted = f"use at most {MOST_CELLS:,} cells: fewer columns, or every tenth row"
            raise FieldError("table", f"more than {len(found):,} rows of {len(found.columns)} columns", accepted)
        if len(found.bad) > MOST_BAD:
            accepted = f"choose another delimiter, or mend them, first {found.bad[0]}"
            raise FieldError("table", f"more than {MOST_BAD:,} rows that cannot be used", accepted)
        yield min(stretch.share, 1.0)
    if not len(found):
        accepted = (
            f"mend the file, first {found.bad[0]}" if found.bad else "choose a file with at least one row of numbers"
        )
        raise FieldError("table", "no rows", accepted)
    return found


def first_columns(source: Source) -> Columns:
    """Return the columns of a table's first rows alone."""
    found = _empty(source)
    for column, cells in zip(found.columns, zip(*(cells for _, cells in source.rows), strict=True), strict=True):
        column.add_cells(cells, source.dialect.decimal if source.dialect else ".")
    return found


def _empty(source: Source) -> Columns:
    return Columns(source.names, [CellColumn() for _ in repeat(None, len(source.names))])


def missing_codes(column: CellColumn) -> NDArray[np.bool_]:
    """Return which of a column's words say that there is no value."""
    among_numbers = len(column) > 2 * len(column.places)
    return np.array([is_missing(word, among_numbers) for word in column.words], dtype=bool)

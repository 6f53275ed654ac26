"""Tables of other programs as samples: CSV text with any delimiter and decimal mark, classes, scaling.

Reading goes in two steps, so that a preview can stand between them: ``read_table`` splits the text into cells,
``Columns.samples`` turns chosen columns into numbers.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
ENCODINGS = ("utf-8-sig", "latin-1")
_SNIFFED_LINES = 50
_MOST_CLASSES = 100

Scaling = Literal["none", "min-max", "standard"]
SCALINGS: tuple[Scaling, ...] = ("none", "min-max", "standard")


@dataclass(frozen=True, slots=True)
class TableFormat:
    """How a table is written: what stands between cells, before decimals, and whether names come first."""

    delimiter: str = ","
    decimal: Literal[".", ","] = "."
    header: bool = True


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used: its line in the file (from 1), its column's name, and why, as a sentence."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text. ``lines[k]`` is the line of the file row k came from; all rows are as long as ``names``."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    ragged: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which columns are inputs, targets and the samples' names (from 0), and how numbers are scaled.

    A target column that holds words is a class column: one target per class, 1 for the row's own.
    """

    inputs: tuple[int, ...]
    targets: tuple[int, ...]
    scaling: Scaling = "none"
    target_scaling: Scaling = "none"
    name: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Samples from a table, and the rows that were left out."""

    samples: Samples
    bad: tuple[BadRow, ...]


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8 with or without a byte order mark, else Latin-1.

    Raises:
        FieldError: an empty file, or one that is no text.
    """
    if not content.strip():
        raise FieldError("table", "an empty file", "choose a file with at least one row")
    if b"\0" in content[:4096]:
        raise FieldError("table", "a file that is not text", "export the table as CSV first")
    try:
        return content.decode(ENCODINGS[0])
    except UnicodeDecodeError:
        return content.decode(ENCODINGS[1])


def guess_format(text: str) -> TableFormat:
    """Return the format that fits the first lines best."""
    lines = [line for line in text.splitlines()[:_SNIFFED_LINES] if line.strip()]
    if not lines:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    delimiter = max(DELIMITERS.values(), key=lambda one: _evenness(lines, one))
    cells = [cell for line in lines[1:] or lines for cell in next(csv.reader([line], delimiter=delimiter))]
    commas = sum(_is_number(cell, ",") and "," in cell for cell in cells)
    decimal: Literal[".", ","] = "," if delimiter != "," and commas else "."
    first: list[str] = next(csv.reader(lines[:1], delimiter=delimiter))
    header = not any(_is_number(cell, decimal) for cell in first)
    return TableFormat(delimiter, decimal, header)


def read_table(text: str, table_format: TableFormat) -> Table:
    """Return the cells; rows of another length than the first are told apart, blank lines skipped.

    Raises:
        FieldError: no rows.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table_format.delimiter)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    ragged: list[BadRow] = []
    names: tuple[str, ...] = ()
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _names(cells, table_format.header)
                if table_format.header:
                    continue
            if len(cells) != len(names):
                told = f"{len(cells)} cells where the first row has {len(names)}"
                ragged.append(BadRow(reader.line_num, "row", told))
                continue
            rows.append(tuple(cell.strip() for cell in cells))
            lines.append(reader.line_num)
    except csv.Error as error:
        raise FieldError("table", f"line {reader.line_num}", f"mend it: {error}") from error
    if not rows:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    return Table(names, tuple(rows), tuple(lines), tuple(ragged))


def read_samples(table: Table, choice: Choice, decimal: Literal[".", ","]) -> Reading:
    """Return the chosen columns as samples; rows with a cell that is no number are left out and named.

    Raises:
        FieldError: no input or target column, a class column with too many classes, or no usable row.
    """
    if not choice.inputs or not choice.targets:
        raise FieldError("columns", "none", "choose at least one input and one target column")
    classes = {column: _classes(table, column, decimal) for column in choice.targets}
    x: list[list[float]] = []
    t: list[list[float]] = []
    names: list[str] = []
    bad = list(table.ragged)
    for cells, line in zip(table.rows, table.lines, strict=True):
        try:
            inputs = [_number(cells[k], decimal, line, table.names[k]) for k in choice.inputs]
            targets: list[float] = []
            for k in choice.targets:
                if named := classes[k]:
                    if not cells[k]:
                        raise _Unusable(BadRow(line, table.names[k], "the cell is empty"))
                    targets += [float(cells[k] == one) for one in named]
                else:
                    targets.append(_number(cells[k], decimal, line, table.names[k]))
        except _Unusable as error:
            bad.append(error.row)
            continue
        x.append(inputs)
        t.append(targets)
        names.append("" if choice.name is None else cells[choice.name])
    if not x:
        raise FieldError("table", f"{len(bad)} rows that cannot be used", f"mend them first: {bad[0]}")
    given: Floats = np.array(x)
    wanted: Floats = np.array(t)
    columns = [scaling_of(table.names[k], given[:, at], choice.scaling) for at, k in enumerate(choice.inputs)]
    for k in choice.targets:
        at = len(columns) - len(choice.inputs)
        if classes[k]:
            columns += [Column(f"{table.names[k]}={one}") for one in classes[k]]
        else:
            columns.append(scaling_of(table.names[k], wanted[:, at], choice.target_scaling))
    for values, own in ((given, columns[: len(choice.inputs)]), (wanted, columns[len(choice.inputs) :])):
        for at, column in enumerate(own):
            values[:, at] = (values[:, at] - column.shift) / column.scale
    samples = replace(
        Samples.of(given, wanted), columns=tuple(columns), names=() if choice.name is None else tuple(names)
    )
    bad.sort(key=lambda row: row.line)
    return Reading(samples, tuple(bad))


def scaling_of(name: str, values: Floats, scaling: Scaling) -> Column:
    """Return what brings a column to 0 to 1 (``min-max``), or to mean 0 and deviation 1 (``standard``)."""
    if scaling == "none":
        return Column(name)
    if scaling == "min-max":
        shift, scale = float(values.min()), float(np.ptp(values))
    else:
        shift, scale = float(values.mean()), float(values.std())
    return Column(name, shift, scale if scale > 0.0 else 1.0)


class _Unusable(Exception):  # noqa: N818 (a row, not an error of ours)
    def __init__(self, row: BadRow) -> None:
        super().__init__(str(row))
        self.row = row


def _number(cell: str, decimal: str, line: int, column: str) -> float:
    if not cell:
        raise _Unusable(BadRow(line, column, "the cell is empty"))
    try:
        value = float(cell.replace(",", ".") if decimal == "," else cell)
    except ValueError:
        raise _Unusable(BadRow(line, column, f"“{cell[:20]}” is not a number")) from None
    if not np.isfinite(value):
        raise _Unusable(BadRow(line, column, f"“{cell[:20]}” is not a finite number"))
    return value


def _is_number(cell: str, decimal: str) -> bool:
    try:
        float(cell.strip().replace(",", ".") if decimal == "," else cell)
    except ValueError:
        return False
    return True


def words_of(table: Table, column: int, decimal: str) -> list[str]:
    """Return the cells of a column that are no numbers, or nothing where most are."""
    cells = [row[column] for row in table.rows if row[column]]
    words = [cell for cell in cells if not _is_number(cell, decimal)]
    return words if 2 * len(words) > len(cells) else []


def _classes(table: Table, column: int, decimal: str) -> list[str]:
    """Return the classes of a column of words in order, or nothing where most cells are numbers."""
    named = sorted(Counter(words_of(table, column, decimal)))
    if len(named) > _MOST_CLASSES:
        raise FieldError(table.names[column], f"{len(named)} different words", f"use at most {_MOST_CLASSES} classes")
    return named


def _names(cells: Sequence[str], header: bool) -> tuple[str, ...]:
    return tuple(cell.strip() or f"column {k}" if header else f"column {k}" for k, cell in enumerate(cells, start=1))


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
    if not counts or max(counts) < 2:
        return 0.0
    usual, times = Counter(counts).most_common(1)[0]
    return times / len(counts) * min(usual, 3) if usual > 1 else 0.0

"""Tables of other programs as samples: CSV text with any delimiter and decimal mark, classes, scaling.

Reading goes in two steps, so that a preview can stand between them: ``read_table`` splits the head of a file into
cells, ``reading`` turns the chosen columns of all of it into numbers, a stretch at a time.
"""

import csv
import io
from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError

MOST_BYTES = 200_000_000
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "space": " ", "bar": "|"}
ENCODINGS = ("utf-8-sig", "latin-1")
HEAD_BYTES = 200_000
_SNIFFED_LINES = 50
_ROWS_BETWEEN = 1000
_MOST_BAD = 100_000
_MOST_CLASSES = 100
_LONGEST_NAME = 100
MOST_COLUMNS = 2048
"""As many as a layer has units at most; each is asked for in the preview."""

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


def encoding_of(content: bytes) -> str:
    """Return how a file's text is encoded: UTF-8 with or without a byte order mark, else Latin-1.

    Raises:
        FieldError: an empty file, or one that is no text.
    """
    if not content.strip():
        raise FieldError("table", "an empty file", "choose a file with at least one row")
    if b"\0" in content[:4096]:
        raise FieldError("table", "a file that is not text", "export the table as CSV first")
    try:
        content.decode(ENCODINGS[0])
    except UnicodeDecodeError:
        return ENCODINGS[1]
    return ENCODINGS[0]


def head_of(content: bytes, encoding: str) -> str:
    """Return the text of a file's first lines, enough for a preview and for guesses."""
    head = content[:HEAD_BYTES]
    if len(head) < len(content):
        head = head[: head.rfind(b"\n") + 1] or head
    return head.decode(encoding, errors="replace")


def guess_format(text: str) -> TableFormat:
    """Return the format that fits the first lines best."""
    lines = [line for line in text.splitlines()[:_SNIFFED_LINES] if line.strip()]
    if not lines:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    try:
        delimiter = max(DELIMITERS.values(), key=lambda one: _evenness(lines, one))
        cells = [cell for line in lines[1:] or lines for cell in next(csv.reader([line], delimiter=delimiter))]
    except csv.Error as error:
        raise FieldError("table", "a line without end", f"use a table of short cells ({error})") from error
    commas = sum(_is_number(cell, ",") and "," in cell for cell in cells)
    decimal: Literal[".", ","] = "," if delimiter != "," and commas else "."
    first: list[str] = next(csv.reader(lines[:1], delimiter=delimiter))
    header = not any(_is_number(cell, decimal) for cell in first)
    return TableFormat(delimiter, decimal, header)


def read_table(text: str, table_format: TableFormat) -> Table:
    """Return the cells; rows of another length than the first are told apart, blank lines skipped.

    Raises:
        FieldError: no rows, or too many columns.
    """
    found = _filled(io.StringIO(text, newline=""), table_format.delimiter)
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    ragged: list[BadRow] = []
    names: tuple[str, ...] = ()
    for line, cells in found:
        if not names:
            names = _names(cells, table_format.header)
            if table_format.header:
                continue
        if bad := _ragged(line, cells, len(names)):
            ragged.append(bad)
            continue
        rows.append(tuple(cell.strip() for cell in cells))
        lines.append(line)
    if not rows:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    return Table(names, tuple(rows), tuple(lines), tuple(ragged))


def reading(
    content: bytes, encoding: str, table_format: TableFormat, head: Table, choice: Choice
) -> Generator[float, None, Reading]:
    """Read the chosen columns of a whole file as samples; yields the share done, returns the ``Reading``.

    Rows with a cell that is no number are left out and named. ``head`` is the table of the file's first lines: it
    tells the columns' names, and which target columns are of classes.

    Raises:
        FieldError: no input or target column, a class column with too many classes, or no usable row.
    """
    if not choice.inputs or not choice.targets:
        raise FieldError("columns", "none", "choose at least one input and one target column")
    decimal, names = table_format.decimal, head.names
    classes: dict[int, dict[str, int]] = {k: {} for k in choice.targets if words_of(head, k, decimal)}
    x, t = array("d"), array("d")
    sample_names: list[str] = []
    bad: list[BadRow] = []
    file = io.BytesIO(content)
    rows = _filled(io.TextIOWrapper(file, encoding, newline=""), table_format.delimiter)
    if table_format.header:
        next(rows, None)
    for number, (line, cells) in enumerate(rows, start=1 + table_format.header):
        if number % _ROWS_BETWEEN == 0:
            yield file.tell() / len(content)
            if len(bad) > _MOST_BAD:
                break
        if short := _ragged(line, cells, len(names)):
            bad.append(short)
            continue
        try:
            inputs = [_number(cells[k], decimal, line, names[k]) for k in choice.inputs]
            targets = [_target(cells[k], classes.get(k), decimal, line, names[k]) for k in choice.targets]
        except _Unusable as error:
            bad.append(error.row)
            continue
        x.extend(inputs)
        t.extend(targets)
        if choice.name is not None:
            sample_names.append(cells[choice.name].strip())
    if len(bad) > _MOST_BAD or (bad and not x):
        advice = f"choose other columns or another decimal mark, or mend them, first {bad[0]}"
        raise FieldError("table", f"{len(bad):,} rows that cannot be used", advice)
    if not x:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    given = np.array(x).reshape(-1, len(choice.inputs))
    wanted = np.array(t).reshape(-1, len(choice.targets))
    samples = _samples(given, wanted, head.names, choice, classes)
    return Reading(replace(samples, names=tuple(sample_names)), tuple(bad))


def _filled(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every row that is not blank, with its line; raises ``FieldError`` where CSV breaks off."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise FieldError("table", f"line {reader.line_num}", f"mend it: {error}") from error


def _ragged(line: int, cells: Sequence[str], width: int) -> BadRow | None:
    """Return what is wrong with a row of another length than the first."""
    if len(cells) == width:
        return None
    return BadRow(line, "row", f"{len(cells)} cells where the first row has {width}")


def _samples(
    given: Floats, wanted: Floats, names: Sequence[str], choice: Choice, classes: dict[int, dict[str, int]]
) -> Samples:
    """Return the numbers read as samples: scaled, with one target per class."""
    columns = [scaling_of(names[k], given[:, at], choice.scaling) for at, k in enumerate(choice.inputs)]
    given = np.column_stack([column.value(given[:, at]) for at, column in enumerate(columns)])
    blocks: list[Floats] = []
    for at, k in enumerate(choice.targets):
        if k in classes:
            words = sorted(classes[k])
            codes = np.array([classes[k][word] for word in words], dtype=np.float64)
            columns += [Column(f"{names[k]}={word}") for word in words]
            blocks.append((wanted[:, at, None] == codes).astype(np.float64))
        else:
            columns.append(scaling_of(names[k], wanted[:, at], choice.target_scaling))
            blocks.append(columns[-1].value(wanted[:, at])[:, None])
    return replace(Samples.of(given, np.hstack(blocks)), columns=tuple(columns))


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


def _target(cell: str, classes: dict[str, int] | None, decimal: str, line: int, column: str) -> float:
    """Return a target's number; of a class column the class's place in ``classes``, which grows."""
    if classes is None:
        return _number(cell, decimal, line, column)
    word = cell.strip()
    if not word:
        raise _Unusable(BadRow(line, column, "the cell is empty"))
    if word not in classes and len(classes) == _MOST_CLASSES:
        raise FieldError(column, f"more than {_MOST_CLASSES} different words", f"use at most {_MOST_CLASSES} classes")
    return float(classes.setdefault(word, len(classes)))


def _number(cell: str, decimal: str, line: int, column: str) -> float:
    cell = cell.strip()
    if not cell:
        raise _Unusable(BadRow(line, column, "the cell is empty"))
    try:
        value = float(cell.replace(",", ".") if decimal == "," else cell)
    except ValueError:
        raise _Unusable(BadRow(line, column, f"“{_shown(cell)}” is not a number")) from None
    if not np.isfinite(value):
        raise _Unusable(BadRow(line, column, f"“{_shown(cell)}” is not a finite number"))
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


def _names(cells: Sequence[str], header: bool) -> tuple[str, ...]:
    if len(cells) > MOST_COLUMNS:
        raise FieldError("table", f"{len(cells):,} columns", f"use at most {MOST_COLUMNS:,}")
    return tuple(
        (_line(cell)[:_LONGEST_NAME] if header else "") or f"column {k}" for k, cell in enumerate(cells, start=1)
    )


def _line(cell: str) -> str:
    """Return a cell as one line, without what cannot be printed."""
    return " ".join("".join(one if one.isprintable() else " " for one in cell).split())


def _shown(cell: str) -> str:
    return _line(cell)[:20]


def _evenness(lines: Sequence[str], delimiter: str) -> float:
    counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
    if not counts or max(counts) < 2:
        return 0.0
    usual, times = Counter(counts).most_common(1)[0]
    return times / len(counts) * min(usual, 3) if usual > 1 else 0.0

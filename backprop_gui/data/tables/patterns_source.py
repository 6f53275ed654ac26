"""Patterns of other network programs: SNNS ``.pat``, FANN ``.data`` and libsvm."""

import re
from collections.abc import Iterator

from backprop_gui.data.tables.cells_source import CellsSource
from backprop_gui.data.tables.columns import MOST_CELLS
from backprop_gui.data.tables.dialect import MOST_COLUMNS, Role
from backprop_gui.data.tables.numerals import number
from backprop_gui.data.tables.text import Row
from backprop_gui.engine.errors import FieldError

_SNNS = re.compile(r"No\. of (patterns|input units|output units)\s*:\s*(\d{1,9})\s*$", re.IGNORECASE)
_LIBSVM = re.compile(r"[-+0-9.eE]+(\s+[0-9]{1,9}:[-+0-9.eE]+)+\s*(#.*)?")


def snns_source(text: str) -> CellsSource:
    """Return the patterns of an SNNS file (versions 3 and 4 with patterns of one size).

    Raises:
        FieldError: a header without sizes, patterns of changing size, or other numbers than it promises.
    """
    lines = text.split("\n")
    sizes: dict[str, int] = {}
    begin = 1
    for at, line in enumerate(lines, start=1):
        if found := _SNNS.search(line.split("#")[0]):
            sizes[found[1].lower()], begin = int(found[2]), at + 1
    if {"patterns", "input units"} - set(sizes):
        raise FieldError("table", "an SNNS file without sizes", "give No. of patterns, input units and output units")
    return _patterns(
        lines, begin, sizes["patterns"], sizes["input units"], sizes.get("output units", 0), "SNNS patterns"
    )


def fann_source(text: str) -> CellsSource:
    """Return the pairs of a FANN training file.

    Raises:
        FieldError: other numbers than the first line promises.
    """
    lines = text.split("\n")
    at = next(place for place, line in enumerate(lines) if line.strip())
    sizes = re.fullmatch(r"\s*([0-9]{1,9})\s+([0-9]{1,9})\s+([0-9]{1,9})\s*", lines[at])
    if sizes is None:
        raise FieldError("table", f"line {at + 1}", "write how many pairs, inputs and outputs there are")
    count, inputs, outputs = map(int, sizes.groups())
    return _patterns(lines, at + 2, count, inputs, outputs, "FANN training data")


def looks_like_fann(head: str) -> bool:
    """Tell whether the first line counts pairs, inputs and outputs, and the next lines have as many numbers."""
    lines = [line.split() for line in head.split("\n") if line.strip()][:401]
    if len(lines) < 3 or len(lines[0]) != 3 or not all(re.fullmatch("[0-9]{1,9}", one) for one in lines[0]):
        return False
    count, inputs, outputs = map(int, lines[0])
    widths = [len(line) for line in lines[1:]]
    pairs = all(width == (inputs, outputs)[place % 2] for place, width in enumerate(widths))
    return pairs and count > 0 and (len(widths) == 2 * count or (len(widths) == 400 and 2 * count > 400))


def _patterns(lines: list[str], begin: int, count: int, inputs: int, outputs: int, told: str) -> CellsSource:
    """Return a source of ``count`` patterns whose numbers stand from line ``begin`` on, one after the other."""
    width = inputs + outputs
    if not 0 < width <= MOST_COLUMNS or inputs == 0 or outputs == 0:
        raise FieldError(
            "table", f"{inputs:,} inputs and {outputs:,} outputs", f"use 1 of each, to {MOST_COLUMNS:,} together"
        )
    if count * width > MOST_CELLS:
        raise FieldError("table", f"{count:,} patterns", f"use at most {MOST_CELLS // width:,}")

    def anew() -> Iterator[Row]:
        row: list[str] = []
        for at, line in enumerate(lines[begin - 1 :], start=begin):
            for one in line.split("#")[0].split():
                if "[" in one:
                    raise FieldError("table", f"line {at}: patterns of changing size", "write all of one size")
                row.append(one)
                if len(row) == width:
                    yield at, row
                    row = []
        if row:
            yield len(lines), row

    names = (*(f"x{k}" for k in range(1, inputs + 1)), *(f"t{k}" for k in range(1, outputs + 1)))
    roles: tuple[Role, ...] = tuple("input" if place < inputs else "target" for place in range(width))
    found = sum(1 for _ in anew())
    if found != count:
        raise FieldError("table", f"{found:,} patterns of {width} numbers", f"the file says that there are {count:,}")
    return CellsSource(names, anew, count, (f"{told}: {count:,} of {inputs} inputs and {outputs} outputs.",), roles)


def looks_like_libsvm(head: str) -> bool:
    """Tell whether lines are a label and pairs of a column's number and its value."""
    lines = [line.strip() for line in head.split("\n")[:50] if line.strip()]
    return len(lines) > 0 and all(_LIBSVM.fullmatch(line) for line in lines[:-1] or lines)


def libsvm_source(text: str) -> CellsSource:
    """Return the rows of a libsvm file; what they leave out is 0, the label comes last.

    Raises:
        FieldError: a line that is no such row, or too many columns.
    """
    lines = text.split("\n")
    width = 0
    for at, line in enumerate(lines, start=1):
        for pair in line.split("#")[0].split()[1:]:
            place, colon, value = pair.partition(":")
            if not (
                colon and place.isascii() and place.isdigit() and len(place) < 10 and number(value, ".") is not None
            ):
                raise FieldError("table", f"line {at}: {pair[:20]!r}", "write a column's number, a colon and a value")
            width = max(width, int(place))
    if not 0 < width < MOST_COLUMNS:
        raise FieldError("table", f"{width:,} columns", f"use at most {MOST_COLUMNS - 1:,}")
    if len(lines) * width > MOST_CELLS:
        raise FieldError("table", f"{len(lines):,} rows of {width:,} columns", f"use at most {MOST_CELLS:,} cells")
    from_zero = any(pair.startswith("0:") for line in lines for pair in line.split()[1:2])

    def anew() -> Iterator[Row]:
        for at, line in enumerate(lines, start=1):
            label, *pairs = line.split("#")[0].split() or [""]
            if label:
                row = ["0"] * (width + from_zero)
                for pair in pairs:
                    place, _, value = pair.partition(":")
                    row[int(place) - (not from_zero)] = value
                yield at, [*row, label]

    begin = 0 if from_zero else 1
    names = (*(f"x{k}" for k in range(begin, width + 1)), "label")
    return CellsSource(names, anew, len(lines), ("libsvm: what a row leaves out is 0.",))

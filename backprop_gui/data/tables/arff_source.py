"""Tables in ARFF, the format of Weka: https://waikato.github.io/weka-wiki/formats_and_processing/arff_stable/."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from backprop_gui.data.tables.cells_source import CellsSource
from backprop_gui.data.tables.dialect import Role, column_names
from backprop_gui.data.tables.text import Row
from backprop_gui.engine.errors import FieldError

_ATTRIBUTE = re.compile(r"""@attribute\s+("[^"]*"|'[^']*'|[^\s{]+)\s*(.+)""", re.IGNORECASE)


def arff_source(text: str) -> CellsSource:
    """Return the table; the last attribute that names its values is the class.

    Raises:
        FieldError: no attributes, no data, or an attribute that cannot be understood.
    """
    lines = text.split("\n")
    names: list[str] = []
    classes: dict[int, tuple[str, ...]] = {}
    for at, line in enumerate(lines, start=1):
        bare = line.strip()
        if bare.lower().startswith("@data"):
            return _read(lines, at, names, classes)
        if bare.lower().startswith("@attribute"):
            found = _ATTRIBUTE.fullmatch(bare)
            if found is None:
                raise FieldError("table", f"line {at}", "write @attribute, a name and a type")
            kind = found[2].strip()
            if kind.startswith("{") and kind.endswith("}"):
                classes[len(names)] = tuple(_split(kind[1:-1]))
            elif kind.lower().startswith("relational"):
                raise FieldError("table", f"line {at}: a relational attribute", "export it as a plain table")
            names.append(found[1].strip("\"'"))
    raise FieldError("table", "an ARFF file without @data", "mend it, or export it as CSV")


def _read(lines: Sequence[str], first: int, names: list[str], classes: dict[int, tuple[str, ...]]) -> CellsSource:
    if not names:
        raise FieldError("table", "an ARFF file without @attribute", "mend it, or export it as CSV")
    width = len(names)

    def anew() -> Iterator[Row]:
        for at, line in enumerate(lines[first:], start=first + 1):
            bare = line.strip()
            if bare and not bare.startswith("%"):
                yield at, _sparse(bare, width, classes, at) if bare.startswith("{") else _split(bare)

    source = CellsSource(
        column_names(names, header=True),
        anew,
        len(lines) - first,
        ("ARFF: names and kinds of the columns are the file's own.",),
        _roles(width, classes),
        classes,
    )
    if not source.rows:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    return source


def _roles(width: int, classes: dict[int, tuple[str, ...]]) -> tuple[Role | Literal[""], ...]:
    if not classes:
        return ()
    last = width - 1 if width - 1 in classes else 0 if list(classes) == [0] else -1
    return tuple("class" if place == last else "" for place in range(width)) if last >= 0 else ()


def _split(line: str) -> list[str]:
    """Return cells, which stand in quotes of either kind where they need to."""
    quote = "'" if "'" in line and '"' not in line else '"'
    try:
        found = list(csv.reader([line], quotechar=quote, skipinitialspace=True, escapechar="\\"))
    except csv.Error:
        return []
    cells = found[0] if found else []
    return [cell.strip() for cell in cells]


def _sparse(line: str, width: int, classes: dict[int, tuple[str, ...]], at: int) -> list[str]:
    """Return a row that names only cells that are not 0, or not the first of their class."""
    cells = [classes[place][0] if classes.get(place) else "0" for place in range(width)]
    for one in _split(line.strip("{} ")):
        place, _, value = one.partition(" ")
        if not (place.isascii() and place.isdigit() and len(place) < 9 and int(place) < width):
            raise FieldError("table", f"line {at}: {one[:20]!r}", f"number its cells from 0 to {width - 1}")
        cells[int(place)] = value.strip().strip("\"'")
    return cells

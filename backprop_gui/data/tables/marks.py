"""Which delimiter and which decimal mark: judged together, over many lines."""

from collections import Counter
from dataclasses import dataclass, replace

from backprop_gui.data.tables.dialect import DELIMITERS, Dialect, Wishes
from backprop_gui.data.tables.numerals import Decimal, grouping, is_missing, number
from backprop_gui.data.tables.text import Row, rows_of

_WORDS = {value: words for words, value in DELIMITERS.items()}
_ODD = {",": ";\t|", ";": "\t|", "\t": ";|", "|": "\t;", " ": ",;|"}
"""What cells hardly hold where the delimiter is another."""


_MOST_JUDGED = 1500
"""Cells that are looked at closely."""


@dataclass(frozen=True, slots=True)
class Marks:
    """A dialect, the rows that come of it, how wide most are, and why it was chosen."""

    dialect: Dialect
    rows: list[Row]
    width: int
    why: tuple[str, ...]


def guess_marks(lines: list[str], base: Dialect, wishes: Wishes, declared: str | None) -> Marks:
    """Return the delimiter and decimal mark that fit; ``declared`` is the delimiter that the file itself names."""
    fixed = wishes.delimiter or declared
    tried = [fixed] if fixed else list(_ODD)
    scored: list[tuple[float, Decimal, Marks]] = []
    for delimiter in tried:
        rows = list(rows_of(lines, replace(base, delimiter=delimiter)))
        width = usual_width(rows)
        if width > 1 or fixed:
            decimals: tuple[Decimal, ...] = (wishes.decimal,) if wishes.decimal else (".", ",")
            for decimal in decimals:
                dialect = replace(base, delimiter=delimiter, decimal=decimal)
                scored.append((_fit(rows, width, dialect), decimal, Marks(dialect, rows, width, ())))
    if not scored:
        dialect = replace(base, delimiter=",", decimal=wishes.decimal or ".")
        rows = list(rows_of(lines, dialect))
        return Marks(dialect, rows, 1, ("No delimiter parts the lines into columns.",))
    best = max(score for score, _, _ in scored)
    chosen = next(marks for score, _, marks in scored if score > best - 1e-9)
    why = [_about_delimiter(chosen, wishes, declared)]
    if wishes.decimal is None:
        decimal, reason = guess_decimal(chosen)
        chosen = replace(chosen, dialect=replace(chosen.dialect, decimal=decimal))
        why.append(reason)
    return replace(chosen, why=tuple(filter(None, why)))


def usual_width(rows: list[Row]) -> int:
    """Return how many cells most rows have, leaving out those that are empty at the end of most."""
    counts = Counter(_length(cells) for _, cells in rows)
    full = Counter(len(cells) for _, cells in rows)
    if not counts:
        return 0
    width, times = max(counts.items(), key=lambda one: (one[1], one[0]))
    wider, often = max(full.items(), key=lambda one: (one[1], one[0]))
    if wider > width and often >= times:  # an empty last column of a few rows is no trailing delimiter
        filled = any(len(cells) == wider and cells[-1].strip() for _, cells in rows[1:])
        return wider if filled else wider - 1
    return width


def _length(cells: list[str]) -> int:
    return len(cells) - (len(cells) > 1 and not cells[-1].strip())


def _fit(rows: list[Row], width: int, dialect: Dialect) -> float:
    """Return how well rows look like a table: as long as each other, of cells that mean something."""
    fitting = [cells for _, cells in rows if len(cells) == width or _length(cells) == width]
    if not fitting:
        return 0.0
    begun = next(place for place, (_, cells) in enumerate(rows) if len(cells) == width or _length(cells) == width)
    consistent = len(fitting) / (len(rows) - min(begun, 20))
    enough = max(20, _MOST_JUDGED // max(width, 1))
    cells = [cell for row in (fitting[1:enough] or fitting[:1]) for cell in row[:width]]
    worth = sum(_worth(cell, dialect) for cell in cells) / len(cells)
    return consistent * worth * (1.0 if width > 1 else 0.1)


def _worth(cell: str, dialect: Dialect) -> float:
    cell = cell.strip()
    if number(cell, dialect.decimal) is not None:
        return 0.6 if " " in cell else 1.0
    if is_missing(cell):
        return 0.5
    if any(mark in cell for mark in _ODD.get(dialect.delimiter, "")):
        return 0.05
    return 0.8 if cell[0].isalpha() and "," not in cell else 0.4


def _about_delimiter(marks: Marks, wishes: Wishes, declared: str | None) -> str:
    if wishes.delimiter:
        return ""
    name = _WORDS.get(marks.dialect.delimiter, f"“{marks.dialect.delimiter}”")
    if declared:
        return f"Delimiter {name}: the file says so."
    same = sum(len(cells) == marks.width or _length(cells) == marks.width for _, cells in marks.rows)
    return f"Delimiter {name}: parts {same} of {len(marks.rows)} lines into {marks.width} columns."


def guess_decimal(marks: Marks) -> tuple[Decimal, str]:
    """Return the decimal mark by what stands in cells, all columns together, and why."""
    points, commas = [(0, "")], [(0, "")]
    enough = max(20, _MOST_JUDGED // max(marks.width, 1))
    for column in range(marks.width):
        cells = [cells[column] for _, cells in marks.rows[:enough] if len(cells) > column]
        digits = [cell for cell in cells if number(cell, ".") is not None or number(cell, ",") is not None]
        points.append(grouping(digits, "."))
        commas.append(grouping(digits, ","))
    point_groups, comma_groups = _strongest(points), _strongest(commas)
    semicolon = marks.dialect.delimiter == ";"
    if comma_groups[0] < 0:
        return ",", f"Decimal comma: {comma_groups[1]}."
    if point_groups[0] < 0:
        return ".", f"Decimal point: {point_groups[1]}."
    if point_groups[1] and point_groups[0] + semicolon >= 2:
        return ",", f"Points stand between thousands, so decimals have a comma: {point_groups[1]}."
    if comma_groups[1] and comma_groups[0] >= 2:
        return ".", f"Commas stand between thousands, so decimals have a point: {comma_groups[1]}."
    if comma_groups[1]:
        return ",", f"Decimal comma, though it could part thousands: {comma_groups[1]}."
    if point_groups[1]:
        return ".", f"Decimal point, though it could part thousands: {point_groups[1]}."
    return marks.dialect.decimal if comma_groups[1] else ".", ""


def _strongest(found: list[tuple[int, str]]) -> tuple[int, str]:
    """Return what speaks most clearly: one certain column decides, else the sum."""
    against = min(found, key=lambda one: one[0])
    if against[0] < 0:
        return against
    total = sum(score for score, _ in found)
    return total, max(found, key=lambda one: (one[0], one[1]))[1]

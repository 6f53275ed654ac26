"""How the text of a table is written, guessed as a careful person would, with the reasons."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backprop_gui.data.tables.dialect import Dialect, Wishes, column_names, one_line
from backprop_gui.data.tables.header import guess_header
from backprop_gui.data.tables.marks import Marks, guess_decimal, guess_marks, usual_width
from backprop_gui.data.tables.numerals import Decimal, is_missing, number
from backprop_gui.data.tables.text import Row, fitted, rows_of, unquoted
from backprop_gui.engine.errors import FieldError

SNIFFED_LINES = 400
_MOST_TITLES = 30
_SEP = re.compile(r'"?sep=(?P<one>\\t|.)(?P=one)*"?', re.IGNORECASE)
_SINGLE = re.compile(r"(?:^|[,;\t| ])'[^']*'\s*(?:$|[,;\t| ])")
_COMMENTS = ("#", "%", "//", "!")


@dataclass(frozen=True, slots=True)
class Guess:
    """How a table is written, what its columns are called, its first rows, and why."""

    dialect: Dialect
    names: tuple[str, ...]
    rows: tuple[Row, ...]
    why: tuple[str, ...]


def guess(text: str, wishes: Wishes) -> Guess:
    """Return how the first lines of a table are written, as far as ``wishes`` leave it open.

    Raises:
        FieldError: no rows, too many columns, or a line without end.
    """
    lines = text.split("\n")[:SNIFFED_LINES]
    why: list[str] = []
    base, declared = Dialect(), None
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if found := _SEP.fullmatch(lines[first].strip(" ")):
        declared = "\t" if found["one"] == "\\t" else found["one"]
        base = replace(base, skip=first + 1)
    rest = [line for line in lines[base.skip :] if line.strip()]
    base = replace(base, comment=_comment(rest))
    bare = [line.strip() for line in rest if not (base.comment and line.lstrip().startswith(base.comment))]
    if sum(bool(_SINGLE.search(line)) for line in bare) * 2 > len(bare) and not any('"' in line for line in bare):
        base = replace(base, quote="'")
        why.append("Cells stand in single quotes.")
    if _all_quoted(bare):
        base = replace(base, quoted=True)
        why.append("Every line stands in quotes as a whole.")
    marks = guess_marks(lines[base.skip :], base, wishes, declared)
    if not marks.rows:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    marks = replace(marks, rows=[(line + base.skip, cells) for line, cells in marks.rows])
    return _framed(lines, marks, wishes, why)


def guess_cells(rows: list[Row], wishes: Wishes) -> Guess:
    """Return where a table of cells begins and what its columns are called; its cells are parted already.

    Raises:
        FieldError: no rows, or too many columns.
    """
    if not rows:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    marks = Marks(Dialect(), rows, usual_width(rows), ())
    decimal, reason = (wishes.decimal, "") if wishes.decimal else guess_decimal(marks)
    marks = replace(marks, dialect=replace(marks.dialect, decimal=decimal), why=(reason,) if reason else ())
    return _framed([], marks, wishes, [])


def _framed(lines: list[str], marks: Marks, wishes: Wishes, why: list[str]) -> Guess:
    """Find where the table begins, and its header."""
    width, rows = marks.width, marks.rows
    if not width:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    begin = _begin(rows, width)
    if marks.dialect.delimiter == " " and _stands_over_names(rows[begin:], width, marks.dialect.decimal):
        begin += 1  # a title that happens to have as many words as there are columns
    if begin:
        why.append("The first line is a title." if begin == 1 else f"The first {begin} lines with text are a title.")
    why.extend(marks.why)
    body = [(line, cells) for line, cells in rows[begin:]]
    before = body[0][0]
    names_row = len(body[0][1]) == width - 1 and len(body) > 1  # row names have no header
    noted = None if names_row else _noted_header(lines[: before - 1], marks.dialect, width)
    cells = [*([""] if names_row else []), *body[0][1]]
    named = (fitted(cells, width) or cells)[:width]
    columns = [fit for _, row in body[1:] if (fit := fitted(row, width)) is not None]
    header, reason = (True, "") if names_row else guess_header(named, columns, marks.dialect.decimal)
    if wishes.header is not None:
        header, reason = wishes.header, ""
        noted = noted if header else None
    elif noted is not None and not header:
        reason = "The names stand in a comment before the first row."
    why.append(reason)
    if header:
        units = _stands_over_names(body, width, marks.dialect.decimal) == width and not names_row
        if units:
            why.append("The second row has units.")
        dialect, names, body = replace(marks.dialect, header=True, skip=body[units][0]), named, body[1 + units :]
    elif noted is not None:
        dialect, names = replace(marks.dialect, header=True, skip=max(marks.dialect.skip, before - 1)), noted
    else:
        dialect, names = replace(marks.dialect, header=False, skip=max(marks.dialect.skip, before - 1)), named
    if not body:
        raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
    return Guess(dialect, column_names(names, dialect.header), tuple(body), tuple(map(one_line, filter(None, why))))


def _begin(rows: list[Row], width: int) -> int:
    """Return how many rows are titles: others than the table's rows, before it."""
    for place, (_, cells) in enumerate(rows[:_MOST_TITLES]):
        if fitted(cells, width) is not None and sum(bool(cell.strip()) for cell in cells) * 2 > width:
            return place
        follows = rows[place + 1][1] if place + 1 < len(rows) else []
        if width > 2 and len(cells) == width - 1 and len(follows) == width:  # a header without a name for the rows
            return place
    return 0


def _stands_over_names(rows: list[Row], width: int, decimal: Decimal) -> int:
    """Return over how many columns of numbers two rows of words alone stand."""
    if len(rows) < 3 or any(number(cell, decimal) is not None for _, cells in rows[:2] for cell in cells):
        return 0
    if all(is_missing(cell, among_numbers=True) for cell in rows[1][1]):
        return 0
    below = [fit for _, cells in rows[2:40] if (fit := fitted(cells, width)) is not None]
    return sum(any(number(row[place], decimal) is not None for row in below) for place in range(width))


def _noted_header(lines: Sequence[str], dialect: Dialect, width: int) -> list[str] | None:
    """Return the names in the last comment before the table, where it has as many as there are columns."""
    if not dialect.comment or not lines or not lines[-1].strip().startswith(dialect.comment):
        return None
    text = lines[-1].strip().lstrip(dialect.comment).strip()
    for delimiter in dict.fromkeys((*("," * ("," in text)), dialect.delimiter, ",", " ")):
        for _, cells in rows_of([text], Dialect(delimiter)):
            if len(cells) == width:
                return cells
    return None


def _comment(lines: list[str]) -> str:
    """Return what comment lines begin with: something that few lines begin with, the first among them."""
    for mark in _COMMENTS:
        marked = [line.lstrip().startswith(mark) for line in lines]
        if any(marked) and (sum(marked) * 2 <= len(lines) or (sum(marked) < len(lines) and not marked[-1])):
            unmarked = [line for line, is_marked in zip(lines, marked, strict=True) if not is_marked]
            if marked[0] or (mark in "#%" and unmarked):
                return mark
    return ""


def _all_quoted(lines: list[str]) -> bool:
    """Tell whether every row stands in quotes as a whole, as in "1,2,3"."""
    sample = lines[:50]
    if len(sample) < 2 or not all(len(line) > 1 and line[0] == line[-1] == '"' for line in sample):
        return False
    if any('"' in line[1:-1].replace('""', "") for line in sample):
        return False
    for mark in (",", ";", "\t", "|", " "):
        widths = {len(cells) for line in sample for _, cells in rows_of([unquoted(line)], Dialect(mark))}
        if len(widths) == 1 and widths != {1}:
            return True
    return False

"""Whether the first row of a table has the names of its columns."""

from collections.abc import Sequence
from itertools import pairwise

from backprop_gui.data.tables.numerals import Decimal, is_missing, number


def guess_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: Decimal) -> tuple[bool, str]:
    """Return whether ``first`` has names rather than values like those of the ``rows`` below it, and why."""
    if not rows:
        words = [cell for cell in first if number(cell, decimal) is None and not is_missing(cell)]
        return len(words) == len(first), ""
    rows = rows[: max(12, 3000 // max(len(first), 1))]
    values = [number(cell, decimal) for cell in first]
    below = [_share([row[place] for row in rows], decimal) for place in range(len(first))]
    for cell, value, share in zip(first, values, below, strict=True):
        if value is None and not is_missing(cell) and share >= 0.6:
            return True, f"The first row has names: “{cell.strip()[:20]}” stands over numbers."
    for value, share, cell in zip(values, below, first, strict=True):
        if value is not None and share == 0.0 and len(rows) > 1:
            return True, f"The first row has names: {cell.strip()[:20]} stands over words."
    numbers = [value for value in values if value is not None]
    if not numbers:
        return _new_words(first, rows)
    if _counts(numbers, rows, decimal):
        return True, "The first row has names: its numbers count the columns."
    if _years(numbers, rows, decimal):
        return True, "The first row has names: its numbers are years."
    return False, "No row of names: the first row has numbers like those below."


def _share(cells: Sequence[str], decimal: Decimal) -> float:
    """Return how many of the cells that say something are numbers."""
    said = [cell for cell in cells[:100] if not is_missing(cell)]
    return sum(number(cell, decimal) is not None for cell in said) / len(said) if said else 0.5


def _new_words(first: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Judge a table of words alone: names are words that do not come again below, where words do."""
    again = [cell.strip() in {row[place].strip() for row in rows} for place, cell in enumerate(first)]
    repeated = any(len({row[place] for row in rows}) < len(rows) for place in range(len(first)))
    if not any(again) and repeated and len(set(first)) == len(first):
        return True, "The first row has names: its words do not come again."
    return False, "No row of names: the first row has words like those below."


def _counts(numbers: Sequence[float], rows: Sequence[Sequence[str]], decimal: Decimal) -> bool:
    if len(numbers) < 3 or numbers not in (
        [float(k) for k in range(len(numbers))],
        [k + 1.0 for k in range(len(numbers))],
    ):
        return False
    found = [value for row in rows[:100] for cell in row if (value := number(cell, decimal)) is not None]
    return any(not value.is_integer() for value in found)


def _years(numbers: Sequence[float], rows: Sequence[Sequence[str]], decimal: Decimal) -> bool:
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    if len(steps) != 1 or not all(1500 <= one <= 2200 and one.is_integer() for one in numbers):
        return False
    found = [value for row in rows[:100] for cell in row if (value := number(cell, decimal)) is not None]
    return sum(1500 <= value <= 2200 for value in found) * 2 < len(found)

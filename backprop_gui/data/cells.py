"""Cells of tables that other programs open."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_BEGINS_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def table_of(rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows as a CSV file's content: UTF-8, a line feed after each."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def plain_cell(text: str) -> str:
    """Return words for a cell so that no spreadsheet takes them for a formula: an apostrophe stands before those.

    Numbers stay numbers.
    """
    begins = text.lstrip()  # blanks, tabs and returns before a formula do not keep it from being one
    return f"'{text}" if begins.startswith(_BEGINS_FORMULA) and not _NUMBER.fullmatch(text) else text

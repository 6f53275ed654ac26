"""Cells of tables that other programs open."""

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain_cell(text: str) -> str:
    """Return words for a cell so that no spreadsheet takes them for a formula: an apostrophe stands before those."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text

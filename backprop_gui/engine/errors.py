"""The one error for bad values, wherever they come from."""

from itertools import islice
from typing import cast

MISSING = object()
"""Stands for the value of a field that is not there."""


_LONGEST_FIELD = 300


class FieldError(ValueError):
    """A value that cannot be used: names the field, the value, and what would be accepted.

    Forms show ``accepted`` beside the field; the command line prints ``str(error)``.
    """

    def __init__(self, field: str, value: object, accepted: str) -> None:
        self.field = field
        self.value = value
        self.accepted = accepted
        found = "is missing" if value is MISSING else f"{_short(value)} is not accepted"
        super().__init__(one_line(f"{field[:_LONGEST_FIELD]}: {found}; {accepted}."))


def one_line(text: str) -> str:
    """Return words that may come from a file as one line: for what breaks or turns lines there are blanks."""
    return text if text.isprintable() else "".join(one if one.isprintable() else " " for one in text)


def _short(value: object, limit: int = 60) -> str:
    text = repr(_part(value, limit))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _part(value: object, most: int, depth: int = 4) -> object:
    """Return no more of a value than is shown of it: what a file holds may be without end, or without bottom."""
    match value:
        case str():
            return value[: most + 1]
        case int() if value.bit_length() > 8 * most:  # to write it out could take for ever, or be refused
            return f"a whole number of about {int(value.bit_length() * 0.30103):,} digits"
        case list() | dict() if depth == 0:
            return "…"
        case list():
            return [_part(one, most, depth - 1) for one in cast("list[object]", value[: most // 3])]
        case dict():
            items = islice(cast("dict[object, object]", value).items(), most // 3)
            return {_part(key, most): _part(one, most, depth - 1) for key, one in items}
        case _:
            return value

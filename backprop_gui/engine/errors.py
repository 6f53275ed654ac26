"""The one error for bad values, wherever they come from."""

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
    if isinstance(value, int) and value.bit_length() > 8 * limit:  # to write it out could take for ever, or be refused
        return f"a whole number of about {int(value.bit_length() * 0.30103):,} digits"
    try:
        text = repr(value[: limit + 1] if isinstance(value, str) else value)
    except RecursionError:
        text = "a value nested hundreds deep"
    return text if len(text) <= limit else text[: limit - 1] + "…"

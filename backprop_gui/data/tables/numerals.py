"""Cells as numbers, however people write them."""

import re
from typing import Literal

Decimal = Literal[".", ","]

MISSING = frozenset(("", "?", "-", "–", "—", ".", "na", "n/a", "#n/a", "nan", "null", "(null)", "<na>"))
"""What stands where a value is missing, in small letters."""
_NO_NUMBER = MISSING | {"none", "nil", "missing", "unknown", "*"}
"""Where a number is missing: among words, these may be words like any other."""
YES_NO = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MINUS = str.maketrans({"−": "-", "﹣": "-", "－": "-", "–": "-", "＋": "+"})
_GAPS = "'’\u00a0\u2007\u2009\u202f "
"""Apostrophes and the narrow blanks that stand between groups of three digits, whatever the decimal mark."""
_GROUPED = {
    mark: re.compile(
        rf"[+-]?(?:[1-9][0-9]{{0,2}}([{re.escape(other)}{_GAPS}])[0-9]{{3}}(?:\1[0-9]{{3}})*"
        rf"|[1-9][0-9]?(?:{re.escape(other)}[0-9]{{2}})+{re.escape(other)}[0-9]{{3}})(?:{re.escape(mark)}[0-9]*)?"
    )
    for mark, other in ((".", ","), (",", "."))
}
"""By the decimal mark, numbers grouped in thousands, also as in India: 12,34,567."""
_CODES = ("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "kr", "Fr.")
_CURRENCY = rf"(?:{'|'.join(map(re.escape, _CODES))}|[$¢£¤¥฿₠-₿])?"
_PRICED = re.compile(rf"([+-]?)\s*{_CURRENCY}\s*(\S.*?)\s*{_CURRENCY}")


def is_missing(cell: str, among_numbers: bool = False) -> bool:
    """Tell whether a cell says that there is no value."""
    return len(cell) < 10 and cell.strip().lower() in (_NO_NUMBER if among_numbers else MISSING)


def number(cell: str, decimal: Decimal) -> float | None:
    """Return the number a cell holds, or None; may be infinite where it is written too large.

    Besides plain numbers: groups of three digits, currencies, per cent (as hundredths), other minus signs, brackets for
    negative amounts, exponents with a D. A mark that can only stand before groups of three is no decimal mark.
    """
    text = cell.strip()
    if not text or len(text) > 400:
        return None
    plain = text.replace(",", ".") if decimal == "," and "." not in text else text
    if _PLAIN.fullmatch(plain) and (decimal == "." or "." not in text or not _GROUPED[","].fullmatch(text)):
        return float(plain)
    return _dressed(text, decimal)


def _dressed(text: str, decimal: Decimal) -> float | None:
    if text[0].isalpha() and not text.startswith(_CODES):
        return None
    text, negative, hundredths = _bare(text)
    if found := _GROUPED[decimal].fullmatch(text):
        text = text.replace(found[1] or ("," if decimal == "." else "."), "").replace(",", ".")
    elif decimal == "," and not ("," in text and "." in text):
        text = text.replace(",", ".")
    if not _PLAIN.fullmatch(text):
        text = re.sub(r"(?<=[0-9.])[dD](?=[+-]?[0-9])", "e", text, count=1)
        if not _PLAIN.fullmatch(text):
            return None
    if hundredths:  # in the text: a division would cost the last digit
        digits, _, exponent = text.lower().partition("e")
        if len(exponent) > 6:
            return None
        text = f"{digits}e{int(exponent or 0) - 2}"
    value = float(text)
    return -value if negative else value


def _bare(text: str) -> tuple[str, bool, bool]:
    """Return a number without what dresses it, whether brackets made it negative, and whether it counts hundredths."""
    text, negative, hundredths = text.translate(_MINUS), False, False
    if text[0] == "(" and text[-1] == ")":
        text, negative = text[1:-1].strip(), True
    if text[-1:] == "%":
        text, hundredths = text[:-1].rstrip(), True
    return _without_currency(text), negative, hundredths


def _without_currency(text: str) -> str:
    if text[:1].isdigit() and text[-1:].isdigit():
        return text
    found = _PRICED.fullmatch(text)
    return found[1] + found[2] if found and not (found[1] and found[2][:1] in "+-") else text


def grouping(cells: list[str], mark: Literal[".", ","]) -> tuple[int, str]:
    """Return how much speaks for ``mark`` standing between groups of three digits (below 0: before decimals), and why.

    ``cells`` are those of one column that hold digits.
    """
    other: Decimal = "," if mark == "." else "."
    numbers = [_bare(cell.strip())[0] for cell in cells]
    marked = [one for one in numbers if mark in one]
    if not marked:
        return 0, ""
    single = next((one for one in marked if not _GROUPED[other].fullmatch(one)), None)
    if single is not None:
        return -9, f"“{single[:20]}” can only be a decimal"
    sure = next((one for one in marked if one.count(mark) > 1 or other in one), None)
    if sure is not None:
        return 9, f"“{sure[:20]}” can only be grouped in thousands"
    whole = [one.lstrip("+-") for one in numbers if mark not in one and one.lstrip("+-").isdigit()]
    if (long := next((one for one in whole if len(one) > 3), None)) is not None:
        return -5, f"“{long[:20]}” is not grouped in thousands"
    lead = {len(one.lstrip("+-").partition(mark)[0]) for one in marked}
    score = 3 * bool(whole) + 2 * (len(marked) > 2 and all(one.endswith("0") for one in marked))
    score += (3 in lead) + (len(lead) > 1)
    return score, f"“{marked[0][:20]}” and the like have three digits behind the mark throughout"


def as_label(value: float) -> str:
    """Return a number as the name of a class."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)

"""JSON from files, refused in a sentence where it is none."""

import math
import re
from typing import Any

import msgspec

from backprop_gui.engine.errors import FieldError

_MARK = b"\xef\xbb\xbf"
_NO_NUMBERS = re.compile(rb"[\[:,]\s*-?(NaN|Infinity|nan|inf)\b")
_NUMBERS = re.compile(rb"(?<=[\[:,\s])-?\d[\d.]*(?:[eE][+-]?\d+)?(?=[\],}\s])")

MOST_VALUES = 6_000_000
"""What can be decoded in seconds and in 400 MB, see ``values_in``."""


def decode_json(text: bytes) -> Any:
    """Return what JSON in UTF-8 holds, with or without a byte order mark; raises ``FieldError``."""
    text = text.removeprefix(_MARK)
    size = values_in(text)
    if size > MOST_VALUES:
        raise FieldError("file", f"about {size:,} values", f"use at most {MOST_VALUES:,}")
    try:
        return msgspec.json.decode(text)
    except RecursionError as error:
        raise FieldError("file", "brackets inside brackets, hundreds deep", "use a session or weights file") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if number := _NO_NUMBERS.search(text):
            raise FieldError("file", number[1].decode(), "JSON has no such number, so use finite ones") from error
        if "out of range" in str(error):
            big = next((one[0] for one in _NUMBERS.finditer(text) if math.isinf(float(one[0]))), b"a number")
            raise FieldError("file", big.decode()[:60], "use numbers up to 1.7976931348623157e308") from error
        shown = " ".join(text[:20].decode(errors="replace").split())
        raise FieldError("file", shown, f"it must be JSON in UTF-8 ({error})") from error


def values_in(text: bytes) -> int:
    """Return about how many numbers would take as much room as what the text holds; lists and keys take more."""
    return text.count(b",") + 4 * (text.count(b"[") + text.count(b"{") + text.count(b":")) + text.count(b'"')

"""JSON from files, refused in a sentence where it is none."""

import math
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, cast

import msgspec
import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError

_MARK = b"\xef\xbb\xbf"
_NO_NUMBERS = re.compile(rb"[\[:,]\s*-?(NaN|Infinity|nan|inf)\b")
_NUMBERS = re.compile(rb"(?<=[\[:,\s])-?\d[\d.]*(?:[eE][+-]?\d+)?(?=[\],}\s])")

_MOST_SPACED = 10_000
"""Rows of numbers up to which there are spaces after commas; nobody reads more, and they take a fifth of the time."""
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


def matrix_of(value: object) -> Floats | None:
    """Return rows of numbers as an array (rows, columns); None for anything else, for others to say what is wrong."""
    if not (isinstance(value, list) and value and set(map(type, cast("list[object]", value))) == {list}):
        return None
    rows = cast("list[list[object]]", value)
    if len(set(map(len, rows))) != 1 or not set(map(type, chain.from_iterable(rows))) <= {int, float}:
        return None
    try:
        numbers = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * len(rows[0]))  # pyright: ignore
    except OverflowError:
        return None
    return numbers.reshape(len(rows), -1) if rows[0] else None


def values_in(text: bytes) -> int:
    """Return about how many numbers would take as much room as what the text holds; lists and keys take more."""
    return text.count(b",") + 4 * (text.count(b"[") + text.count(b"{") + text.count(b":")) + text.count(b'"')


def json_lines(value: Any) -> bytes:
    """Return JSON for people and line by line comparison: two spaces of indent, and a row of numbers on one line."""
    return b"".join(_pieces(value, b"\n"))


def _pieces(value: Any, end: bytes) -> Iterator[bytes | memoryview]:
    """Yield a value's text, large parts whole; ``end`` is the line break before its closing bracket."""
    margin = end + b"  "
    if isinstance(value, dict) and value:
        before = b"{" + margin
        for key, one in cast("dict[str, Any]", value).items():
            yield before + msgspec.json.encode(key) + b": "
            yield from _pieces(one, margin)
            before = b"," + margin
        yield end + b"}"
    elif isinstance(value, list) and value and isinstance(value[0], list | dict | str):
        items = cast("list[Any]", value)
        yield b"[" + margin
        if _are_rows(items):
            rows = msgspec.json.encode(items)
            rows = rows.replace(b"],[", b"]," + margin + b"[")
            yield memoryview(rows if len(items) > _MOST_SPACED else _spaced(rows))[1:-1]
        else:
            for place, one in enumerate(items):
                yield b"," + margin if place else b""
                yield from _pieces(one, margin)
        yield end + b"]"
    else:
        yield _spaced(msgspec.json.encode(value)) if isinstance(value, list) else msgspec.json.encode(value)


def _are_rows(items: list[Any]) -> bool:
    """Tell by the first whether these are rows of numbers: all of a list are of one kind in our files."""
    first: Any = items[0]
    return type(first) is list and len(cast("list[Any]", first)) > 0 and not isinstance(first[0], list | dict | str)


def _spaced(numbers: bytes) -> bytes:
    return numbers.replace(b",", b", ").replace(b", \n", b",\n")

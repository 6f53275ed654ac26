"""Tables in JSON: a list of records, a list of rows, or a list per column."""

import json
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from backprop_gui.data.tables.cells_source import CellsSource, Rows, framed_source
from backprop_gui.data.tables.dialect import Wishes, column_names
from backprop_gui.data.tables.text import Row
from backprop_gui.engine.errors import FieldError

_WANTED = "use a list of records, a list of rows, or an object with a list for every column"


def json_source(content: bytes, wishes: Wishes) -> CellsSource:
    """Return the table in a JSON text.

    Raises:
        FieldError: no JSON, or no table in it.
    """
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        if b"}\n{" in content.replace(b" ", b"").replace(b"\r", b"")[:100_000]:  # a record a line
            found: Any = msgspec.json.Decoder().decode_lines(content)
        else:
            found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FieldError("table", "text that is no JSON", f"mend it ({error})") from error
    if isinstance(found, dict):
        found = _of_columns(cast("dict[str, Any]", found))
    rows = cast("list[Any]", found) if isinstance(found, list) else []
    if rows and all(isinstance(row, dict) for row in rows):
        return _of_records(cast("list[dict[str, Any]]", rows))
    if rows and all(isinstance(row, list) for row in rows):

        def anew() -> Iterator[Row]:
            return ((at, [_cell(one) for one in row]) for at, row in enumerate(rows, start=1))

        return framed_source(anew, len(rows), wishes, "JSON, a list of rows.")
    raise FieldError("table", "JSON without a table", _WANTED)


def _of_columns(found: dict[str, Any]) -> Any:
    """Return records, or rows under their names, for an object of columns; else what was given."""
    names, data = found.get("columns"), found.get("data")
    if isinstance(names, list) and isinstance(data, list) and data:
        return [names, *data]
    if found.get("format") == "backprop-gui/session":
        raise FieldError("table", "a session", "open it instead of importing it")
    columns = [list(cast("dict[str, Any]", one).values()) if isinstance(one, dict) else one for one in found.values()]
    if not columns or not all(isinstance(one, list) for one in columns):
        lists: list[Any] = [one for one in found.values() if isinstance(one, list)]
        return lists[0] if len(lists) == 1 else None
    if len({len(one) for one in columns}) > 1:
        raise FieldError("table", "columns of different lengths", "give every column as many values")
    return [dict(zip(found, row, strict=True)) for row in zip(*columns, strict=True)]


def _of_records(records: list[dict[str, Any]]) -> CellsSource:
    keys = list(dict.fromkeys(key for record in records for key in record))
    names = column_names(keys, header=True)

    def anew() -> Iterator[Row]:
        return ((at, [_cell(record.get(key)) for key in keys]) for at, record in enumerate(records, start=1))

    rows: Rows = anew
    return CellsSource(names, rows, len(records), ("JSON, a list of records: their keys are the columns' names.",))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)

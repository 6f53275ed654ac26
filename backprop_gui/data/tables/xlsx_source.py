"""Tables in Excel workbooks."""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

from backprop_gui.data.tables.cells_source import CellsSource, framed_source
from backprop_gui.data.tables.columns import MOST_CELLS
from backprop_gui.data.tables.dialect import Wishes, one_line
from backprop_gui.data.tables.text import Row
from backprop_gui.engine.errors import FieldError

INSTALL = "pip install 'backprop-gui[tables]'"
_MOST_UNPACKED = 300_000_000


def xlsx_source(content: bytes, wishes: Wishes) -> CellsSource:
    """Return the table on the first sheet of a workbook that has one.

    Raises:
        FieldError: openpyxl is not installed, the file is damaged or too large, or no sheet has a table.
    """
    try:
        import openpyxl
    except ImportError as error:
        accepted = f"this format needs the package openpyxl: {INSTALL}, or save the sheet as CSV"
        raise FieldError("table", "an Excel workbook", accepted) from error
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(member.file_size for member in packed.infolist()) > _MOST_UNPACKED:
            raise FieldError("table", "a workbook too large to unpack", "save the sheet as CSV")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like that are not looked at
            book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # which some programs write wrong
                if len([row for row, _ in zip(_rows(sheet), range(2), strict=False)]) == 2:
                    told = f"Excel workbook, sheet “{one_line(str(sheet.title))[:40]}”."
                    return framed_source(lambda sheet=sheet: _rows(sheet), int(sheet.max_row or 1000), wishes, told)
    except FieldError:
        raise
    except Exception as error:
        accepted = f"save the sheet as CSV ({str(error)[:200]})"
        raise FieldError("table", "a workbook that cannot be read", accepted) from error
    raise FieldError("table", "a workbook without a table", "choose one with at least two rows of cells")


def _rows(sheet: Any) -> Iterator[Row]:
    """Yield the rows that hold anything, as long as what they hold."""
    cells_seen = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for at, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_cell(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            cells_seen += len(cells)
            if cells_seen > MOST_CELLS:
                raise FieldError("table", f"more than {at:,} rows", f"use at most {MOST_CELLS:,} cells")
            if cells:
                yield at, cells


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)

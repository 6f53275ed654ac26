"""The one place that decides which reader a table has, by what is in the file."""

import io
import zipfile
from typing import BinaryIO

from backprop_gui.data.tables.arff_source import arff_source
from backprop_gui.data.tables.columns import Source
from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.json_source import json_source
from backprop_gui.data.tables.patterns_source import (
    fann_source,
    libsvm_source,
    looks_like_fann,
    looks_like_libsvm,
    snns_source,
)
from backprop_gui.data.tables.text import encoding_of
from backprop_gui.data.tables.text_source import TextSource
from backprop_gui.data.tables.xlsx_source import xlsx_source
from backprop_gui.engine.errors import FieldError

MOST_BYTES = 4_000_000_000
MOST_WHOLE = 64_000_000
"""Files of kinds that are not read in stretches are no larger."""
_HEAD = 20_000
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "save it as .xlsx or CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV"),
    (b"\x1f\x8b", "a packed file (gzip)", "unpack it first"),
    (b"7z\xbc\xaf", "a packed file (7-Zip)", "unpack it first"),
    (b"BZh", "a packed file (bzip2)", "unpack it first"),
    (b"\x93NUMPY", "a NumPy array", "save it with numpy.savetxt"),
    (b"\x89HDF", "an HDF5 file", "save its table as CSV"),
    (b"%PDF", "a PDF document", "copy its table into a spreadsheet, and save it as CSV"),
    (b"{\\rtf", "a text document (RTF)", "save its table as CSV"),
    (b"MATLAB 5.0", "a MATLAB file", "save its matrix with writematrix"),
)


def open_table(file: BinaryIO, size: int, wishes: Wishes) -> Source:
    """Return a table to be read from an open file of ``size`` bytes; what ``wishes`` leave open is guessed.

    Raises:
        FieldError: what is in the file cannot be read as a table; the words say what to do.
    """
    file.seek(0)
    head = file.read(_HEAD)
    for magic, what, accepted in _OTHERS:
        if head.startswith(magic):
            raise FieldError("table", what, accepted)
    if head.startswith(b"PK\x03\x04"):
        return _packed(_whole(file, size), wishes)
    encoding, mark = encoding_of(head)
    text = head[mark:].decode(encoding, "ignore")
    begin = text.lstrip()
    if begin[:1] in ("[", "{") and begin[1:].lstrip()[:1] in ("[", "{", '"'):
        return json_source(_text(file, size).encode(), wishes)
    lower = begin.lower()
    if lower.startswith(("<!doctype html", "<html", "<table", "<?xml")):
        raise FieldError("table", "a web page or XML", "copy its table into a spreadsheet, and save it as CSV")
    if "@attribute" in lower and any(line.strip().startswith("@relation") for line in lower.split("\n")):
        return arff_source(_text(file, size))
    if lower.startswith("snns pattern"):
        return snns_source(_text(file, size))
    if lower.startswith(("snns network", "fann_flo", "fann_fix")):
        raise FieldError("table", "a network, not a table", "import its patterns")
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    if wishes == Wishes():
        if looks_like_libsvm(lines):
            return libsvm_source(_text(file, size))
        if looks_like_fann(lines):
            return fann_source(_text(file, size))
    return TextSource(file, size, wishes)


def _packed(content: bytes, wishes: Wishes) -> Source:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, OverflowError) as error:
        raise FieldError("table", "a packed file that is damaged", "save it again") from error
    if any(name.startswith("xl/") for name in names):
        return xlsx_source(content, wishes)
    if "content.xml" in names:
        raise FieldError("table", "an OpenDocument sheet", "save it as .xlsx or CSV")
    if all(name.endswith(".npy") for name in names):
        raise FieldError("table", "NumPy arrays", "save them with numpy.savetxt")
    raise FieldError("table", "a packed file (zip)", "unpack it first")


def _whole(file: BinaryIO, size: int) -> bytes:
    if size > MOST_WHOLE:
        accepted = f"files of this kind may have {MOST_WHOLE / 1e6:,.0f} MB; save it as CSV"
        raise FieldError("table", f"{size / 1e6:,.0f} MB", accepted)
    file.seek(0)
    return file.read(MOST_WHOLE)


def _text(file: BinaryIO, size: int) -> str:
    content = _whole(file, size)
    encoding, mark = encoding_of(content)
    try:
        text = content[mark:].decode(encoding)
    except UnicodeDecodeError:
        text = content[mark:].decode("cp1252", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")

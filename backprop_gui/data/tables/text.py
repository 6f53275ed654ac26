"""The text of a table: from bytes to lines, from lines to rows of cells, a stretch at a time."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from backprop_gui.data.tables.dialect import Dialect
from backprop_gui.engine.errors import FieldError

HEAD_BYTES = 200_000
BLOCK_BYTES = 1 << 16
_LONGEST_LINE = 8_000_000
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
Row = tuple[int, list[str]]


def encoding_of(head: bytes) -> tuple[str, int]:
    """Return how text is encoded, judged by its beginning, and how many bytes its mark takes.

    Raises:
        FieldError: nothing but blanks, or no text.
    """
    if not head.strip():
        raise FieldError("table", "an empty file", "choose a file with at least one row")
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, len(mark)
    begin = head[:4096]
    if b"\0" in begin:
        even, odd = begin[0::2].count(0), begin[1::2].count(0)
        if begin.count(0) * 3 > len(begin) and min(even, odd) * 20 < max(even, odd):  # Western text in two bytes each
            return ("utf-16-le" if odd > even else "utf-16-be"), 0
        raise FieldError("table", "a file that is not text", "export the table as CSV first")
    return "utf-8", 0


def blocks(file: BinaryIO, encoding: str, size: int = BLOCK_BYTES) -> Iterator[tuple[int, bytes]]:
    """Yield whole lines of a file as UTF-8, ended by line feeds alone, and how many bytes had been read by then.

    Cells in quotes that hold line breaks are not cut.

    Raises:
        UnicodeDecodeError: bytes that the encoding does not know.
        FieldError: a line without end.
    """
    decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)("strict")
    carried, read = b"", 0
    while True:
        given = file.read(size)
        read += len(given)
        text = decoder.decode(given, final=not given).encode() if decoder else given
        text = carried + text
        if b"\r" in text:  # one at the end may be half of a line break
            held = b"\r" if given and text.endswith(b"\r") else b""
            text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n") + held
        if not given:
            if text:
                _check(text, encoding)
                yield read, text
            return
        cut = _cut(text)
        whole, carried = text[:cut], text[cut:]
        if len(carried) > _LONGEST_LINE:
            raise FieldError("table", "a line without end", "choose a file with a line for every row")
        if whole:
            _check(whole, encoding)
            yield read, whole


def _check(text: bytes, encoding: str) -> None:
    if encoding == "utf-8" and not text.isascii():
        text.decode()


def _cut(text: bytes) -> int:
    """Return where the last line ends that is no part of a cell in quotes; a quote that never ends is let be."""
    end = text.rfind(b"\n") + 1
    if end and text.count(b'"', 0, end) % 2:
        before = text.rfind(b'"', 0, end)
        earlier = text.rfind(b"\n", 0, before) + 1
        if end - earlier < BLOCK_BYTES // 2 and text.count(b'"', 0, earlier) % 2 == 0:
            return earlier
    return end


def rows_of(lines: Sequence[str], dialect: Dialect, first: int = 1) -> Iterator[Row]:
    """Yield the cells of every row that is not blank, with the line it ends on; the first line is line ``first``.

    Where a quote never ends, every line is a row of its own, so that no other is lost.

    Raises:
        FieldError: a cell of more than 131,072 characters.
    """
    at = first - 1

    def fed() -> Iterator[str]:
        nonlocal at
        for number, line in enumerate(lines, start=first):
            bare = line.strip()
            if not bare or (dialect.comment and bare.startswith(dialect.comment)):
                continue
            if dialect.delimiter == "|" and not bare.strip("|-:+= "):  # a rule under a header
                continue
            at = number
            if dialect.quoted:
                bare = unquoted(bare)
            yield bare.replace("\t", " ") if dialect.delimiter == " " else bare if dialect.quoted else line

    def parted() -> Iterator[list[str]]:
        unended = not dialect.quoted and sum(line.count(dialect.quote) for line in lines) % 2
        for part in ([line] for line in fed()) if unended else (fed(),):
            yield from csv.reader(part, delimiter=dialect.delimiter, quotechar=dialect.quote, skipinitialspace=True)

    try:
        for cells in parted():
            if any(cell and not cell.isspace() for cell in cells):
                yield at, cells
    except csv.Error as error:
        raise FieldError("table", f"line {at}", f"use a table of short cells ({error})") from error


def unquoted(line: str) -> str:
    """Return what stands in a line that is in quotes as a whole."""
    if len(line) > 1 and line[0] == line[-1] == '"':
        return line[1:-1].replace('""', '"')
    return line


def fitted(cells: list[str], width: int) -> list[str] | None:
    """Return a row as long as the others: without empty cells at its end that are too many; else None."""
    if len(cells) == width:
        return cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return cells[:width]
    return None

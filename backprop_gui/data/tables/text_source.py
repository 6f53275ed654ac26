"""Tables written as text: CSV and its many relatives."""

from collections.abc import Iterator
from typing import BinaryIO

import msgspec
import numpy as np

from backprop_gui.data.tables.columns import LIST_OF_NUMBERS, Stretch
from backprop_gui.data.tables.dialect import BadRow, Dialect, Wishes
from backprop_gui.data.tables.guess import guess
from backprop_gui.data.tables.text import HEAD_BYTES, blocks, encoding_of, fitted, rows_of
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError


class TextSource:
    """A table written as text (see ``columns.Source``), read the way that fits its first lines and ``wishes``.

    Raises:
        FieldError: an empty file, no text, no rows, too many columns.
    """

    def __init__(self, file: BinaryIO, size: int, wishes: Wishes) -> None:
        self._file, self._size = file, max(size, 1)
        file.seek(0)
        head = file.read(HEAD_BYTES)
        self._encoding, self._mark = encoding_of(head)
        guessed = guess(self._decoded(head, len(head) < size), wishes)
        self.names: tuple[str, ...] = guessed.names
        self.dialect: Dialect | None = guessed.dialect
        self._dialect = guessed.dialect
        width = len(self.names)
        self.rows = tuple((line, row) for line, cells in guessed.rows if (row := fitted(cells, width)) is not None)
        if not self.rows:
            raise FieldError("table", "no rows", "choose a file with at least one row of numbers")
        self.roles: tuple[str, ...] = ()
        self.classes: dict[int, tuple[str, ...]] = {}
        self.why = (*guessed.why, *self._about_encoding())

    def _decoded(self, head: bytes, more: bool) -> str:
        """Return the text of the first lines."""
        head = head[self._mark :]
        if more and self._encoding == "utf-8":
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
        try:
            text = head.decode(self._encoding, "strict" if self._encoding == "utf-8" and not more else "ignore")
            if self._encoding == "utf-8" and more and b"\n" in head:
                head.decode()
        except UnicodeDecodeError:
            self._encoding = "cp1252"
            text = head.decode("cp1252", "replace")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _about_encoding(self) -> tuple[str, ...]:
        words = {"utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Latin-1 (Windows)"}
        return (f"Text in {words[self._encoding]}.",) if self._encoding in words else ()

    def stretches(self) -> Iterator[Stretch]:
        """Read the file; where it turns out not to be UTF-8, once more in Latin-1.

        Raises:
            FieldError: a line without end, or a cell too long.
        """
        try:
            yield from self._stretches()
        except UnicodeDecodeError:
            if self._encoding != "utf-8":
                raise FieldError("table", "text that breaks off", "save it as UTF-8 again") from None
            self._encoding = "cp1252"
            yield Stretch(0.0, (), anew=True)
            yield from self._stretches()

    def _stretches(self) -> Iterator[Stretch]:
        self._file.seek(self._mark)
        line, skip = 1, self._dialect.skip
        for read, block in blocks(self._file, self._encoding):
            lines = block.count(b"\n") + (not block.endswith(b"\n"))
            begin, at = line, 0
            line += lines
            if skip:
                dropped = min(skip, lines)
                for _ in range(dropped):
                    at = block.find(b"\n", at) + 1 or len(block)
                skip -= dropped
                begin += dropped
            share = (self._mark + read) / self._size
            rest = block[at:] if at else block
            if rest:
                yield self._numbers(rest, begin, share) or self._cells(rest, begin, share)

    def _numbers(self, block: bytes, line: int, share: float) -> Stretch | None:
        """Return rows of nothing but plain numbers, or None."""
        found = plain_rows(block, self._dialect, len(self.names))
        return None if found is None else Stretch(share, range(line, line + len(found)), found)

    def _cells(self, block: bytes, line: int, share: float) -> Stretch:
        rows: list[list[str]] = []
        lines: list[int] = []
        bad: list[BadRow] = []
        width = len(self.names)
        for at, cells in rows_of(block.decode().split("\n"), self._dialect, line):
            row = fitted(cells, width)
            if row is None:
                many = f"{len(cells)} cell{'s' * (len(cells) != 1)}"
                bad.append(BadRow(at, "row", f"{many} where the table has {width} columns"))
                continue
            rows.append(row)
            lines.append(at)
        return Stretch(share, lines, rows=rows, bad=bad)


def plain_rows(block: bytes, dialect: Dialect, width: int) -> Floats | None:
    """Return the numbers (rows, columns) of lines that hold nothing else, all equally many; else None."""
    mark, decimal = dialect.delimiter.encode(), dialect.decimal.encode()
    if dialect.quoted or len(mark) != 1 or (b"." if decimal == b"," else b"," if mark != b"," else b"\0") in block:
        return None
    text = block.rstrip(b"\n")
    if mark == b" ":
        rows = [line.split() for line in text.split(b"\n")]
        if any(len(row) != width for row in rows):
            return None
        mark, text = b";", b"\n".join(map(b";".join, rows))
    else:
        letters = np.frombuffer(text, np.uint8)
        breaks = letters == 10
        ends = (breaks | (letters == mark[0])).nonzero()[0]
        count = int(breaks.sum()) + 1
        if len(ends) != count * width - 1 or not (letters[ends[width - 1 :: width]] == 10).all():
            return None
    try:
        values = LIST_OF_NUMBERS.decode(b"[" + text.translate(_commas(mark, decimal)) + b"]")
    except msgspec.DecodeError:
        return None
    return np.array(values).reshape(-1, width) if len(values) % width == 0 else None


def _commas(mark: bytes, decimal: bytes) -> bytes:
    return bytes.maketrans(decimal + mark + b"\n", b".,,") if decimal != mark else bytes.maketrans(b"\n", b",")

"""Tables written as text: CSV and its many relatives."""

from array import array
from collections.abc import Iterator
from typing import BinaryIO, Literal

import msgspec
import numpy as np

from backprop_gui.data.tables.columns import LIST_OF_NUMBERS, Stretch
from backprop_gui.data.tables.dialect import BadRow, Dialect, Role, Wishes
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
        self.roles: tuple[Role | Literal[""], ...] = ()
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
                yield self._bulk(rest, begin, share) or self._cells(rest, begin, share)

    def _bulk(self, block: bytes, line: int, share: float) -> Stretch | None:
        """Return rows that need no second look: all of one length, without quotes, comments and blank lines."""
        dialect, width = self._dialect, len(self.names)
        commented = dialect.comment != "" and dialect.comment.encode() in block
        careful = commented or dialect.quote.encode() in block or (dialect.delimiter == "|" and b"--" in block)
        if careful or dialect.quoted or not dialect.delimiter.isascii():
            return None
        text = block.rstrip(b"\n")
        if dialect.delimiter == " ":
            rows = [row.split() for row in text.split(b"\n")]
            if any(len(row) != width for row in rows):
                return None
            mark, text, count = b"\0", b"\n".join(map(b"\0".join, rows)), len(rows)
        else:
            mark = dialect.delimiter.encode()
            count = even_rows(text, mark, width)
            if not count:
                return None
        lines = range(line, line + count)
        numbers = plain_rows(text, mark, dialect.decimal.encode(), width)
        if numbers is not None:
            return Stretch(share, lines, numbers)
        cells = text.replace(b"\n", mark).decode().split(mark.decode())
        return Stretch(share, lines, cells=[cells[place::width] for place in range(width)])

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
        return Stretch(share, lines, cells=list(zip(*rows, strict=True)), bad=bad)


def even_rows(text: bytes, mark: bytes, width: int) -> int:
    """Return how many lines there are, where every one is parted into ``width`` cells; else 0."""
    bare = text.translate(None, bytes(set(range(256)) - {10, mark[0]})) + b"\n"
    rows = len(bare) // width
    return rows if bare == (mark * (width - 1) + b"\n") * rows else 0


def plain_rows(text: bytes, mark: bytes, decimal: bytes, width: int) -> Floats | None:
    """Return the numbers (rows, columns) of even lines that hold nothing else, as JSON writes them; else None."""
    if (b"." if decimal == b"," else b"," if mark != b"," else b"\0") in text:
        return None
    one_kind = bytes.maketrans(mark + b"\n", b",,") if decimal == b"." else bytes.maketrans(mark + b"\n,", b",,.")
    try:
        values = LIST_OF_NUMBERS.decode(b"[" + text.translate(one_kind) + b"]")
    except msgspec.DecodeError:
        return None
    return np.frombuffer(array("d", values)).reshape(-1, width) if len(values) % width == 0 else None

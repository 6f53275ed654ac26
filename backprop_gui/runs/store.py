"""The store of one folder: sessions as they stand in open windows, with their last edits, on the disk."""

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backprop_gui.runs.claim import is_open
from backprop_gui.runs.pack import Packed, Packer, Unpacker, UnreadableError
from backprop_gui.runs.schema import NAME, DamagedError, connect, told, transaction
from backprop_gui.session.document import Session

BUSY_SECONDS = 2.0
MOST_EDITS = 20
MOST_EDIT_BYTES = 32_000_000
"""Of edits that need more together, only the last are kept."""

Edit = tuple[str, Session, Session]
"""An undo step: its words, the session before it and after."""


@dataclass(frozen=True, slots=True)
class Document:
    """A session as a window has it: what it is called, its file, whether anything is unsaved, and since when it is so
    (seconds since 1970).
    """

    session: Session
    file: Path | None
    title: str
    dirty: bool
    at: float


class Store:
    """The open store. One thread uses it at a time.

    Raises:
        StoreError: it cannot be opened, or where a method says so.
    """

    def __init__(self, folder: Path, timeout: float = BUSY_SECONDS) -> None:
        self.path = folder / NAME
        self.connection = connect(folder, timeout)
        self._identity = self.path.stat().st_ino
        self.packer = Packer()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def is_in_place(self) -> bool:
        """Tell whether the open file is still the one that others find: it may have been set aside or deleted."""
        try:
            return self.path.stat().st_ino == self._identity
        except OSError:
            return False

    def check(self) -> None:
        """Read the whole file; raises ``DamagedError`` where it is not sound."""
        with told(self.path):
            (found,) = self.connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                found = " ".join(str(found).split())
                raise DamagedError(f"{self.path}: the store of runs cannot be used: {found}.")

    @contextmanager
    def writing(self) -> Generator[None]:
        """Do what is inside as one transaction; raises ``StoreError``."""
        with told(self.path), transaction(self.connection):
            yield
        self.packer.turn()

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Run one statement."""
        return self.connection.execute(sql, values)

    def keep_document(self, window: str, document: Document) -> None:
        """Keep a window's session in place of what was kept of it before."""
        packed = self.packer.pack(document.session)
        self.hold(f"document {window}", [packed])
        self.execute(
            "INSERT INTO sessions (id, title, file, kept, epoch, dirty, clean_close, body)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?)"
            " ON CONFLICT (id) DO UPDATE SET title = excluded.title, file = excluded.file, kept = excluded.kept,"
            " epoch = excluded.epoch, dirty = excluded.dirty, clean_close = 0, body = excluded.body",
            window,
            document.title.encode(errors="replace").decode(),
            None if document.file is None else os.fsencode(document.file),  # a name need not be text
            document.at,
            document.session.progress.epoch,
            document.dirty,
            packed.body,
        )

    def keep_edits(self, window: str, edits: Sequence[Edit]) -> None:
        """Keep a window's last edits in place of those before."""
        kept: list[tuple[str, Packed, Packed]] = []
        sizes: dict[bytes, int] = {}
        for text, before, after in reversed(edits[-MOST_EDITS:]):
            pair = self.packer.pack(before), self.packer.pack(after)
            sizes |= {name: part.size for one in pair for name, part in one.parts.items()}
            if kept and sum(sizes.values()) > MOST_EDIT_BYTES:
                break
            kept.insert(0, (text, *pair))
        self.hold(f"edits {window}", [one for _, *pair in kept for one in pair])
        self.execute("DELETE FROM edits WHERE session = ?", window)
        for place, (text, before, after) in enumerate(kept):
            self.execute("INSERT INTO edits VALUES (?, ?, ?, ?, ?)", window, place, text, before.body, after.body)

    def close_window(self, window: str, *, keep: bool) -> None:
        """Note that a window was closed in order; without ``keep`` its session need not be kept any more."""
        if keep:
            self.execute("UPDATE sessions SET clean_close = 1 WHERE id = ?", window)
        else:
            self.forget_window(window)

    def forget_window(self, window: str) -> None:
        """Drop a window's session and edits; its runs stay."""
        self.hold(f"document {window}", [])
        self.hold(f"edits {window}", [])
        self.execute("DELETE FROM edits WHERE session = ?", window)
        self.execute("DELETE FROM sessions WHERE id = ?", window)

    def release_runs(self, window: str) -> None:
        """Make the runs of a window nobody's."""
        self.execute("UPDATE runs SET session = '' WHERE session = ?", window)

    def take_over(self, left: str, window: str) -> None:
        """Make the runs of a window that is gone another's, and drop its session, which that one holds now."""
        self.execute("UPDATE runs SET session = ? WHERE session = ?", window, left)
        self.forget_window(left)

    def windows(self) -> set[str]:
        """Return the windows of which a session is kept; raises ``StoreError``."""
        with told(self.path):
            return {window for (window,) in self.execute("SELECT id FROM sessions")}

    def clear_away(self) -> None:
        """Drop sessions of windows that are gone and had nothing unsaved; raises ``StoreError``."""
        with told(self.path):
            saved = [window for (window,) in self.execute("SELECT id FROM sessions WHERE NOT dirty")]
        gone = [window for window in saved if not is_open(self.path.parent, window)]
        if gone:
            with self.writing():
                for window in gone:
                    self.forget_window(window)

    def edits(self, window: str, unpacker: Unpacker) -> list[Edit]:
        """Return the kept edits of a window that can be read, up to the last; raises ``StoreError``."""
        with told(self.path):
            rows = self.execute(
                "SELECT text, before, after FROM edits WHERE session = ? ORDER BY place DESC", window
            ).fetchall()
        edits: list[Edit] = []
        for text, before, after in rows:
            try:
                edits.insert(0, (str(text), unpacker.unpack(before), unpacker.unpack(after)))
            except UnreadableError:
                break  # those before it would not lead up to it
        return edits

    def unpacker(self) -> Unpacker:
        """Return what makes sessions of kept bodies."""
        return Unpacker(self._fetch)

    def hold(self, owner: str, packed: Sequence[Packed]) -> None:
        """Keep the parts that ``owner`` names now, and drop those that nobody does any more."""
        wanted = {name: part for one in packed for name, part in one.parts.items()}
        held = {name for (name,) in self.execute("SELECT digest FROM uses WHERE owner = ?", owner)}
        for name in wanted.keys() - held:
            if self.execute("SELECT 1 FROM parts WHERE digest = ?", name).fetchone() is None:
                self.execute("INSERT INTO parts VALUES (?, ?)", name, wanted[name].make())
            self.execute("INSERT INTO uses VALUES (?, ?)", owner, name)
        for name in held - wanted.keys():
            self.execute("DELETE FROM uses WHERE owner = ? AND digest = ?", owner, name)
            self.execute(
                "DELETE FROM parts WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM uses WHERE digest = ?1)", name
            )

    def _fetch(self, name: bytes) -> bytes:
        with told(self.path):
            found = self.execute("SELECT content FROM parts WHERE digest = ?", name).fetchone()
        if found is None:
            raise KeyError("a part of it is missing")
        return found[0]

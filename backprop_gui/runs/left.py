"""What windows that are gone left unsaved: listed, read, and dropped when the user says so."""

import os
import sqlite3
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from backprop_gui.runs.claim import Claim, is_open
from backprop_gui.runs.pack import Unpacker, UnreadableError
from backprop_gui.runs.records import list_runs, load_run
from backprop_gui.runs.run import Run
from backprop_gui.runs.schema import NAME, DamagedError, StoreError, told
from backprop_gui.runs.store import Edit, Store
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session
from backprop_gui.storage import FileError

OLD_NAME = "unsaved-session.json"
"""Where programs before the store kept what was unsaved."""
_BUSY_SECONDS = 1.0
_Found = tuple[float, str, str, Path | None, int, bool]
"""When it was kept, its window, title, file and epoch, and whether the window was closed in order."""


@dataclass(frozen=True, slots=True)
class Left:
    """Unsaved work that a window left: its ``number`` from 1, newest first, and ``saved_at``, when it was kept last.

    ``clean_close``: the window was closed in order. ``window`` is empty for a file of an earlier program.
    """

    number: int
    window: str
    title: str
    file: Path | None
    epoch: int
    saved_at: datetime
    clean_close: bool

    @property
    def told(self) -> dict[str, object]:
        """It as data for scripts."""
        file = None if self.file is None else str(self.file)
        saved_at = self.saved_at.isoformat(timespec="seconds")
        return {"number": self.number, "title": self.title, "file": file, "epoch": self.epoch, "saved_at": saved_at}

    @property
    def line(self) -> str:
        """It in a line."""
        file = "" if self.file is None else f", {self.file}"
        return f"{self.number}. {self.title}, epoch {self.epoch:,}, {self.saved_at:%Y-%m-%d %H:%M}{file}"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was left, made again. ``claim`` keeps other windows from it; it goes to ``Recorder.take_over``."""

    session: Session
    edits: list[Edit]
    runs: list[Run]
    claim: Claim | None


def left_over(folder: Path) -> tuple[Left, ...]:
    """Return what was left in ``folder`` by windows that are gone, newest first.

    Raises:
        StoreError: the store cannot be read.
    """
    with told(folder / NAME):
        found = [*_old_files(folder), *_sessions(folder)]
    try:
        found.sort(key=lambda one: one[0], reverse=True)
        return tuple(
            Left(number, window, str(title), file, int(epoch), datetime.fromtimestamp(kept, UTC).astimezone(), clean)
            for number, (kept, window, title, file, epoch, clean) in enumerate(found, 1)
        )
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise DamagedError(f"{folder / NAME}: the store of runs cannot be used: {error}.") from error


def _old_files(folder: Path) -> list[_Found]:
    old = folder / OLD_NAME
    return [(old.stat().st_mtime, "", "restored session", None, 0, True)] if old.is_file() else []


def _sessions(folder: Path) -> list[_Found]:
    if not (folder / NAME).exists():
        return []
    store = Store(folder, _BUSY_SECONDS)
    try:
        rows = store.execute(
            "SELECT kept, id, title, file, epoch, clean_close FROM sessions WHERE dirty AND body IS NOT NULL"
        ).fetchall()
    finally:
        store.close()
    return [
        (kept, window, title, None if file is None else Path(os.fsdecode(file)), epoch, bool(clean))
        for kept, window, title, file, epoch, clean in rows
        if not is_open(folder, window)
    ]


def session_of(folder: Path, left: Left) -> Session:
    """Return the session that was left; raises ``FileError`` where it is not there or cannot be read."""
    if not left.window:
        return _old(folder)
    store = Store(folder, _BUSY_SECONDS)
    try:
        return _session(store, left, store.unpacker())
    finally:
        store.close()


def restore(folder: Path, left: Left) -> Restored:
    """Return what was left, with its edits and runs as far as they can be read.

    Raises:
        FileError: it is not there any more, another window has it, or it cannot be read.
    """
    if not left.window:
        return Restored(_old(folder), [], [], None)
    try:
        claim = Claim(folder, left.window)
    except sqlite3.Error as error:
        raise StoreError(f"{left.title}: it cannot be restored: another window has it ({error}).") from error
    try:
        store = Store(folder, _BUSY_SECONDS)
        try:
            unpacker = store.unpacker()  # one for all: what is equal becomes one object, as runs compare samples
            session = _session(store, left, unpacker)
            runs: list[Run] = []
            for one in list_runs(store, left.window):
                try:
                    runs.append(load_run(store, one.id, unpacker))
                except UnreadableError:
                    continue  # its curve is lost; the session is not
            session = _with_its_run(session, runs)
            return Restored(session, store.edits(left.window, unpacker), runs, claim)
        finally:
            store.close()
    except BaseException:
        claim.release()
        raise


def discard(folder: Path, left: Left) -> None:
    """Drop what was left, as the user asked; raises ``StoreError``."""
    if not left.window:
        with told(folder / OLD_NAME):
            (folder / OLD_NAME).unlink(missing_ok=True)
        return
    if is_open(folder, left.window):
        raise StoreError(f"{left.title}: it cannot be discarded: another window has it.")
    store = Store(folder, _BUSY_SECONDS)
    try:
        with store.writing():
            store.forget_window(left.window)
    finally:
        store.close()


def take_over(store: Store, left: Left, window: str) -> None:
    """Make what was left another window's, which keeps its session now."""
    if left.window:
        store.take_over(left.window, window)
    else:
        (store.path.parent / OLD_NAME).unlink(missing_ok=True)


def _with_its_run(session: Session, runs: list[Run]) -> Session:
    """Return a session that stands in one of ``runs``, or in none: then its way can still be made again."""
    run = next((run for run in runs if run.id == session.run), None)
    if run is None:
        return replace(session, run="") if session.run else session
    if session.progress.step > run.last.step:
        run.reach((session.parameters, session.progress))  # the session was kept a moment later than its run
    return session


def _session(store: Store, left: Left, unpacker: Unpacker) -> Session:
    with told(store.path):
        row = store.execute("SELECT body FROM sessions WHERE id = ?", left.window).fetchone()
    if row is None:
        raise StoreError(f"{left.title}: it cannot be restored: it is not there any more.")
    return unpacker.unpack(row[0])


def _old(folder: Path) -> Session:
    path = folder / OLD_NAME
    if not path.is_file():
        raise StoreError(f"{path}: it cannot be restored: it is not there any more.")
    try:
        return read_session(path)
    except RecursionError as error:
        raise FileError(f"{path}: it cannot be restored: it is nested too deeply.") from error

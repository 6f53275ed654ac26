"""Which windows are open: each holds a lock of the operating system, which goes with its process however that ends."""

import contextlib
import sqlite3
import time
from pathlib import Path

_FRESH_SECONDS = 60.0


class Claim:
    """A window's lock: a file of its own, held by an open SQLite transaction, which every system can do.

    Raises:
        sqlite3.Error: another process holds it, or the folder is not writable.
    """

    def __init__(self, folder: Path, window: str) -> None:
        self._path = _path(folder, window)
        self._held = sqlite3.connect(self._path, timeout=1.0, isolation_level=None, check_same_thread=False)
        try:
            self._held.execute("BEGIN EXCLUSIVE")
        except BaseException:
            self._held.close()
            raise

    def release(self) -> None:
        """Give the lock back, and take its file away."""
        self._held.close()
        with contextlib.suppress(OSError):
            self._path.unlink()


def is_open(folder: Path, window: str) -> bool:
    """Tell whether a running process holds the window's lock."""
    path = _path(folder, window)
    if not path.is_file():
        return False
    try:
        asking = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=0.0, isolation_level=None, uri=True)
        try:
            asking.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a shared lock: who asks hinders nobody
        finally:
            asking.close()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    except sqlite3.Error:
        pass  # not what a window makes
    return False


def sweep(folder: Path, kept: set[str]) -> None:
    """Take away the files of windows that are gone, but for those ``kept``; fresh ones may not be locked yet."""
    for path in folder.glob("open-*.db"):
        window = path.stem.removeprefix("open-")
        with contextlib.suppress(OSError):
            if (
                window not in kept
                and time.time() - path.stat().st_mtime > _FRESH_SECONDS
                and not is_open(folder, window)
            ):
                path.unlink()


def _path(folder: Path, window: str) -> Path:
    return folder / f"open-{window}.db"

"""The store's file: its tables by version, how it is opened, and what happens to one that cannot be used."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from backprop_gui.runs.seal import sealed
from backprop_gui.storage import FileError

NAME = "runs.db"
APPLICATION = 0x42505247
"""Marks the file as ours (``application_id``)."""
STEPS: tuple[tuple[str, ...], ...] = (
    (
        f"PRAGMA application_id = {APPLICATION}",
        "CREATE TABLE sessions (id TEXT PRIMARY KEY, title TEXT NOT NULL, file TEXT, kept REAL NOT NULL,"
        " epoch INTEGER NOT NULL, dirty INTEGER NOT NULL, clean_close INTEGER NOT NULL DEFAULT 0, body BLOB)",
        "CREATE TABLE edits (session TEXT, place INTEGER, text TEXT NOT NULL, before BLOB NOT NULL,"
        " after BLOB NOT NULL, PRIMARY KEY (session, place)) WITHOUT ROWID",
        "CREATE TABLE parts (digest BLOB PRIMARY KEY, content BLOB NOT NULL)",
        "CREATE TABLE uses (owner TEXT, digest BLOB, PRIMARY KEY (owner, digest)) WITHOUT ROWID",
        "CREATE INDEX uses_of_digest ON uses (digest)",
    ),
    (
        "CREATE TABLE runs (id TEXT PRIMARY KEY, session TEXT NOT NULL, parent TEXT, parent_step INTEGER,"
        " name TEXT NOT NULL, note TEXT NOT NULL, pinned INTEGER NOT NULL, started REAL NOT NULL,"
        " seed TEXT NOT NULL, settings TEXT NOT NULL, outcome TEXT NOT NULL, epochs INTEGER NOT NULL,"
        " loss REAL, test_loss REAL, stride INTEGER NOT NULL, diverged REAL, by_hand TEXT NOT NULL,"
        " last BLOB NOT NULL)",
        "CREATE TABLE stages (run TEXT, place INTEGER, body BLOB NOT NULL, PRIMARY KEY (run, place)) WITHOUT ROWID",
        "CREATE TABLE rows (run TEXT, first INTEGER, count INTEGER NOT NULL, numbers BLOB NOT NULL,"
        " PRIMARY KEY (run, first))",
        "CREATE TABLE keyframes (run TEXT, step INTEGER, state BLOB NOT NULL, PRIMARY KEY (run, step))",
    ),
    (
        "UPDATE sessions SET body = sealed(body) WHERE body IS NOT NULL",
        "UPDATE edits SET before = sealed(before), after = sealed(after)",
        "UPDATE stages SET body = sealed(body)",
        "UPDATE runs SET last = sealed(last)",
        "UPDATE rows SET numbers = sealed(numbers)",
        "UPDATE keyframes SET state = sealed(state)",
    ),
)
"""What makes version k + 1 of version k; 0 is an empty file. A change of the tables is a step at the end; ``sealed`` is
ours."""
_BROKEN = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


class StoreError(FileError):
    """The store cannot be used now: locked, a full disk, a folder that is not writable."""


class BusyError(StoreError):
    """Another window is writing; it will be done soon."""


class DamagedError(StoreError):
    """The store's file is not a store, or no longer one."""


class NewerError(StoreError):
    """The store was written by a newer version of this program."""


@contextmanager
def told(path: Path) -> Generator[None]:
    """Turn what SQLite and the system say of the store at ``path`` into a ``StoreError`` of one sentence."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # damaged text is met in values, and in SQLite's own words
        undecoded = isinstance(error, UnicodeDecodeError) or "decode" in str(error)
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT if undecoded else sqlite3.SQLITE_MISUSE) & 0xFF
        busy = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        kind = DamagedError if code in _BROKEN else BusyError if busy else StoreError
        raise kind(f"{path}: the store of runs cannot be used: {' '.join(str(error).split())}.") from error
    except OSError as error:
        raise StoreError(f"{path}: the store of runs cannot be used: {error.strerror}.") from error


def connect(folder: Path, timeout: float) -> sqlite3.Connection:
    """Open the store in ``folder``, made or brought up to this version; waits ``timeout`` seconds for other windows.

    Raises:
        DamagedError: it is no store of ours.
        NewerError: it is one of a newer version.
        StoreError: it cannot be opened now.
    """
    path = folder / NAME
    with told(path):
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            raise DamagedError(f"{path}: the store of runs cannot be used: it is no file.")
        connection = sqlite3.connect(path, timeout, isolation_level=None, check_same_thread=False)
        try:
            connection.create_function("sealed", 1, sealed, deterministic=True)
            if (
                _number(connection, "user_version") != len(STEPS)
                or _number(connection, "application_id") != APPLICATION
            ):
                _bring_up(path, connection)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA journal_size_limit = 4000000")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """Write all of what is done inside, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        raise


def set_aside(folder: Path) -> str:
    """Rename the store in ``folder``, with what belongs to it, and return a sentence that says so.

    Raises:
        StoreError: it cannot be renamed.
    """
    path = folder / NAME
    aside = _free(folder, f"{NAME}.damaged-{datetime.now().astimezone():%Y-%m-%d}")
    with told(path):
        path.rename(aside)
        for ending in ("-wal", "-shm"):
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.rename(aside.with_name(aside.name + ending))
    return f"The store of runs was damaged: it is now {aside}, and a new one has begun."


def _bring_up(path: Path, connection: sqlite3.Connection) -> None:
    _check(path, connection)  # before anything is changed
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only an empty file takes it
    connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):  # another window may be at it as well
        for step in STEPS[_check(path, connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")


def _check(path: Path, connection: sqlite3.Connection) -> int:
    version, application = _number(connection, "user_version"), _number(connection, "application_id")
    empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION and not (application == 0 and version == 0 and empty):
        raise DamagedError(f"{path}: the store of runs cannot be used: another program wrote it.")
    if version > len(STEPS):
        raise NewerError(
            f"{path}: a newer version of this program wrote the store of runs; it is left alone, and nothing is kept "
            "for another start."
        )
    return version


def _number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _free(folder: Path, name: str) -> Path:
    count, place = 1, folder / name
    while place.exists():
        count += 1
        place = folder / f"{name}-{count}"
    return place

"""Files, read within bounds and written all or nothing."""

import os
import secrets
import stat
from pathlib import Path


class FileError(Exception):
    """A file that cannot be read or written; the message names the file and says why."""


def read_whole(path: Path, most: int) -> bytes:
    """Return what is in a regular file of at most ``most`` bytes.

    Nothing else is waited for or read on and on: no pipe, no device.

    Raises:
        FileError: it is no file, too large, or cannot be read.
    """
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                raise FileError(f"{path}: cannot be read: it is no file but a pipe, a device or the like.")
            content = file.read(most + 1)
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise FileError(f"{_short(path)}: cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(content) > most:
        raise FileError(f"{path}: cannot be read: it is larger than {most / 1e6:,.0f} MB, the most that is accepted.")
    return content


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 300 else f"{text[:300]}…"


def check_writable(path: Path) -> None:
    """Raise ``FileError`` where ``write_whole`` would fail for the place alone; asked before long work."""
    if path.is_dir():
        raise FileError(f"{path}: cannot be written: it is a folder.")
    if not path.parent.is_dir():
        raise FileError(f"{path}: cannot be written: there is no folder {path.parent}.")
    if not os.access(path.parent, os.W_OK):
        raise FileError(f"{path}: cannot be written: the folder {path.parent} is not writable.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file all or nothing: beside it first, to the disk, then in its place, where its permissions stay.

    Raises:
        FileError: the folder is missing or not writable, the path is a folder, the disk is full.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    made = False
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with os.fdopen(_created(beside), "wb") as file:
            made = True
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        if made:
            beside.unlink(missing_ok=True)
        raise FileError(f"{path}: cannot be written: {error.strerror}.") from error


def _created(path: Path) -> int:
    """Return the number of a new file, open to write; the system takes its mask off the permissions itself."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)

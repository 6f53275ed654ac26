"""Files of ours, written all or nothing."""

import os
import secrets
from pathlib import Path


class FileError(Exception):
    """A file that cannot be read or written; the message names the file and says why."""


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

"""Files, read within bounds and written all or nothing."""

# The system's calls by their own names: tests make each of them fail.
# ruff: noqa: PTH101, PTH105, PTH108, PTH116, PTH208

import os
import secrets
import stat
import sys
import zlib
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from backprop_gui.engine.errors import one_line

_BINARY = getattr(os, "O_BINARY", 0)


class FileError(Exception):
    """A file that cannot be read or written; the message names the file and says why, on one line."""

    def __init__(self, told: str) -> None:
        super().__init__(one_line(told))


class ReadOnlyError(FileError):
    """A file that may be read but not written; ``made_writable`` helps where the user wants that."""


class _DamagedError(FileError):
    """A file that was neither written nor put back; the message names where its content is."""


def read_whole(path: Path, most: int) -> bytes:
    """Return what is in a regular file of at most ``most`` bytes.

    Nothing else is waited for or read on and on: no pipe, no device.

    Raises:
        FileError: it is no file, too large, or cannot be read.
    """
    with open_regular(path, most) as file:
        try:
            content = file.read(most + 1) or b""  # None where the system says that it would have to wait
        except OSError as error:
            raise _unreadable(path, error) from error
    if len(content) > most:
        raise _too_large(path, most)
    return content


def open_regular(path: Path, most: int) -> BinaryIO:
    """Open a regular file of at most ``most`` bytes to be read a part at a time.

    Raises:
        FileError: it is no file, too large, or cannot be opened.
    """
    try:
        _check_kind(path, path.stat(), most)  # before it is opened: opening alone does things to some devices
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
        file = os.fdopen(number, "rb")
    except (OSError, ValueError) as error:  # a name with a zero byte is a ValueError
        raise _unreadable(path, error) from error
    try:
        _check_kind(path, os.fstat(file.fileno()), most)
    except BaseException:
        file.close()
        raise
    return file


def _unreadable(path: Path, error: OSError | ValueError) -> FileError:
    return FileError(f"{_short(path)}: cannot be read: {getattr(error, 'strerror', None) or error}.")


def _check_kind(path: Path, found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FileError(f"{path}: cannot be read: it is a folder.")
    if not stat.S_ISREG(found.st_mode):
        raise FileError(f"{path}: cannot be read: it is no file but a pipe, a device or the like.")
    if found.st_size > most:
        raise _too_large(path, most)


def _too_large(path: Path, most: int) -> FileError:
    return FileError(f"{path}: cannot be read: it is larger than {most / 1e6:,.0f} MB, the most that is accepted.")


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 300 else f"{text[:300]}…"


def check_writable(path: Path) -> None:
    """Raise ``FileError`` where ``write_whole`` would fail for the place alone; asked before long work."""
    try:
        target, _ = _place(path)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error
    if not os.access(target.parent, os.W_OK):
        raise FileError(f"{path}: cannot be written: the folder {target.parent} is not writable.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file all or nothing: a copy beside it first, to the disk, then in its place.

    Behind a symbolic link its target is written. Permissions stay, and the owner where the system lets us. A file with
    several hard links keeps them: it is overwritten where it is, once the copy is on the disk, and put back should that
    fail. What an earlier writer that was killed left beside it is taken away.

    Raises:
        ReadOnlyError: the file is read-only.
        FileError: the folder is missing or not writable, the path is no regular file, the disk is full.
    """
    number, beside = -1, None
    try:
        target, found = _place(path)
        _sweep(target)
        number, beside = _create_beside(target, 0o666 if found is None else 0o600)
        _write(number, content)
        if found is not None:
            _give_rights(beside, target, found)
        os.fsync(number)
        if sys.platform == "win32":  # which moves no open file
            os.close(number)
            number = -1
        if found is not None and found.st_nlink > 1:
            _write_through(target, content, beside)
        else:
            os.replace(beside, target)
            beside = None
        _sync_folder(target.parent)
    except _DamagedError:
        beside = None
        raise
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error
    finally:  # the lock on the copy is held up to here
        with suppress(OSError):
            if beside is not None:
                os.unlink(beside)
        with suppress(OSError):
            if number >= 0:
                os.close(number)


@contextmanager
def made_writable(path: Path) -> Generator[None]:
    """Let a read-only file be written inside; after that it is read-only again.

    Raises:
        FileError: it is not ours to change.
    """
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        os.chmod(path, mode | stat.S_IWUSR)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        yield
    finally:
        with suppress(OSError):
            os.chmod(path, mode)


def _place(path: Path) -> tuple[Path, os.stat_result | None]:
    """Return the file that ``path`` leads to, behind any links, and what is there."""
    target = Path(os.path.realpath(path))
    try:
        found = os.stat(target)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise FileError(f"{_short(path)}: cannot be written: there is no folder {target.parent}.") from None
        return target, None
    if stat.S_ISDIR(found.st_mode):
        raise FileError(f"{path}: cannot be written: it is a folder.")
    if not stat.S_ISREG(found.st_mode):
        raise FileError(f"{path}: cannot be written: it is no file but a pipe, a device or the like.")
    if not found.st_mode & 0o222 or not os.access(target, os.W_OK):  # root may write everything, but should not
        raise ReadOnlyError(f"{path}: cannot be written: it is read-only.")
    return target, found


def _refusal(path: Path, error: OSError | ValueError) -> FileError:
    return FileError(f"{_short(path)}: cannot be written: {getattr(error, 'strerror', None) or error}.")


def _mark(target: Path) -> str:
    """Return how the names of copies beside a file begin: short, whatever its own name."""
    return f".backprop-gui-{zlib.crc32(os.fsencode(target.name)):08x}-"


def _create_beside(target: Path, mode: int) -> tuple[int, Path]:
    """Return a new, empty, locked file beside ``target``, open to write; the system takes its mask off ``mode``."""
    while True:
        path = target.with_name(_mark(target) + secrets.token_hex(4))
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        _lock(number)
        if _is_at(number, path):
            return number, path
        os.close(number)  # another writer took it for a left-over before it was locked


def _lock(number: int, wait: bool = True) -> bool:
    """Lock an open file for as long as it is open; return whether that could be done."""
    if sys.platform == "win32":
        return False
    import fcntl

    with suppress(OSError):
        fcntl.flock(number, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_at(number: int, path: Path) -> bool:
    """Tell whether an open file still has its name; where that cannot be told, it is taken to have it."""
    try:
        return os.path.samestat(os.fstat(number), os.stat(path))
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _sweep(target: Path) -> None:
    """Take away copies beside a file whose writers are gone: nobody holds their lock."""
    with suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(_mark(target)):
                with suppress(OSError):
                    _take_away(target.with_name(name))


def _take_away(path: Path) -> None:
    if sys.platform == "win32":  # which refuses it for an open file
        os.unlink(path)
        return
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if _lock(number, wait=False) and _is_at(number, path):
            os.unlink(path)
    finally:
        os.close(number)


def _write(number: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(number, rest) :]


def _give_rights(beside: Path, target: Path, found: os.stat_result) -> None:
    """Give the copy what the file has: owner and group where we may, permissions."""
    if sys.platform != "win32":
        for owner, group in ((-1, found.st_gid), (found.st_uid, -1)):
            with suppress(OSError):
                os.chown(beside, owner, group)
    if sys.platform == "linux":  # lists of access and the like
        with suppress(OSError):
            for name in os.listxattr(target):
                os.setxattr(beside, name, os.getxattr(target, name))
    os.chmod(beside, found.st_mode & 0o777)


def _write_through(target: Path, content: bytes, beside: Path) -> None:
    """Overwrite a file where it is; where that fails, put back what was there."""
    number = os.open(target, os.O_RDWR | _BINARY)
    try:
        _lock(number)
        before = _read(number)
        try:
            _overwrite(number, content)
        except BaseException as error:
            try:
                _overwrite(number, before)
            except OSError:
                told = f"{target}: was damaged while it was written; the whole content is in {beside}."
                raise _DamagedError(told) from error
            raise
    finally:
        with suppress(OSError):
            os.close(number)


def _read(number: int) -> bytes:
    parts: list[bytes] = []
    while part := os.read(number, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _overwrite(number: int, content: bytes) -> None:
    os.lseek(number, 0, os.SEEK_SET)
    _write(number, content)
    os.ftruncate(number, len(content))
    os.fsync(number)


def _sync_folder(folder: Path) -> None:
    """Bring a new name to the disk; the file is whole in either case, so where a system cannot, nothing is lost."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)

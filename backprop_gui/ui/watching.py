"""Notices when another program changes the file that is open."""

import os
from enum import Enum
from hashlib import blake2b
from pathlib import Path

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from backprop_gui.session.files import MOST_BYTES
from backprop_gui.storage import FileError, read_whole

SOON_MILLISECONDS = 200
"""Writers change a file in several moves; looked at is what comes of them."""


class Found(Enum):
    """What has become of a file since it was read or written here."""

    SAME = "same"
    CHANGED = "changed"
    GONE = "gone"


class FileMemory:
    """What a file was when it was read or written: by its content, and by size and time for a quick look.

    Without ``content`` it is what the file holds now.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self.path = path
        self._content = _content(path) if content is None else _digest(content)
        self._seen: tuple[int, ...] | None = None

    def look(self) -> tuple[Found, bytes]:
        """Return what has become of it, and what tells its present content from others."""
        place = _place(self.path)
        if place is not None and place == self._seen:
            return Found.SAME, self._content
        now = _content(self.path)
        if now == self._content:
            self._seen = place
            return Found.SAME, now
        return Found.CHANGED if os.path.lexists(self.path) else Found.GONE, now


class FileWatch(QObject):
    """Looks at one file when something happens in its folder, and when the window comes to the front.

    ``found`` carries what has become of the file, once for each content another program gives it.
    """

    found = Signal(object)  # Found

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._memory: FileMemory | None = None
        self._told: tuple[Found, bytes] | None = None
        self._watcher = QFileSystemWatcher(self)
        self._timer = QTimer(self, singleShot=True, interval=SOON_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self._watcher.fileChanged.connect(self._look_soon)
        self._watcher.directoryChanged.connect(self._look_soon)
        window.installEventFilter(self)

    def follow(self, memory: FileMemory | None) -> None:
        """Look at another file from now on, or at none."""
        self._memory, self._told = memory, None
        watched = self._watcher.files() + self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        self._watch()
        self.found.emit(Found.SAME)

    def look(self) -> Found:
        """Look at once; return what has become of the file."""
        if self._memory is None:
            return Found.SAME
        self._watch()
        told = self._memory.look()
        if told != self._told:
            self._told = told
            self.found.emit(told[0])
        return told[0]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look when the window comes to the front."""
        if event.type() == QEvent.Type.WindowActivate:
            self._look_soon()
        return super().eventFilter(watched, event)

    def _look_soon(self, _path: str = "") -> None:
        if self._memory is not None and not self._timer.isActive():
            self._timer.start()

    def _watch(self) -> None:
        """Watch the file and its folder: a file that was replaced is another one, which has to be watched anew."""
        if self._memory is not None:
            place = Path(os.path.realpath(self._memory.path))
            wanted = [str(one) for one in (place, place.parent) if one.exists()]
            if missing := [one for one in wanted if one not in self._watcher.files() + self._watcher.directories()]:
                self._watcher.addPaths(missing)


def _place(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _content(path: Path) -> bytes:
    """Return a digest of what a file holds; of nothing where it cannot be read."""
    try:
        return _digest(read_whole(path, MOST_BYTES))
    except FileError:
        return b""


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()

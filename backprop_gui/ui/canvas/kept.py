"""A picture of what stays the same from frame to frame, in the pixels of a view."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

Key = tuple[object, ...]
NOTHING = QColor(Qt.GlobalColor.transparent)


class Kept:
    """Holds one picture for as long as all that it depends on, its key, is the same."""

    def __init__(self) -> None:
        self._key: Key = ()
        self._picture: QPixmap | None = None

    def draw(self, painter: QPainter, key: Key) -> bool:
        """Draw the picture if it is of ``key``; tell whether it was."""
        if self._picture is None or key != self._key:
            return False
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(0, 0, self._picture)
        painter.restore()
        return True

    def asked_again(self, key: Key) -> bool:
        """Tell whether ``key`` is the one asked for last; what changes with every frame is not worth a picture."""
        same = key == self._key
        if not same:
            self._key, self._picture = key, None
        return same

    def put(self, key: Key, picture: QPixmap) -> None:
        """Keep ``picture`` for ``key``."""
        self._key, self._picture = key, picture


def blank(widget: QWidget, color: QColor = NOTHING) -> QPixmap:
    """Return an empty picture of all pixels of a widget."""
    ratio = widget.devicePixelRatioF()
    picture = QPixmap(widget.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(color)
    return picture

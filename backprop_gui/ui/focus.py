"""A frame in the control that the keyboard has reached: the same, and seen, for every kind of control."""

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget
from shiboken6 import Shiboken

WIDTH = 2.0
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)


class FocusMark(QObject):
    """Has one frame at most; what a click has focused needs none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frame: _Frame | None = None

    def follow(self, widget: QWidget, event: QFocusEvent) -> None:
        """Move the frame to where the focus has come; a window or list that closes gives it back as it was."""
        if event.reason() in _PASSING:
            return
        if self._frame is not None and Shiboken.isValid(self._frame):  # it goes with its control
            self._frame.hide()
            self._frame.deleteLater()
        self._frame = _Frame(widget) if event.reason() in _BY_KEY and not widget.isWindow() else None


class _Frame(QWidget):
    """Lies over a control, as a child of it, so that it moves and scrolls with it."""

    def __init__(self, control: QWidget) -> None:
        super().__init__(control)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setGeometry(control.rect())
        control.installEventFilter(self)
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the control."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the outline in the theme's accent, which stands out from either surface."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Accent), WIDTH))
        half = WIDTH / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 3, 3)

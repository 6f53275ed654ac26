"""The line editor that opens on the canvas over a weight or bias."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.ui.theme import GRID, Roles, number_font

WIDTH = 18 * GRID


class ValueEditor(QLineEdit):
    """Takes one number: Enter applies, Escape cancels; what cannot be used is said below and stays to be mended."""

    closed = Signal()

    def __init__(self, name: str, text: str, apply: Callable[[float], None], roles: Roles, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._apply, self._place = apply, parent
        self.setAccessibleName(f"Value of {name}")
        self.setToolTip(f"Value of {name}; Enter applies, Esc cancels")
        self.setFont(number_font())
        self.setFixedWidth(WIDTH)
        self.problem = QLabel(parent)
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setStyleSheet(
            f"background: {roles.raised.name()}; color: {roles.problem.name()};"
            f"border: 1px solid {roles.problem.name()}; border-radius: 4px; padding: 4px;"
        )
        self.problem.hide()

    def open_at(self, centre: QPoint) -> None:
        """Show the editor around ``centre``, moved so that all of it is seen."""
        self.adjustSize()
        room = self._place.size()
        x = min(max(centre.x() - self.width() // 2, 4), max(4, room.width() - self.width() - 4))
        y = min(max(centre.y() - self.height() // 2, 4), max(4, room.height() - 2 * self.height() - GRID))
        self.move(x, y)
        self.show()
        self.selectAll()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_editor(self) -> None:
        """Take editor and sentence away."""
        self.closed.emit()
        self.hide()
        self.problem.hide()
        self.problem.deleteLater()
        self.deleteLater()

    def event(self, event: QEvent) -> bool:
        """Keep Escape and Enter from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _decides(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Apply on Enter, cancel on Escape; no key goes on to the canvas."""
        if not _decides(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._return_focus()
            self.close_editor()
        else:
            self._try()
        event.accept()

    def _try(self) -> None:
        text = self.text().strip().replace(",", ".").replace("−", "-")
        try:
            value = float(text)
        except ValueError:
            self._say(f"“{self.text()}” is not a number; write one such as −0.25 or 1e-3.")
            return
        try:
            self._apply(value)
        except FieldError as error:
            self._say(f"“{self.text()}” cannot be used; {error.accepted}.")
            return
        self._return_focus()
        self.close_editor()

    def _return_focus(self) -> None:
        if canvas := self._place.parentWidget():
            canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.adjustSize()
        room = self._place.width() - self.problem.width() - 4
        self.problem.move(max(4, min(self.x(), room)), self.geometry().bottom() + 4)
        self.problem.show()
        self.problem.raise_()


def _decides(event: QKeyEvent) -> bool:
    return event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)

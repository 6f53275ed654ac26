"""Keeps keys that a focused control needs for itself away from the window's shortcuts, and marks the control."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

from backprop_gui.ui.focus import FocusMark

_MATTER = frozenset({QEvent.Type.FocusIn, QEvent.Type.ShortcutOverride})
_MOVES = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


class KeyGuard(QObject):
    """An event filter: Space stays with a focused button, arrows and Home with a focused table, list or slider."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mark = FocusMark(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Accept the override that Qt offers before a shortcut fires."""
        if event.type() not in _MATTER:  # every event there is comes by here
            return False
        if event.type() == QEvent.Type.FocusIn and isinstance(event, QFocusEvent) and isinstance(watched, QWidget):
            self._mark.follow(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
            if plain and _needs(watched, Qt.Key(event.key())):
                event.accept()
                return True
        return super().eventFilter(watched, event)


def _needs(widget: QObject, key: Qt.Key) -> bool:
    if key == Qt.Key.Key_Space:
        return isinstance(widget, QAbstractButton | QComboBox | QAbstractItemView | QLineEdit)
    if isinstance(widget, QComboBox):
        return key in (Qt.Key.Key_Home, Qt.Key.Key_End)  # it moves up and down, so left and right still step
    return key in _MOVES and isinstance(widget, QAbstractItemView | QAbstractSlider | QAbstractSpinBox | QLineEdit)

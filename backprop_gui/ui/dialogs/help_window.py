"""The window that lists keyboard shortcuts, read off the menus, so that it cannot be wrong."""

from html import escape

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMainWindow, QMenu, QTextBrowser, QVBoxLayout

from backprop_gui.ui.theme import GRID

_POINTER = (
    ("Click a unit or an edge", "select it"),
    ("Double click an edge or a bias", "edit its value"),
    ("Wheel", "zoom the network"),
    ("Drag", "move the network"),
)


class HelpWindow(QDialog):
    """Shortcuts by menu, then what the pointer does."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(60 * GRID, 72 * GRID)
        text = QTextBrowser()
        text.setAccessibleName("Keyboard shortcuts")
        rows = ""
        for menu in window.menuBar().findChildren(QMenu):
            lines = "".join(
                _line(
                    action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
                    str(action.property("plain") or action.text()),
                )
                for action in menu.actions()
                if not action.shortcut().isEmpty()
            )
            if lines:
                rows += _heading(menu.title().replace("&", "")) + lines
        rows += _heading("Network canvas") + "".join(_line(keys, what) for keys, what in _POINTER)
        text.setHtml(f"<table cellpadding='3'>{rows}</table>")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)


def _heading(text: str) -> str:
    return f"<tr><td colspan='2'><br><b>{escape(text)}</b></td></tr>"


def _line(keys: str, what: str) -> str:
    return f"<tr><td width='190'>{escape(keys)}</td><td>{escape(what.replace('&', ''))}</td></tr>"

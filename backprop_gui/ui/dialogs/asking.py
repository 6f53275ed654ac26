"""Asking and telling: each window here is gone once it is answered, though the main window is its parent."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from backprop_gui.storage import ReadOnlyError, made_writable

Button = QMessageBox.StandardButton
D = TypeVar("D", bound=QDialog)
T = TypeVar("T")


def ask(dialog: D, read: Callable[[D], T]) -> T | None:
    """Let the user fill ``dialog`` in; return what ``read`` makes of it, or None where it was cancelled."""
    try:
        return read(dialog) if dialog.exec() else None
    finally:
        dialog.deleteLater()


def confirm(window: QWidget, title: str, text: str, buttons: Button, default: Button) -> Button:
    """Ask a question; return the button pressed."""
    return _show(QMessageBox.Icon.Question, window, title, text, buttons, default)


def warn(window: QWidget, title: str, text: str) -> None:
    """Say what could not be done."""
    _show(QMessageBox.Icon.Warning, window, title, text, Button.Ok, Button.Ok)


def offer(window: QWidget, title: str, text: str, ways: Sequence[str], none: Button = Button.Close) -> int | None:
    """Say what could not be done, and offer other ways; return which was chosen (from 0), or None."""
    box = _box(QMessageBox.Icon.Warning, window, title, text)
    buttons = [box.addButton(way, QMessageBox.ButtonRole.AcceptRole) for way in ways]
    box.setDefaultButton(box.addButton(none))
    box.exec()
    box.deleteLater()
    return next((place for place, button in enumerate(buttons) if button is box.clickedButton()), None)


def place_to_save(window: QWidget, title: str, suggestion: Path, filters: str) -> Path | None:
    """Ask for a file to write; one typed without an ending gets the chosen filter's, else the suggestion's."""
    name, chosen = QFileDialog.getSaveFileName(window, title, str(suggestion), filters)
    if not name:
        return None
    ending = chosen.rpartition("*")[2].rstrip(")") or suggestion.suffix
    return Path(name) if Path(name).suffix else Path(name).with_suffix(ending)


def written(window: QWidget, path: Path, write: Callable[[Path], None]) -> bool:
    """Let ``write`` write a file, and where that is read-only ask first; return whether it was written.

    Raises:
        FileError: from ``write``.
    """
    try:
        write(path)
    except ReadOnlyError:
        text = f"The file “{path.name}” is read-only. Overwrite it?"
        if confirm(window, "Read-only file", text, Button.Yes | Button.No, Button.No) != Button.Yes:
            return False
        with made_writable(path):
            write(path)
    return True


def _show(icon: QMessageBox.Icon, window: QWidget, title: str, text: str, buttons: Button, default: Button) -> Button:
    box = _box(icon, window, title, text)
    box.setStandardButtons(buttons)
    box.setDefaultButton(default)
    answer = Button(box.exec())
    box.deleteLater()
    return answer


def _box(icon: QMessageBox.Icon, window: QWidget, title: str, text: str) -> QMessageBox:
    box = QMessageBox(window)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)  # names and cells of files may look like tags
    box.setText(text)
    return box

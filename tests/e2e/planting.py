"""What tests of planted faults share: a fault, the dialog that tells of it, and the log."""

from typing import NoReturn

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.faults import Faults
from backprop_gui.ui.dialogs.fault_dialog import FaultDialog


class PlantedError(Exception):
    """A fault of nobody's."""


def fail(*_arguments: object, **_words: object) -> NoReturn:
    """Stand in for anything, and fail."""
    raise PlantedError("planted <b>here</b>")


def dialogs(application: Application) -> list[FaultDialog]:
    """Return the dialogs of faults that are open."""
    return [one for one in application.window.findChildren(FaultDialog) if one.isVisible()]


def the_dialog(qtbot: QtBot, application: Application) -> FaultDialog:
    """Wait for the one dialog of a fault, and return it."""
    qtbot.waitUntil(lambda: len(dialogs(application)) > 0)
    (dialog,) = dialogs(application)
    return dialog


def click(qtbot: QtBot, dialog: QWidget, text: str) -> None:
    """Click the button that reads so."""
    (button,) = [one for one in dialog.findChildren(QPushButton) if one.text() == text]
    assert button.accessibleName() == text
    assert button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words(widget: QWidget) -> str:
    """Return what the labels of a widget say."""
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def logged(faults: Faults) -> list[str]:
    """Return the first lines of the faults in the log."""
    return [line for line in faults.path.read_text(encoding="utf-8").splitlines() if " ERROR " in line]

"""What a user's hands do in the real window: press, choose from a menu, answer a file dialog, read a warning."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFileDialog,
    QMenu,
    QMessageBox,
    QToolButton,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from tests.finding import named


def press(qtbot: QtBot, application: Application, action_name: str) -> None:
    """Click the tool button of that name."""
    qtbot.mouseClick(named(application.window, QToolButton, action_name), Qt.MouseButton.LeftButton)


def idle(qtbot: QtBot, application: Application) -> None:
    """Wait until nothing trains."""
    qtbot.waitUntil(lambda: not application.controller.running, timeout=20_000)


def menu_action(application: Application, text: str) -> QAction:
    """Return the menu entry that reads so."""
    for menu in application.window.menuBar().findChildren(QMenu):
        for action in menu.actions():
            if action.text().replace("&", "") == text:
                return action
    raise AssertionError(f"no menu entry {text!r}")


def save_as(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    """Let every file dialog answer with a path."""

    def chosen(*_: object) -> tuple[str, str]:
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)


def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by what each warning says, in place of its box."""
    said: list[str] = []

    def read(box: QMessageBox) -> QMessageBox.StandardButton:
        said.append(box.text())
        return QMessageBox.StandardButton.Ok

    monkeypatch.setattr(QMessageBox, "exec", read)
    return said

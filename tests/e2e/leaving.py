"""What tests of left-over work share: windows that are gone, and the bar that offers what they left."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.goals import Goal
from backprop_gui.session import edits
from backprop_gui.ui.recovery_bar import RecoveryBar
from tests.runs.keeping import end


def crash(application: Application) -> None:
    """Let the window be gone for its store as a kill leaves it."""
    keeper = application.window.keeper
    assert keeper is not None
    keeper._closed = True
    keeper._timer.stop()
    end(keeper.recorder)


def kept(application: Application) -> None:
    assert application.window.keeper is not None
    application.window.keeper.commit()
    assert application.window.keeper.recorder.trouble == ""


def rows(application: Application) -> list[str]:
    QApplication.processEvents()
    bar = application.window.findChild(RecoveryBar)
    shown = [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]
    assert bar.isVisible() == bool(shown)
    return shown


def press(qtbot: QtBot, application: Application, name: str, place: int = 0) -> None:
    QApplication.processEvents()
    bar = application.window.findChild(RecoveryBar)
    assert bar is not None
    found = [one for one in bar.findChildren(QPushButton) if one.accessibleName() == name and one.isVisible()]
    found.sort(key=lambda one: one.mapToGlobal(one.rect().topLeft()).y())
    assert found[place].text() == name
    assert found[place].toolTip().endswith(".")
    qtbot.mouseClick(found[place], Qt.MouseButton.LeftButton)


def train(qtbot: QtBot, application: Application, epoch: int) -> None:
    application.controller.play(Goal(epoch=epoch))
    qtbot.waitUntil(lambda: not application.controller.running)


def edit(application: Application, units: int) -> None:
    application.editor.apply("Units", lambda session: edits.set_units(session, 0, units))


def answer(monkeypatch: pytest.MonkeyPatch, *answers: QMessageBox.StandardButton) -> list[QMessageBox.StandardButton]:
    waiting = list(answers)

    def exec_(*_: object) -> QMessageBox.StandardButton:
        return waiting.pop(0)

    monkeypatch.setattr(QMessageBox, "exec", exec_)
    return waiting

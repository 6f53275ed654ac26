"""A copy from the fault's dialog, and closing, keep the work whatever else fails."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QToolButton,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.faults import Faults
from backprop_gui.resources import problem
from backprop_gui.runtime.controller import Controller
from backprop_gui.session.files import read_session
from backprop_gui.ui.dialogs import fault_dialog
from backprop_gui.ui.docks import Docks
from tests.e2e.conftest import Launch
from tests.e2e.hands import save_as
from tests.e2e.planting import click, dialogs, fail, logged, the_dialog, words
from tests.finding import named


def test_a_copy_while_training_runs_is_of_what_is_seen(
    caught: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caught.controller.play()
    qtbot.waitUntil(lambda: caught.controller.snapshot.progress.step > 100)
    QTimer.singleShot(0, caught.window, fail)
    dialog = the_dialog(qtbot, caught)
    save_as(monkeypatch, tmp_path / "copy.json")
    click(qtbot, dialog, "Save a copy")
    assert caught.controller.running
    assert read_session(tmp_path / "copy.json").parameters != problem("article").parameters
    caught.controller.pause()


def test_a_copy_can_be_saved_though_the_controller_is_what_failed(
    caught: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Controller, "shown", property(fail))
        patched.setattr(Controller, "settle", fail)
        qtbot.mouseClick(named(caught.window, QToolButton, "Step sample"), Qt.MouseButton.LeftButton)
        dialog = the_dialog(qtbot, caught)
        assert "Session: 2-3-2 (" in dialog.report()
        save_as(monkeypatch, tmp_path / "copy.json")
        click(qtbot, dialog, "Save a copy")
    assert read_session(tmp_path / "copy.json").parameters == caught.store.session.parameters


def test_a_copy_that_cannot_be_written_is_said(
    caught: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    QTimer.singleShot(0, caught.window, fail)
    dialog = the_dialog(qtbot, caught)
    save_as(monkeypatch, "")
    click(qtbot, dialog, "Save a copy")
    assert "copy was saved" not in words(dialog)
    save_as(monkeypatch, tmp_path / "none" / "copy.json")
    click(qtbot, dialog, "Save a copy")
    assert "No copy was saved." in words(dialog)
    assert "copy.json: cannot be written" in words(dialog)

    monkeypatch.setattr(fault_dialog, "write_session", fail)
    click(qtbot, dialog, "Save a copy")
    assert "No copy could be saved: that went wrong, too." in words(dialog)
    qtbot.waitUntil(lambda: "1 other fault followed" in words(dialog))
    assert dialogs(caught) == [dialog]


def test_closing_keeps_the_work_though_all_else_fails(
    caught: Application, qtbot: QtBot, faults: Faults, monkeypatch: pytest.MonkeyPatch, launch: Launch
) -> None:
    qtbot.mouseClick(named(caught.window, QToolButton, "Play"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: caught.controller.snapshot.progress.step > 100)
    with monkeypatch.context() as patched:
        patched.setattr("backprop_gui.runtime.worker.take_snapshot", fail)  # pausing
        patched.setattr(Controller, "_come_back", fail)  # and what mends it
        patched.setattr(Docks, "keep", fail)
        seen = caught.controller.snapshot.parameters
        caught.window.close()
    assert not caught.window.isVisible()
    assert [line.partition("(")[2].partition(",")[0] for line in logged(faults)] == [
        "runtime/worker.py",
        "runtime/controller.py",
        "ui/main_window.py",
    ]
    assert caught.store.session.parameters != seen
    again = launch()
    assert again.store.session.parameters == seen
    assert again.window.isWindowModified()

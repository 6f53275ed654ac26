"""Faults planted in the real window: one dialog, a bounded log, and the work kept."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.network import UnitRef
from backprop_gui.engine.trainer import Trainer
from backprop_gui.explain import derivation
from backprop_gui.faults import Faults
from backprop_gui.session.files import read_session
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.dialogs import fault_dialog
from backprop_gui.ui.dialogs.fault_dialog import FaultDialog
from tests.e2e.hands import save_as
from tests.e2e.planting import click, dialogs, fail, logged, the_dialog, words
from tests.finding import named


def test_a_fault_in_a_slot_opens_one_dialog_that_reports_and_lets_go_on(
    caught: Application,
    qtbot: QtBot,
    faults: Faults,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("backprop_gui.ui.documents.problem", fail)
        for _ in range(5):
            QTimer.singleShot(0, caught.window, lambda: caught.window.files.open_problem("xor"))
        dialog = the_dialog(qtbot, caught)
        qtbot.waitUntil(lambda: "5 times" in words(dialog))
    assert len(logged(faults)) == 1
    assert "PlantedError: planted <b>here</b> (ui/documents.py, line " in words(dialog)
    assert str(faults.path) in words(dialog)
    assert [one.text() for one in dialog.findChildren(QLabel) if one.textFormat() != Qt.TextFormat.PlainText] == [
        "",  # the icon
        "Report",
    ]
    assert not dialog.isModal()
    click(qtbot, dialog, "Copy report")
    report = QGuiApplication.clipboard().text()
    assert "Session: 2-3-2 (" in report
    assert report.rstrip().endswith("PlantedError: planted <b>here</b>")
    click(qtbot, dialog, "Go on")
    assert dialogs(caught) == []
    said = capsys.readouterr().err
    assert said.count("backprop-gui: a fault of the program: PlantedError") == 1
    assert "Traceback" not in said
    caught.window.files.open_problem("xor")
    assert caught.store.session.network.sizes == (2, 2, 1)


def test_a_fault_in_painting_is_told_once_and_leaves_no_painter_behind(
    caught: Application, qtbot: QtBot, faults: Faults
) -> None:
    class Broken(QWidget):
        painted = 0

        def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
            painter = QPainter(self)  # alive in the traceback's frame, as in any of our own
            painter.drawLine(0, 0, 9, 9)
            Broken.painted += 1
            self.update()
            fail()

    broken = Broken()
    qtbot.addWidget(broken)
    broken.resize(50, 50)
    broken.show()
    qtbot.waitUntil(lambda: Broken.painted > 200)
    dialog = the_dialog(qtbot, caught)
    qtbot.waitUntil(lambda: "times so far" in words(dialog))
    click(qtbot, dialog, "Go on")
    painted = Broken.painted
    qtbot.waitUntil(lambda: Broken.painted > painted + 200)
    assert dialogs(caught) == []
    assert len(logged(faults)) <= 5  # itself, the 10th, 100th, 1,000th, 10,000th time
    broken.hide()


def test_a_fault_in_the_worker_stops_training_says_so_and_its_state_can_be_saved(
    caught: Application, qtbot: QtBot, faults: Faults, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, calls = Trainer.run, list[int]()

    def failing(self: Trainer, *arguments: Any) -> bool:
        if QThread.currentThread().objectName() == "training":
            calls.append(1)
            if len(calls) > 30:
                fail()
        return run(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "run", failing)
        qtbot.mouseClick(named(caught.window, QToolButton, "Play"), Qt.MouseButton.LeftButton)
        dialog = the_dialog(qtbot, caught)
        qtbot.waitUntil(lambda: not caught.controller.running)
    assert len(logged(faults)) == 1
    assert "Thread: background" in dialog.report()
    assert caught.window.statusBar().currentMessage().endswith("a fault of the program, not of your network.")
    save_as(monkeypatch, tmp_path / "copy")
    click(qtbot, dialog, "Save a copy")
    assert str(tmp_path / "copy.json") in words(dialog)
    copy, session = read_session(tmp_path / "copy.json"), caught.store.session
    assert copy.parameters == session.parameters == caught.controller.snapshot.parameters
    assert caught.window.windowTitle().startswith("article")  # a copy is not where the session lives from now on
    click(qtbot, dialog, "Go on")
    step = session.progress.step
    qtbot.mouseClick(named(caught.window, QToolButton, "Play"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: caught.controller.snapshot.progress.step > step + 10)
    caught.controller.pause()


def test_a_fault_in_deriving_is_told_once_though_it_is_met_in_two_places(
    caught: Application, qtbot: QtBot, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derive(*_: object) -> None:
        fail()

    place = str(Path(derivation.__file__))  # as if it had failed there, for the panel and for typesetting ahead
    derive.__code__ = derive.__code__.replace(co_filename=place)
    monkeypatch.setattr("backprop_gui.ui.derivation.panel.derive", derive)
    panel = caught.window.findChild(DerivationPanel)
    caught.store.select(UnitRef(1, 0))
    caught.desk.preferences.set("notation", "mazur")  # what is typeset ahead begins anew
    dialog = the_dialog(qtbot, caught)
    assert len(logged(faults)) == 1
    assert "(explain/derivation.py, line " in words(dialog)
    assert panel.derivation is None
    click(qtbot, dialog, "Go on")
    caught.store.select(UnitRef(1, 1))
    qtbot.wait(50)
    assert dialogs(caught) == []


def test_another_fault_joins_the_open_dialog_and_their_number_is_bounded(
    caught: Application, qtbot: QtBot, faults: Faults
) -> None:
    def plant(line: int) -> None:
        """Let the event loop meet a fault of its own place."""
        names = dict[str, Any]()
        exec("\n" * line + "def other(): raise ValueError", names)
        QTimer.singleShot(0, caught.window, names["other"])

    QTimer.singleShot(0, caught.window, fail)
    dialog = the_dialog(qtbot, caught)
    first = words(dialog).splitlines()[0]
    for line in range(5):
        plant(line)
    qtbot.waitUntil(lambda: "5 other faults followed" in words(dialog))
    assert dialogs(caught) == [dialog]
    assert words(dialog).splitlines()[0] == first
    assert dialog.report().count("Traceback (most recent call last)") == 6
    assert len(logged(faults)) == 6
    for line in range(5, 5 + fault_dialog.MOST_FAULTS):
        plant(line)
    qtbot.waitUntil(lambda: f"{5 + fault_dialog.MOST_FAULTS} other faults followed" in words(dialog))
    assert dialog.report().count("Traceback (most recent call last)") == fault_dialog.MOST_FAULTS


def test_the_dialog_can_be_used_before_a_modal_one(caught: Application, qtbot: QtBot) -> None:
    modal = QDialog(caught.window)
    done = list[list[FaultDialog]]()

    def go_on() -> None:
        try:
            dialog = the_dialog(qtbot, caught)
            assert dialog.parentWidget() is modal
            click(qtbot, dialog, "Go on")  # a modal one before it would swallow this
            done.append(dialogs(caught))
        finally:
            modal.reject()

    QTimer.singleShot(0, modal, fail)
    QTimer.singleShot(50, modal, go_on)
    modal.exec()
    assert done == [[]]
    modal.deleteLater()
    caught.desk.preferences.changed.connect(lambda: dict[str, None]()["later"])
    caught.desk.preferences.set("digits", "6")
    dialog = the_dialog(qtbot, caught)
    assert dialog.parentWidget() is caught.window
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialogs(caught) == []

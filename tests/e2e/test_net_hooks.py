"""Where the net hangs: threads, the start, Qt's own warnings, and hooks that are put back."""

import sys
import threading

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import (
    QApplication,
    QMenu,
    QMessageBox,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.faults import Faults, data_folder
from backprop_gui.ui.dialogs import fault_dialog
from backprop_gui.ui.dialogs.fault_dialog import FaultDialog
from backprop_gui.ui.net import Net, messages_logged
from tests.e2e.conftest import Launch
from tests.e2e.planting import click, fail, logged, the_dialog, words
from tests.meeting import Meetings


def test_a_fault_in_a_plain_thread_is_told_too(caught: Application, qtbot: QtBot, faults: Faults) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert "PlantedError" in words(the_dialog(qtbot, caught))
    assert len(logged(faults)) == 1


def test_what_ends_the_program_is_no_fault_and_the_hooks_are_put_back(qapp: QApplication, faults: Faults) -> None:
    hooks = sys.excepthook, threading.excepthook
    passed = list[object]()

    def mine(*caught: object) -> None:
        passed.append(caught[0])

    try:
        sys.excepthook = mine
        with Net(faults):
            sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        assert sys.excepthook is mine
    finally:
        sys.excepthook = hooks[0]
    assert passed == [KeyboardInterrupt]
    assert threading.excepthook is hooks[1]
    assert not faults.path.exists()


def test_a_fault_at_the_start_is_shown_until_it_is_closed_where_there_is_a_screen(
    qtbot: QtBot, in_dialog: Meetings, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[str]()

    def close(dialog: FaultDialog) -> None:
        seen.append(words(dialog))
        assert [one.text() for one in dialog.findChildren(QPushButton)] == ["Copy report", "Close"]
        click(qtbot, dialog, "Close")

    with Net(faults) as net:
        net.tell_at_start(KeyError("first"))  # offscreen, where nobody could close it
        monkeypatch.setattr("backprop_gui.ui.net.QGuiApplication.platformName", lambda: "xcb")
        in_dialog(FaultDialog, close)
        net.tell_at_start(ValueError("second"))
    assert len(seen) == 1
    assert "ValueError: second" in seen[0]
    assert fault_dialog.ENDS in seen[0]
    assert len(logged(faults)) == 2


def test_about_says_where_faults_are_logged(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()

    def about(_window: QWidget, _title: str, text: str) -> None:
        said.append(text)

    monkeypatch.setattr(QMessageBox, "about", about)
    actions = [one for menu in launch().window.menuBar().findChildren(QMenu) for one in menu.actions()]
    next(one for one in actions if one.text() == "&About Backprop GUI").trigger()
    assert str(data_folder() / "backprop-gui.log") in said[0]


@pytest.mark.no_qt_log
def test_what_qt_warns_of_is_logged_once_and_the_handler_put_back(
    qapp: QApplication, faults: Faults, capfd: pytest.CaptureFixture[str]
) -> None:
    with messages_logged(faults):
        for _ in range(12):
            qWarning("QPainter::begin: planted")
        qWarning("This plugin does not support propagateSizeHints()")
    text = faults.path.read_text(encoding="utf-8")
    assert text.count("QPainter::begin: planted") == 2
    assert "(10 times by now)" in text
    assert "propagateSizeHints" not in text
    assert capfd.readouterr().err.count("planted") == 2
    qWarning("after")
    assert "after" not in faults.path.read_text(encoding="utf-8")
    assert "after" in capfd.readouterr().err

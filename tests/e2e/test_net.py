"""Faults planted in the real window: one dialog, a bounded log, and the work kept."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PySide6.QtCore import Qt, QThread, QTimer, qWarning
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.network import UnitRef
from backprop_gui.engine.trainer import Trainer
from backprop_gui.explain import derivation
from backprop_gui.faults import Faults, data_folder
from backprop_gui.resources import problem
from backprop_gui.runtime.controller import Controller
from backprop_gui.session.files import read_session
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.dialogs import fault_dialog
from backprop_gui.ui.dialogs.fault_dialog import FaultDialog
from backprop_gui.ui.docks import Docks
from backprop_gui.ui.net import Net, messages_logged
from tests.e2e.conftest import Launch
from tests.finding import named


class PlantedError(Exception):
    pass


def fail(*_arguments: object, **_words: object) -> NoReturn:
    raise PlantedError("planted <b>here</b>")


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    return Faults(tmp_path / "log")


@pytest.fixture
def caught(launch: Launch, faults: Faults) -> Iterator[Application]:
    """The application in the net, as ``run_window`` holds it."""
    with Net(faults) as net:
        application = launch()
        net.hold(application.desk, application.window)
        yield application


def dialogs(application: Application) -> list[FaultDialog]:
    return [one for one in application.window.findChildren(FaultDialog) if one.isVisible()]


def the_dialog(qtbot: QtBot, application: Application) -> FaultDialog:
    qtbot.waitUntil(lambda: len(dialogs(application)) > 0)
    (dialog,) = dialogs(application)
    return dialog


def click(qtbot: QtBot, dialog: QWidget, text: str) -> None:
    (button,) = [one for one in dialog.findChildren(QPushButton) if one.text() == text]
    assert button.accessibleName() == text
    assert button.toolTip()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def words(widget: QWidget) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def logged(faults: Faults) -> list[str]:
    return [line for line in faults.path.read_text(encoding="utf-8").splitlines() if " ERROR " in line]


def choose(monkeypatch: pytest.MonkeyPatch, path: Path | str) -> None:
    def chosen(*_: object) -> tuple[str, str]:
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)


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
    choose(monkeypatch, tmp_path / "copy")
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


def test_a_copy_while_training_runs_is_of_what_is_seen(
    caught: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    caught.controller.play()
    qtbot.waitUntil(lambda: caught.controller.snapshot.progress.step > 100)
    QTimer.singleShot(0, caught.window, fail)
    dialog = the_dialog(qtbot, caught)
    choose(monkeypatch, tmp_path / "copy.json")
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
        choose(monkeypatch, tmp_path / "copy.json")
        click(qtbot, dialog, "Save a copy")
    assert read_session(tmp_path / "copy.json").parameters == caught.store.session.parameters


def test_a_copy_that_cannot_be_written_is_said(
    caught: Application, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    QTimer.singleShot(0, caught.window, fail)
    dialog = the_dialog(qtbot, caught)
    choose(monkeypatch, "")
    click(qtbot, dialog, "Save a copy")
    assert "copy was saved" not in words(dialog)
    choose(monkeypatch, tmp_path / "none" / "copy.json")
    click(qtbot, dialog, "Save a copy")
    assert "No copy was saved." in words(dialog)
    assert "copy.json: cannot be written" in words(dialog)

    monkeypatch.setattr(fault_dialog, "write_session", fail)
    click(qtbot, dialog, "Save a copy")
    assert "No copy could be saved: that went wrong, too." in words(dialog)
    qtbot.waitUntil(lambda: "1 other fault followed" in words(dialog))
    assert dialogs(caught) == [dialog]


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
        dialog = the_dialog(qtbot, caught)
        assert dialog.parentWidget() is modal
        click(qtbot, dialog, "Go on")  # a modal one before it would swallow this
        done.append(dialogs(caught))
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
    qtbot: QtBot, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[str]()

    def close() -> None:
        (dialog,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, FaultDialog) and one.isVisible()]
        seen.append(words(dialog))
        assert [one.text() for one in dialog.findChildren(QPushButton)] == ["Copy report", "Close"]
        click(qtbot, dialog, "Close")

    with Net(faults) as net:
        net.tell_at_start(KeyError("first"))  # offscreen, where nobody could close it
        monkeypatch.setattr("backprop_gui.ui.net.QGuiApplication.platformName", lambda: "xcb")
        QTimer.singleShot(0, close)
        net.tell_at_start(ValueError("second"))
    assert len(seen) == 1
    assert "ValueError: second" in seen[0]
    assert fault_dialog.ENDS in seen[0]
    assert len(logged(faults)) == 2


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

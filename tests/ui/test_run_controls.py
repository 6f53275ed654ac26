"""The run dialog, and keys that belong to the focused control."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import BiasRef
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.dialogs.run_dialog import RunDialog
from backprop_gui.ui.run_actions import RunActions
from backprop_gui.ui.run_bar import RunBar
from backprop_gui.ui.shortcuts import KeyGuard
from tests.conftest import Bench
from tests.finding import named, ok_button
from tests.shapes import dense


def retype(qtbot: QtBot, edit: QLineEdit, text: str) -> None:
    edit.selectAll()
    qtbot.keyClicks(edit, text)


def test_epochs_count_from_where_training_is(qtbot: QtBot) -> None:
    dialog = RunDialog(40, classes=False)
    qtbot.addWidget(dialog)
    retype(qtbot, named(dialog, QLineEdit, "Number of epochs: value"), "250")
    assert dialog.goal() == Goal(epoch=290)


def test_a_loss_takes_a_decimal_comma(qtbot: QtBot) -> None:
    dialog = RunDialog(0, classes=False)
    qtbot.addWidget(dialog)
    next(one for one in dialog.findChildren(QRadioButton) if one.text() == "Loss below").setChecked(True)
    retype(qtbot, named(dialog, QLineEdit, "Loss below: value"), "0,005")
    assert ok_button(dialog).isEnabled()
    assert dialog.goal() == Goal(loss_below=0.005)


@pytest.mark.parametrize("text", ["0", "-3", "ten", "1.5", "²"])
def test_a_bad_number_of_epochs_is_named_and_cannot_be_run(qtbot: QtBot, text: str) -> None:
    dialog = RunDialog(0, classes=False)
    qtbot.addWidget(dialog)
    retype(qtbot, named(dialog, QLineEdit, "Number of epochs: value"), text)
    assert not ok_button(dialog).isEnabled()
    problem = next(one for one in dialog.findChildren(QLabel) if one.wordWrap())
    assert f"{text!r} is not accepted; use a whole number of at least 1" in problem.text()


def test_the_pace_is_told_while_training_runs_and_no_longer(qtbot: QtBot, bench: Bench) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    bar = RunBar(bench, RunActions(bench, window), window)
    window.addToolBar(bar)
    window.show()
    pace = named(bar, QLabel, "steps/s")
    told: list[str] = []
    bench.controller.snapshot_changed.connect(lambda: told.append(pace.text()))
    bench.controller.play()
    qtbot.waitUntil(lambda: any(one not in ("–", "0") for one in told))
    bench.controller.pause()
    assert pace.text() == "–"


@pytest.mark.parametrize(("bias", "words"), [(1e200, "Stopped after 0 epochs"), (0.5, "Paused after")])
def test_a_pause_that_finds_the_run_diverged_says_so(qtbot: QtBot, bench: Bench, bias: float, words: str) -> None:
    session = edits.set_layer(problem("article"), 1, dense(2, "linear"))
    bench.store.assign(edits.set_parameter(session, BiasRef(1, 0), bias))
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = RunActions(bench, window)
    said: list[str] = []
    actions.message.connect(said.append)
    actions.play.trigger()
    actions.play.trigger()
    assert len(said) == 1
    assert said[0].startswith(words)


def test_space_goes_to_a_focused_button_and_else_to_the_window(qtbot: QtBot, qapp: QApplication) -> None:
    guard = KeyGuard(qapp)
    qapp.installEventFilter(guard)
    window = QWidget()
    presses: list[bool] = []
    fired: list[bool] = []
    button, other = QPushButton("Press"), QWidget()
    other.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    layout = QVBoxLayout(window)
    layout.addWidget(button)
    layout.addWidget(other)
    button.clicked.connect(lambda: presses.append(True))
    shortcut = QShortcut(QKeySequence("Space"), window)
    shortcut.activated.connect(lambda: fired.append(True))
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow())
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert (len(presses), len(fired)) == (1, 0)
    other.setFocus()
    qtbot.keyClick(other, Qt.Key.Key_Space)
    assert (len(presses), len(fired)) == (1, 1)
    qapp.removeEventFilter(guard)


def test_patience_is_a_number_of_epochs(qtbot: QtBot) -> None:
    dialog = RunDialog(7, classes=True)
    qtbot.addWidget(dialog)
    next(one for one in dialog.findChildren(QRadioButton) if one.text() == "No better loss for epochs").setChecked(True)
    retype(qtbot, named(dialog, QLineEdit, "No better loss for epochs: value"), "0")
    assert not ok_button(dialog).isEnabled()
    retype(qtbot, named(dialog, QLineEdit, "No better loss for epochs: value"), "12")
    assert dialog.goal() == Goal(patience=12)


def test_an_accuracy_is_asked_for_in_percent_and_only_of_classes(qtbot: QtBot) -> None:
    dialog = RunDialog(7, classes=True)
    qtbot.addWidget(dialog)
    name = "Accuracy of at least (%)"
    next(one for one in dialog.findChildren(QRadioButton) if one.text() == name).setChecked(True)
    retype(qtbot, named(dialog, QLineEdit, f"{name}: value"), "101")
    assert not ok_button(dialog).isEnabled()
    retype(qtbot, named(dialog, QLineEdit, f"{name}: value"), "90")
    assert dialog.goal() == Goal(accuracy=0.9)
    without = RunDialog(7, classes=False)
    qtbot.addWidget(without)
    assert not next(one for one in without.findChildren(QRadioButton) if one.text() == name).isEnabled()

"""The panel of sweeps in the whole window."""

import threading

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from backprop_gui.resources import problem
from backprop_gui.ui.sweep.form import SweepForm
from tests.e2e.conftest import Launch
from tests.finding import named


def test_it_is_hidden_at_first_and_a_window_that_closes_ends_its_sweep(qtbot: QtBot, launch: Launch) -> None:
    window = launch(problem("xor")).window
    dock = window.findChild(QDockWidget, "sweep")
    assert dock is not None
    assert not dock.isVisible()
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: dock.findChild(SweepForm) is not None)
    form = dock.findChild(SweepForm)
    assert form is not None
    form._epochs.setValue(10**9)
    qtbot.mouseClick(named(form, QPushButton, "Start"), Qt.MouseButton.LeftButton)
    (thread,) = [one for one in threading.enumerate() if one.name == "sweep"]
    window.close()
    thread.join(20)
    assert not thread.is_alive()


def test_the_default_layout_puts_it_away_again(qtbot: QtBot, launch: Launch) -> None:
    window = launch(problem("xor")).window
    dock = window.findChild(QDockWidget, "sweep")
    assert dock is not None
    dock.toggleViewAction().trigger()
    assert dock.isVisible()
    window.default_layout()
    assert not dock.isVisible()


def test_a_run_that_was_opened_is_there_again_with_its_curve_at_the_next_start(qtbot: QtBot, launch: Launch) -> None:
    application = launch(problem("xor"))
    dock = application.window.findChild(QDockWidget, "sweep")
    assert dock is not None
    dock.toggleViewAction().trigger()
    qtbot.waitUntil(lambda: dock.findChild(SweepForm) is not None)
    form = dock.findChild(SweepForm)
    assert form is not None
    form._epochs.setValue(30)
    qtbot.mouseClick(named(form, QPushButton, "Start"), Qt.MouseButton.LeftButton)
    view = named(dock, QTableView, "Runs of the sweep")
    qtbot.waitUntil(lambda: view.model().rowCount() == 12)
    view.setFocus()
    view.selectRow(4)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    opened = application.store.session
    assert opened.training.seed == 4
    application.window.close()
    again = launch()
    assert again.store.session.parameters == opened.parameters
    assert again.store.session.training == opened.training
    assert [run.name for run in again.controller.book.runs.values()] == ["Sweep 5 (seed 4)"]
    assert again.controller.history.epochs.tolist() == [*range(31)]

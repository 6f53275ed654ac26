"""The panel of sweeps in the whole window."""

import threading

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QPushButton
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
    dock.raise_()
    form = dock.findChild(SweepForm)
    assert form is not None
    form._epochs.setValue(10**9)
    qtbot.mouseClick(named(form, QPushButton, "Start"), Qt.MouseButton.LeftButton)
    (thread,) = [one for one in threading.enumerate() if one.name == "sweep"]
    window.close()
    thread.join(20)
    assert not thread.is_alive()

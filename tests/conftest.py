"""Fixtures that all tests share."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.resources import problem
from backprop_gui.ui.desk import Desk
from tests.meeting import Meetings

hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

signal.signal(signal.SIGINT, signal.default_int_handler)  # where Ctrl+C is ignored, the programs under test would too
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before the first QApplication

Bench = Desk


gc.disable()  # or it would run in threads that must not delete Qt's objects: see runtime/collecting.py


@pytest.fixture(autouse=True, scope="module")
def collected() -> Iterator[None]:
    """Collects garbage where nothing else runs."""
    yield
    gc.collect()


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """pytest-qt's, which holds its widgets until the test is over.

    Events are still worked off when the test's own variables are gone; a widget that is collected in the middle of
    being painted would end the process.
    """
    held: list[QWidget] = []
    add = qtbot.addWidget

    def hold(widget: QWidget) -> None:
        held.append(widget)
        add(widget)

    monkeypatch.setattr(qtbot, "addWidget", hold)
    return qtbot


@pytest.fixture
def in_dialog(qapp: QApplication) -> Iterator[Meetings]:
    """Answers modal dialogs: ``in_dialog(QMessageBox, read)`` before what opens one."""
    meetings = Meetings()
    yield meetings
    meetings.end()


@pytest.fixture
def bench(qapp: QApplication, tmp_path: Path) -> Iterator[Bench]:
    """What a view needs, wired as the application wires it."""
    qapp.setStyle("Fusion")
    desk = Desk.lay(problem("article"), QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    yield desk
    desk.controller.shut_down()

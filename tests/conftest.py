"""Fixtures that all tests share."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from backprop_gui.resources import problem
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.store import SessionStore
from backprop_gui.ui.commands import Editor
from backprop_gui.ui.preferences import Preferences
from backprop_gui.ui.theme import ThemeManager

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before the first QApplication


@dataclass
class Bench:
    """What a view needs, wired as the application wires it."""

    store: SessionStore
    controller: Controller
    editor: Editor
    preferences: Preferences
    theme: ThemeManager


@pytest.fixture
def bench(qapp, tmp_path: Path) -> Iterator[Bench]:
    qapp.setStyle("Fusion")
    store = SessionStore(problem("article"))
    controller = Controller(store)
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(settings)
    yield Bench(store, controller, Editor(store, controller), preferences, ThemeManager(preferences))
    controller.shut_down()

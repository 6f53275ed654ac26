"""The real application with settings and files in a temporary place."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from PySide6.QtCore import QSettings, QThread
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application, open_window
from backprop_gui.faults import Faults
from backprop_gui.session.document import Session
from backprop_gui.ui.net import Net


class Launch(Protocol):
    """Open the application as its command line does."""

    def __call__(self, session: Session | None = None, path: Path | None = None) -> Application: ...


@pytest.fixture
def launch(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launch]:
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    opened: list[Application] = []

    def start(session: Session | None = None, path: Path | None = None) -> Application:
        application = open_window(session, path)
        opened.append(application)
        qtbot.waitUntil(application.window.windowHandle().isExposed)
        return application

    yield start
    for application in opened:
        application.window.close()
        threads = application.controller.findChildren(QThread)
        assert not any(thread.isRunning() for thread in threads), "a thread outlives its window"
        application.window.deleteLater()
    opened.clear()
    gc.collect()  # windows are large, and full of circles


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """A log of faults in a temporary place."""
    return Faults(tmp_path / "log")


@pytest.fixture
def caught(launch: Launch, faults: Faults) -> Iterator[Application]:
    """The application in the net, as ``run_window`` holds it."""
    with Net(faults) as net:
        application = launch()
        net.hold(application.desk, application.window)
        yield application

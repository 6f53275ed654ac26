"""The real application with settings and files in a temporary place."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, QThread
from PySide6.QtWidgets import QWidget

from backprop_gui.app import Application, open_window


@pytest.fixture
def launch(qtbot, tmp_path: Path, monkeypatch) -> Iterator[Callable[..., Application]]:
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    opened: list[Application] = []

    def start(session=None, path=None) -> Application:
        application = open_window(session, path)
        opened.append(application)
        qtbot.waitExposed(application.window)
        return application

    yield start
    for application in opened:
        application.window.close()
        threads = application.controller.findChildren(QThread)
        assert not any(thread.isRunning() for thread in threads), "a thread outlives its window"
        application.window.deleteLater()


@pytest.fixture
def find() -> Callable[..., QWidget]:
    """Return the one widget of a type with an accessible name."""

    def find(window: QWidget, kind: type[QWidget], name: str) -> QWidget:
        found = [widget for widget in window.findChildren(kind) if widget.accessibleName() == name]
        assert len(found) == 1, f"{len(found)} widgets are called {name!r}"
        return found[0]

    return find

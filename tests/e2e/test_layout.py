"""Where panels are: the table they come from, and what is kept between starts."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMenu

from backprop_gui.ui import docks
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.panels import PANELS, Panel, Place
from tests.e2e.conftest import Launch

CRASHES = (Path(__file__).with_name("layout_crash.bin")).read_bytes()
"""A state of QMainWindow with one length in it changed."""


def kept() -> QSettings:
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "backprop-gui", "backprop-gui")


def damaged(state: QByteArray) -> QByteArray:
    """Return a state with eight bytes in its middle overwritten: Qt can crash on such."""
    data, middle = bytes(state.data()), state.size() // 2
    return QByteArray(data[:middle] + b"\xff" * 8 + data[middle + 8 :])


SPOILERS: dict[str, Callable[[QSettings], None]] = {
    "overwritten": lambda settings: settings.setValue("layout", damaged(settings.value("layout"))),
    "cut off": lambda settings: settings.setValue("layout", QByteArray(settings.value("layout").data()[:40])),
    "no bytes": lambda settings: settings.setValue("layout", "nonsense"),
    "other geometry": lambda settings: settings.setValue("geometry", QByteArray(b"\xff" * 40)),
    "unsealed": lambda settings: settings.remove("layout_seal"),  # as versions before this one kept it
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=list(SPOILERS))
def test_a_damaged_layout_is_ignored_and_the_window_starts_as_new(
    launch: Launch, spoil: Callable[[QSettings], None]
) -> None:
    application = launch()
    application.window.findChild(QDockWidget, "loss").close()
    application.window.close()
    settings = kept()
    spoil(settings)
    settings.sync()
    window = launch().window
    assert not window.findChild(QDockWidget, "loss").isHidden()
    assert (window.width(), window.height()) == (1280, 800)


def test_a_layout_of_another_version_gives_way(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    application = launch()
    application.window.findChild(QDockWidget, "loss").close()
    application.window.close()
    monkeypatch.setattr(docks, "LAYOUT_VERSION", docks.LAYOUT_VERSION + 1)
    assert not launch().window.findChild(QDockWidget, "loss").isHidden()


START = """
import os, signal, sys
from PySide6.QtCore import QByteArray, QSettings, QTimer
from PySide6.QtWidgets import QMainWindow
from backprop_gui.app import open_window
from backprop_gui.ui import docks
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "backprop-gui", "backprop-gui")
if sys.argv[2] == "spoil":
    state = QByteArray(bytes.fromhex(sys.argv[3]))
    settings.setValue("geometry", QByteArray(b""))
    settings.setValue("layout", state)
    settings.setValue("layout_seal", docks._seal(QByteArray(b""), state))
    settings.sync()
elif sys.argv[2] == "die":
    QMainWindow.restoreState = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
application = open_window()
if sys.argv[2] == "die later":
    QTimer.singleShot(0, lambda: os.kill(os.getpid(), signal.SIGKILL))
QTimer.singleShot(0 if sys.argv[2] == "short" else docks.STANDS_MILLISECONDS + 200, application.window.close)
from PySide6.QtWidgets import QApplication
QApplication.exec()
print(sorted(key for key in settings.allKeys() if key.startswith("layout")))
"""


def start(folder: Path, *how: str) -> subprocess.CompletedProcess[str]:
    """Start the window in a process of its own, with its settings in ``folder``."""
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", START, str(folder), *how]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100, env=environment)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("how", ["die", "die later"])
def test_a_layout_that_a_start_did_not_survive_is_dropped_for_good(tmp_path: Path, how: str) -> None:
    assert start(tmp_path, "short").stdout.strip() == "['layout', 'layout_seal']"
    assert start(tmp_path, how).returncode != 0
    assert "layout_begun" in next(tmp_path.rglob("backprop-gui.ini")).read_text(encoding="utf-8")
    again = start(tmp_path, "short")
    assert (again.returncode, again.stdout.strip()) == (0, "['layout', 'layout_seal']"), again.stderr


def test_a_window_that_stands_keeps_its_layout(tmp_path: Path) -> None:
    start(tmp_path, "short")
    assert start(tmp_path, "long").stdout.strip() == "['layout', 'layout_seal']"


def test_a_state_that_crashes_qt_stops_one_start_at_most(tmp_path: Path) -> None:
    state = CRASHES[:4] + docks.LAYOUT_VERSION.to_bytes(4, "big") + CRASHES[8:]  # as if it were of this version
    start(tmp_path, "spoil", state.hex())
    again = start(tmp_path, "short")
    assert (again.returncode, again.stdout.strip()) == (0, "['layout', 'layout_seal']"), again.stderr


def test_a_new_panel_is_one_row(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    def view(desk: Desk) -> QLabel:
        return QLabel(desk.store.session.training.loss.name)

    row = Panel("extra", "Extra, with any title", view, Place.RIGHT)
    monkeypatch.setattr(docks, "PANELS", (*PANELS, row))
    window = launch().window
    dock = window.findChild(QDockWidget, "extra")
    assert dock is not None
    assert dock.findChild(QLabel).text() == "half_sse"
    assert dock.windowTitle() == dock.accessibleName() == "Extra, with any title"
    assert window.dockWidgetArea(dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert "derivation" in [other.objectName() for other in window.tabifiedDockWidgets(dock)]
    panels = next(menu for menu in window.menuBar().findChildren(QMenu) if menu.title() == "&Panels")
    assert "Extra, with any title" in [action.text() for action in panels.actions()]

"""Where panels are: the table they come from, and what is kept between starts."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMenu

from backprop_gui.ui import docks
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.panels import PANELS, Panel, Place
from tests.e2e.conftest import Launch


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

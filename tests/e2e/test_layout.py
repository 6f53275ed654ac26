"""Where panels are: the table they come from, and what is kept between starts."""

import pytest
from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel

from backprop_gui.ui import docks
from backprop_gui.ui.panels import PANELS, Panel, Place


def kept() -> QSettings:
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "backprop-gui", "backprop-gui")


def damaged(state: QByteArray) -> QByteArray:
    """Return a state with eight bytes in its middle overwritten: Qt can crash on such."""
    data, middle = state.data(), state.size() // 2
    return QByteArray(data[:middle] + b"\xff" * 8 + data[middle + 8 :])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda settings: settings.setValue("layout", damaged(settings.value("layout"))),
        lambda settings: settings.setValue("layout", QByteArray(settings.value("layout").data()[:40])),
        lambda settings: settings.setValue("layout", "nonsense"),
        lambda settings: settings.setValue("geometry", QByteArray(b"\xff" * 40)),
        lambda settings: settings.remove("layout_seal"),  # as versions before this one kept it
    ],
    ids=["overwritten", "cut off", "no bytes", "other geometry", "unsealed"],
)
def test_a_damaged_layout_is_ignored_and_the_window_starts_as_new(launch, spoil):
    application = launch()
    application.window.findChild(QDockWidget, "loss").close()
    application.window.close()
    settings = kept()
    spoil(settings)
    settings.sync()
    window = launch().window
    assert not window.findChild(QDockWidget, "loss").isHidden()
    assert (window.width(), window.height()) == (1280, 800)


def test_a_layout_of_another_version_gives_way(launch, monkeypatch):
    application = launch()
    application.window.findChild(QDockWidget, "loss").close()
    application.window.close()
    monkeypatch.setattr(docks, "LAYOUT_VERSION", docks.LAYOUT_VERSION + 1)
    assert not launch().window.findChild(QDockWidget, "loss").isHidden()


def test_a_new_panel_is_one_row(launch, monkeypatch):
    row = Panel("extra", "Extra, with any title", lambda desk: QLabel(desk.store.session.training.loss), Place.RIGHT)
    monkeypatch.setattr(docks, "PANELS", (*PANELS, row))
    window = launch().window
    dock = window.findChild(QDockWidget, "extra")
    assert dock.widget().text() == "half_sse"
    assert dock.windowTitle() == dock.accessibleName() == "Extra, with any title"
    assert window.dockWidgetArea(dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert dock in window.tabifiedDockWidgets(window.findChild(QDockWidget, "derivation"))
    shown = next(action for action in window.menuBar().actions() if action.text() == "&View").menu()
    panels = next(action.menu() for action in shown.actions() if action.text() == "&Panels")
    assert "Extra, with any title" in [action.text() for action in panels.actions()]

"""The panels around the canvas: made from the table, laid out, and kept where the user put them."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabBar, QWidget

from backprop_gui.ui.desk import Desk
from backprop_gui.ui.panels import PANELS, Place
from backprop_gui.ui.widgets.plot_area import PlotPanel
from backprop_gui.ui.widgets.when_seen import WhenSeen

LAYOUT_VERSION = 9
"""Goes up when the default layout changes so much that kept ones should give way."""
STANDS_MILLISECONDS = 1000
"""A window that lasts as long has got over its layout."""
_BEGUN = "layout_begun"
LEFT_WIDTH, RIGHT_WIDTH = 320, 332
BOTTOM_HEIGHT = 232


class Docks:
    """The docks of ``window``, one per row of the table."""

    def __init__(self, window: QMainWindow, desk: Desk) -> None:
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self.pictures: dict[str, Callable[[Path], None]] = {}
        """What can leave as a picture, by the name people read."""
        for panel in PANELS:
            content = WhenSeen(partial(panel.make, desk)) if panel.hidden or panel.later else panel.make(desk)
            self._docks[panel.name] = self._dock(panel.name, panel.title, content, panel.scrolls)
            if panel.picture:
                self.pictures[panel.picture] = partial(_save_picture, content)

    def toggles(self) -> list[QAction]:
        """Return for each panel the action that shows and hides it."""
        return [dock.toggleViewAction() for dock in self._docks.values()]

    def arrange(self) -> None:
        """Put every panel where it is at the first start; the window keeps its size."""
        window, size = self._window, self._window.size()
        left, right, bottom = (
            Qt.DockWidgetArea.LeftDockWidgetArea,
            Qt.DockWidgetArea.RightDockWidgetArea,
            Qt.DockWidgetArea.BottomDockWidgetArea,
        )
        window.setCorner(Qt.Corner.BottomLeftCorner, left)
        window.setCorner(Qt.Corner.BottomRightCorner, right)
        tabs = {place: [self._docks[panel.name] for panel in PANELS if panel.place is place] for place in Place}
        first = {place: docks[0] for place, docks in tabs.items()}
        for dock in self._docks.values():
            dock.setFloating(False)
            window.removeDockWidget(dock)  # else Qt leaves the tab bars of the old arrangement lying about
        for place, area in ((Place.LEFT_TOP, left), (Place.BOTTOM, bottom), (Place.RIGHT, right)):
            window.addDockWidget(area, first[place])
        for after, place, direction in (
            (Place.LEFT_TOP, Place.LEFT, Qt.Orientation.Vertical),
            (Place.LEFT, Place.LEFT_BOTTOM, Qt.Orientation.Vertical),
            (Place.BOTTOM, Place.BOTTOM_RIGHT, Qt.Orientation.Horizontal),
        ):
            window.splitDockWidget(first[after], first[place], direction)
        for place, docks in tabs.items():
            for dock in docks[1:]:  # one by one: side by side they would need a taller window
                window.tabifyDockWidget(first[place], dock)
        for panel in PANELS:
            self._docks[panel.name].setVisible(not panel.hidden)
        for dock in first.values():
            dock.raise_()
        window.resize(size)  # before they were tabs, the panels side by side may have asked for more
        self._share_room(first)

    def keep(self, settings: QSettings) -> None:
        """Keep where the window and its panels are for the next start."""
        geometry, state = self._window.saveGeometry(), self._window.saveState(LAYOUT_VERSION)
        settings.setValue("geometry", geometry)
        settings.setValue("layout", state)
        settings.setValue("layout_seal", _seal(geometry, state))
        settings.remove(_BEGUN)
        settings.sync()

    def restore(self, settings: QSettings) -> None:
        """Put window and panels where they were kept; a layout that is damaged or of another version is left alone.

        One that the window did not stand after is dropped.
        """
        geometry, state = settings.value("geometry"), settings.value("layout")
        if not (isinstance(geometry, QByteArray) and isinstance(state, QByteArray)):
            return
        if settings.value(_BEGUN) is not None:  # the last start did not get past it: Qt can crash on a state
            for key in (_BEGUN, "geometry", "layout", "layout_seal"):
                settings.remove(key)
        elif settings.value("layout_seal") == _seal(geometry, state):
            settings.setValue(_BEGUN, "true")
            settings.sync()  # to the disk, before it may be too late
            self._window.restoreGeometry(geometry)
            self._window.restoreState(state, LAYOUT_VERSION)
            QTimer.singleShot(STANDS_MILLISECONDS, self._window, lambda: settings.remove(_BEGUN))

    def _dock(self, name: str, title: str, content: QWidget, scrolls: bool) -> QDockWidget:
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)
        dock.setAccessibleName(title)
        dock.setWidget(_scrolled(content) if scrolls else content)
        dock.toggleViewAction().triggered.connect(dock.raise_)  # who asks for a panel wants it before other tabs
        dock.visibilityChanged.connect(lambda: QTimer.singleShot(0, self._window, self._name_tabs))
        return dock

    def _name_tabs(self) -> None:
        """Let tabs say their whole names, with arrows where there is no room for all; Qt makes the bars as it likes."""
        for bar in self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if bar.elideMode() != Qt.TextElideMode.ElideNone:
                bar.setElideMode(Qt.TextElideMode.ElideNone)

    def _share_room(self, first: dict[Place, QDockWidget]) -> None:
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        for sizes, direction in (
            ({Place.LEFT_TOP: LEFT_WIDTH, Place.RIGHT: RIGHT_WIDTH}, across),
            ({Place.LEFT_TOP: 184, Place.LEFT: 340, Place.LEFT_BOTTOM: 196}, down),
            ({Place.BOTTOM: BOTTOM_HEIGHT}, down),
            ({Place.BOTTOM: 270, Place.BOTTOM_RIGHT: 350}, across),
        ):
            self._window.resizeDocks([first[place] for place in sizes], list(sizes.values()), direction)


def _seal(geometry: QByteArray, state: QByteArray) -> str:
    """Return what only this layout, of this version and these panels, has."""
    names = " ".join(panel.name for panel in PANELS)
    return hashlib.sha256(f"{LAYOUT_VERSION} {names}".encode() + geometry.data() + state.data()).hexdigest()


def _save_picture(panel: QWidget, path: Path) -> None:
    plot = panel.content() if isinstance(panel, WhenSeen) else panel
    assert isinstance(plot, PlotPanel)
    plot.save_picture(path)


def _scrolled(content: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(content)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area

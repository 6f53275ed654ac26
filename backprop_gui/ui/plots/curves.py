"""Many curves over one x axis in one graphics item: one polyline each, far faster than an item each."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUntypedBaseClass=false
# pyright: reportIncompatibleMethodOverride=false

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.ui.widgets.plot_area import polygon

MOST_POINTS = 1200
MOST_POINTS_IN_ALL = 24_000
"""With many curves each gets fewer points, so that a frame stays short."""


class Curves(pg.GraphicsObject):
    """Draws the shown columns of ``values`` (points, curves) over ``x``; highlighted ones last and wider."""

    def __init__(self) -> None:
        super().__init__()
        self._x: Floats = np.empty(0)
        self._values: Floats = np.empty((0, 0))  # (points, shown curves)
        self._source: tuple[Floats, Floats] = (np.empty(0), np.empty((0, 0)))
        self._last: tuple[float, Floats] | None = None
        self._shown: list[int] = []
        self._lit: frozenset[int] = frozenset()
        self._pens: list[QPen] = []
        self._muted = QPen()
        self._bounds = QRectF()

    def set_data(self, x: Floats, values: Floats, last: tuple[float, Floats] | None = None) -> None:
        """Show these points and a ``last`` one after them, thinned to what a screen can resolve; the ends stay."""
        self._source, self._last = (x, values), last
        self._thin()

    def clear(self) -> None:
        """Draw nothing until other data come."""
        self._shown = []
        self.set_data(np.empty(0), np.empty((0, 0)))

    def set_look(self, shown: list[int], lit: frozenset[int], pens: list[QPen], muted: QPen) -> None:
        """Choose which curves are drawn, and how; while some are lit the others are drawn muted."""
        thin_again = shown != self._shown
        self._shown, self._lit, self._pens, self._muted = shown, lit, pens, muted
        if thin_again:
            self._thin()
        self.update()

    def nearest(self, x: float, y: float) -> tuple[int, int, float] | None:
        """Return (curve, point, distance in y) of the shown curve nearest to (x, y), or None."""
        if not self._shown or not len(self._x):
            return None
        point = int(np.argmin(np.abs(self._x - x)))
        distances = np.abs(self._values[point] - y)
        best = int(np.argmin(distances))
        return self._shown[best], point, float(distances[best])

    def point(self, curve: int, point: int) -> tuple[float, float]:
        """Return a point of a curve."""
        return float(self._x[point]), float(self._values[point, self._shown.index(curve)])

    def boundingRect(self) -> QRectF:
        """Return the extent of the shown curves in data coordinates."""
        return self._bounds

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw one polyline per curve, the lit ones on top."""
        if not len(self._x):
            return
        order = sorted(enumerate(self._shown), key=lambda pair: pair[1] in self._lit)
        for place, column in order:
            pen = self._pens[column]
            if column in self._lit:
                pen = QPen(pen)
                pen.setWidth(2)
            elif self._lit:
                pen = self._muted
            painter.setPen(pen)
            painter.drawPolyline(polygon(self._x, self._values[:, place]))

    def _thin(self) -> None:
        x, values = self._source
        most = max(100, min(MOST_POINTS, MOST_POINTS_IN_ALL // max(1, len(self._shown))))
        every = max(1, len(x) // most)
        places = np.arange(0, len(x), every)
        if len(x) and places[-1] != len(x) - 1:
            places = np.append(places, len(x) - 1)
        self._x = x[places]
        self._values = values[places[:, None], self._shown] if self._shown else np.empty((len(places), 0))
        if self._last is not None:
            at, row = self._last
            self._x = np.append(self._x, at)
            self._values = np.vstack([self._values, row[self._shown]])
        self._measure()

    def _measure(self) -> None:
        bounds = QRectF()
        if self._shown and len(self._x):
            low, high = float(self._values.min()), float(self._values.max())
            left, right = float(self._x[0]), float(self._x[-1])
            bounds = QRectF(left, low, (right - left) or 1.0, max(high - low, 1e-9))
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
            self.informViewBoundsChanged()
        self.update()


def cosmetic(pen: QPen) -> QPen:
    """Return ``pen`` one pixel wide at any zoom."""
    pen.setCosmetic(True)
    pen.setWidth(1)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen

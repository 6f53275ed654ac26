"""Many curves over one x axis in one graphics item: one polyline each, far faster than an item each."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUntypedBaseClass=false
# pyright: reportIncompatibleMethodOverride=false

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.ui.plots.plot_area import polygon

MOST_POINTS = 1200


class Curves(pg.GraphicsObject):
    """Draws the shown columns of ``values`` (points, curves) over ``x``; highlighted ones last and wider."""

    def __init__(self) -> None:
        super().__init__()
        self._x: Floats = np.empty(0)
        self._values: Floats = np.empty((0, 0))
        self._shown: list[int] = []
        self._lit: frozenset[int] = frozenset()
        self._pens: list[QPen] = []
        self._muted = QPen()
        self._bounds = QRectF()

    def set_data(self, x: Floats, values: Floats) -> None:
        """Show these points, thinned to what a screen can resolve; the first and last stay."""
        every = max(1, len(x) // MOST_POINTS)
        places = np.unique(np.append(np.arange(0, len(x), every), len(x) - 1))
        self._x, self._values = x[places], values[places]
        self._measure()

    def clear(self) -> None:
        """Draw nothing until other data come."""
        self._x, self._values, self._shown = np.empty(0), np.empty((0, 0)), []
        self._measure()

    def set_look(self, shown: list[int], lit: frozenset[int], pens: list[QPen], muted: QPen) -> None:
        """Choose which curves are drawn, and how; while some are lit the others are drawn muted."""
        self._shown, self._lit, self._pens, self._muted = shown, lit, pens, muted
        self._measure()

    def nearest(self, x: float, y: float) -> tuple[int, int, float] | None:
        """Return (curve, point, distance in y) of the shown curve nearest to (x, y), or None."""
        if not self._shown or not len(self._x):
            return None
        point = int(np.argmin(np.abs(self._x - x)))
        distances = np.abs(self._values[point, self._shown] - y)
        best = int(np.argmin(distances))
        return self._shown[best], point, float(distances[best])

    def point(self, curve: int, point: int) -> tuple[float, float]:
        """Return a point of a curve."""
        return float(self._x[point]), float(self._values[point, curve])

    def boundingRect(self) -> QRectF:
        """Return the extent of the shown curves in data coordinates."""
        return self._bounds

    def paint(self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None) -> None:
        """Draw one polyline per curve, the lit ones on top."""
        if not len(self._x):
            return
        for column in sorted(self._shown, key=self._lit.__contains__):
            pen = self._pens[column]
            if column in self._lit:
                pen = QPen(pen)
                pen.setWidth(2)
            elif self._lit:
                pen = self._muted
            painter.setPen(pen)
            painter.drawPolyline(polygon(self._x, self._values[:, column]))

    def _measure(self) -> None:
        bounds = QRectF()
        if self._shown and len(self._x):
            shown = self._values[:, self._shown]
            low, high = float(shown.min()), float(shown.max())
            left, right = float(self._x[0]), float(self._x[-1])
            bounds = QRectF(left, low, max(right - left, 1e-9), max(high - low, 1e-9))
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

"""A typed face for the parts of pyqtgraph that the plots use; pyqtgraph itself has no types."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QGraphicsItem, QLabel, QVBoxLayout, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.runtime.controller import Controller
from backprop_gui.ui.scene_pictures import save_scene
from backprop_gui.ui.theme import GRID, Roles, ThemeManager
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon


class _ShortAxis(pg.AxisItem):  # pyright: ignore
    """An axis whose numbers stay short enough to stand beside each other: 500k, 1.5M."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return what to write at ``values``; called by pyqtgraph."""
        numbers = [value * scale for value in values]
        top = max(map(abs, numbers), default=0.0)
        if top < 10_000:
            return super().tickStrings(values, scale, spacing)  # pyright: ignore
        unit, letter = (1e6, "M") if top >= 1e6 else (1e3, "k")
        return [f"{number / unit:g}{letter}" if number else "0" for number in numbers]


class PlotArea(QWidget):
    """One plot in the theme's colours with axes named ``x`` and ``y``; x begins at ``least_x``, if given.

    ``pointed`` carries data coordinates under the pointer (None when it leaves), ``clicked`` those of a click.
    """

    pointed = Signal(object)
    clicked = Signal(object)

    def __init__(self, name: str, x: str, y: str, theme: ThemeManager, least_x: float | None = None) -> None:
        super().__init__()
        self._plot: Any = pg.PlotWidget(axisItems={"bottom": _ShortAxis("bottom")})
        self._plot.setAccessibleName(name)
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._item: Any = self._plot.getPlotItem()
        self._labels = {"bottom": x, "left": y}
        for side in self._labels:  # before there is a label: later this call itself would scale the numbers
            self._item.getAxis(side).enableAutoSIPrefix(False)
        self._item.showGrid(x=True, y=True, alpha=0.25)
        self._item.getViewBox().setLimits(xMin=least_x)
        self._crosshair: Any = pg.InfiniteLine(angle=90)
        self._crosshair.hide()
        self._item.addItem(self._crosshair, ignoreBounds=True)
        self._here: Any = pg.InfiniteLine(angle=90)
        self._here.hide()
        self._item.addItem(self._here, ignoreBounds=True)
        self._plot.scene().sigMouseMoved.connect(self._move)
        self._plot.scene().sigMouseClicked.connect(self._click)
        self._empty = QLabel("", self._plot)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._keep_axes(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        theme.changed.connect(self._color)
        self._color(theme.roles)

    def add_curve(self) -> "Curve":
        """Return a new line in the plot."""
        return Curve(self._item.plot([], []))

    def add_points(self, symbol: str = "", hollow: bool = False) -> "Curve":
        """Return a new set of points: discs, or squares where ``hollow``, or ``symbol`` ("t": triangles)."""
        symbol = symbol or ("s" if hollow else "o")
        return Curve(self._item.plot([], [], pen=None, symbol=symbol, symbolSize=7), hollow)

    def add_band(self) -> "Band":
        """Return a new filled band, below all curves."""
        lower, upper = self._item.plot([], []), self._item.plot([], [])
        fill = pg.FillBetweenItem(lower, upper)
        fill.setZValue(-5)
        self._item.addItem(fill)
        return Band(Curve(lower), Curve(upper), fill)

    def add_image(self) -> "Image":
        """Return an image in data coordinates, below all else."""
        item = pg.ImageItem(axisOrder="row-major")
        item.setZValue(-10)
        self._item.addItem(item)
        return Image(item)

    def name_axes(self, x: str, y: str) -> None:
        """Give the axes other names."""
        if self._labels != {"bottom": x, "left": y}:
            self._labels = {"bottom": x, "left": y}
            self._color(self._roles)

    def add_item(self, item: QGraphicsItem) -> None:
        """Add a graphics item in data coordinates."""
        self._item.addItem(item)

    def mark(self, x: float | None) -> None:
        """Mark the place along x that is looked at, or none."""
        self._here.setVisible(x is not None)
        if x is not None:
            self._here.setPos(x)

    def set_logarithmic(self, logarithmic: bool) -> None:
        """Choose the scale of the y axis."""
        self._item.setLogMode(y=logarithmic)

    def settle(self) -> None:
        """Bring the axes to new data now: in the middle of painting it would make everything be painted twice."""
        self._plot.scene().prepareForPaint()

    def fit(self) -> None:
        """Show everything, and go on showing it as it grows."""
        self._item.enableAutoRange()

    def say_empty(self, text: str) -> None:
        """Show a hint over the empty plot, or nothing."""
        self._empty.setText(text)
        self._empty.setVisible(bool(text))
        self._place_hint()

    def pixel_size(self) -> tuple[float, float]:
        """Return the width and height of a pixel in data coordinates."""
        width, height = self._item.getViewBox().viewPixelSize()
        return float(width), float(height)

    def save(self, path: Path) -> None:
        """Write the plot as PNG or SVG, all or nothing; raises ``FileError``."""
        name = self._plot.accessibleName()
        self._keep_axes(QGraphicsItem.CacheMode.NoCache)
        try:
            save_scene(path, self._plot.scene(), self._plot.sceneRect(), self._roles.surface, name)
        finally:
            self._keep_axes(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def resizeEvent(self, event: Any) -> None:
        """Keep the hint in the middle."""
        super().resizeEvent(event)
        self._place_hint()

    def leaveEvent(self, event: Any) -> None:
        """The pointer points at nothing any more."""
        super().leaveEvent(event)
        self._point(None)

    def _keep_axes(self, mode: QGraphicsItem.CacheMode) -> None:
        """Choose whether axes and grid, most of what a plot costs, are kept as pictures while they are the same."""
        for side in self._labels:
            self._item.getAxis(side).setCacheMode(mode)

    def _place_hint(self) -> None:
        self._empty.setGeometry(self._plot.rect().adjusted(6 * GRID, GRID, -GRID, -5 * GRID))

    def _move(self, position: QPointF) -> None:
        inside = self._item.vb.sceneBoundingRect().contains(position)
        self._point(self._item.vb.mapSceneToView(position) if inside else None)

    def _point(self, point: QPointF | None) -> None:
        self._crosshair.setVisible(point is not None)
        if point is not None:
            self._crosshair.setPos(point.x())
        self.pointed.emit(point)

    def _click(self, event: QMouseEvent) -> None:
        position: Any = event.scenePos()  # pyqtgraph's own event, in scene coordinates
        if event.button() == Qt.MouseButton.LeftButton and self._item.vb.sceneBoundingRect().contains(position):
            self.clicked.emit(self._item.vb.mapSceneToView(position))

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._plot.setBackground(roles.surface)
        self._crosshair.setPen(pg.mkPen(roles.muted, style=Qt.PenStyle.DotLine))
        self._here.setPen(pg.mkPen(roles.negative, width=1.5))
        self._empty.setStyleSheet(f"color: {roles.muted.name()}; background: transparent")
        for side, text in self._labels.items():
            axis = self._item.getAxis(side)
            axis.setPen(pg.mkPen(roles.line))
            axis.setTextPen(pg.mkPen(roles.muted))
            axis.setLabel(escape(text), color=roles.muted.name())  # as HTML


class PlotPanel(QWidget):
    """A panel around one plot, which leaves as a picture; ``redraw`` draws it from what the controller shows."""

    def __init__(self, area: PlotArea, redraw: Callable[[], None], controller: Controller) -> None:
        super().__init__()
        self._area, self._controller = area, controller
        self._soon = Soon(self, redraw, FRAME_MILLISECONDS, lambda: controller.running)

    def save_picture(self, path: Path) -> None:
        """Write the plot as PNG or SVG; raises ``FileError``."""
        self._soon.now()
        self._area.save(path)


class Curve:
    """One line of a plot."""

    def __init__(self, item: Any, hollow: bool = False) -> None:
        self._item, self._hollow = item, hollow

    def set_data(self, x: Floats, y: Floats) -> None:
        """Show y over x; NaN leaves a gap."""
        self._item.setData(x, y, connect="finite")

    def set_color(self, color: QColor, width: int = 1, dashed: bool = False) -> None:
        """Set the pen, or the colour of points; wider than 1 pixel costs drawing time."""
        if self._item.opts["symbol"] is not None:
            self._item.setSymbolBrush(None if self._hollow else color)
            self._item.setSymbolPen(pg.mkPen(color, width=1.5))
        else:
            style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
            self._item.setPen(pg.mkPen(color, width=width, style=style))

    def data(self) -> tuple[Floats, Floats]:
        """Return x and y as they were given."""
        return self._item.xData, self._item.yData


class Band:
    """The room between two lines of a plot, filled."""

    def __init__(self, lower: Curve, upper: Curve, fill: Any) -> None:
        self.lower, self.upper, self._fill = lower, upper, fill

    def set_data(self, x: Floats, lower: Floats, upper: Floats) -> None:
        """Fill between lower and upper over x."""
        self.lower.set_data(x, lower)
        self.upper.set_data(x, upper)

    def set_color(self, line: QColor, fill: QColor) -> None:
        """Set the colours of the edges and of what is between them."""
        self.lower.set_color(line)
        self.upper.set_color(line)
        self._fill.setBrush(pg.mkBrush(fill))


class Image:
    """Coloured cells behind a plot."""

    def __init__(self, item: Any) -> None:
        self._item = item

    def show(self, cells: NDArray[np.uint8], bounds: tuple[float, float, float, float]) -> None:
        """Show ``cells`` (rows from the bottom up, columns, 3) over left, bottom, width, height."""
        self._item.setImage(cells, autoLevels=False, levels=None)
        self._item.setRect(*bounds)
        self._item.show()

    def hide(self) -> None:
        """Show nothing."""
        self._item.hide()


def polygon(x: Floats, y: Floats) -> Any:
    """Return a QPolygonF over points, filled without a Python loop."""
    points: Any = pg.functions.create_qpolygonf(len(x))
    memory: Any = pg.functions.ndarray_from_qpolygonf(points)
    memory[:, 0], memory[:, 1] = x, y
    return points

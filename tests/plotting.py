"""Reading plots and matrices as a person does, from what is drawn, and pointing at places of them."""

from typing import Any, cast

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.explain.matrices import Cell
from backprop_gui.ui.derivation.matrix_view import MatrixGrid
from backprop_gui.ui.widgets.plot_area import PlotArea


def area_of(plot: QWidget) -> PlotArea:
    """Return the area of a panel."""
    area = plot.findChild(PlotArea)
    assert area is not None
    return area


def graph_of(plot: QWidget) -> Any:
    """Return pyqtgraph's own widget; it has no types."""
    return cast(Any, plot.findChild(pg.PlotWidget))


def place_of(plot: QWidget, x: float, y: float) -> QPointF:
    """Return where in the graph's viewport a point in data coordinates is."""
    graph = graph_of(plot)
    return QPointF(graph.mapFromScene(graph.getPlotItem().vb.mapViewToScene(QPointF(x, y))))


def click(plot: QWidget, x: float, y: float) -> tuple[float, float]:
    """Click the pixel at a point in data coordinates; return the width and height of a pixel in them."""
    graph = graph_of(plot)
    at = place_of(plot, x, y).toPoint()
    QTest.mouseClick(graph.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    width, height = graph.getPlotItem().vb.viewPixelSize()
    return float(width), float(height)


def lines_of(plot: QWidget, dashed: bool = False) -> list[tuple[Floats, Floats]]:
    """Return x and y of the solid or dashed curves drawn."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    items = [one for one in graph_of(plot).getPlotItem().listDataItems() if one.opts["pen"] is not None]
    return [one.getData() for one in items if one.opts["pen"].style() == style and one.getData()[0] is not None]


def dots_of(plot: QWidget) -> list[tuple[Floats, Floats]]:
    """Return x and y of the points drawn, a pair per kind."""
    items = [one for one in graph_of(plot).getPlotItem().listDataItems() if one.opts["symbol"] is not None]
    return [one.getData() for one in items if one.getData()[0] is not None]


def plane_of(plot: QWidget) -> tuple[float, float, float, float]:
    """Return left, bottom, width and height between the middles of the outermost cells; NaN where there are none."""
    image = next(one for one in graph_of(plot).getPlotItem().items if isinstance(one, pg.ImageItem))
    if image.image is None or not image.isVisible():
        found = lines_of(plot)
        if not found or not len(found[0][0]):
            return np.nan, np.nan, np.nan, np.nan
        x, y = found[0]
        return float(x[0]), float(y.min()), float(x[-1] - x[0]), float(np.ptp(y))
    rows, columns = image.image.shape[:2]
    rect = image.mapRectToParent(image.boundingRect())
    across, up = rect.width() / columns, rect.height() / rows
    return rect.left() + across / 2, rect.top() + up / 2, rect.width() - across, rect.height() - up


def cell_places(grid: MatrixGrid) -> dict[Cell, QPoint]:
    """Return for every cell its pixel on the left edge near the middle; of an output, where it was computed."""
    found: dict[Cell, QPoint] = {}
    for y in range(0, grid.height(), 8):
        before: Cell | None = None
        for x in range(0, grid.width(), 8):
            cell, left = grid.cell_at(QPointF(x, y)), x
            if cell is not None and cell != before:
                while grid.cell_at(QPointF(left - 1, y)) == cell:
                    left -= 1
                found[cell] = QPoint(left, y)
            before = cell
    return found


def framed_cells(grid: MatrixGrid, colour: QColor) -> set[Cell]:
    """Return the cells with a frame of this colour."""
    picture = grid.grab().toImage()
    return {cell for cell, at in cell_places(grid).items() if picture.pixelColor(at) == colour}

"""A small graph of an activation (solid) and its slope (dashed), with the place the unit stands at."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.explain.formula import Graph
from backprop_gui.ui.theme import Roles

LEAST_REACH, MOST_REACH = 4.0, 12.0
POINTS = 97
DOT = 3.5


def draw_graph(painter: QPainter, graph: Graph, rect: QRectF, roles: Roles) -> None:
    """Draw the graph; beyond ``MOST_REACH`` the dot stands at its edge."""
    function = ACTIVATIONS[graph.activation]
    reach = min(max(LEAST_REACH, 1.2 * abs(graph.at)), MOST_REACH)
    at = min(max(graph.at, -reach), reach)
    a = np.linspace(-reach, reach, POINTS)
    values, here = function(a), float(function(np.array([at]))[0])
    slopes = function.pull_back(np.ones(POINTS), values)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 1.0)

    def point(x: float, y: float) -> QPointF:
        across, up = (x + reach) / (2 * reach), (y - low) / (high - low)
        return QPointF(rect.left() + across * rect.width(), rect.bottom() - up * rect.height())

    painter.setPen(QPen(roles.line, 1))
    painter.drawLine(point(-reach, 0.0), point(reach, 0.0))
    painter.drawLine(point(0.0, low), point(0.0, high))
    for curve, color, style in (
        (slopes, roles.accent, Qt.PenStyle.DashLine),
        (values, roles.text, Qt.PenStyle.SolidLine),
    ):
        painter.setPen(QPen(color, 1.4, style))
        painter.drawPolyline(QPolygonF([point(x, y) for x, y in zip(a.tolist(), curve.tolist(), strict=True)]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(roles.error)
    painter.drawEllipse(point(at, here), DOT, DOT)
    painter.setBrush(Qt.BrushStyle.NoBrush)

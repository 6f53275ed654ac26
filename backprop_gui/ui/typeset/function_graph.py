"""A small graph of an activation or a loss (solid) and its slope (dashed), with the place it is taken at."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.explain.formula import Graph
from backprop_gui.ui.theme import Roles

LEAST_REACH, MOST_REACH = 4.0, 12.0
LEAST_ERROR, MOST_ERROR = 1.2, 50.0
EDGE = 0.01
"""Losses of probabilities are drawn from here to 1 less it: they are infinite at 0 or 1."""
POINTS = 97
DOT = 3.5


def draw_graph(painter: QPainter, graph: Graph, rect: QRectF, roles: Roles) -> None:
    """Draw the graph; what is far outside has its dot at the edge. A loss has its target as a dotted line."""
    function = graph.function
    xs, values, slopes = (
        _activation(function, graph.at)
        if isinstance(function, Activation)
        else _loss(function, graph.at, graph.target or 0.0)
    )
    left, right = float(xs[0]), float(xs[-1])
    at = min(max(graph.at, left), right)
    here = _value(graph, at)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 1.0 if graph.target is None else 1e-9)

    def point(x: float, y: float) -> QPointF:
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return QPointF(rect.left() + across * rect.width(), rect.bottom() - up * rect.height())

    painter.save()
    painter.setClipRect(rect.adjusted(-DOT, -DOT, DOT, DOT))
    painter.setPen(QPen(roles.line, 1))
    painter.drawLine(point(left, 0.0), point(right, 0.0))
    upright, style = (0.0, Qt.PenStyle.SolidLine) if graph.target is None else (graph.target, Qt.PenStyle.DotLine)
    painter.setPen(QPen(roles.line if graph.target is None else roles.muted, 1, style))
    painter.drawLine(point(upright, low), point(upright, high))
    for curve, color, style in (
        (slopes, roles.accent, Qt.PenStyle.DashLine),
        (values, roles.text, Qt.PenStyle.SolidLine),
    ):
        painter.setPen(QPen(color, 1.4, style))
        painter.drawPolyline(QPolygonF([point(x, y) for x, y in zip(xs.tolist(), curve.tolist(), strict=True)]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(roles.error)
    painter.drawEllipse(point(at, here), DOT, DOT)
    painter.restore()


def _value(graph: Graph, at: float) -> float:
    """Return the function's own value, which near a jump is none between its neighbours."""
    x, function = np.array([at]), graph.function
    if isinstance(function, Activation):
        return float(function(x)[0])
    return float(function.term(x, np.array([graph.target]), *function.numbers)[0])


def _activation(function: Activation, at: float) -> tuple[Floats, Floats, Floats]:
    """Return pre-activations, outputs and slopes."""
    reach = min(max(LEAST_REACH, 1.2 * abs(at)), MOST_REACH)
    a = np.linspace(-reach, reach, POINTS)
    values = function(a)
    return a, values, function.slopes(a, values)


def _loss(loss: Loss, at: float, target: float) -> tuple[Floats, Floats, Floats]:
    """Return outputs, losses and slopes of one output alone."""
    reach = min(max(LEAST_ERROR, 1.2 * abs(at - target)), MOST_ERROR)
    edges = (EDGE, 1.0 - EDGE) if loss.probabilities else (target - reach, target + reach)
    y = np.linspace(*edges, POINTS)
    values = loss.term(y, np.full(POINTS, target), *loss.numbers)
    return y, values, np.gradient(values, y)

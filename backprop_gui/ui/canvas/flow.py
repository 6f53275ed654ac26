"""What runs along the edges: signals forward, errors back, each as wide as its share of the sum it goes into."""

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.explain.steps import Atom, Kind, Moment, Reached, lit_edge
from backprop_gui.ui.canvas.edges import EdgesItem
from backprop_gui.ui.canvas.layout import RADIUS
from backprop_gui.ui.canvas.picture import Picture

MOST_SIGNALS = 400
"""A step over more edges than this shows none: they would be a blur."""
NARROWEST, WIDEST = 7.0, 20.0
HEAD = 9.0
DOT = 6.0


class SignalsItem(QGraphicsItem):
    """Dots that travel along the edges a step used."""

    def __init__(self, picture: Picture, edges: EdgesItem) -> None:
        super().__init__()
        self._picture, self._edges = picture, edges
        self._travelling: list[tuple[WeightRef, bool]] = []
        self._share = 1.0
        self.setZValue(-0.5)

    @property
    def moves(self) -> bool:
        """Whether there is a signal to be seen travelling."""
        return bool(self._travelling)

    def show_step(self, before: Reached | None, now: Reached | None) -> None:
        """Take the edges used between two positions of one update; none where it went back."""
        self._travelling = []
        if now is None:
            return
        start = before.position if before is not None and before.plan is now.plan else 0
        if not start < now.position <= start + 4 * MOST_SIGNALS:
            return
        moments = (now.plan.moment(position) for position in range(start + 1, now.position + 1))
        used = [edge for moment in moments if moment and (edge := lit_edge(moment, now.plan.network))]
        if len(used) <= MOST_SIGNALS and (now.moment is None or now.moment.atom is not Atom.UPDATE):
            self._travelling = used

    def set_share(self, share: float) -> None:
        """Show the signals that part of the way along."""
        if share != self._share:
            self._share = share
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole network's rectangle."""
        return self._edges.boundingRect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the signals where they are."""
        del option, widget
        if self._share >= 1.0:
            return
        roles = self._picture.roles
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(roles.surface, 1.5))
        for ref, backwards in self._travelling:
            painter.setBrush(roles.error if backwards else roles.accent)
            along = 1.0 - self._share if backwards else self._share
            painter.drawEllipse(self._edges.line(ref).pointAt(along), DOT, DOT)


class FlowItem(QGraphicsItem):
    """Arrows under the edges of the unit at hand, as wide as each term's share of the sum."""

    def __init__(self, picture: Picture, edges: EdgesItem) -> None:
        super().__init__()
        self._picture, self._edges = picture, edges
        self.setZValue(-2)

    def boundingRect(self) -> QRectF:
        """Return the whole network's rectangle."""
        return self._edges.boundingRect()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the arrows; a view has drawn them with its background."""
        del option
        if widget is None:
            self.draw(painter)

    def draw(self, painter: QPainter) -> None:
        """Draw the arrows."""
        roles = self._picture.roles
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for ref, share, backwards in self.terms():
            color = roles.error if backwards else roles.accent
            self._draw_arrow(painter, ref, share, backwards, QPen(color, NARROWEST + (WIDEST - NARROWEST) * share))

    def terms(self) -> list[tuple[WeightRef, float, bool]]:
        """Return the terms of the sum at hand: edge, share of the largest, whether it runs back."""
        snapshot = self._picture.snapshot
        reached = snapshot.reached
        moment = reached.moment if reached else None
        if moment is not None:
            return self._terms_of_moment(moment)
        ref = self._picture.selected
        if isinstance(ref, UnitRef) and 0 < ref.layer < len(snapshot.network.layers):
            return self._back(ref, len(snapshot.trace.deltas[ref.layer]))
        return []

    def _terms_of_moment(self, moment: Moment) -> list[tuple[WeightRef, float, bool]]:
        snapshot, layer = self._picture.snapshot, moment.phase.layer
        hidden = layer < len(snapshot.network.layers)
        if moment.phase.kind is Kind.FORWARD:
            x = snapshot.trace.outputs[layer - 1]
            products = x * snapshot.parameters.weights[layer - 1][:, moment.unit]
            done = moment.index + 1 if moment.atom is Atom.TERM else len(products)
            refs = [WeightRef(layer - 1, i, moment.unit) for i in range(min(done, len(products)))]
            return [(ref, share, False) for ref, share in zip(refs, _shares(products), strict=False)]
        if moment.phase.kind is Kind.BACKWARD and hidden and moment.atom in (Atom.ERROR, Atom.SLOPE):
            count = moment.index + 1 if moment.atom is Atom.ERROR else snapshot.network.sizes[layer + 1]
            return self._back(UnitRef(layer, moment.unit), count)
        return []

    def _back(self, unit: UnitRef, count: int) -> list[tuple[WeightRef, float, bool]]:
        snapshot = self._picture.snapshot
        terms = snapshot.trace.delta_terms(snapshot.parameters, unit.layer - 1)[unit.unit]
        refs = [WeightRef(unit.layer, unit.unit, k) for k in range(count)]
        return [(ref, share, True) for ref, share in zip(refs, _shares(terms), strict=False)]

    def _draw_arrow(self, painter: QPainter, ref: WeightRef, share: float, backwards: bool, pen: QPen) -> None:
        """Draw a wide line along the edge with a head where the term arrives."""
        line = self._edges.line(ref)
        if backwards:
            line = QLineF(line.p2(), line.p1())
        unit = line.unitVector()
        along = QPointF(unit.dx(), unit.dy())
        start, tip = line.p1() + along * RADIUS, line.p2() - along * (RADIUS + 2)
        head = HEAD + 6 * share
        across = QPointF(-along.y(), along.x()) * head * 0.6
        color = pen.color()
        color.setAlphaF(0.45)
        pen.setColor(color)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(start, tip - along * head)
        path = QPainterPath(tip)
        path.lineTo(tip - along * head + across)
        path.lineTo(tip - along * head - across)
        path.closeSubpath()
        painter.fillPath(path, pen.color())


def _shares(terms: Floats) -> list[float]:
    """Return |term| relative to the largest."""
    size = np.abs(np.nan_to_num(terms))
    largest = float(size.max()) if len(size) else 0.0
    return (size / largest if largest else size).tolist()

"""The network as a scene: all items, in their places; needs no view, so documents draw it too."""

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from backprop_gui.engine.network import BiasRef, LossRef, Ref, UnitRef, WeightRef
from backprop_gui.ui.canvas.edges import EdgesItem
from backprop_gui.ui.canvas.flow import FlowItem, SignalsItem
from backprop_gui.ui.canvas.layout import RADIUS, place
from backprop_gui.ui.canvas.picture import SMALLEST_TEXT, Picture
from backprop_gui.ui.canvas.units import VALUE_TEXT, HeadingItem, LossItem, TargetItem, UnitItem


class NetworkScene(QGraphicsScene):
    """Columns of units joined by edges, drawn from a ``Picture``; its corner is (0, 0)."""

    def __init__(self, picture: Picture, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.rebuild()

    def rebuild(self) -> None:
        """Make the items anew for the picture's network."""
        self.clear()
        network = self._picture.snapshot.network
        self.placement = place(network.sizes, named=self._picture.named)
        self.edges = EdgesItem(self._picture)
        self.flow = FlowItem(self._picture, self.edges)
        roomy = self.placement.roomy
        self._units = [
            UnitItem(self._picture, UnitRef(layer, unit), roomy)
            for layer, units in enumerate(network.sizes)
            for unit in range(units)
        ]
        self._targets = [TargetItem(self._picture, unit) for unit in range(network.outputs)]
        self._headings = [HeadingItem(self._picture, layer) for layer in range(len(network.sizes))]
        self._headings.append(HeadingItem(self._picture, None))
        self._loss = LossItem(self._picture)
        self.signals = SignalsItem(self._picture, self.edges)
        items: list[QGraphicsItem] = [
            self.edges,
            self.flow,
            self.signals,
            *self._units,
            *self._targets,
            *self._headings,
            self._loss,
        ]
        for item in items:
            self.addItem(item)

    def draw_lines(self, painter: QPainter, zoom: float, hurried: bool) -> None:
        """Draw what is behind everything: arrows and lines."""
        self.flow.draw(painter)
        self.edges.draw_lines(painter, zoom, hurried)

    def draw_still(self, painter: QPainter, zoom: float, seen: QRectF) -> None:
        """Draw what training does not change, over the lines."""
        self.edges.draw_still(painter, zoom)
        for item in (*self._units, *self._targets, *self._headings, self._loss):
            if _within(item, seen):
                painter.translate(item.pos())
                item.draw_still(painter, zoom)
                painter.translate(-item.pos())

    def draw_values(self, painter: QPainter, zoom: float, seen: QRectF) -> None:
        """Write the numbers, over all else."""
        self.edges.draw_values(painter, zoom)
        if VALUE_TEXT * zoom < SMALLEST_TEXT:
            return
        for item in (*self._units, *self._targets, self._loss):
            if _within(item, seen):
                painter.translate(item.pos())
                item.draw_values(painter, zoom)
                painter.translate(-item.pos())

    def arrange(self, aspect: float) -> None:
        """Put the items in their places for a window ``aspect`` times as wide as high."""
        self.placement = placement = place(self.placement.sizes, aspect, self._picture.named)
        for unit in self._units:
            unit.setPos(QPointF(*placement.units[unit.ref.layer][unit.ref.unit].tolist()))
        for item, centre in zip(self._targets, placement.targets.tolist(), strict=True):
            item.setPos(QPointF(*centre))
        self._loss.setPos(*placement.loss)
        columns = [float(units[0, 0]) for units in placement.units]
        for heading, x in zip(self._headings, [*columns, float(placement.targets[0, 0])], strict=True):
            heading.setPos(x, 0)
            heading.set_room(placement.head)
        chips = [unit.bias_rect().translated(unit.pos()) for unit in self._units if unit.bias]
        obstacles = [(c.center().x(), c.center().y(), c.width(), c.height()) for c in chips]
        obstacles += [(unit.x(), unit.y(), 2 * RADIUS, 2 * RADIUS) for unit in self._units]
        self.edges.set_placement(placement, np.array(obstacles))
        width, height = placement.width, placement.height
        self.setSceneRect(-2 * width, -2 * height, 5 * width, 5 * height)

    @property
    def bounds(self) -> QRectF:
        """The whole network."""
        return QRectF(0, 0, self.placement.width, self.placement.height)

    def part_at(self, point: QPointF, reach: float) -> Ref | None:
        """Return the unit, bias, loss, or the edge not further than ``reach``, at a point."""
        for unit in self._units:
            if found := unit.at(point):
                return found
        return self._loss.at(point) or self.edges.at(point, reach)

    def place_of(self, ref: Ref) -> QPointF:
        """Return where a unit, a bias, the loss, or an edge's number stands."""
        if isinstance(ref, WeightRef):
            return self.edges.centre_of(ref)
        if isinstance(ref, LossRef):
            return self._loss.pos()
        unit = next(item for item in self._units if ref in (item.ref, item.bias))
        return unit.pos() + (unit.bias_rect().center() if isinstance(ref, BiasRef) else QPointF())


def _within(item: QGraphicsItem, seen: QRectF) -> bool:
    return seen.intersects(item.boundingRect().translated(item.pos()))

"""All edges of the network as one item: lines by pen, the strongest last, then their numbers."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import Parameters, WeightRef
from backprop_gui.explain.steps import lit_edge
from backprop_gui.ui.canvas.layout import Placement, label_centres, nearest_segment
from backprop_gui.ui.canvas.picture import SMALLEST_TEXT, Picture, draw_name, draw_number, number_width, text_font
from backprop_gui.ui.theme import mix

LEVELS = 8
THINNEST, THICKEST = 1.0, 5.0
CROWD = 30
"""With more edges than this, lines get thinner, so that they can be told apart."""
MOST_WHILE_MOVING = 2000
MOST_AUTO_LABELS = 30
MOST_NAMED_LABELS = 14
MOST_ARRANGED_LABELS = 120
LABEL_TEXT = 12
LABEL_HEIGHT = 18.0
NAME_WIDTH = 25.0


class EdgesItem(QGraphicsItem):
    """Paints every weight as a line: solid blue above zero, dashed vermilion below, as wide as it is large."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture
        self._bounds = QRectF()
        self._segments: Floats = np.empty((0, 4))
        self._lines: list[QLineF] = []
        self._refs: list[WeightRef] = []
        self._centres: Floats = np.empty((0, 2))
        self._label_width = 0.0
        self._known: tuple[Parameters, tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.intp]]]] | None = None
        self.setZValue(-1)

    def set_placement(self, placement: Placement, obstacles: Floats) -> None:
        """Take the places of the edges; ``obstacles`` are what labels stay clear of."""
        self.prepareGeometryChange()
        self._bounds = QRectF(0, 0, placement.width, placement.height)
        self._segments = placement.segments()
        self._lines = [QLineF(*row) for row in self._segments.tolist()]
        self._refs = [
            WeightRef(layer, source, target)
            for layer, before in enumerate(placement.sizes[:-1])
            for source in range(before)
            for target in range(placement.sizes[layer + 1])
        ]
        count = len(self._lines)
        self._label_width = number_width(self._picture.number_format, LABEL_TEXT) + 8
        if count <= MOST_NAMED_LABELS:
            self._label_width += NAME_WIDTH
        if count <= MOST_ARRANGED_LABELS:
            self._centres = label_centres(self._segments, self._label_width, LABEL_HEIGHT, obstacles)
        else:
            self._centres = self._segments[:, :2] * 0.4 + self._segments[:, 2:] * 0.6
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole network's rectangle."""
        return self._bounds

    def line(self, ref: WeightRef) -> QLineF:
        """Return an edge's line, from its source to its target."""
        return self._lines[self._index(ref)]

    def centre_of(self, ref: WeightRef) -> QPointF:
        """Return where the number of an edge stands."""
        return QPointF(*self._centres[self._index(ref)].tolist())

    def at(self, point: QPointF, tolerance: float) -> WeightRef | None:
        """Return the edge whose number or line is at ``point``."""
        if self._labelled():
            inside = np.abs(self._centres - (point.x(), point.y())) <= (self._label_width / 2, LABEL_HEIGHT / 2)
            found = np.flatnonzero(inside.all(axis=1))
            if len(found):
                return self._refs[int(found[-1])]
        index, distance = nearest_segment(self._segments, point.x(), point.y())
        return self._refs[index] if distance <= tolerance else None

    @property
    def many(self) -> bool:
        """Whether there are more lines than can be drawn well many times a second."""
        return len(self._lines) > MOST_WHILE_MOVING

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the lines by pen, then what is lit, then numbers; a view has drawn the lines as its background."""
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        if widget is None:
            self.draw_lines(painter, zoom)
        self._draw_lit(painter, zoom)
        for index, lit in self._labels(zoom):
            self._draw_label(painter, index, zoom, lit)

    def draw_over_lines(self, painter: QPainter, zoom: float) -> None:
        """Draw what stands out, and then all labels, for a lit one covers others."""
        if self._lit():
            self._draw_lit(painter, zoom)
            for index, lit in self._labels(zoom):
                self._draw_label(painter, index, zoom, lit)

    def draw_still(self, painter: QPainter, zoom: float) -> None:
        """Draw what training does not change: while nothing is lit, the plates that numbers stand on, and names."""
        if not self._lit():
            for index, _ in self._labels(zoom):
                self._draw_label(painter, index, zoom, lit=False, value=False)

    def draw_values(self, painter: QPainter, zoom: float) -> None:
        """Write the numbers, where they have not been written with their plates."""
        if not self._lit():
            for index, _ in self._labels(zoom):
                self._draw_label(painter, index, zoom, lit=False, plate=False)

    def draw_lines(self, painter: QPainter, zoom: float, hurried: bool = False) -> None:
        """Draw all lines, or where it is ``hurried`` and there are many only the strongest, roughly."""
        for _ in self.lines_in_parts(painter, zoom, hurried, len(self._lines)):
            pass

    def lines_in_parts(self, painter: QPainter, zoom: float, hurried: bool, most: int) -> Iterator[None]:
        """Draw the lines by pen, the strongest last, ``most`` at a time."""
        weights, strength, levels = self._measured()
        hurried &= self.many
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not hurried)
        drawn = np.arange(len(weights))
        if hurried:
            drawn = np.argpartition(strength, -MOST_WHILE_MOVING)[-MOST_WHILE_MOVING:]
        for level, negative, chosen in _buckets(drawn, levels, weights < 0):
            painter.setPen(self._pen(level, negative, _widen(zoom), dashed=len(weights) <= 2 * MOST_WHILE_MOVING))
            for start in range(0, len(chosen), most):
                part: list[int] = chosen[start : start + most].tolist()
                painter.drawLines([self._lines[k] for k in part])
                yield
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _draw_lit(self, painter: QPainter, zoom: float) -> None:
        lit = self._lit()
        if not lit:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        widen = _widen(zoom)
        weights, _, levels = self._measured()
        for index, color in lit.items():
            pen = self._pen(int(levels[index]), bool(weights[index] < 0), widen)
            halo = QPen(color, pen.widthF() + 6 * widen)
            painter.setPen(halo)
            painter.drawLine(self._lines[index])
            painter.setPen(QPen(self._picture.roles.surface, pen.widthF() + 1.5 * widen))
            painter.drawLine(self._lines[index])
            painter.setPen(pen)
            painter.drawLine(self._lines[index])

    def _measured(self) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.intp]]]:
        """Return every weight, its size relative to the largest, and the level of its pen."""
        parameters = self._picture.snapshot.parameters
        if self._known is None or self._known[0] is not parameters:
            weights = np.concatenate([w.ravel() for w in parameters.weights])
            strength = _strength(weights)
            levels = np.minimum((strength * LEVELS).astype(np.intp), LEVELS - 1)
            self._known = parameters, (weights, strength, levels)
        return self._known[1]

    def _labels(self, zoom: float) -> list[tuple[int, bool]]:
        """Return the edges with a label, and whether they are lit; those last, for they are on top."""
        lit = self._lit()
        every = range(len(self._lines)) if self._labelled() and LABEL_TEXT * zoom >= SMALLEST_TEXT else ()
        return [*((index, False) for index in every if index not in lit), *((index, True) for index in lit)]

    def _labelled(self) -> bool:
        mode = self._picture.edge_labels
        return mode == "always" or (mode == "auto" and len(self._lines) <= MOST_AUTO_LABELS)

    def _lit(self) -> dict[int, QColor]:
        """Return the edges that stand out, each with its halo's colour: the accent, or that of errors running back."""
        picture, roles = self._picture, self._picture.roles
        refs = {picture.selected, picture.hovered, *picture.pointed_out}
        lit = {self._index(ref): roles.accent for ref in refs if isinstance(ref, WeightRef)}
        moment = picture.snapshot.reached.moment if picture.snapshot.reached else None
        if moment and (edge := lit_edge(moment, picture.snapshot.network)):
            lit[self._index(edge[0])] = roles.error if edge[1] else roles.accent
        return lit

    def _index(self, ref: WeightRef) -> int:
        sizes = self._picture.snapshot.network.sizes
        before = sum(sizes[k] * sizes[k + 1] for k in range(ref.layer))
        return before + ref.source * sizes[ref.layer + 1] + ref.target

    def _pen(self, level: int, negative: bool, widen: float, dashed: bool = True) -> QPen:
        roles = self._picture.roles
        share = level / (LEVELS - 1)
        color: QColor = roles.negative if negative else roles.positive
        crowded = max(0.3, min(1.0, (CROWD / len(self._lines)) ** 0.3))
        width = (THINNEST + (THICKEST - THINNEST) * share) * crowded * widen
        palest = 0.2 + 0.3 * crowded
        pen = QPen(mix(roles.surface, color, palest + (1 - palest) * share), width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if negative and dashed:
            pen.setDashPattern([9 * widen / width, 5 * widen / width])
        return pen

    def _draw_label(
        self, painter: QPainter, index: int, zoom: float, lit: bool, plate: bool = True, value: bool = True
    ) -> None:
        scale = max(1.0, 0.9 / zoom) if lit else 1.0
        roles = self._picture.roles
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QPointF(*self._centres[index].tolist()))
        painter.scale(scale, scale)
        named = len(self._lines) <= MOST_NAMED_LABELS
        text = self._picture.name(self._refs[index]) if named or lit else ""
        room_for_name = max(NAME_WIDTH, text_font(LABEL_TEXT)[1].horizontalAdvance(text) + 4) if lit else NAME_WIDTH
        shift = room_for_name - (NAME_WIDTH if named else 0.0) if lit else 0.0  # a lit label always has its whole name
        width = self._label_width + shift
        room = QRectF(-width / 2, -LABEL_HEIGHT / 2, width, LABEL_HEIGHT)
        if plate:
            painter.setPen(QPen(roles.accent, 1.5) if lit else Qt.PenStyle.NoPen)
            painter.setBrush(roles.surface)
            painter.drawRoundedRect(room, 4, 4)
        if named or lit:
            if plate:
                painter.setPen(roles.muted)
                draw_name(painter, QRectF(room.left() + 2, room.top(), room_for_name, LABEL_HEIGHT), text, LABEL_TEXT)
            room.setLeft(room.left() + room_for_name)
        if value:
            painter.setPen(roles.text)
            written = self._picture.number_format(float(self._measured()[0][index]))
            draw_number(painter, room.center(), written, LABEL_TEXT, room.width() - 4)
        painter.restore()


def _widen(zoom: float) -> float:
    """Return how much wider than in scene units lines are, so that they are seen where all is small."""
    return min(max(1.0, 0.7 / zoom), 8.0)


def _strength(weights: Floats) -> Floats:
    """Return |weight| relative to the largest, 0 to 1; what is not finite counts as the largest."""
    size = np.nan_to_num(np.abs(weights), nan=np.inf, posinf=np.inf)
    finite = size[np.isfinite(size)]
    largest = float(finite.max()) if len(finite) else 0.0
    if largest == 0.0:
        return np.where(np.isfinite(size), 0.0, 1.0)
    return np.minimum(size / largest, 1.0)


def _buckets(
    drawn: np.ndarray[tuple[int], np.dtype[np.intp]],
    levels: np.ndarray[tuple[int], np.dtype[np.intp]],
    negative: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> Iterator[tuple[int, bool, np.ndarray[tuple[int], np.dtype[np.intp]]]]:
    """Yield the edges of one pen each, the weakest first: level, whether negative, indices."""
    keys = levels[drawn] * 2 + negative[drawn]
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], np.arange(2 * LEVELS + 1))
    for key in range(2 * LEVELS):
        chosen = drawn[order[starts[key] : starts[key + 1]]]
        if len(chosen):
            yield key // 2, bool(key % 2), chosen

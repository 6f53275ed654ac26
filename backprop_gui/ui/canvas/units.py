"""Units with their biases, targets, and column headings as items."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPen, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from backprop_gui.engine.network import BiasRef, LossRef, Ref, UnitRef
from backprop_gui.explain.names import layer_title, target_name
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.steps import Kind
from backprop_gui.ui.canvas.layout import NAME_ROOM, RADIUS
from backprop_gui.ui.canvas.picture import SMALLEST_TEXT, Picture, draw_name, draw_number, number_width
from backprop_gui.ui.theme import mix, number_font

NAME_TEXT, VALUE_TEXT, CHIP_TEXT, TITLE_TEXT = 15, 13, 11, 13
CHIP_HEIGHT = 18.0
CHIP_NAME = 30.0
DOT = 8.0
_LEFT = QRectF(-RADIUS - NAME_ROOM + 4, -12, NAME_ROOM - 8, 24)
_RIGHT = QRectF(RADIUS + 4, -12, NAME_ROOM - 8, 24)


class UnitItem(QGraphicsItem):
    """A unit as a circle with its name and value; its bias as a chip below, or as a dot where room is short."""

    def __init__(self, picture: Picture, ref: UnitRef, roomy: bool) -> None:
        super().__init__()
        self._picture, self.ref, self._roomy = picture, ref, roomy
        self.bias = BiasRef(ref.layer - 1, ref.unit) if ref.layer else None

    def bias_rect(self) -> QRectF:
        """Return the place of the bias, in the item's coordinates."""
        if not self._roomy:
            at = RADIUS * 0.86
            return QRectF(-at - DOT, at - DOT, 2 * DOT, 2 * DOT)
        width = number_width(self._picture.number_format, CHIP_TEXT) + CHIP_NAME + 10
        return QRectF(-width / 2, RADIUS + 5, width, CHIP_HEIGHT)

    def boundingRect(self) -> QRectF:
        """Return what the unit and its bias cover."""
        circle = QRectF(-RADIUS, -RADIUS, 2 * RADIUS, 2 * RADIUS)
        return (circle | self.bias_rect() | (_LEFT if self.bias is None else circle)).adjusted(-6, -6, 6, 6)

    def at(self, point: QPointF) -> Ref | None:
        """Return the unit or bias at ``point`` in the scene."""
        here = point - self.pos()
        if self.bias and self.bias_rect().contains(here):
            return self.bias
        return self.ref if QPointF.dotProduct(here, here) <= RADIUS**2 else None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw circle, name, value and bias."""
        del widget
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self.draw_still(painter, zoom)
        self.draw_values(painter, zoom)

    def draw_still(self, painter: QPainter, zoom: float) -> None:
        """Draw what training does not change: circle, name, the bias's chip."""
        roles = self._picture.roles
        thin = max(1.5, 0.8 / zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(roles.surface if self._left_out() else roles.raised)
        dashed = Qt.PenStyle.DashLine if self._left_out() else Qt.PenStyle.SolidLine
        painter.setPen(QPen(mix(roles.line, roles.text, 0.45), thin, dashed))
        if self._picture.lit(self.ref):
            painter.setPen(QPen(roles.accent, 3 * thin))
        if self._computes_delta():
            painter.setPen(QPen(roles.error, 3 * thin))
        if image := self._picture.unit_pictures.get(self.ref):
            brush = QBrush(image)
            side = 2 * RADIUS / image.width()
            brush.setTransform(QTransform(side, 0, 0, side, -RADIUS, -RADIUS))
            painter.setBrush(brush)
        painter.drawEllipse(QPointF(), RADIUS, RADIUS)
        if self._left_out():
            painter.save()
            painter.setPen(QPen(roles.muted, 2 * thin))
            for corner in (QPointF(1, 1), QPointF(1, -1), QPointF(-1, 1), QPointF(-1, -1)):
                painter.drawLine(corner * RADIUS * 0.48, corner * RADIUS * 0.85)  # the middle is the value's
            painter.restore()
        _draw_name(painter, self._picture.name(self.ref), zoom, roles.text, raised=bool(self._delta()))
        if self.bias is not None:
            self._draw_chip(painter, self.bias, zoom, thin)
        else:
            _draw_column_name(painter, self._picture, self.ref.unit, zoom, _LEFT)

    def draw_values(self, painter: QPainter, zoom: float) -> None:
        """Write the numbers: output, delta, bias."""
        snapshot, roles = self._picture.snapshot, self._picture.roles
        if CHIP_TEXT * zoom >= SMALLEST_TEXT:
            if delta := self._delta():
                painter.setPen(roles.error)
                draw_number(painter, QPointF(0, 16), delta, CHIP_TEXT, 2 * RADIUS - 6)
            if self.bias is not None and self._roomy:
                rect = self.bias_rect().adjusted(4 + CHIP_NAME, 0, 0, 0)
                painter.setPen(roles.text)
                written = self._picture.number_format(snapshot.parameters[self.bias])
                draw_number(painter, rect.center(), written, CHIP_TEXT, rect.width() - 4)
        if snapshot.reached is None or snapshot.reached.knows_output(self.ref.layer, self.ref.unit):
            value = float(snapshot.trace.outputs[self.ref.layer][self.ref.unit])
            _draw_value(painter, self._picture.number_format, value, zoom, roles.text, raised=bool(self._delta()))

    def _left_out(self) -> bool:
        """Tell whether dropout leaves the unit out of the pass shown."""
        return self.ref.layer > 0 and self._picture.snapshot.trace.mask(self.ref.layer - 1, self.ref.unit) == 0.0

    def _delta(self) -> str:
        """Return the unit's delta as text, where stepping has come to it."""
        snapshot, layer, unit = self._picture.snapshot, self.ref.layer, self.ref.unit
        if layer == 0 or snapshot.reached is None or not snapshot.reached.knows_delta(layer, unit):
            return ""
        return "δ " + self._picture.number_format.for_gradients(float(snapshot.trace.deltas[layer - 1][unit]))

    def _computes_delta(self) -> bool:
        """Tell whether the step just done went into this unit's delta."""
        reached = self._picture.snapshot.reached
        moment = reached.moment if reached else None
        return (
            moment is not None
            and moment.phase.kind is Kind.BACKWARD
            and (moment.phase.layer, moment.unit) == (self.ref.layer, self.ref.unit)
        )

    def _draw_chip(self, painter: QPainter, bias: BiasRef, zoom: float, thin: float) -> None:
        roles, lit, rect = self._picture.roles, self._picture.lit(bias), self.bias_rect()
        if not (lit or self._roomy) and CHIP_TEXT * zoom < SMALLEST_TEXT:
            return  # dots too small for their letter would only be litter
        painter.setBrush(roles.surface)
        painter.setPen(QPen(roles.accent, 2 * thin) if lit else QPen(roles.line, thin))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        if CHIP_TEXT * zoom < SMALLEST_TEXT:
            return
        painter.setPen(roles.muted)
        if not self._roomy:
            draw_name(painter, rect, "b", CHIP_TEXT)
            return
        rect.adjust(4, 0, 0, 0)
        label = QRectF(rect.topLeft(), rect.bottomLeft() + QPointF(CHIP_NAME, 0))
        draw_name(painter, label, self._picture.name(bias), CHIP_TEXT)


class TargetItem(QGraphicsItem):
    """The target of an output: a square, for it is given and not computed."""

    def __init__(self, picture: Picture, unit: int) -> None:
        super().__init__()
        self._picture, self._unit = picture, unit

    def boundingRect(self) -> QRectF:
        """Return the square and the line that ties it to its output."""
        return QRectF(-RADIUS - 38, -RADIUS, 2 * RADIUS + 38, 2 * RADIUS).adjusted(-2, -2, 2, 2) | _RIGHT

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the square with name and value."""
        del widget
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self.draw_still(painter, zoom)
        self.draw_values(painter, zoom)

    def draw_still(self, painter: QPainter, zoom: float) -> None:
        """Draw the square with its name."""
        roles = self._picture.roles
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(roles.surface)
        painter.setPen(QPen(roles.muted, max(1.0, 0.6 / zoom), Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(-RADIUS - 36, 0), QPointF(-RADIUS + 2, 0))
        painter.setPen(QPen(roles.line, max(1.5, 0.8 / zoom)))
        side = RADIUS - 2
        painter.drawRoundedRect(QRectF(-side, -side, 2 * side, 2 * side), 6, 6)
        network = self._picture.snapshot.network
        _draw_name(painter, target_name(network, self._unit, self._picture.notation), zoom, roles.text)
        _draw_column_name(painter, self._picture, network.inputs + self._unit, zoom, _RIGHT)

    def draw_values(self, painter: QPainter, zoom: float) -> None:
        """Write the target of the sample shown."""
        value = float(self._picture.snapshot.trace.target[self._unit])
        _draw_value(painter, self._picture.number_format, value, zoom, self._picture.roles.text)


class LossItem(QGraphicsItem):
    """The loss of the shown sample, below the targets."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    def boundingRect(self) -> QRectF:
        """Return the chip."""
        width = number_width(self._picture.number_format, CHIP_TEXT) + CHIP_NAME + 12
        return QRectF(-width / 2, -CHIP_HEIGHT / 2 - 2, width, CHIP_HEIGHT + 4)

    def at(self, point: QPointF) -> Ref | None:
        """Return the loss if ``point`` in the scene is on it."""
        return LossRef() if self.boundingRect().contains(point - self.pos()) else None

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Draw the chip with the value."""
        del widget
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        self.draw_still(painter, zoom)
        self.draw_values(painter, zoom)

    def draw_still(self, painter: QPainter, zoom: float) -> None:
        """Draw the chip with its name."""
        roles, lit = self._picture.roles, self._picture.lit(LossRef())
        rect, label = self._rects()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(roles.surface)
        thin = max(1.0, 0.6 / zoom)
        painter.setPen(QPen(roles.accent, 2.5 * thin) if lit else QPen(roles.line, thin))
        painter.drawRoundedRect(rect, 4, 4)
        if CHIP_TEXT * zoom < SMALLEST_TEXT:
            return
        painter.setPen(roles.muted)
        draw_name(painter, label, self._picture.name(LossRef()), CHIP_TEXT, bold=True)

    def draw_values(self, painter: QPainter, zoom: float) -> None:
        """Write the loss, nothing while stepping has not come to it."""
        snapshot = self._picture.snapshot
        known = snapshot.reached is None or snapshot.reached.knows_loss()
        if known and CHIP_TEXT * zoom >= SMALLEST_TEXT:
            rect, label = self._rects()
            painter.setPen(self._picture.roles.text)
            centre = QPointF((label.right() + rect.right()) / 2, rect.center().y())
            number = self._picture.number_format(snapshot.trace.loss)
            draw_number(painter, centre, number, CHIP_TEXT, rect.right() - label.right() - 4)

    def _rects(self) -> tuple[QRectF, QRectF]:
        """Return the places of the chip and of its name."""
        rect = self.boundingRect().adjusted(2, 2, -2, -2)
        return rect, QRectF(rect.left() + 2, rect.top(), CHIP_NAME - 8, rect.height())


class HeadingItem(QGraphicsItem):
    """A column's title and, below it, the activation. ``layer`` counts the inputs as 0; None is the targets."""

    def __init__(self, picture: Picture, layer: int | None) -> None:
        super().__init__()
        self._picture, self._layer = picture, layer
        self._most_scale = 1.0

    def set_room(self, height: float) -> None:
        """Take the height there is; small pictures use it for larger headings."""
        self.prepareGeometryChange()
        self._most_scale = height / 44

    def boundingRect(self) -> QRectF:
        """Return the room of two lines at the head of a column."""
        return QRectF(-60 * self._most_scale, 0, 120 * self._most_scale, 38 * self._most_scale)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Write the heading."""
        del widget
        self.draw_still(painter, option.levelOfDetailFromTransform(painter.worldTransform()))

    def draw_still(self, painter: QPainter, zoom: float) -> None:
        """Write the heading."""
        network, roles = self._picture.snapshot.network, self._picture.roles
        scale = min(max(1.0, 0.75 / zoom), self._most_scale)
        if TITLE_TEXT * zoom * scale < SMALLEST_TEXT:
            return
        painter.save()
        painter.scale(scale, scale)
        painter.setPen(roles.text)
        title = "target" if self._layer is None else layer_title(network, self._layer)
        draw_name(painter, QRectF(-60, 2, 120, 18), title, TITLE_TEXT, bold=True)
        painter.setPen(roles.muted)
        if self._layer == 0 and self._picture.samples:
            name = self._picture.samples.name(self._picture.snapshot.sample)
            draw_name(painter, QRectF(-60, 20, 120, 16), name, TITLE_TEXT - 1)
        if self._layer:
            activation = network.layers[self._layer - 1].activation.described
            draw_name(painter, QRectF(-60, 20, 120, 16), activation, TITLE_TEXT - 1)
        painter.restore()


def _draw_name(painter: QPainter, text: str, zoom: float, color: QColor, raised: bool = False) -> None:
    """Write a name inside a unit, above its value, or in the middle where the value would be too small.

    ``raised`` leaves room for a third line.
    """
    painter.setPen(color)
    if VALUE_TEXT * zoom >= SMALLEST_TEXT:
        lift = 6 if raised else 0
        draw_name(painter, QRectF(-RADIUS + 4, -RADIUS + 6 - lift, 2 * RADIUS - 8, 22), text, NAME_TEXT, bold=True)
    elif NAME_TEXT * 1.3 * zoom >= SMALLEST_TEXT:
        draw_name(painter, QRectF(-RADIUS, -RADIUS, 2 * RADIUS, 2 * RADIUS), text, round(NAME_TEXT * 1.3), bold=True)


def _draw_value(
    painter: QPainter, written: NumberFormat, value: float, zoom: float, color: QColor, raised: bool = False
) -> None:
    """Write a value inside a unit below its name, where it would not be too small."""
    if VALUE_TEXT * zoom >= SMALLEST_TEXT:
        painter.setPen(color)
        draw_number(painter, QPointF(0, 9 - (1.7 * 6 if raised else 0)), written(value), VALUE_TEXT, 2 * RADIUS - 8)


def _draw_column_name(painter: QPainter, picture: Picture, place: int, zoom: float, room: QRectF) -> None:
    """Write what a column of the samples is called beside its input or target."""
    name = picture.column(place)
    size = round(CHIP_TEXT * min(max(1.0, 0.85 / zoom), 1.6))
    if name and size * zoom >= SMALLEST_TEXT:
        painter.setPen(picture.roles.muted)
        font = number_font(size)
        painter.setFont(font)
        side = Qt.AlignmentFlag.AlignRight if room.right() < 0 else Qt.AlignmentFlag.AlignLeft
        elided = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, elided)

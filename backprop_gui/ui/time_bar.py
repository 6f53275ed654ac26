"""The time line: the run from its start to now, to look at any moment of it and to go on from there."""

from PySide6.QtCore import QEvent, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolBar,
    QToolButton,
    QToolTip,
    QWidget,
)

from backprop_gui.runs.marks import Kind, Mark, Marker, epoch_told
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, number_font
from backprop_gui.ui.time_actions import TimeActions
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon

MOST_PLACES = 1_000_000
"""The slider's places; a run of more steps than that is coarser under the mouse, not under the keys."""


class TimeLine(QSlider):
    """From the start of the run on the left to its end on the right, with what stands out marked on the way."""

    wished = Signal(float)  # epochs

    def __init__(self, roles: Roles) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._marks: list[Mark] = []
        self._end, self._roles = 1.0, roles
        self.setRange(0, MOST_PLACES)
        self.setAccessibleName("Time")
        self.setToolTip("Drag to look at any moment of this run (, and . move by an epoch)")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(4 * GRID)
        self.actionTriggered.connect(self._wish)

    @property
    def marks(self) -> list[Mark]:
        """What is marked."""
        return self._marks

    def show_run(self, end: float, at: float, found: list[Mark]) -> None:
        """Show a run of ``end`` epochs, standing at ``at``."""
        self._end, self._marks = end or 1.0, found
        self.setEnabled(end > 0)
        if not self.isSliderDown():
            self.setValue(round(MOST_PLACES * min(1.0, at / self._end)))
        self.setSingleStep(max(1, min(MOST_PLACES, round(MOST_PLACES / self._end))))
        self.setPageStep(MOST_PLACES // 20)
        self.update()

    def set_roles(self, roles: Roles) -> None:
        """Take other colours."""
        self._roles = roles
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where it is clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along with the pointer."""
        if self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Stay."""
        event.accept()
        self.setSliderDown(False)

    def event(self, event: QEvent) -> bool:
        """Tell of the mark under the pointer."""
        if isinstance(event, QHelpEvent):
            near = [one for one in self._marks if abs(self._x(one.position) - event.pos().x()) <= GRID // 2 + 1]
            QToolTip.showText(event.globalPos(), "\n".join(one.text for one in near) or self.toolTip(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the slider and its marks, each kind in a shape of its own."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for mark in self._marks:
            self._draw(painter, mark)
        painter.end()

    def _draw(self, painter: QPainter, mark: Mark) -> None:
        x, y, r, roles = self._x(mark.position), 5.0, 3.5, self._roles
        color = {Kind.DIVERGED: roles.problem, Kind.BEST: roles.accent}.get(mark.kind, roles.text)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color)
        if mark.kind is Kind.DIVERGED:
            painter.drawLine(QPointF(x - r, y - r), QPointF(x + r, y + r))
            painter.drawLine(QPointF(x - r, y + r), QPointF(x + r, y - r))
        elif mark.kind is Kind.BEST:
            painter.drawEllipse(QPointF(x, y), r, r)
        elif mark.kind is Kind.BRANCHED:
            painter.drawPolyline([QPointF(x - r, y - r), QPointF(x, y), QPointF(x + r, y - r)])
            painter.drawLine(QPointF(x, y), QPointF(x, y + r))
        else:
            painter.drawPolygon(QPolygonF([QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r), QPointF(x - r, y)]))

    def _groove(self) -> tuple[QRect, int]:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_Slider, QStyle.SubControl
        groove = self.style().subControlRect(control, option, part.SC_SliderGroove, self)
        handle = self.style().subControlRect(control, option, part.SC_SliderHandle, self)
        return groove, handle.width()

    def _x(self, position: float) -> float:
        groove, handle = self._groove()
        return groove.left() + handle / 2 + (groove.width() - handle) * min(1.0, position / self._end)

    def _drag(self, event: QMouseEvent) -> None:
        groove, handle = self._groove()
        share = (event.position().x() - groove.left() - handle / 2) / max(1, groove.width() - handle)
        self.setValue(round(MOST_PLACES * max(0.0, min(1.0, share))))
        self._wish()

    def _wish(self) -> None:
        self.wished.emit(self._end * self.sliderPosition() / MOST_PLACES)


class TimeBar(QToolBar):
    """The time line, what it shows, and the ways back to now and on from here."""

    def __init__(self, desk: Desk, actions: TimeActions, parent: QWidget) -> None:
        super().__init__("Time", parent)
        self.setObjectName("time-bar")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._desk = desk
        self._line, self._marker = TimeLine(desk.theme.roles), Marker()
        self._told = QLabel()
        self._told.setFont(number_font())
        self._told.setTextFormat(Qt.TextFormat.PlainText)
        self._told.setAccessibleName("Moment shown")
        self._told.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._told.setMinimumWidth(self._told.fontMetrics().horizontalAdvance("past: epoch 0,000,000 of 0,000,000"))
        self._told.setContentsMargins(GRID, 0, GRID, 0)
        name = QLabel("Time")
        name.setContentsMargins(GRID, 0, GRID, 0)
        name.setBuddy(self._line)
        for widget in (name, self._line, self._told):
            self.addWidget(widget)
        for action in (actions.now, actions.go_on):
            self.addAction(action)
            button = self.widgetForAction(action)
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            assert isinstance(button, QToolButton)
            button.setAutoRaise(False)
        self._line.wished.connect(desk.time.look_at_epoch)
        controller = desk.controller
        self._soon = Soon(self, self._show, FRAME_MILLISECONDS, lambda: controller.running)
        controller.snapshot_changed.connect(self._soon.ask)
        desk.time.on_the_way.connect(self._tell_way)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)
        self._show()

    def _show(self) -> None:
        controller, snapshot = self._desk.controller, self._desk.controller.snapshot
        end = self._desk.time.line
        past = controller.past is not None
        found = self._marker.marks(controller.book, end, controller.history)
        self._line.show_run(end.position, snapshot.position, found)
        epoch, last = epoch_told(snapshot.position), epoch_told(end.position)
        self._told.setText(f"past: epoch {epoch} of {last}" if past else f"now: epoch {last}")
        self._style(past)

    def _tell_way(self, share: float) -> None:
        if share < 1:
            self._told.setText(f"on the way: {share:.0%}")
        elif self._told.text().startswith("on"):
            self._show()

    def _style(self, past: bool) -> None:
        roles = self._desk.theme.roles
        color = roles.negative if past else roles.muted
        style = f"color: {color.name()}; font-weight: {'bold' if past else 'normal'}"
        if style != self._told.styleSheet():  # costs as much as all else here
            self._told.setStyleSheet(style)

    def _color(self, roles: Roles) -> None:
        self._line.set_roles(roles)
        self._style(self._desk.controller.past is not None)

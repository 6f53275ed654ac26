"""The canvas: shows the newest snapshot, selects, zooms, and edits weights and biases in place."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsView, QToolTip

from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, Ref, UnitRef, WeightRef, describe
from backprop_gui.explain.numbers import exact
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.canvas.painting import Painting
from backprop_gui.ui.canvas.picture import Picture
from backprop_gui.ui.canvas.scene import NetworkScene
from backprop_gui.ui.canvas.unit_pictures import unit_pictures
from backprop_gui.ui.canvas.value_editor import ValueEditor
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.scene_pictures import save_scene
from backprop_gui.ui.theme import Roles
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon
from backprop_gui.ui.widgets.tips import tip

ZOOM_STEP = 1.2
MOST_ZOOM, LEAST_ZOOM, MOST_FIT_ZOOM = 8.0, 0.02, 1.75
REACH = 7.0
"""How near to a line, in pixels, the pointer counts as on it."""
REST_MILLISECONDS, REST_WHILE_RUNNING = 150, 1000
"""After so long without change the picture is drawn as well as it can be; training makes a pause seldom."""
SIGNAL_MILLISECONDS = 400


class NetworkCanvas(QGraphicsView):
    """The network as columns of units joined by edges; reads the snapshot, edits through the editor."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._store, self._controller = desk.store, desk.controller
        self._editor, self._preferences = desk.editor, desk.preferences
        self._fitted = True
        self._pressed_at: QPoint | None = None
        self._dragged_from: QPoint | None = None
        self._value_editor: ValueEditor | None = None
        self._set_up_view()
        self._picture = Picture(
            desk.controller.snapshot,
            desk.theme.roles,
            desk.preferences.number_format,
            desk.preferences.edge_labels,
            desk.preferences.notation,
            desk.controller.base.view.selected,
            samples=desk.controller.base.samples,
        )
        self._painting = Painting(self, self._picture)
        self._scene = NetworkScene(self._picture, self)
        self.setScene(self._scene)
        self._build_timers()
        self._show_theme(desk.theme.roles)
        self.fit()
        desk.controller.snapshot_changed.connect(self._show)
        desk.controller.running_changed.connect(self._move)
        desk.controller.base_changed.connect(self._show_base)
        desk.store.hovered.connect(self._show_hover)
        desk.store.pointed_out.connect(self._show_pointed_out)
        desk.theme.changed.connect(self._show_theme)
        desk.preferences.changed.connect(self._show_preferences)

    def _set_up_view(self) -> None:
        self.setAccessibleName("Network canvas")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)

    def _build_timers(self) -> None:
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._come_to_rest)
        self._pictures_soon = Soon(self, self._renew_unit_pictures, FRAME_MILLISECONDS)
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(SIGNAL_MILLISECONDS)
        self._animation.valueChanged.connect(self._move_signals)

    def fit(self) -> None:
        """Show the whole network as large as it goes, and again whenever the window changes."""
        self._fitted = True
        self._arrange()
        view, bounds = self.viewport().size(), self._scene.bounds
        zoom = min(view.width() / bounds.width(), view.height() / bounds.height(), MOST_FIT_ZOOM)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(bounds.center())

    def zoom_in(self) -> None:
        """Show everything larger, about the middle."""
        self._zoom(ZOOM_STEP, self.viewport().rect().center())

    def zoom_out(self) -> None:
        """Show everything smaller, about the middle."""
        self._zoom(1 / ZOOM_STEP, self.viewport().rect().center())

    def save_picture(self, path: Path) -> None:
        """Write the whole network as PNG or SVG, by the file's ending; raises ``FileError``."""
        moving, self._picture.moving = self._picture.moving, False
        try:
            title = f"Network {describe(self._picture.snapshot.network.sizes)}"
            save_scene(path, self._scene, self._scene.bounds, self._picture.roles.surface, title)
        finally:
            self._picture.moving = moving

    def part_at(self, position: QPoint) -> Ref | None:
        """Return the unit, bias, edge or loss at a place of the viewport."""
        return self._scene.part_at(self.mapToScene(position), REACH / self.transform().m11())

    def place_of(self, ref: Ref) -> QPoint:
        """Return where in the viewport a unit, a bias, the loss, or an edge's number stands."""
        return self.mapFromScene(self._scene.place_of(ref))

    def edit(self, ref: ParameterRef) -> None:
        """Open the line editor on a weight or bias."""
        self._close_editor()
        text = self._picture.name(ref)

        def apply(value: float) -> None:
            self._editor.apply(f"Set {text}", lambda session: edits.set_parameter(session, ref, value))

        start = exact(self._picture.snapshot.parameters[ref])
        self._value_editor = ValueEditor(text, start, apply, self._picture.roles, self.viewport())
        self._value_editor.closed.connect(self._forget_editor)
        self._value_editor.open_at(self.place_of(ref))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        self._zoom(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position().toPoint())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a click or a drag."""
        self._close_editor()
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = self._dragged_from = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pan while dragging, else tell all views what is under the pointer."""
        at = event.position().toPoint()
        if self._pressed_at is None or self._dragged_from is None:
            self._store.hover(self.part_at(at))
            return
        started = self._dragged_from is not self._pressed_at
        if started or (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._move_view(at - self._dragged_from)
            self._dragged_from = at
            self._fitted = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select what was clicked; a drag selects nothing."""
        if event.button() == Qt.MouseButton.LeftButton:
            if self._pressed_at is not None and self._dragged_from is self._pressed_at:
                self._store.select(self.part_at(event.position().toPoint()))
            self._pressed_at = self._dragged_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit the weight or bias under the pointer."""
        ref = self.part_at(event.position().toPoint())
        if isinstance(ref, WeightRef | BiasRef):
            self._store.select(ref)
            self.edit(ref)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 or Enter edits the selected weight or bias; all other keys are the window's."""
        ref = self._picture.selected
        wanted = event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if wanted and isinstance(ref, WeightRef | BiasRef):
            self.edit(ref)
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._store.hover(None)
        super().leaveEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the network fitted until the user zooms."""
        super().resizeEvent(event)
        self._close_editor()
        if self._fitted:
            self.fit()

    def viewportEvent(self, event: QEvent) -> bool:
        """Say name and exact value of what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            ref = self.part_at(event.pos())
            QToolTip.showText(event.globalPos(), tip(self.describe(ref)) if ref else "", self.viewport())
            return True
        return super().viewportEvent(event)

    def describe(self, ref: Ref) -> str:
        """Return a part's name and exact value: ``w₁₂ = 0.2``."""
        snapshot = self._picture.snapshot
        match ref:
            case UnitRef(layer, unit):
                value = float(snapshot.trace.outputs[layer][unit])
                if snapshot.reached and not snapshot.reached.knows_output(layer, unit):
                    return f"{self._picture.name(ref)}: not computed yet"
                if layer and snapshot.trace.mask(layer - 1, unit) == 0.0:
                    return f"{self._picture.name(ref)} = 0: left out by dropout for this sample in this epoch"
            case LossRef():
                value = snapshot.trace.loss
            case _:
                value = snapshot.parameters[ref]
        told = self._controller.base.told(ref, value)
        return f"{self._picture.name(ref)} = {exact(value)}" + (f" ({told})" if told else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint; while training runs, only what changes, over pictures of the rest."""
        if not self._picture.moving or self._picture.snapshot.reached is not None:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        try:
            painter.fillRect(event.rect(), self._picture.roles.surface)
            self._painting.paint_frame(self, self._scene, painter)
        finally:
            painter.end()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Paint arrows and lines."""
        super().drawBackground(painter, rect)
        self._painting.paint_lines(self, self._scene, painter)

    def _build(self) -> None:
        """Show another network."""
        self._close_editor()
        self._scene.rebuild()
        self.fit()

    def _arrange(self) -> None:
        view = self.viewport().size()
        self._scene.arrange(view.width() / max(view.height(), 1))

    def _show(self, snapshot: Snapshot) -> None:
        before = self._picture.snapshot
        rebuilt = snapshot.network.sizes != before.network.sizes
        self._picture.snapshot = snapshot
        self._scene.signals.show_step(before.reached, snapshot.reached)
        if snapshot.reached is not None and self._preferences.animate and self._scene.signals.moves:
            self._animation.stop()
            self._animation.start()
        else:
            self._animation.stop()
            self._scene.signals.set_share(1.0)
        if self._controller.running:
            self._move()
        if rebuilt:
            self._picture.hovered, self._picture.pointed_out = None, frozenset()
            self._picture.selected = self._controller.base.view.selected
            self._build()
        if self._preferences.unit_pictures:
            self._pictures_soon.ask()
        self.viewport().update()

    def _renew_unit_pictures(self) -> None:
        """Draw behind the units what they say over the plane of inputs, where that is asked for."""
        picture, wanted = self._picture, self._preferences.unit_pictures
        wanted = wanted and picture.snapshot.reached is None
        samples = self._controller.base.samples
        picture.unit_pictures = unit_pictures(picture.snapshot, samples, picture.roles) if wanted else {}
        self.viewport().update()

    def _move_signals(self, share: float) -> None:
        self._scene.signals.set_share(share)

    def _show_base(self, session: Session) -> None:
        named = self._picture.named
        self._picture.samples = session.samples
        if self._picture.named != named:
            self._arrange()
            if self._fitted:
                self.fit()
        selected = session.view.selected
        known = selected is None or self._picture.snapshot.network.has(selected)
        self._picture.selected = selected if known else None
        self.viewport().update()

    def _show_hover(self, ref: Ref | None) -> None:
        known = ref is None or self._picture.snapshot.network.has(ref)
        self._picture.hovered = ref if known else None
        self.viewport().update()

    def _show_pointed_out(self, parts: frozenset[Ref]) -> None:
        self._picture.pointed_out = frozenset(ref for ref in parts if self._picture.snapshot.network.has(ref))
        self.viewport().update()

    def _show_theme(self, roles: Roles) -> None:
        self._picture.roles = roles
        self.setBackgroundBrush(roles.surface)
        self._pictures_soon.ask()
        self.viewport().update()

    def _show_preferences(self) -> None:
        self._picture.edge_labels = self._preferences.edge_labels
        self._picture.notation = self._preferences.notation
        self._renew_unit_pictures()
        if self._picture.number_format != self._preferences.number_format:
            self._picture.number_format = self._preferences.number_format
            self._arrange()
        self.viewport().update()

    def _move(self) -> None:
        self._picture.moving = True
        self._painting.stop()
        self._rest.start(REST_WHILE_RUNNING if self._controller.running else REST_MILLISECONDS)

    def come_to_rest(self) -> None:
        """Draw everything as well as it can be, at once."""
        self._come_to_rest()
        self._painting.finish(self, self._scene)

    def _come_to_rest(self) -> None:
        self._rest.stop()
        self._picture.moving = False
        self.viewport().update()

    def _zoom(self, factor: float, about: QPoint) -> None:
        self._close_editor()
        now = self.transform().m11()
        factor = min(max(now * factor, LEAST_ZOOM), MOST_ZOOM) / now
        before = self.mapToScene(about)
        self.scale(factor, factor)
        self._move_view(about - self.mapFromScene(before))
        self._fitted = False

    def _move_view(self, by: QPoint) -> None:
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - by.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - by.y())
        self._move()

    def _close_editor(self) -> None:
        if self._value_editor is not None:
            self._value_editor.close_editor()

    def _forget_editor(self) -> None:
        self._value_editor = None

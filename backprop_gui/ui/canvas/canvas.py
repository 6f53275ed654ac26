"""The canvas: shows the newest snapshot, selects, zooms, and edits weights and biases in place."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer, QVariantAnimation
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsItem, QGraphicsScene, QGraphicsView, QToolTip, QWidget

from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, Ref, UnitRef, WeightRef, describe
from backprop_gui.explain.numbers import exact
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.runtime.store import SessionStore
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.canvas.edges import EdgesItem
from backprop_gui.ui.canvas.flow import FlowItem, SignalsItem
from backprop_gui.ui.canvas.layout import RADIUS, place
from backprop_gui.ui.canvas.picture import Picture
from backprop_gui.ui.canvas.units import HeadingItem, LossItem, TargetItem, UnitItem
from backprop_gui.ui.canvas.value_editor import ValueEditor
from backprop_gui.ui.commands import Editor
from backprop_gui.ui.preferences import Preferences
from backprop_gui.ui.scene_pictures import save_scene
from backprop_gui.ui.theme import Roles, ThemeManager

ZOOM_STEP = 1.2
MOST_ZOOM, LEAST_ZOOM, MOST_FIT_ZOOM = 8.0, 0.02, 1.75
REACH = 7.0
"""How near to a line, in pixels, the pointer counts as on it."""
REST_MILLISECONDS = 150
SIGNAL_MILLISECONDS = 400


class NetworkCanvas(QGraphicsView):
    """The network as columns of units joined by edges; reads the snapshot, edits through the editor."""

    def __init__(
        self,
        store: SessionStore,
        controller: Controller,
        editor: Editor,
        preferences: Preferences,
        theme: ThemeManager,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._controller, self._editor, self._preferences = store, controller, editor, preferences
        self.setAccessibleName("Network canvas")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 160)
        self._picture = Picture(
            controller.snapshot,
            theme.roles,
            preferences.number_format,
            preferences.edge_labels,
            preferences.notation,
            store.session.view.selected,
        )
        self._scene = QGraphicsScene(self)
        self.setScene(self._scene)
        self._fitted = True
        self._pressed_at: QPoint | None = None
        self._dragged_from: QPoint | None = None
        self._value_editor: ValueEditor | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._rest.timeout.connect(self._come_to_rest)
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(SIGNAL_MILLISECONDS)
        self._animation.valueChanged.connect(self._move_signals)
        self._show_theme(theme.roles)
        self._build()

        controller.snapshot_changed.connect(self._show)
        store.changed.connect(self._show_selection)
        store.hovered.connect(self._show_hover)
        theme.changed.connect(self._show_theme)
        preferences.changed.connect(self._show_preferences)

    def fit(self) -> None:
        """Show the whole network as large as it goes, and again whenever the window changes."""
        self._fitted = True
        view = self.viewport().size()
        self._arrange(view.width() / max(view.height(), 1))
        zoom = min(view.width() / self._placement.width, view.height() / self._placement.height, MOST_FIT_ZOOM)
        self.resetTransform()
        self.scale(zoom, zoom)
        self.centerOn(self._placement.width / 2, self._placement.height / 2)

    def zoom_in(self) -> None:
        """Show everything larger, about the middle."""
        self._zoom(ZOOM_STEP, self.viewport().rect().center())

    def zoom_out(self) -> None:
        """Show everything smaller, about the middle."""
        self._zoom(1 / ZOOM_STEP, self.viewport().rect().center())

    def save_picture(self, path: Path) -> None:
        """Write the whole network as PNG or SVG, by the file's ending; raises ``FileError``."""
        bounds = QRectF(0, 0, self._placement.width, self._placement.height)
        moving, self._picture.moving = self._picture.moving, False
        try:
            title = f"Network {describe(self._placement.sizes)}"
            save_scene(path, self._scene, bounds, self._picture.roles.surface, title)
        finally:
            self._picture.moving = moving

    def part_at(self, position: QPoint) -> Ref | None:
        """Return the unit, bias or edge at a place of the viewport."""
        point = self.mapToScene(position)
        for unit in self._units:
            if found := unit.at(point):
                return found
        if found := self._loss.at(point):
            return found
        return self._edges.at(point, REACH / self.transform().m11())

    def place_of(self, ref: Ref) -> QPoint:
        """Return where in the viewport a unit, a bias, or an edge's number stands."""
        if isinstance(ref, WeightRef):
            return self.mapFromScene(self._edges.centre_of(ref))
        if isinstance(ref, LossRef):
            return self.mapFromScene(self._loss.pos())
        unit = next(item for item in self._units if ref in (item.ref, item.bias))
        offset = unit.bias_rect().center() if isinstance(ref, BiasRef) else QPointF()
        return self.mapFromScene(unit.pos() + offset)

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
            QToolTip.showText(event.globalPos(), self.describe(ref) if ref else "", self.viewport())
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
            case LossRef():
                value = snapshot.trace.loss
            case _:
                value = snapshot.parameters[ref]
        return f"{self._picture.name(ref)} = {exact(value)}"

    def _build(self) -> None:
        """Make the items anew for the snapshot's network."""
        self._close_editor()
        self._scene.clear()
        network = self._picture.snapshot.network
        self._placement = place(network.sizes)
        self._edges = EdgesItem(self._picture)
        roomy = self._placement.roomy
        self._units = [
            UnitItem(self._picture, UnitRef(layer, unit), roomy)
            for layer, units in enumerate(network.sizes)
            for unit in range(units)
        ]
        self._targets = [TargetItem(self._picture, unit) for unit in range(network.outputs)]
        self._headings = [HeadingItem(self._picture, layer) for layer in range(len(network.sizes))]
        self._headings.append(HeadingItem(self._picture, None))
        self._loss, self._flow = LossItem(self._picture), FlowItem(self._picture, self._edges)
        self._signals = SignalsItem(self._picture, self._edges)
        items: list[QGraphicsItem] = [
            self._edges,
            self._flow,
            self._signals,
            *self._units,
            *self._targets,
            *self._headings,
            self._loss,
        ]
        for item in items:
            self._scene.addItem(item)
        self.fit()

    def _arrange(self, aspect: float) -> None:
        """Put the items in their places for a window of ``aspect``."""
        self._placement = placement = place(self._placement.sizes, aspect)
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
        self._edges.set_placement(placement, np.array(obstacles))
        width, height = placement.width, placement.height
        self._scene.setSceneRect(-2 * width, -2 * height, 5 * width, 5 * height)

    def _show(self, snapshot: Snapshot) -> None:
        before = self._picture.snapshot
        rebuilt = snapshot.network.sizes != before.network.sizes
        self._picture.snapshot = snapshot
        self._signals.show_step(before.reached, snapshot.reached)
        if snapshot.reached is not None and self._preferences.animate and self._signals.moves:
            self._animation.stop()
            self._animation.start()
        else:
            self._animation.stop()
            self._signals.set_share(1.0)
        if self._controller.running:
            self._move()
        if rebuilt:
            self._picture.hovered = None
            self._picture.selected = self._store.session.view.selected
            self._build()
        self.viewport().update()

    def _move_signals(self, share: float) -> None:
        self._signals.set_share(share)

    def _show_selection(self, new: Session, old: Session) -> None:
        if new.network.sizes != old.network.sizes:
            self._close_editor()
        selected = new.view.selected
        known = selected is None or self._picture.snapshot.network.has(selected)
        self._picture.selected = selected if known else None
        self.viewport().update()

    def _show_hover(self, ref: Ref | None) -> None:
        known = ref is None or self._picture.snapshot.network.has(ref)
        self._picture.hovered = ref if known else None
        self.viewport().update()

    def _show_theme(self, roles: Roles) -> None:
        self._picture.roles = roles
        self.setBackgroundBrush(roles.surface)
        self.viewport().update()

    def _show_preferences(self) -> None:
        self._picture.edge_labels = self._preferences.edge_labels
        self._picture.notation = self._preferences.notation
        if self._picture.number_format != self._preferences.number_format:
            self._picture.number_format = self._preferences.number_format
            self._arrange(self.viewport().width() / max(self.viewport().height(), 1))
        self.viewport().update()

    def _move(self) -> None:
        self._picture.moving = True
        self._rest.start()

    def _come_to_rest(self) -> None:
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

"""Every weight and bias over the epochs, with a check list of what is shown."""

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QTreeWidget, QTreeWidgetItem, QVBoxLayout

from backprop_gui.engine.network import BiasRef, Network, ParameterRef, Ref, UnitRef
from backprop_gui.explain.names import between_title, name
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.plots.curves import Curves, cosmetic
from backprop_gui.ui.theme import GRID, Roles, mix, number_font
from backprop_gui.ui.widgets.plot_area import PlotArea, PlotPanel
from backprop_gui.ui.widgets.soon import Soon

MOST_LISTED = 2000
MOST_SHOWN_UNASKED = 120
"""Of a network with more parameters, only some curves spread over all layers are drawn until others are checked."""
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DotLine)


class WeightPlot(PlotPanel):
    """Curves on the left, their names by layer on the right; one highlights the other, and the canvas both."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            PlotArea("Weight plot", "epoch", "value", desk.theme, least_x=0.0), self._redraw, desk.controller
        )
        self._store, self._time = desk.store, desk.time
        self._preferences, self._theme = desk.preferences, desk.theme
        self._network: Network | None = None
        self._refs: list[ParameterRef] = []
        self._rows: list[QTreeWidgetItem] = []
        self._places: dict[Ref | None, int] = {}
        self._pens: list[QPen] = []
        self._hovered: Ref | None = None
        self._idle = ""
        self._look_soon = Soon(self, self._restyle)
        self._build()
        self._lay_out()
        self._connect(desk)

    def _build(self) -> None:
        self._curves = Curves()
        self._area.add_item(self._curves)
        self._list = QTreeWidget()
        self._list.setAccessibleName("Weights shown")
        self._list.setHeaderHidden(True)
        self._list.setMouseTracking(True)
        self._list.setIndentation(2 * GRID)
        self._reading = QLabel()
        self._reading.setFont(number_font())

    def _lay_out(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self._area)
        splitter.addWidget(self._list)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([360, 22 * GRID])
        row = QHBoxLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.addWidget(self._reading)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(splitter, 1)

    def _connect(self, desk: Desk) -> None:
        self._list.itemChanged.connect(self._look_soon.ask)  # a group's check is that of all its rows
        self._list.itemClicked.connect(self._select_row)
        self._list.itemEntered.connect(self._hover_row)
        self._list.viewport().installEventFilter(self)
        self._area.pointed.connect(self._point)
        self._area.clicked.connect(self._select_curve)
        desk.store.changed.connect(self._follow)
        desk.store.hovered.connect(self._show_hovered)
        desk.controller.snapshot_changed.connect(self._soon.ask)
        desk.preferences.changed.connect(self._rename)
        desk.theme.changed.connect(self._color)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Nothing is under the pointer once it leaves the list."""
        if event.type() == QEvent.Type.Leave:
            self._store.hover(None)
        return super().eventFilter(watched, event)

    def shown(self) -> list[ParameterRef]:
        """Return the parameters whose curves are drawn."""
        self._soon.now()
        return [self._refs[column] for column in self._shown_columns()]

    def _redraw(self) -> None:
        snapshot = self._controller.snapshot
        if self._network is None or self._network.sizes != snapshot.network.sizes:
            self._list_parameters(snapshot.network)
        history = self._controller.history
        epochs = history.epochs
        ahead = not len(epochs) or snapshot.position > epochs[-1]
        last = (snapshot.position, snapshot.parameters.flat()) if ahead else None
        self._curves.set_data(epochs, history.parameters, last)
        self._area.mark(None if self._controller.past is None else snapshot.position)
        self._area.say_empty("Train, and every weight draws its path here." if len(epochs) + ahead < 2 else "")
        self._area.settle()

    def _list_parameters(self, network: Network) -> None:
        """Name the parameters of another network, a group per pair of layers; those kept keep their check."""
        chosen = len(self._refs) <= MOST_SHOWN_UNASKED  # else what is off was never switched off by hand
        hidden = set(self._refs) - set(self.shown()) if chosen else set[ParameterRef]()
        self._network = network
        self._curves.clear()  # columns of the old shape mean nothing now
        self._refs = [ref for ref, _ in zip(network.parameter_refs(), range(MOST_LISTED), strict=False)]
        spread = set(np.linspace(0, len(self._refs) - 1, MOST_SHOWN_UNASKED).astype(int).tolist())
        self._list.blockSignals(True)
        self._list.clear()
        self._rows = []
        group = QTreeWidgetItem()
        for column, ref in enumerate(self._refs):
            title = between_title(network, ref)
            if group.text(0) != title:
                group = QTreeWidgetItem(self._list, [title])
                group.setFlags(group.flags() | Qt.ItemFlag.ItemIsAutoTristate | Qt.ItemFlag.ItemIsUserCheckable)
                group.setExpanded(True)
            row = QTreeWidgetItem(group, [name(network, ref, self._preferences.notation)])
            checked = ref not in hidden and (len(self._refs) <= MOST_SHOWN_UNASKED or column in spread)
            row.setCheckState(0, Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
            self._rows.append(row)
        self._places = {ref: place for place, ref in enumerate(self._refs)}
        rest = network.parameter_count - len(self._refs)
        if rest:
            note = QTreeWidgetItem(self._list, [f"{rest:,} more have no curve"])
            note.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self._list.blockSignals(False)
        self._mark_selected()
        self._color(self._theme.roles)

    def _rename(self) -> None:
        """Take the names of another notation."""
        if self._network is None:
            return
        with QSignalBlocker(self._list):
            for ref, row in zip(self._refs, self._rows, strict=True):
                row.setText(0, name(self._network, ref, self._preferences.notation))

    def _shown_columns(self) -> list[int]:
        return [k for k, row in enumerate(self._rows) if row.checkState(0) == Qt.CheckState.Checked]

    def _color(self, roles: Roles) -> None:
        self._pens = [_pen(roles, column, ref) for column, ref in enumerate(self._refs)]
        with QSignalBlocker(self._list):
            for row, pen in zip(self._rows, self._pens, strict=True):
                row.setIcon(0, _swatch(pen))
        self._restyle()

    def _restyle(self) -> None:
        lit = {ref for ref in (self._controller.base.view.selected, self._hovered) if ref in self._refs}
        columns = frozenset(k for k, ref in enumerate(self._refs) if ref in lit)
        roles = self._theme.roles
        muted = cosmetic(QPen(mix(roles.surface, roles.muted, 0.35)))
        shown = self._shown_columns()
        self._curves.set_look(shown, columns, self._pens, muted)
        self._idle = f"{len(shown):,} of {self._network.parameter_count if self._network else 0:,} curves"
        self._reading.setText(self._idle)

    def _follow(self, session: Session, old: Session) -> None:
        if session.view.selected != old.view.selected:
            self._mark_selected()
            self._look_soon.ask()

    def _mark_selected(self) -> None:
        row = self._row_of(self._controller.base.view.selected)
        with QSignalBlocker(self._list):
            self._list.setCurrentItem(row)  # pyright: ignore[reportArgumentType] (None is "no row")

    def _show_hovered(self, ref: Ref | None) -> None:
        before, self._hovered = self._hovered, None if isinstance(ref, UnitRef) else ref
        with QSignalBlocker(self._list):
            for one, brush in ((before, QBrush()), (self._hovered, self._theme.roles.selection)):
                if (row := self._row_of(one)) is not None:
                    row.setBackground(0, brush)
        self._look_soon.ask()

    def _row_of(self, ref: Ref | None) -> QTreeWidgetItem | None:
        place = self._places.get(ref)
        return None if place is None else self._rows[place]

    def _ref_of(self, item: QTreeWidgetItem) -> ParameterRef | None:
        return next((ref for row, ref in zip(self._rows, self._refs, strict=True) if row is item), None)

    def _select_row(self, item: QTreeWidgetItem) -> None:
        ref = self._ref_of(item)
        if ref is not None:
            self._store.select(ref)

    def _hover_row(self, item: QTreeWidgetItem) -> None:
        self._store.hover(self._ref_of(item))

    def _near(self, point: QPointF) -> tuple[int, int] | None:
        """Return (curve, point) within a few pixels of the pointer."""
        found = self._curves.nearest(point.x(), point.y())
        if found is None or found[2] > GRID * self._area.pixel_size()[1]:
            return None
        return found[0], found[1]

    def _point(self, point: QPointF | None) -> None:
        near = None if point is None else self._near(point)
        if near is None or self._network is None:
            self._reading.setText(self._idle)
            self._store.hover(None)
            return
        epoch, value = self._curves.point(*near)
        ref = self._refs[near[0]]
        written = name(self._network, ref, self._preferences.notation)
        self._reading.setText(f"{written} at epoch {epoch:,.6g}: {self._preferences.number_format(value)}")
        self._store.hover(ref)

    def _select_curve(self, point: QPointF) -> None:
        near = self._near(point)
        self._store.select(None if near is None else self._refs[near[0]])
        if near is not None and not self._controller.running:
            self._time.look_at_epoch(self._curves.point(*near)[0])


def _pen(roles: Roles, column: int, ref: ParameterRef) -> QPen:
    """Return a parameter's own look: its colour, fainter and in another style each time round; biases dashed."""
    turn, place = divmod(column, len(roles.series))
    pen = cosmetic(QPen(mix(roles.series[place], roles.surface, 0.25 * (turn % 3))))
    pen.setStyle(Qt.PenStyle.DashLine if isinstance(ref, BiasRef) else _STYLES[turn // 3 % len(_STYLES)])
    return pen


def _swatch(pen: QPen) -> QIcon:
    pixmap = QPixmap(3 * GRID, 2 * GRID)
    pixmap.fill(QColor(Qt.GlobalColor.transparent))
    painter = QPainter(pixmap)
    wide = QPen(pen)
    wide.setWidth(2)
    painter.setPen(wide)
    painter.drawLine(0, GRID, 3 * GRID, GRID)
    painter.end()
    return QIcon(pixmap)

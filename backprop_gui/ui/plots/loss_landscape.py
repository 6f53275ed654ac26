"""The loss over two chosen parameters, all others held, with the path training took; a click goes there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.evaluate import mean_loss
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Network, ParameterRef, Parameters
from backprop_gui.explain.names import name
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_parameter
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.heat import extent, finer, shades
from backprop_gui.ui.plots.loss_key import BANDS, LossKey
from backprop_gui.ui.theme import GRID, Roles, number_font
from backprop_gui.ui.widgets.choices import choice_box, narrow
from backprop_gui.ui.widgets.flow import Flow
from backprop_gui.ui.widgets.plot_area import PlotArea, PlotPanel
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon

CELLS = 56
FINEST = 8
"""A cell is drawn as at most so many by so many, a pixel each, so that lines of equal loss are smooth."""
MOST_SAMPLES = 300
"""Of more samples, evenly chosen ones make the surface."""
MOST_PARAMETERS = 2000
REACH = 1.5
"""How far the plane goes beyond the path, in units of the path's extent, at least 1 to either side."""


class LossLandscape(PlotPanel):
    """Shaded bands of equal loss with contour lines; made anew when training pauses."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(PlotArea("Loss surface", "w₁₁", "w₁₂", desk.theme), self._begin, desk.controller)
        self._editor, self._roles, self._preferences = desk.editor, desk.theme.roles, desk.preferences
        self._refs: list[ParameterRef] = []
        self._network: Network | None = None
        self._losses: Floats = np.full((CELLS, CELLS), np.nan)
        self._bounds = (np.nan, np.nan, 1.0, 1.0)
        self._section: _Section | None = None
        self._slices = Slices(self)
        self._again = Soon(self, self._paint, FRAME_MILLISECONDS)
        self._way_soon = Soon(self, self._draw_path, FRAME_MILLISECONDS)
        self._build()
        self._lay_out()
        self._connect(desk)
        self._color(desk.theme.roles)

    def _build(self) -> None:
        self._image, self._path, self._here = self._area.add_image(), self._area.add_curve(), self._area.add_points()
        self._across, self._up = choice_box("Parameter across"), choice_box("Parameter up")
        for box in (self._across, self._up):
            narrow(box)
        self._go = QPushButton("Go there")
        self._go.setAccessibleName("Go there")
        self._go.setCheckable(True)
        self._go.setToolTip("While pressed, a click on the surface sets both parameters to that place")
        self._reading = QLabel(" ")
        self._reading.setFont(number_font())
        self._key, self._told = LossKey(), QStackedWidget()  # the key, or what is pointed at
        self._told.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._told.addWidget(self._key)
        self._told.addWidget(self._reading)
        self._over = QLabel()
        self._over.setToolTip("The samples whose mean loss is drawn and read here; of very many, evenly chosen ones")

    def _lay_out(self) -> None:
        row = QGridLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        for place, (title, widget) in enumerate((("Across", self._across), ("Up", self._up))):
            row.addWidget(QLabel(title), 0, 2 * place)
            row.addWidget(widget, 0, 2 * place + 1)
        row.setColumnStretch(1, 1)
        row.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._area, 1)
        below = Flow(GRID)
        below.setContentsMargins(GRID, 0, GRID, GRID // 2)
        for widget in (self._told, self._go, self._over):
            below.addWidget(widget)
        layout.addLayout(below)

    def _connect(self, desk: Desk) -> None:
        self._slices.paused.connect(self._paint)
        for box in (self._across, self._up):
            box.activated.connect(self._soon.ask)
        self._area.clicked.connect(self._move_there)
        self._area.pointed.connect(self._read_off)
        desk.controller.snapshot_changed.connect(self._show)
        desk.controller.running_changed.connect(self._soon.ask)
        desk.store.changed.connect(self._follow)
        desk.preferences.changed.connect(self._rename)
        desk.theme.changed.connect(self._color)

    def losses(self) -> Floats:
        """Return the losses of the cells, (cells up, cells across); NaN where not computed yet."""
        return self._losses

    def path(self) -> tuple[Floats, Floats]:
        """Return the values of the two parameters on the way training took, as they are drawn."""
        return self._path.data()

    def places(self) -> tuple[Floats, Floats]:
        """Return the values of the two parameters at the cells."""
        left, bottom, width, height = self._bounds
        return np.linspace(left, left + width, CELLS), np.linspace(bottom, bottom + height, CELLS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the surface with other pixels."""
        super().resizeEvent(event)
        self._again.ask()

    def hideEvent(self, event: object) -> None:
        """Compute nothing that is not seen, and the rest when it is seen again."""
        del event
        if self._slices.running:
            self._slices.stop()
            self._soon.ask()

    def _show(self) -> None:
        if self._controller.running:
            self._way_soon.ask()
        else:
            self._soon.ask()

    def _follow(self, new: Session, old: Session) -> None:
        if new.samples is not old.samples or new.training.loss != old.training.loss:
            self._soon.ask()

    def _list_parameters(self, network: Network) -> None:
        if self._network is not None and self._network.sizes == network.sizes:
            return
        self._network = network
        self._refs = [ref for ref, _ in zip(network.parameter_refs(), range(MOST_PARAMETERS), strict=False)]
        for box, place in ((self._across, 0), (self._up, min(1, len(self._refs) - 1))):
            box.clear()
            box.addItems(self._names())
            box.setCurrentIndex(place)

    def _names(self) -> list[str]:
        """Return the parameters' names in the notation chosen."""
        network = self._controller.snapshot.network
        return [name(network, ref, self._preferences.notation) for ref in self._refs]

    def _rename(self) -> None:
        """Take the names of another notation."""
        for box in (self._across, self._up):
            for place, written in enumerate(self._names()):
                box.setItemText(place, written)
        self._name_axes()

    def _name_axes(self) -> None:
        if self._refs:
            names = self._names()
            self._area.name_axes(names[self._across.currentIndex()], names[self._up.currentIndex()])

    def _begin(self) -> None:
        """Start a new surface around the path and the present place."""
        snapshot = self._controller.snapshot
        if self._controller.running:
            return
        self._list_parameters(snapshot.network)
        across, up = self._chosen()
        self._name_axes()
        xs, ys = self._way(snapshot)
        (left, width), (bottom, height) = _around(xs), _around(ys)
        self._bounds = left, bottom, width, height
        self._losses = np.full((CELLS, CELLS), np.nan)
        self._draw_path()
        self._area.fit()
        self._section = self._cut(snapshot, across, up)
        self._slices.start(self._compute(self._section))

    def _chosen(self) -> tuple[ParameterRef, ParameterRef]:
        return self._refs[max(0, self._across.currentIndex())], self._refs[max(0, self._up.currentIndex())]

    def _way(self, snapshot: Snapshot) -> tuple[Floats, Floats]:
        """Return the values the two parameters have had, the present ones last."""
        history, network = self._controller.history, snapshot.network
        columns = [network.index_of(ref) for ref in self._chosen()]
        now = [snapshot.parameters[ref] for ref in self._chosen()]
        rows = history.parameters if history.parameters.shape[1] == network.parameter_count else np.empty((0, 0))
        past = rows[:, columns] if rows.size else np.empty((0, 2))
        way = np.vstack([past[np.isfinite(past).all(axis=1)], now])
        return way[:, 0], way[:, 1]

    def _draw_path(self) -> None:
        snapshot = self._controller.snapshot
        if self._network is None or self._network.sizes != snapshot.network.sizes:
            return
        xs, ys = self._way(snapshot)
        trained = len(xs) - (self._controller.past is not None)  # the way does not lead from its end to the past
        self._path.set_data(xs[:trained], ys[:trained])
        self._here.set_data(xs[-1:], ys[-1:])
        self._area.settle()

    def _cut(self, snapshot: Snapshot, across: ParameterRef, up: ParameterRef) -> "_Section":
        """Choose the samples, say how many where it is not all, and return what the surface is of."""
        samples = self._controller.base.samples
        train, test = samples.rows()
        chosen = train[np.linspace(0, len(train) - 1, min(len(train), MOST_SAMPLES)).astype(int)]
        if len(chosen) < len(train):
            self._over.setText(f"over {len(chosen):,} of {len(train):,} samples")
        else:
            self._over.setText(f"over the {len(train):,} samples for training" if len(test) else "")
        loss = self._controller.base.training.loss
        x, t = samples.inputs[chosen], samples.targets[chosen]
        return _Section(snapshot.network, snapshot.parameters, across, up, x, t, loss)

    def _compute(self, section: "_Section") -> Iterator[None]:
        """Fill the cells, a row at a time."""
        xs, ys = self.places()
        for row, above in enumerate(ys.tolist()):
            for column, along in enumerate(xs.tolist()):
                self._losses[row, column] = section.loss_at(along, above)
            yield

    def _paint(self) -> None:
        left, bottom, width, height = self._bounds
        pixels = (max(size, 1e-300) * CELLS for size in reversed(self._area.pixel_size()))
        times = [
            int(np.clip(round(long / size), 1, FINEST)) for long, size in zip((height, width), pixels, strict=True)
        ]
        fine = finer(self._losses, *times)
        up, across = fine.shape
        places = np.linspace(left, left + width, across), np.linspace(bottom, bottom + height, up)
        self._image.show(shades(fine, BANDS, self._roles), extent(*places))
        self._key.show_losses(self._losses, self._roles)

    def _move_there(self, point: QPointF) -> None:
        """Set both parameters to the place clicked, as one undo step."""
        if not self._go.isChecked() or not self._refs:
            return
        across, up = self._chosen()

        def edit(session: Session) -> Session:
            return set_parameter(set_parameter(session, across, point.x()), up, point.y())

        self._editor.apply("Move on the loss surface", edit)

    def _read_off(self, point: QPointF | None) -> None:
        """Say the loss at the very place pointed at."""
        if point is None or self._section is None:
            self._told.setCurrentWidget(self._key)
            return
        self._told.setCurrentWidget(self._reading)
        loss = self._section.loss_at(point.x(), point.y())
        self._reading.setText(f"loss {NumberFormat('significant', 5)(loss)}")

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._path.set_color(roles.negative, 2)
        self._here.set_color(roles.negative)
        self._paint()


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """The mean loss of samples x (samples, inputs), t (samples, outputs) as two parameters change."""

    network: Network
    parameters: Parameters
    across: ParameterRef
    up: ParameterRef
    x: Floats
    t: Floats
    loss: Loss

    def loss_at(self, along: float, above: float) -> float:
        """Return the loss where the two parameters have these values."""
        moved = self.parameters.replace(self.up, above).replace(self.across, along)
        return mean_loss(self.network, moved, self.x, self.t, self.loss)


def _around(values: Floats) -> tuple[float, float]:
    """Return where a span around the values begins, and how long it is."""
    low, high = float(values.min()), float(values.max())
    reach = max(1.0, REACH * (high - low) / 2)
    return low - reach, high - low + 2 * reach

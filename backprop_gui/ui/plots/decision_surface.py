"""What the network has learnt: its output over the plane of two inputs, or its curve over one, with the samples."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout

from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.explain.notation import symbols_of
from backprop_gui.explain.plain import to_text
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_samples
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.heat import extent, heat, scale_of, span
from backprop_gui.ui.theme import GRID, Roles, number_font
from backprop_gui.ui.widgets.choices import choice_box, narrow
from backprop_gui.ui.widgets.plot_area import PlotArea, PlotPanel

CELLS, CELLS_WHILE_RUNNING = 120, 60
MOST_POINTS = 2000


class DecisionSurface(PlotPanel):
    """Live while it trains; a click can put a new sample on the plane.

    Samples for training are discs where the target is high and squares where it is low; those for testing triangles,
    filled and hollow.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(PlotArea("Decision surface", "", "", desk.theme), self._redraw, desk.controller)
        self._editor = desk.editor
        self._preferences, self._roles = desk.preferences, desk.theme.roles
        self._snapshot = desk.controller.snapshot
        self._listed: tuple[str, ...] = ()
        self._values: Floats = np.empty((0, 0))
        self._plane: _Plane | None = None
        self._dots: tuple[object, ...] = ()  # what the samples shown depend on
        self._build()
        self._lay_out()
        self._connect(desk)
        self._color(desk.theme.roles)

    def _build(self) -> None:
        self._across, self._up, self._output = choice_box("Across"), choice_box("Up"), choice_box("Output")
        self._draw = choice_box("Click adds", {"": "nothing", "1": "target 1", "0": "target 0"})
        for box in (self._across, self._up, self._output, self._draw):
            narrow(box)
        self._reading = QLabel(" ")
        self._reading.setTextFormat(Qt.TextFormat.PlainText)  # with columns' names
        self._reading.setMargin(GRID // 2)
        self._reading.setFont(number_font())
        self._image = self._area.add_image()
        self._curve = self._area.add_curve()
        self._low, self._high = self._area.add_points(hollow=True), self._area.add_points()
        self._low_test, self._high_test = self._area.add_points("t", hollow=True), self._area.add_points("t")

    def _lay_out(self) -> None:
        row = QGridLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        for place, (title, box) in enumerate(
            (("Across", self._across), ("Up", self._up), ("Output", self._output), ("Click adds", self._draw))
        ):
            row.addWidget(QLabel(title), place // 2, 2 * (place % 2))
            row.addWidget(box, place // 2, 2 * (place % 2) + 1)
        row.setColumnStretch(1, 1)
        row.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._reading)

    def _connect(self, desk: Desk) -> None:
        for box in (self._across, self._up, self._output):
            box.activated.connect(self._redraw)
        self._area.clicked.connect(self._add_sample)
        self._area.pointed.connect(self._read_off)
        desk.controller.snapshot_changed.connect(self._show)
        desk.store.changed.connect(self._follow)
        desk.preferences.changed.connect(self._soon.ask)  # another notation
        desk.controller.running_changed.connect(self._rest)
        desk.theme.changed.connect(self._color)

    def values(self) -> Floats:
        """Return the output over the plane, (cells up, cells across), or over the line, (1, cells)."""
        return self._values

    def _show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._soon.ask()

    def _rest(self, running: bool) -> None:
        """Draw all cells again once training stands still."""
        if not running:
            self._soon.ask()

    def _follow(self, new: Session, old: Session) -> None:
        if new.samples is not old.samples or new.view.sample != old.view.sample:
            self._soon.ask()

    def _list_choices(self, network: Network) -> None:
        """Offer the inputs and outputs under their symbols; another notation leaves the choice as it is."""
        inputs, outputs = self._symbols(network)
        if self._listed == (*inputs, *outputs):
            return
        same = self._across.count() == len(inputs) and self._output.count() == len(outputs)
        self._listed = (*inputs, *outputs)
        for box, symbols, first in ((self._across, inputs, 0), (self._up, inputs, 1), (self._output, outputs, 0)):
            place = box.currentIndex() if same else min(first, len(symbols) - 1)
            box.clear()
            box.addItems(symbols)
            box.setCurrentIndex(place)
        for box in (self._up, self._draw):
            box.setEnabled(network.inputs > 1)

    def _symbols(self, network: Network) -> tuple[list[str], list[str]]:
        s, last = symbols_of(self._preferences.notation, network), len(network.layers)
        inputs = [to_text(s.output(0, unit)) for unit in range(network.inputs)]
        return inputs, [to_text(s.output(last, unit)) for unit in range(network.outputs)]

    def _redraw(self) -> None:
        snapshot, samples = self._snapshot, self._controller.base.samples
        network = snapshot.network
        if samples.inputs.shape[1] != network.inputs or samples.targets.shape[1] != network.outputs:
            return  # between two shapes: the next snapshot fits
        self._list_choices(network)
        output = max(0, self._output.currentIndex())
        across, up = max(0, self._across.currentIndex()), max(0, self._up.currentIndex())
        held = samples.inputs[min(snapshot.sample, len(samples) - 1)]
        self._plane = plane = _Plane(network, snapshot.parameters, held, across, up, output)
        cells = CELLS_WHILE_RUNNING if self._controller.running else CELLS
        xs = span(samples.inputs[:, across], cells)
        if network.inputs == 1:
            self._draw_curve(plane, samples, xs)
            return
        ys = span(samples.inputs[:, up], cells)
        self._values = plane.outputs(xs, ys)
        middle, reach = scale_of(self._values, network.layers[-1].activation)
        self._image.show(heat(self._values, middle, reach, self._roles), extent(xs, ys))
        self._curve.set_data(np.empty(0), np.empty(0))
        self._area.name_axes(
            _axis(self._across.currentText(), samples.column(across)),
            _axis(self._up.currentText(), samples.column(up)),
        )
        self._show_samples(samples, across, up, output, middle)

    def _show_samples(self, samples: Samples, across: int, up: int, output: int, middle: float) -> None:
        dots = (samples, across, up, output, middle)
        if dots[1:] == self._dots[1:] and samples is self._dots[0]:
            return
        self._dots = dots
        x, y, t = samples.inputs[:, across], samples.inputs[:, up], samples.targets[:, output]
        high = t >= (middle if middle else float(np.median(t)))
        for rows, above, below in zip(
            samples.rows(), (self._high, self._high_test), (self._low, self._low_test), strict=True
        ):
            shown = rows[:MOST_POINTS]
            for points, chosen in ((above, shown[high[shown]]), (below, shown[~high[shown]])):
                points.set_data(x[chosen], y[chosen])

    def _draw_curve(self, plane: "_Plane", samples: Samples, xs: Floats) -> None:
        self._values = plane.outputs(xs, xs[:1])
        found, output = self._values[0], plane.output
        self._dots = ()
        self._image.hide()
        self._curve.set_data(xs, found)
        said = samples.column(plane.network.inputs + output)
        self._area.name_axes(
            _axis(self._across.currentText(), samples.column(0)), _axis(self._output.currentText(), said)
        )
        for rows, points, others in zip(
            samples.rows(), (self._high, self._high_test), (self._low, self._low_test), strict=True
        ):
            shown = rows[:MOST_POINTS]
            points.set_data(samples.inputs[shown, 0], samples.targets[shown, output])
            others.set_data(np.empty(0), np.empty(0))

    def _add_sample(self, point: QPointF) -> None:
        """Put a sample where the plane was clicked."""
        value = str(self._draw.currentData())
        if not value or not self._draw.isEnabled():
            return
        across, up, output = self._across.currentIndex(), self._up.currentIndex(), self._output.currentIndex()

        def edit(session: Session) -> Session:
            x = session.samples.inputs[min(session.view.sample, len(session.samples) - 1)].copy()
            x[across], x[up] = point.x(), point.y()
            t = np.zeros(session.network.outputs)
            t[output] = float(value)
            samples = session.samples.with_rows(
                np.vstack([session.samples.inputs, x]), np.vstack([session.samples.targets, t])
            )
            return set_samples(session, samples)

        self._editor.apply("Draw samples", edit)

    def _read_off(self, point: QPointF | None) -> None:
        """Say what the network answers at the very place pointed at."""
        plane = self._plane
        if point is None or plane is None:
            self._reading.setText(" ")
            return
        x, y = np.array([point.x()]), np.array([point.y()])
        written = self._preferences.number_format(float(plane.outputs(x, y)[0, 0]))
        places = [(plane.across, point.x())]
        if plane.network.inputs > 1:
            places.append((plane.up, point.y()))
        told = [self._controller.base.samples.told(place, value) for place, value in places]
        self._reading.setText("   ".join([written, *filter(None, told)]))

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._curve.set_color(roles.positive, 2)
        for points in (self._high, self._low, self._high_test, self._low_test):
            points.set_color(roles.text)
        self._soon.ask()


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """A network's output over two of its inputs; the others are those of the sample ``held``, (inputs,)."""

    network: Network
    parameters: Parameters
    held: Floats
    across: int
    up: int
    output: int

    def outputs(self, xs: Floats, ys: Floats) -> Floats:
        """Return the outputs at all pairs of places, (places up, places across); of one input only ``xs`` count."""
        first, *rest = self.network.layers
        w, b = self.parameters.weights[0], self.parameters.biases[0]
        others = self.held.copy()
        others[[self.across, self.up]] = 0.0
        with np.errstate(all="ignore"):  # only two inputs vary: the first sums are put together, not computed anew
            a = np.tile(others @ w + b + xs[:, None] * w[self.across], (len(ys), 1))
            if self.up != self.across:
                a += np.repeat(ys[:, None] * w[self.up], len(xs), axis=0)
            found = first.activation(a)
        if rest:
            network = Network(first.units, tuple(rest))
            parameters = Parameters(self.parameters.weights[1:], self.parameters.biases[1:])
            found = outputs_of(network, parameters, found)[-1]
        return found[:, self.output].reshape(len(ys), len(xs))


def _axis(symbol: str, column: Column) -> str:
    """Return what an axis is called: the axes show the numbers the network sees."""
    return " ".join(filter(None, (symbol, column.name, "(scaled)" if column.scaled else "")))

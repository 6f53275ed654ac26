"""How weights, activations and gradients are spread, layer by layer: where gradients vanish or explode is seen."""

import math
import time
from html import escape

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import Network
from backprop_gui.explain.names import layer_title
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, mix
from backprop_gui.ui.widgets.choices import choice_box, narrow
from backprop_gui.ui.widgets.plot_area import Curve, PlotArea, PlotPanel

MOST_POINTS = 1500
SECONDS, SECONDS_UNSEEN = 0.05, 0.5
"""How far apart the values are that are taken while training runs, and while nobody looks."""
QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
_WHAT = {"gradients": "Gradients", "activations": "Activations", "deltas": "Deltas", "weights": "Weights"}
_NOTHING: Floats = np.empty(0)


class LayerPlot(PlotPanel):
    """A quantity over training: of all layers the median size, one curve each on a logarithmic scale; of one layer
    the spread of its values, as a band from the least to the largest with the middle half and the median in it.

    Values are taken from the shown sample. A curve that sinks away from the others is a vanishing gradient.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            PlotArea("Distributions", "epoch", "median size", desk.theme, least_x=0.0), self._redraw, desk.controller
        )
        self._roles = desk.theme.roles
        self._taken = 0.0
        self._what = choice_box("Quantity", _WHAT)
        self._layer = choice_box("Layer")
        for box in (self._what, self._layer):
            narrow(box)
        self._legend = QLabel()
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._legend.setWordWrap(True)
        self._area.set_logarithmic(True)
        self._range, self._half, self._median = self._area.add_band(), self._area.add_band(), self._area.add_curve()
        self._curves: list[Curve] = []
        self._positions: list[float] = []
        self._rows: dict[str, list[Floats]] = {what: [] for what in _WHAT}  # (layers, size and quantiles) each
        row = QHBoxLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self._what, 1)
        row.addWidget(self._layer, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._legend)
        self._what.activated.connect(self._redraw)
        self._layer.activated.connect(self._choose_layer)
        desk.controller.snapshot_changed.connect(self._show)
        desk.theme.changed.connect(self._color)
        self._show(desk.controller.snapshot)

    def points(self, layer: int) -> tuple[Floats, Floats]:
        """Return positions and sizes of a layer (from 0) as they are drawn."""
        return self._curves[layer].data()

    def spread(self) -> list[Floats]:
        """Return the quantiles of the chosen layer as they are drawn, the least first."""
        curves = (self._range.lower, self._half.lower, self._median, self._half.upper, self._range.upper)
        return [curve.data()[1] for curve in curves]

    def _show(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; going back forgets what came after, another shape everything."""
        now, apart = time.perf_counter(), SECONDS_UNSEEN if self.visibleRegion().isEmpty() else SECONDS
        if self._controller.running and now < self._taken + apart:
            return
        self._taken = now
        if len(self._curves) != len(snapshot.network.layers):
            self._begin(snapshot.network)
        kept = int(np.searchsorted(self._positions, snapshot.position))
        del self._positions[kept:]
        self._positions.append(snapshot.position)
        trace = snapshot.trace
        for what, arrays in (
            ("gradients", trace.gradients.weights),
            ("activations", trace.outputs[1:]),
            ("deltas", trace.deltas),
            ("weights", snapshot.parameters.weights),
        ):
            del self._rows[what][kept:]
            self._rows[what].append(np.array([_spread(one) for one in arrays]))
        if len(self._positions) > 2 * MOST_POINTS:  # thin out, the newest stays
            self._positions = [*self._positions[:-1:2], self._positions[-1]]
            self._rows = {what: [*rows[:-1:2], rows[-1]] for what, rows in self._rows.items()}
        self._soon.ask()

    def _begin(self, network: Network) -> None:
        """Forget what was, and stand ready for another number of layers."""
        self._positions.clear()
        for rows in self._rows.values():
            rows.clear()
        for curve in self._curves:
            curve.set_data(_NOTHING, _NOTHING)
        self._curves = [self._area.add_curve() for _ in network.layers]
        self._titles = [layer_title(network, k + 1) for k in range(len(network.layers))]
        self._layer.clear()
        for place, title in enumerate(["all layers", *self._titles]):
            self._layer.addItem(title, place - 1)
        self._choose_layer()
        self._color(self._roles)

    def _choose_layer(self) -> None:
        one = int(self._layer.currentData()) >= 0
        self._write_legend()
        self._area.set_logarithmic(not one)
        self._area.name_axes("epoch", "value" if one else "median size")
        self._redraw()

    def _write_legend(self) -> None:
        """Say which curve is which: each layer's name behind a stroke as thick and in the colour of its curve."""
        if int(self._layer.currentData()) >= 0:
            self._legend.setText("Line: median; strong band: the middle half; pale: all values.")
            return
        colors, strokes = self._roles.series, "─━▬■"
        entries = (
            f'<span style="color: {colors[layer % len(colors)].name()}">{strokes[min(layer, 3)] * 2}</span>&nbsp;'
            + escape(title).replace(" ", "&nbsp;")
            for layer, title in enumerate(self._titles)
        )
        self._legend.setText(" &nbsp; ".join(entries))

    def _redraw(self) -> None:
        if not self._positions:
            return
        x, layer = np.array(self._positions), int(self._layer.currentData())
        rows = np.array(self._rows[str(self._what.currentData())])
        for place, curve in enumerate(self._curves):
            curve.set_data(*((x, rows[:, place, 0]) if layer < 0 else (_NOTHING, _NOTHING)))
        low, lower, median, upper, high = rows[:, layer, 1:].T if layer >= 0 else [_NOTHING] * 5
        x = x if layer >= 0 else _NOTHING
        self._range.set_data(x, low, high)
        self._half.set_data(x, lower, upper)
        self._median.set_data(x, median)
        self._area.say_empty("Train, and each layer draws its curve here." if len(self._positions) < 2 else "")
        self._area.settle()

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        if self._layer.count():
            self._write_legend()
        for layer, curve in enumerate(self._curves):
            curve.set_color(roles.series[layer % len(roles.series)], 1 + min(layer, 3))
        pale, strong = (mix(roles.surface, roles.positive, share) for share in (0.15, 0.4))
        self._range.set_color(pale, pale)
        self._half.set_color(strong, strong)
        self._median.set_color(roles.text)


def _spread(values: Floats) -> list[float]:
    """Return the median size, and the quantiles. A size of 0 has no place on a logarithmic scale: NaN."""
    size = float(np.quantile(np.abs(values), 0.5))  # NumPy's median would load its masked arrays: 40 ms at the start
    return [size or math.nan, *np.quantile(values, QUANTILES).tolist()]

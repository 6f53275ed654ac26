"""How weights, activations and gradients are spread, layer by layer: where gradients vanish or explode is seen."""

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.explain.names import layer_title
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.choices import choice_box
from backprop_gui.ui.plots.plot_area import Curve, PlotArea
from backprop_gui.ui.theme import GRID, Roles, ThemeManager

MOST_POINTS = 1500
FRAME_MILLISECONDS = 60
_WHAT = {"gradients": "Gradients", "activations": "Activations", "deltas": "Deltas", "weights": "Weights"}
_TINY = 1e-300


class DistributionPlot(QWidget):
    """Per layer the median size of a quantity over training, on a logarithmic scale: one curve per layer.

    Sizes are taken from the shown sample. A curve that sinks away from the others is a vanishing gradient.
    """

    def __init__(self, controller: Controller, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller, self._roles = controller, theme.roles
        self._what = choice_box("Quantity", _WHAT)
        self._legend = QLabel()
        self._legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._area = PlotArea("Distributions", "epoch", "median size", theme, least_x=0.0)
        self._area.set_logarithmic(True)
        self._curves: list[Curve] = []
        self._positions: list[float] = []
        self._sizes: dict[str, list[list[float]]] = {what: [] for what in _WHAT}
        row = QHBoxLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self._what)
        row.addWidget(self._legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._area, 1)
        self._soon = QTimer(self, singleShot=True, interval=FRAME_MILLISECONDS)
        self._soon.timeout.connect(self._redraw)
        self._what.activated.connect(self._redraw)
        controller.snapshot_changed.connect(self._show)
        theme.changed.connect(self._color)
        self._show(controller.snapshot)

    def points(self, layer: int) -> tuple[Floats, Floats]:
        """Return positions and sizes of a layer (from 0) as they are drawn."""
        return self._curves[layer].data()

    def _show(self, snapshot: Snapshot) -> None:
        """Take in a snapshot; going back forgets what came after, another shape everything."""
        layers = len(snapshot.network.layers)
        if len(self._curves) != layers:
            self._positions.clear()
            for sizes in self._sizes.values():
                sizes.clear()
            for curve in self._curves:
                curve.set_data(np.empty(0), np.empty(0))
            self._curves = [self._area.add_curve() for _ in range(layers)]
            titles = [layer_title(snapshot.network, k + 1) for k in range(layers)]
            told = "from thin to thick: " + ", ".join(titles)
            self._legend.setText(told)
            self._legend.setToolTip(told)
            self._color(self._roles)
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
            del self._sizes[what][kept:]
            self._sizes[what].append([max(float(np.median(np.abs(one))), _TINY) for one in arrays])
        if len(self._positions) > 2 * MOST_POINTS:  # thin out, the newest stays
            self._positions = [*self._positions[:-1:2], self._positions[-1]]
            self._sizes = {what: [*sizes[:-1:2], sizes[-1]] for what, sizes in self._sizes.items()}
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: object) -> None:
        """Catch up with what happened while hidden."""
        del event
        self._redraw()

    def _redraw(self) -> None:
        sizes = np.array(self._sizes[str(self._what.currentData())])
        for layer, curve in enumerate(self._curves):
            curve.set_data(np.array(self._positions), sizes[:, layer])
        self._area.say_empty("Train, and each layer draws its curve here." if len(self._positions) < 2 else "")

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        for layer, curve in enumerate(self._curves):
            curve.set_color(roles.series[layer % len(roles.series)], 1 + min(layer, 3))

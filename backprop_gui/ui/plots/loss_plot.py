"""The loss over the epochs."""

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from backprop_gui.engine.arrays import Floats
from backprop_gui.runs.summary import end_of
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.preferences import GHOSTS
from backprop_gui.ui.theme import GRID, Roles, mix, number_font
from backprop_gui.ui.widgets.plot_area import PlotArea, PlotPanel


class LossPlot(PlotPanel):
    """Mean loss over all samples, from the first epoch to now; linear or logarithmic."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(PlotArea("Loss plot", "epoch", "loss", desk.theme, least_x=0.0), self._redraw, desk.controller)
        self._time, self._preferences = desk.time, desk.preferences
        self._ghosts_due = True
        self._ghosts = [self._area.add_curve() for _ in range(max(map(int, GHOSTS)))]
        self._curve, self._test = self._area.add_curve(), self._area.add_curve()
        self._logarithmic = QCheckBox("Logarithmic")
        self._logarithmic.setAccessibleName("Logarithmic")
        self._logarithmic.toggled.connect(self._area.set_logarithmic)
        self._logarithmic.toggled.connect(self._redraw_all)
        fit = QPushButton("Fit")
        fit.setAccessibleName("Fit")
        fit.clicked.connect(self._area.fit)
        self._legend = QLabel()
        self._legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._reading = QLabel()
        self._reading.setFont(number_font())
        row = QHBoxLayout()
        row.setContentsMargins(GRID, GRID // 2, GRID, 0)
        row.setSpacing(GRID)
        row.addWidget(self._logarithmic)
        row.addWidget(fit)
        row.addWidget(self._legend, 1)
        row.addWidget(self._reading)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._area, 1)
        self._area.pointed.connect(self._read_off)
        self._area.clicked.connect(self._look_at)
        desk.controller.snapshot_changed.connect(self._soon.ask)
        for changed in (desk.controller.runs_changed, desk.controller.running_changed, desk.preferences.changed):
            changed.connect(self._ask_for_all)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)

    def points(self) -> tuple[Floats, Floats]:
        """Return epochs and losses as they are drawn."""
        self._soon.now()
        return self._curve.data()

    def _redraw_all(self) -> None:
        self._ghosts_due = True
        self._redraw()

    def _ask_for_all(self) -> None:
        self._ghosts_due = True
        self._soon.ask()

    def _redraw(self) -> None:
        if self._ghosts_due:
            self._ghosts_due = False
            self._show_ghosts()
        snapshot, history = self._controller.snapshot, self._controller.history
        epochs, losses, tests = history.epochs, history.losses, history.test_losses.copy()
        if not len(epochs) or snapshot.position > epochs[-1]:
            epochs, losses = np.append(epochs, snapshot.position), np.append(losses, snapshot.loss)
        else:
            epochs, losses = epochs.copy(), losses.copy()
        if self._logarithmic.isChecked():
            losses[losses <= 0] = np.nan
            tests[tests <= 0] = np.nan
        kept = np.isfinite(tests)
        self._test.set_data(epochs[: len(tests)][kept], tests[kept])
        self._legend.setText("- - test" if kept.any() else "")
        self._legend.setToolTip("The dashed curve is the loss over the samples kept for testing")
        self._curve.set_data(epochs, losses)
        self._area.mark(None if self._controller.past is None else snapshot.position)
        self._area.say_empty("Press Space and watch the loss fall." if len(epochs) < 2 else "")
        self._area.settle()

    def _show_ghosts(self) -> None:
        """Draw the newest other runs, pinned ones first, as faint curves behind the one shown."""
        book = self._controller.book
        shown = book.needed(self._controller.newest)
        others = [run for run in reversed(book.runs.values()) if run.id not in shown]
        others = sorted(others, key=lambda run: not run.pinned)[: self._preferences.ghosts]
        for place, ghost in enumerate(self._ghosts):
            if place >= len(others):
                ghost.set_data(np.empty(0), np.empty(0))
                continue
            history = book.curve(end_of(others[place]))
            losses = history.losses
            if self._logarithmic.isChecked():
                losses[losses <= 0] = np.nan
            ghost.set_data(history.epochs, losses)

    def _read_off(self, point: QPointF | None) -> None:
        epochs, losses = self._curve.data()
        if point is None or not len(epochs):
            self._reading.setText("")
            return
        nearest = int(np.argmin(np.abs(epochs - point.x())))
        number = self._preferences.number_format(float(losses[nearest]))
        self._reading.setText(f"epoch {epochs[nearest]:,.6g}   loss {number}")

    def _look_at(self, point: QPointF) -> None:
        self._time.look_at_epoch(max(0.0, round(point.x())))

    def _color(self, roles: Roles) -> None:
        for ghost in self._ghosts:
            ghost.set_color(mix(roles.surface, roles.muted, 0.45))
        self._curve.set_color(roles.positive)
        self._test.set_color(roles.negative, dashed=True)

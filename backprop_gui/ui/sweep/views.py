"""What came of a sweep: loss curves as bands, outcomes in words, a heat map over two settings."""

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.engine.arrays import Floats
from backprop_gui.sweep.outcomes import bands_of, groups_of, over_two
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.sweep.results import Results
from backprop_gui.ui.sweep.words import LABELS, shown
from backprop_gui.ui.theme import GRID, Roles, mix, number_font
from backprop_gui.ui.widgets.choices import choice_box
from backprop_gui.ui.widgets.plot_area import PlotArea
from backprop_gui.ui.widgets.soon import Soon

FRAME_MILLISECONDS = 250
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR = 8
_STRONGEST = 0.6


class CurveBands(QWidget):
    """The losses of all finished runs over the epochs: from the least to the largest, the middle half, the median."""

    def __init__(self, desk: Desk, results: Results) -> None:
        super().__init__()
        self._results = results
        self._area = PlotArea("Losses of all runs", "epoch", "loss", desk.theme, least_x=0.0)
        self._range, self._half, self._median = self._area.add_band(), self._area.add_band(), self._area.add_curve()
        self._logarithmic = QCheckBox("Logarithmic")
        self._logarithmic.setAccessibleName("Logarithmic")
        self._logarithmic.setToolTip("Show losses by their powers of ten")
        self._logarithmic.toggled.connect(self._area.set_logarithmic)
        self._logarithmic.toggled.connect(self._draw)
        self._told = QLabel()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._logarithmic)
        layout.addWidget(self._area, 1)
        layout.addWidget(self._told)
        self._told.setWordWrap(True)
        self._soon = Soon(self, self._draw, FRAME_MILLISECONDS)
        results.changed.connect(self._soon.ask)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)

    def _draw(self) -> None:
        curves = [one.curve for one in self._results.all() if one.curve is not None]
        self._area.say_empty("" if curves else "Curves of finished runs come here.")
        if not curves:
            epochs, found = np.empty(0), np.empty((len(SHARES), 0))
        else:
            epochs, found = bands_of(curves, SHARES)
        if self._logarithmic.isChecked():
            found[found <= 0.0] = np.nan
        least, low, middle, high, most = found
        self._range.set_data(epochs, least, most)
        self._half.set_data(epochs, low, high)
        self._median.set_data(epochs, middle)
        runs = f"{len(curves):,} run{'s' * (len(curves) != 1)}"
        self._told.setText(f"{runs}: least to largest, the middle half, and the median as a line" if curves else "")

    def _color(self, roles: Roles) -> None:
        outer, inner = (mix(roles.surface, roles.positive, share) for share in (0.15, 0.35))
        self._range.set_color(outer, outer)
        self._half.set_color(inner, inner)
        self._median.set_color(roles.positive, 2)


class Outcomes(QWidget):
    """A histogram of where runs end, each bar with its sentence."""

    def __init__(self, desk: Desk, results: Results) -> None:
        super().__init__()
        self._results = results
        self._table = QTableWidget(0, 2)
        self._table.setAccessibleName("Outcomes")
        self._table.setToolTip("Where the runs end: those that end alike are counted together")
        self._table.setHorizontalHeaderLabels(["Share", "Outcome"])
        self._table.verticalHeader().hide()
        self._table.setTabKeyNavigation(False)
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setFont(number_font())
        self._table.setColumnWidth(0, (_BAR + 3) * GRID)
        self._table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._table)
        self._roles = desk.theme.roles
        self._soon = Soon(self, self._draw, FRAME_MILLISECONDS)
        results.changed.connect(self._soon.ask)
        desk.theme.changed.connect(self._color)

    def _draw(self) -> None:
        plan, rows = self._results.plan, self._results.rows()
        what = "seed" if plan is not None and not plan.axes else "run"
        groups = groups_of(rows)
        self._table.setRowCount(len(groups))
        for place, group in enumerate(groups):
            share = len(group.runs) / len(rows)
            words = QTableWidgetItem(group.told(len(rows), what))
            listed = ", ".join(map(str, group.runs[:30])) + (", …" if len(group.runs) > 30 else "")
            words.setToolTip(f"Run{'s' * (len(group.runs) != 1)} {listed}")
            bar = QTableWidgetItem("█" * math.ceil(_BAR * share))
            bar.setData(Qt.ItemDataRole.AccessibleTextRole, f"{share:.0%}")
            bar.setForeground(self._roles.negative if group.end == "diverge" else self._roles.positive)
            self._table.setItem(place, 0, bar)
            self._table.setItem(place, 1, words)

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._soon.ask()


class HeatMap(QWidget):
    """A number for every pair of values of the two settings, the stronger the colour the better."""

    def __init__(self, desk: Desk, results: Results) -> None:
        super().__init__()
        self._results, self._number = results, desk.preferences
        self._what = choice_box(
            "Shown", {"median": "median loss", "best": "best loss", "done": "share that did not diverge"}
        )
        self._what.setToolTip("What is shown of the runs of each pair of values")
        self._what.activated.connect(self._draw)
        self._table = QTableWidget()
        self._table.setAccessibleName("Heat map")
        self._table.setToolTip("The stronger the colour the better")
        self._table.setTabKeyNavigation(False)
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setFont(number_font())
        self._told = QLabel()
        self._told.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(QLabel("Shown"))
        row.addWidget(self._what, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID // 2, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._told)
        layout.addWidget(self._table, 1)
        layout.addStretch()
        self._roles = desk.theme.roles
        self._soon = Soon(self, self._draw, FRAME_MILLISECONDS)
        for signal in (results.changed, desk.preferences.changed):
            signal.connect(self._soon.ask)
        desk.theme.changed.connect(self._color)

    def _draw(self) -> None:
        plan = self._results.plan
        two = plan is not None and len(plan.axes) == 2
        self._table.setVisible(two)
        if plan is None or not two:
            self._told.setText("Vary two settings to see a number for every pair of their values.")
            return
        up, across = plan.keys
        found = over_two(plan, self._results.rows(), across, up, str(self._what.currentData()))
        words = dict(plan.axes)
        self._table.setRowCount(found.shape[0])
        self._table.setColumnCount(found.shape[1])
        for key, name in ((across, self._table.setHorizontalHeaderLabels), (up, self._table.setVerticalHeaderLabels)):
            name([shown(key, plan.written(key, word)) for word in words[key]])
        self._told.setText(f"{LABELS[up]} from row to row, {LABELS[across].lower()} from column to column")
        share = _shares(found, str(self._what.currentData()) == "done")
        for (row, column), value in np.ndenumerate(found):
            text = "" if math.isnan(value) else f"{value:.0%}" if self._percent() else self._number.number_format(value)
            item = QTableWidgetItem(text)
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            strength = _STRONGEST * float(share[row, column])
            item.setBackground(mix(self._roles.surface, self._roles.positive, strength))
            self._table.setItem(row, column, item)
        self._table.resizeColumnsToContents()

    def _percent(self) -> bool:
        return str(self._what.currentData()) == "done"

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._soon.ask()


def _shares(found: Floats, more: bool) -> Floats:
    """Return how strong each cell is, 0 to 1: the better the stronger, by rank; nothing where there is no number."""
    known = np.isfinite(found)
    values = np.unique(found[known])
    if more:
        return np.where(known, found, 0.0)
    place = np.searchsorted(values, np.where(known, found, 0.0))
    return np.where(known, 1.0 - place / max(1, len(values)), 0.0)

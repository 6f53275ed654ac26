"""Two runs side by side: curves overlaid, settings and results with the differences marked, weights."""

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.explain.names import name
from backprop_gui.runs.summary import Summary, compare
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, number_font
from backprop_gui.ui.widgets.labelled import labelled
from backprop_gui.ui.widgets.plot_area import PlotArea


class ComparisonDialog(QDialog):
    """Stays open beside the window; ``shown`` asks for the end of one of the two runs, by its id."""

    shown = Signal(str)

    def __init__(self, desk: Desk, first: Summary, second: Summary, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"{first.run.name} and {second.run.name}")
        self.resize(80 * GRID, 70 * GRID)
        self._desk, self._runs = desk, (first, second)
        found = compare(first, second)
        tabs = QTabWidget()
        tabs.setAccessibleName("Comparison")
        tabs.addTab(self._table("Settings", found.settings), "Settings")
        tabs.addTab(self._table("Results", found.results), "Results")
        if found.weights:
            notation, number = desk.preferences.notation, desk.preferences.number_format
            rows = [
                (name(first.end.network, ref, notation), number(a), number(b), number(b - a), a != b)
                for ref, a, b in found.weights
            ]
            tabs.addTab(self._weights(rows), "Weights")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        for one in self._runs:
            tip = "Look at the end of this run on the canvas and in every panel"
            button = labelled(QPushButton(), f"Show {one.run.name}", tip)
            button.clicked.connect(lambda _checked=False, run_id=one.run.id: self.shown.emit(run_id))
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addWidget(self._legend())
        layout.addWidget(self._curves(), 1)
        layout.addWidget(tabs, 1)
        layout.addWidget(buttons)

    def _legend(self) -> QLabel:
        first, second = (one.run.name for one in self._runs)
        label = QLabel(f"solid: {first}    dashed: {second}")
        label.setTextFormat(Qt.TextFormat.PlainText)
        return label

    def _curves(self) -> PlotArea:
        area = PlotArea("Loss of both runs", "epoch", "loss", self._desk.theme, least_x=0.0)
        roles = self._desk.theme.roles
        for one, color, dashed in zip(self._runs, (roles.positive, roles.negative), (False, True), strict=True):
            history = self._desk.controller.book.curve(one.end)
            curve = area.add_curve()
            curve.set_color(color, dashed=dashed)
            curve.set_data(np.append(history.epochs, one.end.position), np.append(history.losses, one.loss))
        return area

    def _table(self, title: str, rows: list[tuple[str, str, str]]) -> QTableWidget:
        return self._filled(
            title, ("", *(one.run.name for one in self._runs)), [(*row, row[1] != row[2]) for row in rows]
        )

    def _weights(self, rows: list[tuple[str, str, str, str, bool]]) -> QTableWidget:
        return self._filled("Weights", ("", *(one.run.name for one in self._runs), "difference"), rows)

    def _filled(self, title: str, heads: tuple[str, ...], rows: list[tuple[str | bool, ...]]) -> QTableWidget:
        """Return a table; the last entry of a row says whether it differs, which is marked in words and in bold."""
        table = QTableWidget(len(rows), len(heads) + 1)
        table.setAccessibleName(title)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalHeaderLabels([*heads, "differs"])
        table.verticalHeader().hide()
        table.setFont(number_font())
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setSectionResizeMode(len(heads), QHeaderView.ResizeMode.ResizeToContents)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # a number without its exponent would be another one
        for row, (*texts, differs) in enumerate(rows):
            for column, text in enumerate([*texts, "≠" if differs else ""]):
                item = QTableWidgetItem(str(text))
                font = item.font()
                font.setBold(bool(differs))
                item.setFont(font)
                table.setItem(row, column, item)
        return table

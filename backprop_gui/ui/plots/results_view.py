"""How right the network is: accuracy on training and test samples, and which class it takes for which."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.engine.evaluate import accuracy, confusion, has_classes, outputs_of
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, mix, number_font
from backprop_gui.ui.widgets.soon import Soon

FRAME_MILLISECONDS = 250
MOST_WHILE_RUNNING = 20_000
"""With more samples than this, results wait until training pauses."""
_NO_CLASSES = (
    "Targets of 0 and 1 (one output), or one 1 in each row, are classes; these are not, so only the loss tells."
)


class ResultsView(QWidget):
    """Accuracies in words, and a confusion matrix: rows are targets, columns what the network says."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._controller, self._roles = desk.controller, desk.theme.roles
        self._told = QLabel()
        self._told.setWordWrap(True)
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._which = QComboBox()
        self._which.setAccessibleName("Confusion of")
        self._which.addItems(["training samples", "test samples"])
        self._table = QTableWidget()
        self._table.setAccessibleName("Confusion matrix")
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setFont(number_font())
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._table.horizontalHeader().setMinimumSectionSize(3 * GRID)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._told)
        layout.addWidget(self._which)
        layout.addWidget(self._table, 1)
        self._soon = Soon(self, self._measure, FRAME_MILLISECONDS)
        self._which.activated.connect(self._measure)
        desk.controller.snapshot_changed.connect(self._soon.ask)
        desk.controller.running_changed.connect(self._soon.ask)
        desk.theme.changed.connect(self._color)

    def told(self) -> str:
        """Return the accuracies in words."""
        return self._told.text()

    def counts(self) -> list[list[int]]:
        """Return the confusion matrix as shown."""
        rows, columns = range(self._table.rowCount()), range(self._table.columnCount())
        items = [[self._table.item(row, column) for column in columns] for row in rows]
        return [[int(item.text()) if item else 0 for item in row] for row in items]

    def _measure(self) -> None:
        samples, snapshot = self._controller.base.samples, self._controller.snapshot
        fits = (
            samples.inputs.shape[1] == snapshot.network.inputs and samples.targets.shape[1] == snapshot.network.outputs
        )
        if not fits or (self._controller.running and len(samples) > MOST_WHILE_RUNNING):
            return
        classes = has_classes(samples.targets)
        self._table.setVisible(classes)
        self._which.setVisible(classes)
        if not classes:
            self._told.setText(_NO_CLASSES)
            return
        found = outputs_of(snapshot.network, snapshot.parameters, samples.inputs)[-1]
        train, test = samples.rows()
        told = [f"Training: {accuracy(found[train], samples.targets[train]):.2%} of {len(train):,} right"]
        if len(test):
            told.append(f"Test: {accuracy(found[test], samples.targets[test]):.2%} of {len(test):,} right")
        self._told.setText("\n".join(told))
        self._which.setEnabled(len(test) > 0)
        rows = test if self._which.currentIndex() == 1 and len(test) else train
        self._fill(confusion(found[rows], samples.targets[rows]))

    def _fill(self, counts: np.ndarray[tuple[int, int], np.dtype[np.intp]]) -> None:
        size = len(counts)
        first = 0 if self._controller.base.network.outputs == 1 else 1  # one output tells 0 from 1, several y1, y2, ...
        samples = self._controller.base.samples
        names = [str(first + k) for k in range(size)]
        if samples.columns and samples.targets.shape[1] == size:
            told = [column.short_name for column in samples.columns[-size:]]
            names = [own or name for own, name in zip(told, names, strict=True)]
        self._table.setRowCount(size)
        self._table.setColumnCount(size)
        self._table.setHorizontalHeaderLabels(names)
        self._table.setVerticalHeaderLabels([f"target {name}" for name in names])
        totals = np.maximum(counts.sum(axis=1), 1)
        for row in range(size):
            for column in range(size):
                item = QTableWidgetItem(str(counts[row, column]))
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                sign = self._roles.positive if row == column else self._roles.negative
                item.setBackground(mix(self._roles.surface, sign, 0.5 * float(counts[row, column] / totals[row])))
                self._table.setItem(row, column, item)

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._soon.ask()

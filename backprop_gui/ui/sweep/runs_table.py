"""The table of a sweep's runs."""

import math
from collections.abc import Callable

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QTableView, QVBoxLayout, QWidget

from backprop_gui.sweep.rows import Row
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.sweep.results import Results
from backprop_gui.ui.sweep.words import LABELS, shown
from backprop_gui.ui.theme import number_font
from backprop_gui.ui.widgets.soon import Soon

FRAME_MILLISECONDS = 250
_MEASURED_ROWS = 40
Index = QModelIndex | QPersistentModelIndex
Cell = int | float | str


class RunsTable(QWidget):
    """A row per run, sorted by a click on a column's head; ``opened`` asks for a run by its number."""

    opened = Signal(int)
    selection_changed = Signal()

    def __init__(self, desk: Desk, results: Results) -> None:
        super().__init__()
        self._results, self._preferences = results, desk.preferences
        self._model = _Model(self)
        self._view = QTableView()
        self._view.setAccessibleName("Runs of the sweep")
        self._view.setToolTip("Enter or a double click opens a run as the session; a click on a head sorts")
        self._view.setModel(self._model)
        self._view.setSortingEnabled(True)
        self._view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self._view.setFont(number_font())
        self._view.verticalHeader().hide()
        self._view.horizontalHeader().setResizeContentsPrecision(_MEASURED_ROWS)
        self._view.setTabKeyNavigation(False)
        self._view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._view.activated.connect(self._activate)
        self._view.selectionModel().selectionChanged.connect(self.selection_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        self._soon = Soon(self, self._fill, FRAME_MILLISECONDS)
        results.changed.connect(self._soon.ask)
        desk.preferences.changed.connect(self._soon.ask)

    def selected(self) -> list[int]:
        """Return the numbers of the selected runs."""
        return sorted(self._model.run_at(index.row()) for index in self._view.selectionModel().selectedRows())

    def _activate(self, index: Index) -> None:
        self.opened.emit(self._model.run_at(index.row()))

    def _fill(self) -> None:
        plan = self._results.plan
        self._model.number = self._preferences.number_format
        self._model.show_rows(() if plan is None else plan.keys, self._results.rows())
        for column, empty in enumerate(self._model.empty_columns()):
            self._view.setColumnHidden(column, empty)
        self._view.resizeColumnsToContents()


class _Model(QAbstractTableModel):
    """Rows as they are shown, in the order they are sorted by; what is selected stays so."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.number: Callable[[float], str] = repr
        self._heads: list[str] = []
        self._cells: list[tuple[Cell, ...]] = []
        self._by, self._order = 0, Qt.SortOrder.AscendingOrder

    def show_rows(self, keys: tuple[str, ...], rows: list[Row]) -> None:
        """Show other rows; those that go on being there keep their places as long as the columns stay."""
        heads = ["Run", "Seed", *(LABELS[key] for key in keys)]
        heads += ["Loss", "Test loss", "Accuracy", "Epochs", "Outcome"]
        cells = [_cells_of(keys, row) for row in rows]
        if heads != self._heads or len(cells) < len(self._cells):
            self.beginResetModel()
            self._heads, self._cells = heads, cells
            self.endResetModel()
        else:
            self.layoutAboutToBeChanged.emit()
            self._change(cells)
            self.layoutChanged.emit()
        self.sort(self._by, self._order)

    def run_at(self, row: int) -> int:
        """Return the number of the run in a row."""
        return int(self._cells[row][0])

    def empty_columns(self) -> list[bool]:
        """Return for each column whether there is nothing to be shown in it."""
        return [bool(self._cells) and all(_is_nan(row[k]) for row in self._cells) for k in range(len(self._heads))]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what is not known comes last, words after numbers."""
        self._by, self._order = column, order
        if not 0 <= column < len(self._heads):
            return
        self.layoutAboutToBeChanged.emit()
        known = [row for row in self._cells if not _is_nan(row[column])]
        known.sort(key=lambda row: _rank(row[column]), reverse=order == _DOWN)
        self._change(known + [row for row in self._cells if _is_nan(row[column])])
        self.layoutChanged.emit()

    def _change(self, cells: list[tuple[Cell, ...]]) -> None:
        """Put the rows in another order; indexes that views hold follow their runs."""
        places = {row[0]: place for place, row in enumerate(cells)}
        held = self.persistentIndexList()
        moved = [self.index(places[self._cells[one.row()][0]], one.column()) for one in held]
        self._cells = cells
        self.changePersistentIndexList(held, moved)

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the head of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell's words."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        value = self._cells[index.row()][index.column()]
        if isinstance(value, float):
            percent = self._heads[index.column()] == "Accuracy"
            return "" if math.isnan(value) else f"{value:.1%}" if percent else self.number(value)
        return f"{value:,}" if isinstance(value, int) else value


_DOWN = Qt.SortOrder.DescendingOrder


def _cells_of(keys: tuple[str, ...], row: Row) -> tuple[Cell, ...]:
    settings = [shown(key, value) for key, value in zip(keys, row.values, strict=True)]
    return row.run, row.seed, *settings, row.loss, row.test_loss, row.accuracy, row.epochs, row.outcome


def _rank(value: Cell) -> tuple[bool, float, str]:
    """Return what a cell is sorted by: numbers, also those written as words, before words."""
    try:
        return False, float(value), ""
    except ValueError:
        return True, 0.0, str(value)


def _is_nan(value: Cell) -> bool:
    return isinstance(value, float) and math.isnan(value)

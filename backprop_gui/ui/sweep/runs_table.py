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
        if self._model.show_rows(() if plan is None else plan.keys, self._results.rows()):
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
        self._known: dict[int, tuple[Row, tuple[Cell, ...]]] = {}
        self._by, self._order = 0, Qt.SortOrder.AscendingOrder

    def show_rows(self, keys: tuple[str, ...], rows: list[Row]) -> bool:
        """Show more rows, or those of another sweep; return whether it is another. Cells are made once for a row."""
        heads = ["Run", "Seed", *(LABELS[key] for key in keys)]
        heads += ["Loss", "Test loss", "Accuracy", "Epochs", "Outcome"]
        before, self._known = self._known, {}
        for row in rows:
            kept = before.get(row.run)
            self._known[row.run] = kept if kept is not None and kept[0] is row else (row, _cells_of(keys, row))
        another = (
            heads != self._heads or not before or any(self._known.get(run) is not one for run, one in before.items())
        )
        cells = self._sorted([kept[1] for kept in self._known.values()])
        if another:
            self.beginResetModel()
            self._heads, self._cells = heads, cells
            self.endResetModel()
        else:
            self._change(cells)
        return another

    def run_at(self, row: int) -> int:
        """Return the number of the run in a row."""
        return int(self._cells[row][0])

    def empty_columns(self) -> list[bool]:
        """Return for each column whether there is nothing to be shown in it, as the first row has it."""
        return [_is_nan(cell) for cell in self._cells[0]] if self._cells else [False] * len(self._heads)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what is not known comes last, words after numbers."""
        self._by, self._order = column, order
        self._change(self._sorted(self._cells))

    def _sorted(self, cells: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
        by = self._by
        if not cells or not 0 <= by < len(cells[0]):
            return cells
        known = [row for row in cells if not _is_nan(row[by])]
        down = self._order == Qt.SortOrder.DescendingOrder
        known.sort(key=lambda row: _rank(row[by]), reverse=down)
        return known + [row for row in cells if _is_nan(row[by])] if len(known) < len(cells) else known

    def _change(self, cells: list[tuple[Cell, ...]]) -> None:
        """Put the rows in another order, more of them perhaps; indexes that views hold follow their runs."""
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        places = {row[0]: place for place, row in enumerate(cells)} if held else {}
        moved = [self.createIndex(places[self._cells[one.row()][0]], one.column()) for one in held]
        self._cells = cells
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

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
        """Return a cell's words, and where they stand."""
        value = self._cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and not _rank(value)[0]:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if isinstance(value, float):
            percent = self._heads[index.column()] == "Accuracy"
            return "" if math.isnan(value) else f"{value:.1%}" if percent else self.number(value)
        return f"{value:,}" if isinstance(value, int) else value


def _cells_of(keys: tuple[str, ...], row: Row) -> tuple[Cell, ...]:
    settings = [shown(key, value) for key, value in zip(keys, row.values, strict=True)]
    return row.run, row.seed, *settings, row.loss, row.test_loss, row.accuracy, row.epochs, row.outcome


def _rank(value: Cell) -> tuple[bool, float, str]:
    """Return what a cell is sorted by: numbers, also those written as words, before words."""
    if not isinstance(value, str):
        return False, value, ""
    try:
        return False, float(value), ""
    except ValueError:
        return True, 0.0, str(value)


def _is_nan(value: Cell) -> bool:
    return isinstance(value, float) and math.isnan(value)

"""The samples as a table model over the arrays, and the text that tables are pasted and copied as."""

import io
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from backprop_gui.data.samples import Samples
from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.text_source import TextSource
from backprop_gui.data.tables.whole import Whole, at_once, read_whole_table
from backprop_gui.engine.errors import FieldError
from backprop_gui.explain.numbers import NumberFormat, exact
from backprop_gui.ui.widgets.field import read_number
from backprop_gui.ui.widgets.tips import tip

MOST_NAME = 12
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


class SampleModel(QAbstractTableModel):
    """Row k is sample k: inputs, then targets.

    ``symbol_of`` a column heads it; editing calls ``edit(row, column, value)``.
    """

    def __init__(
        self,
        samples: Samples,
        number_format: NumberFormat,
        edit: Callable[[int, int, str], bool],
        symbol_of: Callable[[int], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._symbol_of = symbol_of
        self._samples, self._format, self._edit = samples, number_format, edit
        self._tests: frozenset[int] = frozenset(samples.rows()[1].tolist())
        self._current = 0
        self._tint, self._target_tint = QColor(), QColor()

    def show_samples(self, samples: Samples) -> None:
        """Show other samples; a table of the same shape keeps its selection and scroll position."""
        if samples is self._samples:
            return
        old, self._samples = self._samples, samples
        self._tests = frozenset(samples.rows()[1].tolist())
        if old.inputs.shape == samples.inputs.shape and old.targets.shape == samples.targets.shape:
            self._redraw()
        else:
            self.beginResetModel()
            self.endResetModel()

    def show_format(self, number_format: NumberFormat, tint: QColor, target_tint: QColor) -> None:
        """Write numbers otherwise, and tint the current row and the targets."""
        self._format, self._tint, self._target_tint = number_format, tint, target_tint
        self._redraw()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def mark(self, row: int) -> None:
        """Mark ``row`` as the current sample."""
        if row != self._current:
            before, self._current = self._current, row
            for changed in (before, row):
                if changed < self.rowCount():  # of another session's samples, which come in a moment, there may be more
                    self.dataChanged.emit(self.index(changed, 0), self.index(changed, self.columnCount() - 1))
                    self.headerDataChanged.emit(Qt.Orientation.Vertical, changed, changed)

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the number of samples."""
        return 0 if parent is not None and parent.isValid() else len(self._samples)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the number of inputs and targets together."""
        if parent is not None and parent.isValid():
            return 0
        return self._samples.inputs.shape[1] + self._samples.targets.shape[1]

    def value(self, row: int, column: int) -> float:
        """Return the number in a cell, as it was measured."""
        return self._samples.column(column).measured(self._seen(row, column))

    def _seen(self, row: int, column: int) -> float:
        inputs = self._samples.inputs.shape[1]
        if column < inputs:
            return float(self._samples.inputs[row, column])
        return float(self._samples.targets[row, column - inputs])

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        """Return what a cell shows."""
        row, column = index.row(), index.column()
        if role == Role.DisplayRole:
            return self._format(self.value(row, column))
        if role == Role.EditRole:
            return exact(self.value(row, column))
        if role == Role.ToolTipRole:
            scaled = self._samples.column(column).scaled
            seen = f"; the network sees {exact(self._seen(row, column))}" if scaled else ""
            return exact(self.value(row, column)) + seen
        if role == Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Role.BackgroundRole:
            if row == self._current:
                return self._tint
            return self._target_tint if column >= self._samples.inputs.shape[1] else None
        if role == Role.FontRole and row == self._current:
            bold = QFont()
            bold.setBold(True)
            return bold
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> object:
        """Return a column's name, or a sample's number and name with the mark of the current one."""
        if orientation == Qt.Orientation.Vertical:
            name = self._samples.name(section)
            if role == Role.ToolTipRole:
                return tip(name) or None
            if role != Role.DisplayRole:
                return None
            mark = "▶ " if section == self._current else ""
            short = f" {name[:MOST_NAME]}" if name else ""
            return f"{mark}{section + 1}{short}{' test' if section in self._tests else ''}"
        column = self._samples.column(section)
        if role == Role.ToolTipRole:
            scaled = f"scaled: (value − {column.shift:g}) / {column.scale:g}" if column.scaled else ""
            return tip("\n".join(filter(None, (column.name, scaled)))) or None
        if role != Role.DisplayRole:
            return None
        symbol = self._symbol_of(section)
        return f"{symbol}\n{column.name}" if column.name else symbol

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Every cell can be edited."""
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: object, role: int = Role.EditRole) -> bool:
        """Hand a typed text on as an edit of the document."""
        if role != Role.EditRole or str(value) == self.data(index, Role.EditRole):
            return False
        return self._edit(index.row(), index.column(), str(value))

    def _redraw(self) -> None:
        last = self.index(self.rowCount() - 1, self.columnCount() - 1)
        self.dataChanged.emit(self.index(0, 0), last)
        self.headerDataChanged.emit(Qt.Orientation.Vertical, 0, self.rowCount() - 1)


def is_table(text: str, room: int) -> bool:
    """Tell whether pasted text is more than numbers for ``room`` columns: it has names, words, or more columns."""
    try:
        whole = _read(text, Wishes())
    except FieldError:
        return False
    dialect = whole.source.dialect
    named = dialect is None or dialect.header
    return named or len(whole.facts) > room or any(one.wordy for one in whole.facts)


def read_block(text: str) -> list[list[float]]:
    """Return the numbers of a block of text copied from a spreadsheet or a CSV file, read as a table is.

    Raises:
        FieldError: no numbers, a cell that is none, or rows of different lengths.
    """
    if not text.strip():
        raise FieldError("paste", text, "copy some numbers first")
    columns = _read(text, Wishes(header=False)).columns
    for bad in columns.bad:
        found, wanted = bad.reason.partition(" where")[0], len(columns.columns)
        raise FieldError(f"pasted row {bad.line}", found, f"use {wanted} as in the other rows")
    for place, column in enumerate(columns.columns, start=1):
        for row, code in zip(*column.worded, strict=True):
            where, cell = f"pasted row {columns.line(int(row))}, column {place}", column.words[int(code)]
            try:
                read_number(cell)
            except FieldError as error:
                raise FieldError(where, cell, error.accepted) from error
            raise FieldError(where, cell, "use a number")
    return np.column_stack([column.values for column in columns.columns]).tolist()


def _read(text: str, wishes: Wishes) -> Whole:
    content = text.encode(errors="replace")
    return at_once(read_whole_table(TextSource(io.BytesIO(content), len(content), wishes)))


def with_block(samples: Samples, block: list[list[float]], row: int, column: int) -> Samples:
    """Return the samples with ``block``, as measured, written from (row, column) on; longer where it needs to be.

    Raises:
        FieldError: the block is wider than the table, or holds numbers that are not finite.
    """
    table = np.hstack([samples.inputs, samples.targets])
    width = table.shape[1]
    if column + len(block[0]) > width:
        found = f"{len(block[0])} column{'s' * (len(block[0]) != 1)}"
        raise FieldError("paste", found, f"from this column on there is room for {width - column}")
    rows = max(len(table), row + len(block))
    larger = np.zeros((rows, width))
    larger[: len(table)] = table
    for at in range(len(block[0])):
        own = samples.column(column + at)
        larger[row : row + len(block), column + at] = [own.value(line[at]) for line in block]
    split = samples.inputs.shape[1]
    return samples.with_rows(larger[:, :split], larger[:, split:])

"""The first rows of a table with the numbers as they are read, and above each column what it is for."""

from collections.abc import Iterator, Sequence
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QTableWidget, QTableWidgetItem

from backprop_gui.data.tables.columns import Source
from backprop_gui.data.tables.dialect import ROLES, Role
from backprop_gui.data.tables.numerals import is_missing, number
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.choices import choice_box
from backprop_gui.ui.widgets.tips import tip

PREVIEW_ROWS = 12
MOST_AT_ONCE = 16
"""Columns that are made in one go."""
_ROLE_TIP = (
    "input: the network sees it; target: what it learns, as a number; class: what it learns, one output per class; "
    "name: what the sample is called; ignore: left out"
)


class TablePreview(QTableWidget):
    """Row 0 has the roles; ``role_chosen`` tells a column (from 0) and the role the user chose for it."""

    role_chosen = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Preview")
        self.setToolTip("The first rows, with the numbers as they are read")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self._boxes: list[QComboBox] = []

    def show_table(self, source: Source, worded: Sequence[bool]) -> Iterator[int]:
        """Show other rows; ``worded`` columns show what the file says letter for letter; yields columns made."""
        columns = len(source.names)
        rows = source.rows[:PREVIEW_ROWS]
        self.clear()
        self.setColumnCount(columns)
        self.setRowCount(1 + len(rows))
        self.setHorizontalHeaderLabels(list(source.names))
        self.setVerticalHeaderLabels(["is", *(str(line) for line, _ in rows)])
        self._boxes = []
        decimal = source.dialect.decimal if source.dialect else "."
        for column in range(columns):
            box = choice_box(f"Column {source.names[column]} is", {one: one for one in ROLES})
            box.setToolTip(_ROLE_TIP)
            box.currentTextChanged.connect(partial(self.role_chosen.emit, column))
            self._boxes.append(box)
            self.setCellWidget(0, column, box)
            for row, (_, cells) in enumerate(rows, start=1):
                value = None if worded[column] else number(cells[column], decimal)
                self.setItem(row, column, _item(cells[column], value))
            if column % MOST_AT_ONCE == MOST_AT_ONCE - 1:
                yield column + 1
        self.setColumnWidth(0, max(self.columnWidth(0), 12 * GRID))

    def show_roles(self, roles: Sequence[Role]) -> None:
        """Show what each column is for."""
        for box, role in zip(self._boxes, roles, strict=False):
            with QSignalBlocker(box):
                box.setCurrentText(role)


def _item(cell: str, value: float | None) -> QTableWidgetItem:
    if value is None:
        item = QTableWidgetItem("missing" if is_missing(cell) else cell)
    else:
        item = QTableWidgetItem(f"{value:.15g}")
        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if item.text() != cell:
        item.setToolTip(tip(f"In the file: “{cell}”"))
    return item

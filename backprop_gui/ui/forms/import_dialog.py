"""Asks how a table is to be read, with a preview of what comes of it."""

import time
from collections.abc import Generator
from typing import Literal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.data.tables import (
    DELIMITERS,
    SCALINGS,
    Choice,
    Reading,
    Table,
    TableFormat,
    encoding_of,
    guess_format,
    head_of,
    read_table,
    reading,
    words_of,
)
from backprop_gui.engine.errors import FieldError
from backprop_gui.ui.choices import choice_box
from backprop_gui.ui.theme import GRID

PREVIEW_ROWS = 12
SLICE_SECONDS = 0.03
MOST_TOLD = 5
_ROLES = ("input", "target", "name", "ignore")


class ImportDialog(QDialog):
    """Delimiter, decimal mark, header, what each column is, scaling; bad rows are named and skipped on request.

    Raises:
        FieldError: a file that is empty or no text.
    """

    def __init__(self, name: str, content: bytes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Import {name}")
        self.resize(90 * GRID, 70 * GRID)
        self._content, self._encoding = content, encoding_of(content)
        self._head = head_of(content, self._encoding)
        guessed = guess_format(self._head)
        self._delimiter = choice_box("Delimiter", {value: words for words, value in DELIMITERS.items()})
        self._delimiter.setCurrentIndex(self._delimiter.findData(guessed.delimiter))
        self._decimal = choice_box("Decimal mark", {".": "point", ",": "comma"})
        self._decimal.setCurrentIndex(self._decimal.findData(guessed.decimal))
        self._header = QCheckBox("The first row has names")
        self._header.setAccessibleName("The first row has names")
        self._header.setChecked(guessed.header)
        self._scaling = choice_box("Scale inputs", {one: one for one in SCALINGS})
        self._target_scaling = choice_box("Scale targets", {one: one for one in SCALINGS})
        self._preview = QTableWidget()
        self._preview.setAccessibleName("Preview")
        self._preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._roles: list[QComboBox] = []
        self._skip = QCheckBox("Skip the rows that cannot be used")
        self._skip.setAccessibleName("Skip the rows that cannot be used")
        self._told = QLabel()
        self._told.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Reading")
        self._progress.setFormat("Reading: %p %")
        self._progress.hide()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setSpacing(GRID)
        form.addRow("Delimiter", self._delimiter)
        form.addRow("Decimal mark", self._decimal)
        form.addRow("", self._header)
        form.addRow("Scale inputs", self._scaling)
        form.addRow("Scale targets", self._target_scaling)
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addLayout(form)
        layout.addWidget(self._preview, 1)
        layout.addWidget(self._progress)
        layout.addWidget(self._told)
        layout.addWidget(self._skip)
        layout.addWidget(self._buttons)
        self._table: Table | None = None
        self._reading: Reading | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._read)
        self._work: Generator[float, None, Reading] | None = None
        self._slices = QTimer(self, interval=0)
        self._slices.timeout.connect(self._read_on)
        self._delimiter.currentIndexChanged.connect(self._split)
        self._header.toggled.connect(self._split)
        self._decimal.currentIndexChanged.connect(self._soon.start)
        for box in (self._scaling, self._target_scaling):
            box.currentIndexChanged.connect(self._soon.start)
            box.setToolTip("The scaling is kept with the session; tables go on showing the numbers of the file")
        self._skip.toggled.connect(self._show_ready)
        self._split()

    def reading(self) -> Reading | None:
        """Return what was read, or None where nothing can be."""
        return self._reading

    def _split(self) -> None:
        """Split the text into cells anew."""
        self._stop()
        self._table = None
        try:
            self._table = read_table(self._head, self._format())
        except FieldError as error:
            self._told.setText(str(error))
            self._show_ready()
            return
        self._show_cells(self._table)
        self._read()

    def _format(self) -> TableFormat:
        return TableFormat(str(self._delimiter.currentData()), self._mark(), self._header.isChecked())

    def _mark(self) -> Literal[".", ","]:
        return "," if self._decimal.currentData() == "," else "."

    def _show_cells(self, table: Table) -> None:
        columns = len(table.names)
        self._preview.clear()
        self._preview.setColumnCount(columns)
        self._preview.setRowCount(1 + min(PREVIEW_ROWS, len(table.rows)))
        self._preview.setHorizontalHeaderLabels(list(table.names))
        self._preview.setVerticalHeaderLabels(["is", *(str(line) for line in table.lines[:PREVIEW_ROWS])])
        self._roles = []
        for column in range(columns):
            box = choice_box(f"Column {table.names[column]} is", {one: one for one in _ROLES})
            box.setCurrentIndex(_ROLES.index(self._guess(table, column)))
            box.currentIndexChanged.connect(self._soon.start)
            self._roles.append(box)
            self._preview.setCellWidget(0, column, box)
            for row, cells in enumerate(table.rows[:PREVIEW_ROWS], start=1):
                self._preview.setItem(row, column, QTableWidgetItem(cells[column]))

    def _guess(self, table: Table, column: int) -> str:
        """Return what a column is most likely for: the last is the target, the first of words the names."""
        if column == len(table.names) - 1:
            return "target"
        if not words_of(table, column, self._mark()):
            return "input"
        return "ignore" if any(box.currentText() == "name" for box in self._roles) else "name"

    def _read(self) -> None:
        """Begin to read the chosen columns of the whole file."""
        self._stop()
        if self._table is None:
            return
        chosen = [box.currentText() for box in self._roles]
        inputs = tuple(k for k, role in enumerate(chosen) if role == "input")
        targets = tuple(k for k, role in enumerate(chosen) if role == "target")
        scaling, target_scaling = SCALINGS[self._scaling.currentIndex()], SCALINGS[self._target_scaling.currentIndex()]
        name = chosen.index("name") if "name" in chosen else None
        choice = Choice(inputs, targets, scaling, target_scaling, name)
        self._work = reading(self._content, self._encoding, self._format(), self._table, choice)
        self._told.setText("")
        self._slices.start()
        self._read_on()

    def _read_on(self) -> None:
        """Read for a moment; a large file takes many, and the window stays awake between them."""
        assert self._work is not None
        self._progress.show()
        until = time.monotonic() + SLICE_SECONDS
        try:
            while time.monotonic() < until:
                self._progress.setValue(int(100 * next(self._work)))
        except StopIteration as done:
            self._stop()
            self._tell(done.value)
        except FieldError as error:
            self._stop()
            self._told.setText(str(error))
        except Exception:
            self._stop()  # the next slice would fail as well
            self._told.setText("This file could not be read: a fault of the program.")
            self._show_ready()
            raise
        self._show_ready()

    def _stop(self) -> None:
        self._slices.stop()
        self._progress.hide()
        self._work = self._reading = None

    def _tell(self, found: Reading) -> None:
        """Tell what came of the file."""
        self._reading = found
        inputs, bad = found.samples.inputs.shape[1], found.bad
        names = ", ".join(column.name for column in found.samples.columns[inputs:][:8])
        told = f"{len(found.samples):,} samples, {inputs} inputs, targets {names}."
        if bad:
            shown = "; ".join(map(str, bad[:MOST_TOLD]))
            more = f"; and {len(bad) - MOST_TOLD:,} more" if len(bad) > MOST_TOLD else ""
            told += f"\n{len(bad):,} rows cannot be used: {shown}{more}."
        self._told.setText(told)

    def done(self, result: int) -> None:
        """Close; what is still being read is given up."""
        self._slices.stop()
        self._soon.stop()
        super().done(result)

    def _show_ready(self) -> None:
        bad = bool(self._reading and self._reading.bad)
        self._skip.setVisible(bad)
        ready = self._reading is not None and (not bad or self._skip.isChecked())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)

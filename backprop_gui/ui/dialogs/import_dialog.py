"""Asks how a table is to be read, with a preview of what comes of it."""

from collections.abc import Iterator
from typing import Literal

from PySide6.QtCore import Qt
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
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.choices import choice_box
from backprop_gui.ui.widgets.slices import Slices

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
        encoding = encoding_of(content)
        head = head_of(content, encoding)
        guessed = guess_format(head)
        super().__init__(parent)  # not before: where the file is refused, no half a dialog stays with the parent
        self.setWindowTitle(f"Import {name}")
        self.resize(90 * GRID, 70 * GRID)
        self._content, self._encoding, self._head = content, encoding, head
        self._table: Table | None = None
        self._reading: Reading | None = None
        self._roles: list[QComboBox] = []
        self._slices = Slices(self, SLICE_SECONDS)
        self._build_choices(guessed)
        self._build_readings()
        self._lay_out()
        self._connect()
        self._split()

    def _build_choices(self, guessed: TableFormat) -> None:
        self._delimiter = choice_box("Delimiter", {value: words for words, value in DELIMITERS.items()})
        self._delimiter.setCurrentIndex(self._delimiter.findData(guessed.delimiter))
        self._decimal = choice_box("Decimal mark", {".": "point", ",": "comma"})
        self._decimal.setCurrentIndex(self._decimal.findData(guessed.decimal))
        self._header = QCheckBox("The first row has names")
        self._header.setAccessibleName("The first row has names")
        self._header.setChecked(guessed.header)
        self._scaling = choice_box("Scale inputs", {one: one for one in SCALINGS})
        self._target_scaling = choice_box("Scale targets", {one: one for one in SCALINGS})
        for box in (self._scaling, self._target_scaling):
            box.setToolTip("The scaling is kept with the session; tables go on showing the numbers of the file")
        self._skip = QCheckBox("Skip the rows that cannot be used")
        self._skip.setAccessibleName("Skip the rows that cannot be used")

    def _build_readings(self) -> None:
        self._preview = QTableWidget()
        self._preview.setAccessibleName("Preview")
        self._preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._told = QLabel()
        self._told.setTextFormat(Qt.TextFormat.PlainText)  # of cells and names
        self._told.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Reading")
        self._progress.setFormat("Reading: %p %")
        self._progress.hide()
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)

    def _lay_out(self) -> None:
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

    def _connect(self) -> None:
        self._delimiter.currentIndexChanged.connect(self._split)
        self._header.toggled.connect(self._split)
        for box in (self._decimal, self._scaling, self._target_scaling):
            box.currentIndexChanged.connect(self._read)
        self._slices.paused.connect(self._show_progress)
        self._skip.toggled.connect(self._show_ready)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

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
            box.currentIndexChanged.connect(self._read)
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
        self._told.setText("")
        self._progress.show()
        self._slices.start(self._work(self._table, choice))
        self._slices.run()  # a small file needs no more

    def _work(self, table: Table, choice: Choice) -> Iterator[float]:
        """Read the file; yield which part of it is read."""
        try:
            self._tell((yield from reading(self._content, self._encoding, self._format(), table, choice)))
        except FieldError as error:
            self._told.setText(str(error))
        except Exception:
            self._told.setText("This file could not be read: a fault of the program.")
            self._stop()
            raise
        self._progress.hide()
        self._show_ready()

    def _show_progress(self, part: float | None) -> None:
        if part is not None:
            self._progress.setValue(int(100 * part))

    def _stop(self) -> None:
        self._slices.stop()
        self._progress.hide()
        self._reading = None
        self._show_ready()

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
        super().done(result)

    def _show_ready(self) -> None:
        bad = bool(self._reading and self._reading.bad)
        self._skip.setVisible(bad)
        ready = self._reading is not None and (not bad or self._skip.isChecked())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)

"""Asks how a table is to be read, with a preview of what comes of it."""

import io
from collections.abc import Iterator
from typing import BinaryIO, cast

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.data.tables.columns import Source, first_columns
from backprop_gui.data.tables.dialect import DELIMITERS, Role, Wishes
from backprop_gui.data.tables.numerals import Decimal
from backprop_gui.data.tables.roles import facts_of
from backprop_gui.data.tables.sampling import MISSING_WAYS, SCALINGS, Missing, Plan, Reading, Scaling, sampling
from backprop_gui.data.tables.whole import Whole, read_whole_table
from backprop_gui.engine.errors import FieldError
from backprop_gui.ui.dialogs.opening import Opening
from backprop_gui.ui.dialogs.table_preview import MOST_AT_ONCE, TablePreview
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.choices import choice_box
from backprop_gui.ui.widgets.labelled import labelled
from backprop_gui.ui.widgets.slices import Slices

SLICE_SECONDS = 0.012
MOST_TOLD = 5
SMALL_BYTES = 200_000
"""A file that is no larger is open at once."""
_MISSING_WORDS: dict[Missing, str] = {"stop": "name their rows", "skip": "skip their rows", "mean": "take the mean"}


class ImportDialog(QDialog):
    """How a table is written, what each column is for, scaling, gaps; bad rows are named and skipped on request.

    Everything is guessed, told with its reason, and can be changed; what was not changed is guessed anew then. The
    file is read once for every way of writing; roles and scaling then work on what was read.

    Raises:
        FieldError: a file that is empty, or no table.
    """

    def __init__(self, name: str, content: bytes | BinaryIO, parent: QWidget | None = None) -> None:
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        size = file.seek(0, io.SEEK_END)
        opening = Opening(file, size, Wishes())
        source = opening.wait(None if size <= SMALL_BYTES else 0.02)
        super().__init__(parent)  # not before: where the file is refused, no half a dialog stays with the parent
        self.setWindowTitle(f"Import {name}")
        self.resize(100 * GRID, 80 * GRID)
        self._file, self._size = file, size
        self._wishes = Wishes()
        self._told_roles: dict[int, Role] = {}
        self._roles: tuple[Role, ...] = ()
        self._whole: Whole | None = None
        self._reading: Reading | None = None
        self._slices = Slices(self, SLICE_SECONDS)
        self._build_choices()
        self._build_readings()
        self._lay_out()
        self._connect()
        self._allow(False)
        self._show_ready()
        self._begin(self._opened(opening) if source is None else self._reading_all(source))

    def _build_choices(self) -> None:
        self._delimiter = choice_box("Delimiter", {value: words for words, value in DELIMITERS.items()})
        self._delimiter.setToolTip("What stands between cells; space stands for any run of blanks")
        self._decimal = choice_box("Decimal mark", {".": "point", ",": "comma"})
        self._decimal.setToolTip("What stands before decimals; the other mark may part thousands")
        tip = "Whether columns are named by the table itself"
        self._header = labelled(QCheckBox(), "The first row has names", tip)
        self._again = labelled(QPushButton(), "Guess again", "Forget what was changed here, and guess everything anew")
        self._scaling = choice_box("Scale inputs", {one: one for one in SCALINGS})
        self._target_scaling = choice_box("Scale targets", {one: one for one in SCALINGS})
        for box in (self._scaling, self._target_scaling):
            box.setToolTip("The scaling is kept with the session; tables go on showing the numbers of the file")
        self._missing = choice_box("Missing values", cast("dict[str, str]", _MISSING_WORDS))
        self._missing.setToolTip(
            "What becomes of rows in which an input is missing; without its target a row is left out"
        )
        tip = "Take the other rows, and leave out those named above"
        self._skip = labelled(QCheckBox(), "Skip the rows that cannot be used", tip)

    def _build_readings(self) -> None:
        self._preview = TablePreview()
        self._guessed, self._told = QLabel(), QLabel()
        for label in (self._guessed, self._told):
            label.setTextFormat(Qt.TextFormat.PlainText)  # of cells and names
            label.setWordWrap(True)
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
        form.addRow("", self._again)
        form.addRow("Scale inputs", self._scaling)
        form.addRow("Scale targets", self._target_scaling)
        form.addRow("Missing values", self._missing)
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addLayout(form)
        layout.addWidget(self._guessed)
        layout.addWidget(self._preview, 1)
        layout.addWidget(self._progress)
        layout.addWidget(self._told)
        layout.addWidget(self._skip)
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        for box in (self._delimiter, self._decimal):
            box.currentIndexChanged.connect(self._say)
        self._header.toggled.connect(self._say)
        self._again.clicked.connect(self._guess_again)
        for box in (self._scaling, self._target_scaling, self._missing):
            box.currentIndexChanged.connect(self._make)
        self._preview.role_chosen.connect(self._choose_role)
        self._slices.paused.connect(self._show_progress)
        self._skip.toggled.connect(self._show_ready)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    def reading(self) -> Reading | None:
        """Return what was read, or None where nothing can be."""
        return self._reading

    def _say(self) -> None:
        """Take over what the user changed of how the table is written; the rest is guessed anew."""
        wishes = self._wishes
        delimiter, decimal = str(self._delimiter.currentData()), cast("Decimal", self._decimal.currentData())
        header = self._header.isChecked()
        self._open(
            Wishes(
                delimiter if self.sender() is self._delimiter else wishes.delimiter,
                decimal if self.sender() is self._decimal else wishes.decimal,
                header if self.sender() is self._header else wishes.header,
            )
        )

    def _guess_again(self) -> None:
        self._open(Wishes())

    def _open(self, wishes: Wishes) -> None:
        self._stop()
        self._whole = None
        self._told_roles = {}
        self._wishes = wishes
        self._allow(False)
        self._begin(self._opened(Opening(self._file, self._size, wishes)))

    def _opened(self, opening: Opening) -> Iterator[float]:
        """Wait for a table to be open, and read it."""
        try:
            while (source := opening.wait(None if self._size <= SMALL_BYTES else 0.005)) is None:
                yield 0.0
        except FieldError:
            self._allow(True)  # another way of reading it may do
            raise
        yield from self._reading_all(source)

    def _allow(self, changes: bool) -> None:
        """Let how the table is written be changed: not while it is being opened."""
        for control in (self._delimiter, self._decimal, self._header, self._again):
            control.setEnabled(changes)

    def _show_source(self, source: Source) -> Iterator[float]:
        """Show how a table is written, and its first rows, some columns at a time."""
        self._allow(True)
        dialect = source.dialect
        for box, value in (
            (self._delimiter, dialect and dialect.delimiter),
            (self._decimal, dialect and dialect.decimal),
        ):
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        with QSignalBlocker(self._header):
            self._header.setChecked(dialect is None or dialect.header)
        self._delimiter.setEnabled(bool(dialect and dialect.delimiter))
        self._decimal.setEnabled(dialect is not None)
        self._header.setEnabled(dialect is not None)
        first = first_columns(source)
        head = Whole(source, first, tuple(facts_of(column) for column in first.columns))
        for _ in self._preview.show_table(source, [one.wordy for one in head.facts]):
            yield 0.0
        self._show_roles(head)
        self._show_ready()

    def _show_roles(self, whole: Whole) -> None:
        self._roles, why = whole.roles(self._told_roles)
        self._preview.show_roles(self._roles)
        self._guessed.setText("\n".join((*whole.source.why, *why)))

    def _choose_role(self, column: int, role: str) -> None:
        """Give a column a role; the others keep theirs."""
        self._told_roles = dict(enumerate(self._roles))
        self._told_roles[column] = cast("Role", role)
        self._roles = tuple(self._told_roles[place] for place in range(len(self._roles)))
        self._make()

    def _reading_all(self, source: Source) -> Iterator[float]:
        yield from self._show_source(source)
        whole = yield from read_whole_table(source)
        self._whole = whole
        if not self._told_roles:
            self._show_roles(whole)
        self._missing.setEnabled(any(one.missing for one in whole.facts))
        yield from self._making(whole)

    def _make(self) -> None:
        """Make the samples anew, of what was read."""
        if self._whole is not None:
            self._stop()
            self._begin(self._making(self._whole))

    def _making(self, whole: Whole) -> Iterator[float]:
        plan = Plan(
            self._roles,
            cast("Scaling", self._scaling.currentData()),
            cast("Scaling", self._target_scaling.currentData()),
            MISSING_WAYS[self._missing.currentIndex()],
            whole.source.classes,
        )
        found = yield from sampling(whole.columns, whole.facts, plan)
        self._tell(found, plan.missing)

    def _begin(self, work: Iterator[float]) -> None:
        self._told.setText("")
        self._progress.show()
        self._slices.start(self._guarded(work))
        self._slices.run()
        while self._slices.running and self._size <= SMALL_BYTES and self._preview.columnCount() <= MOST_AT_ONCE:
            self._slices.run()  # a small file needs no waiting for

    def _guarded(self, work: Iterator[float]) -> Iterator[float]:
        """Do the work and tell how it ended."""
        try:
            yield from work
        except FieldError as error:
            self._told.setText(str(error))
        except OSError as error:
            self._told.setText(f"The file can no longer be read: {error.strerror}.")
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

    def _tell(self, found: Reading, missing: Missing) -> None:
        """Tell what came of the file."""
        self._reading = found
        inputs, bad = found.samples.inputs.shape[1], found.bad
        names = ", ".join(column.name for column in found.samples.columns[inputs:][:8])
        told = f"{len(found.samples):,} samples, {inputs} inputs, targets {names}."
        if found.filled:
            told += f" A mean stands in {found.filled:,} place{'s' * (found.filled != 1)}."
        gaps = len(bad) - len(found.in_the_way(missing))
        if gaps:
            told += " 1 row with a gap is left out." if gaps == 1 else f" {gaps:,} rows with gaps are left out."
        if wrong := found.in_the_way(missing):
            shown = "; ".join(map(str, wrong[:MOST_TOLD]))
            count = len(wrong) + found.untold
            more = f"; and {count - MOST_TOLD:,} more" if count > MOST_TOLD else ""
            told += f"\n{count:,} row{'s' * (count != 1)} cannot be used: {shown}{more}."
        self._told.setText(told)

    def done(self, result: int) -> None:
        """Close; what is still being read is given up."""
        self._slices.stop()
        self._file.close()
        super().done(result)

    def _show_ready(self) -> None:
        missing = MISSING_WAYS[self._missing.currentIndex()]
        bad = bool(self._reading and self._reading.in_the_way(missing))
        self._skip.setVisible(bad)
        ready = self._reading is not None and (not bad or self._skip.isChecked())
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(ready)

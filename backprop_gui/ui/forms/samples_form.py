"""The table of samples: edit, paste, add, remove; the current sample is marked."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.data.samples import Split
from backprop_gui.engine.errors import FieldError
from backprop_gui.explain.numbers import exact
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_samples, set_split
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.lines import Trouble
from backprop_gui.ui.forms.sample_table import SampleModel, is_table, read_block, with_block
from backprop_gui.ui.forms.wording import column_name
from backprop_gui.ui.theme import GRID, mix, number_font
from backprop_gui.ui.widgets.field import read_number
from backprop_gui.ui.widgets.labelled import labelled


class SamplesForm(QWidget):
    """Inputs and targets, a row per sample; ``table_pasted`` tells of text that is more than numbers for them."""

    table_pasted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._store, self._controller = desk.store, desk.controller
        self._preferences, self._theme = desk.preferences, desk.theme
        self._title = QLabel()
        self._problem = Trouble(desk)
        self._add = _button("Add sample", "A row of zeros below the others", self._add_sample)
        self._remove = _button("Remove sample", "Take the selected samples out", self._remove_samples)
        self._build_table(desk)
        self._build_split()
        self._lay_out()
        desk.controller.base_changed.connect(self._show)
        desk.controller.snapshot_changed.connect(self._show_snapshot)
        desk.preferences.changed.connect(self._show_format)
        desk.theme.changed.connect(self._show_format)
        self._show_format()
        self._show(desk.controller.base)
        self._show_snapshot(desk.controller.snapshot)

    def _build_table(self, desk: Desk) -> None:
        self._model = SampleModel(
            desk.controller.base.samples, desk.preferences.number_format, self._edit_cell, self._symbol_of, self
        )
        self._table = QTableView()
        self._table.setModel(self._model)
        self._table.setAccessibleName("Inputs and targets")
        self._table.setFont(number_font())
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self._table.setTabKeyNavigation(False)
        self._table.verticalHeader().setDefaultSectionSize(3 * GRID)
        self._table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._table.horizontalHeader().setMinimumSectionSize(7 * GRID)
        self._table.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        for header in (self._table.horizontalHeader(), self._table.verticalHeader()):
            header.setHighlightSections(False)  # bold is the current sample, not the selection
        self._table.clicked.connect(self._look_at)
        self._table.verticalHeader().sectionClicked.connect(desk.store.show_sample)
        for keys, act in (
            (QKeySequence.StandardKey.Paste, self._paste),
            (QKeySequence.StandardKey.Copy, self._copy),
            (QKeySequence.StandardKey.Delete, self._remove_samples),
        ):
            shortcut = QShortcut(QKeySequence(keys), self._table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)

    def _build_split(self) -> None:
        self._share, self._seed = QSpinBox(), QSpinBox()
        self._share.setRange(0, 90)
        self._share.setSuffix(" %")
        self._share.setAccessibleName("For testing")
        self._share.setToolTip("This share of the samples is not trained on; its loss is the dashed curve")
        self._seed.setRange(0, 999_999)
        self._seed.setAccessibleName("Seed of the split")
        self._seed.setToolTip("Seed of the split")
        for box in (self._share, self._seed):
            box.setKeyboardTracking(False)
            box.valueChanged.connect(self._set_split)

    def _lay_out(self) -> None:
        split = QHBoxLayout()
        split.setSpacing(GRID)
        for widget in (QLabel("For testing"), self._share, QLabel("seed"), self._seed):
            split.addWidget(widget)
        split.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._title)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._problem)
        layout.addLayout(buttons)
        layout.addLayout(split)

    def _show(self, session: Session) -> None:
        self._model.show_samples(session.samples)
        columns = self._model.columnCount()
        fits = columns <= 4 and not session.samples.names  # names take room from the numbers
        mode = QHeaderView.ResizeMode.Stretch if fits else QHeaderView.ResizeMode.Interactive
        self._table.horizontalHeader().setSectionResizeMode(mode)
        self._remove.setEnabled(len(session.samples) > 1)
        split = session.samples.split
        share, seed = (round(100 * split.share), split.seed) if split else (0, 0)
        for box, value in ((self._share, share), (self._seed, seed)):
            with QSignalBlocker(box):
                box.setValue(value)
        self._seed.setEnabled(split is not None)

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        count = len(self._controller.base.samples)
        if snapshot.sample < count:
            self._model.mark(snapshot.sample)
            self._leave(snapshot.sample)
            tests = len(self._controller.base.samples.rows()[1])
            kept = f", {tests:,} for testing" if tests else ""
            self._title.setText(f"Sample {snapshot.sample + 1:,} of {count:,}{kept}")

    def _leave(self, sample: int) -> None:
        """Let go of the one cell that was clicked to look at another sample; a block that is selected stays."""
        chosen = self._table.selectionModel().selectedIndexes()
        if len(chosen) == 1 and chosen[0].row() != sample:
            self._table.clearSelection()

    def _set_split(self) -> None:
        share, seed = self._share.value() / 100, self._seed.value()
        split = Split(share, seed) if share else None

        def edit(session: Session) -> Session:
            return set_split(session, split)

        self._problem.attempt("Set test samples", edit, "split")

    def _show_format(self) -> None:
        roles = self._theme.roles
        targets = mix(roles.surface, roles.line, 0.25)
        self._model.show_format(self._preferences.number_format, roles.selection, targets)

    def _look_at(self, index: QModelIndex) -> None:
        count = len(self._store.session.samples)
        if index.row() < count:
            self._store.show_sample(index.row())
            return
        told = f"now there are {count}; Continue from here looks at the others of this moment"
        self._problem.refuse(FieldError("sample", index.row() + 1, told))

    def _edit_cell(self, row: int, column: int, text: str) -> bool:
        try:
            block = [[read_number(text)]]
        except FieldError as error:
            self._problem.refuse(FieldError(f"sample {row + 1:,}, {self._symbol_of(column)}", text, error.accepted))
            return False
        return self._write(block, row, column, "Edit sample")

    def _symbol_of(self, column: int) -> str:
        return column_name(column, self._controller.base.network, self._preferences.notation)

    def _write(self, block: list[list[float]], row: int, column: int, text: str) -> bool:
        def edit(session: Session) -> Session:
            return set_samples(session, with_block(session.samples, block, row, column))

        return self._problem.attempt(text, edit)

    def _paste(self) -> None:
        """Write the numbers that the clipboard holds from the current cell on; a table is handed on."""
        index = self._table.currentIndex()
        row, column = max(index.row(), 0), max(index.column(), 0)
        text = QGuiApplication.clipboard().text()
        if is_table(text, self._model.columnCount() - column):
            self.table_pasted.emit(text)
            return
        try:
            block = read_block(text)
        except FieldError as error:
            self._problem.refuse(error)
        else:
            self._write(block, row, column, "Paste samples")

    def _copy(self) -> None:
        chosen = self._table.selectionModel().selectedIndexes()
        if chosen:
            rows = sorted({index.row() for index in chosen})
            columns = sorted({index.column() for index in chosen})
            lines = ["\t".join(exact(self._model.value(row, column)) for column in columns) for row in rows]
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _add_sample(self) -> None:
        """Add a sample of zeros; of a scaled target what the network sees is 0, which every loss takes."""
        samples = self._controller.base.samples
        inputs, row = samples.inputs.shape[1], len(samples)
        targets = [samples.column(inputs + place).measured(0.0) for place in range(samples.targets.shape[1])]
        if self._write([[0.0] * inputs + targets], row, 0, "Add sample"):
            self._store.show_sample(row)
            self._table.setCurrentIndex(self._model.index(row, 0))

    def _remove_samples(self) -> None:
        """Remove the rows selected, or the current sample; one always stays."""
        rows = sorted({index.row() for index in self._table.selectionModel().selectedIndexes()})
        rows = rows or [self._controller.base.view.sample]

        def edit(session: Session) -> Session:
            kept = np.delete(np.arange(len(session.samples)), rows)
            return set_samples(session, session.samples.chosen(kept))

        self._problem.attempt("Remove samples", edit)


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = labelled(QPushButton(), text, tip)
    button.clicked.connect(act)
    return button

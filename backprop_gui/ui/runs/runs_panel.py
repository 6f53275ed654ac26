"""All runs of this window as a tree: to look at, name, pin, compare and take away."""

import math
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.runs.marks import epoch_told
from backprop_gui.runs.summary import Summary, in_tree_order, summary, write_runs
from backprop_gui.storage import FileError
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import Button, confirm, place_to_save, warn, written
from backprop_gui.ui.runs.comparison import ComparisonDialog
from backprop_gui.ui.theme import GRID, number_font
from backprop_gui.ui.widgets.flow import Flow
from backprop_gui.ui.widgets.labelled import labelled
from backprop_gui.ui.widgets.soon import Soon
from backprop_gui.ui.widgets.tips import tip

FRAME_MILLISECONDS = 500
_COLUMNS = ("Run", "Epochs", "Loss", "Test loss", "Accuracy", "Seed", "Differs", "Note")
_NAME, _TEST_LOSS, _ACCURACY, _DIFFERS, _NOTE = (
    _COLUMNS.index(one) for one in ("Run", "Test loss", "Accuracy", "Differs", "Note")
)
_ID = Qt.ItemDataRole.UserRole


class RunsPanel(QWidget):
    """One row per run, branches below the run they left; the check mark pins, names and notes are typed in place."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._controller = desk, desk.controller
        self._summaries: dict[str, Summary] = {}
        self._order: list[tuple[str, int]] = []
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._written: dict[str, tuple[object, ...]] = {}  # what stands in each row
        self._build()
        self._lay_out()
        self._soon = Soon(self, self._fill, FRAME_MILLISECONDS)
        for signal in (desk.controller.runs_changed, desk.controller.snapshot_changed, desk.preferences.changed):
            signal.connect(self._soon.ask)
        self._tree.itemChanged.connect(self._take)
        self._tree.itemSelectionChanged.connect(self._enable)
        self._tree.itemActivated.connect(self._activate)
        self._fill()

    def _build(self) -> None:
        self._tree = QTreeWidget()
        self._tree.setAccessibleName("Runs")
        self._tree.setColumnCount(len(_COLUMNS))
        self._tree.setHeaderLabels(_COLUMNS)
        self._tree.setFont(number_font())
        self._tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._tree.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.SelectedClicked
        )
        self._tree.setToolTip("The check mark pins a run; F2 renames it; Enter shows it")
        self._tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._tree.header().setMaximumSectionSize(40 * GRID)
        self._empty = QLabel("Each training is kept here as a run. Press Space to begin one.")
        self._empty.setWordWrap(True)
        self._show = self._button("Show", "Look at the end of the selected run on the canvas and in every panel")
        self._compare = self._button("Compare…", "Put two selected runs side by side: curves, settings, weights")
        self._delete = self._button("Delete", "Delete the selected runs")
        self._export = self._button("Export CSV…", "Write a table of all runs")

    def _button(self, text: str, tip: str) -> QToolButton:
        button = labelled(QToolButton(), text, tip)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _lay_out(self) -> None:
        row = Flow(GRID)
        for button in (self._show, self._compare, self._delete, self._export):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._empty)
        layout.addWidget(self._tree, 1)
        layout.addLayout(row)
        self._show.clicked.connect(self._show_selected)
        self._compare.clicked.connect(self._compare_selected)
        self._delete.clicked.connect(self._delete_selected)
        self._export.clicked.connect(self._export_all)

    def _fill(self) -> None:
        """Write what is new of every run; what is selected stays so, and what is being typed is left alone."""
        if self._tree.state() == QAbstractItemView.State.EditingState:
            self._soon.ask()
            return
        book, here = self._controller.book, self._controller.newest
        order = [(run.id, depth) for run, depth in in_tree_order(book)]
        with QSignalBlocker(self._tree):
            if order != self._order:
                self._order = order
                self._build_rows()
            for run_id, item in self._rows.items():
                self._write(item, self._summary_of(run_id), here.run == run_id)
        self._summaries = {run_id: self._summaries[run_id] for run_id in book.runs}  # the others are let go
        shown = self._summaries.values()
        self._tree.setColumnHidden(_TEST_LOSS, all(math.isnan(one.test_loss) for one in shown))
        self._tree.setColumnHidden(_ACCURACY, all(one.accuracy is None for one in shown))
        self._empty.setVisible(not book.runs)
        self._tree.setVisible(bool(book.runs))
        self._enable()

    def _build_rows(self) -> None:
        """Make the rows anew, as the tree of runs is now."""
        chosen, scrolled = self._selected_ids(), self._tree.verticalScrollBar().value()
        self._tree.clear()
        self._rows.clear()
        self._written.clear()
        parents: list[QTreeWidget | QTreeWidgetItem] = [self._tree]
        for run_id, depth in self._order:
            item = self._rows[run_id] = QTreeWidgetItem(parents[depth])
            parents[depth + 1 :] = [item]
            item.setData(0, _ID, run_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setSelected(run_id in chosen)
        self._tree.expandAll()
        self._tree.verticalScrollBar().setValue(scrolled)

    def _summary_of(self, run_id: str) -> Summary:
        """Return a run's summary; what has not moved since is not computed again."""
        run, reference = self._controller.book.runs[run_id], self._controller.newest
        kept = self._summaries.get(run_id)
        if kept is None or kept.end.progress is not run.last or kept.run is not run:
            kept = self._summaries[run_id] = summary(run, reference)
        else:
            kept = self._summaries[run_id] = kept.beside(reference)
        return kept

    def _write(self, item: QTreeWidgetItem, told: Summary, current: bool) -> None:
        run, number = told.run, self._desk.preferences.number_format
        state = (told, run.name, run.note, run.pinned, run.outcome, current, number)
        if self._written.get(run.id) == state:
            return
        self._written[run.id] = state
        diverged = " (diverged)" if run.outcome == "diverged" else ""
        accuracy = "" if told.accuracy is None else f"{told.accuracy:.1%}"
        test_loss = "" if math.isnan(told.test_loss) else number(told.test_loss)
        texts = (
            run.name,
            f"{epoch_told(told.end.position)}{diverged}",
            number(told.loss),
            test_loss,
            accuracy,
            str(told.end.training.seed),
            "shown" if current else ", ".join(told.differs) or "nothing",
            run.note,
        )
        for column, text in enumerate(texts):
            item.setText(column, text)
            font = item.font(column)
            font.setBold(current)
            item.setFont(column, font)
        item.setToolTip(_DIFFERS, tip("\n".join(told.differs)))
        item.setCheckState(0, Qt.CheckState.Checked if run.pinned else Qt.CheckState.Unchecked)

    def _take(self, item: QTreeWidgetItem, column: int) -> None:
        """Take a name, a note or a pin over; other columns are not anybody's to type in."""
        run = self._controller.book.runs[item.data(0, _ID)]
        self._written.pop(run.id, None)  # what was typed and is not taken over goes again
        run.pinned = item.checkState(0) == Qt.CheckState.Checked
        text = item.text(column).strip()
        if column == _NAME and text:
            run.name = text
        elif column == _NOTE:
            run.note = text
        self._controller.runs_changed.emit()

    def _selected_ids(self) -> list[str]:
        return [item.data(0, _ID) for item in self._tree.selectedItems()]

    def _enable(self) -> None:
        count = len(self._selected_ids())
        self._show.setEnabled(count == 1)
        self._compare.setEnabled(count == 2)
        self._delete.setEnabled(count > 0)
        self._export.setEnabled(bool(self._controller.book.runs))

    def _activate(self, item: QTreeWidgetItem) -> None:
        self._look_at(item.data(0, _ID))

    def _show_selected(self) -> None:
        for run_id in self._selected_ids()[:1]:
            self._look_at(run_id)

    def _look_at(self, run_id: str) -> None:
        self._controller.settle()
        end = self._summary_of(run_id).end
        self._desk.time.look_at_step(end.progress.step, end)

    def _compare_selected(self) -> None:
        self._controller.settle()
        first, second = (self._summary_of(one) for one in self._selected_ids())
        dialog = ComparisonDialog(self._desk, first, second, self.window())
        dialog.shown.connect(self._look_at)
        dialog.open()

    def _delete_selected(self) -> None:
        book = self._controller.book
        kept = book.needed(self._controller.settle())
        chosen = [one for one in self._selected_ids() if one not in kept]
        if not chosen:
            warn(self, "Delete runs", "The run on the canvas, and those it branched from, cannot be deleted.")
            return
        names = ", ".join(book.runs[one].name for one in chosen)
        question = f"Delete {names}? This cannot be undone."
        if confirm(self, "Delete runs", question, Button.Yes | Button.No, Button.No) == Button.Yes:
            self._desk.time.come_back()
            for one in chosen:
                book.delete(book.runs[one])
            self._controller.runs_changed.emit()

    def _export_all(self) -> None:
        self._controller.settle()
        path = place_to_save(self, "Export runs", Path.home() / "runs.csv", "Table (*.csv)")
        if path is None:
            return
        try:
            summaries = [self._summary_of(run.id) for run, _ in in_tree_order(self._controller.book)]
            written(self, path, lambda place: write_runs(place, summaries))
        except FileError as error:
            warn(self, "Nothing was exported", str(error))

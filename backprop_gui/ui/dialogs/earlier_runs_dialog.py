"""Asks which run of a session that is closed is opened again."""

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.runs.records import KeptRun
from backprop_gui.ui.theme import GRID, number_font
from backprop_gui.ui.widgets.tips import tip

MOST_ROWS = 500
_COLUMNS = ("Run", "Began", "Epochs", "Loss", "Seed", "Note", "Settings")
_SETTINGS = _COLUMNS.index("Settings")


class EarlierRunsDialog(QDialog):
    """A row for each run, the newest first, told with ``number``; the settings stand in full in the tool tip."""

    def __init__(self, runs: Sequence[KeptRun], number: Callable[[float], str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open earlier run")
        self.resize(100 * GRID, 50 * GRID)
        self._runs = runs[:MOST_ROWS]
        self._list = QTreeWidget()
        self._list.setAccessibleName("Earlier runs")
        self._list.setToolTip("Runs of sessions that are closed; Enter opens the one selected")
        self._list.setHeaderLabels(_COLUMNS)
        self._list.setFont(number_font())
        self._list.setRootIsDecorated(False)
        self._list.setUniformRowHeights(True)
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.addTopLevelItems([_row(one, number) for one in self._runs])
        header = self._list.header()
        header.setMaximumSectionSize(30 * GRID)
        for column in range(_SETTINGS):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self._open = self._buttons.button(QDialogButtonBox.StandardButton.Open)
        self._open.setToolTip("Opens the end of the run, with its curve and every moment of it")
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addWidget(self._list)
        if more := len(runs) - len(self._runs):
            layout.addWidget(QLabel(f"And {more:,} older {'runs' if more > 1 else 'run'}, not listed."))
        if not runs:
            layout.addWidget(QLabel("No run of a session that is closed is kept."))
        layout.addWidget(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._list.itemActivated.connect(self.accept)
        self._list.itemSelectionChanged.connect(self._enable)
        if (newest := self._list.topLevelItem(0)) is not None:
            self._list.setCurrentItem(newest)
        self._enable()

    def chosen(self) -> KeptRun:
        """Return the run that is selected."""
        (item,) = self._list.selectedItems()
        return self._runs[self._list.indexOfTopLevelItem(item)]

    def _enable(self) -> None:
        self._open.setEnabled(bool(self._list.selectedItems()))


def _row(run: KeptRun, number: Callable[[float], str]) -> QTreeWidgetItem:
    began = datetime.fromtimestamp(run.started).astimezone()
    epochs = f"{run.epochs:,}{' (diverged)' if run.outcome == 'diverged' else ''}"
    loss = "–" if run.loss is None else number(run.loss)
    words = (run.name, f"{began:%Y-%m-%d %H:%M}", epochs, loss, str(run.seed), run.note)
    item = QTreeWidgetItem([*words, ", ".join(run.described)])
    item.setToolTip(_SETTINGS, tip("\n".join(run.described)))
    return item

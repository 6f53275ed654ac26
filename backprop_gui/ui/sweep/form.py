"""What a sweep is asked for: epochs, seeds, up to two settings with their values; and how far it is."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QWidget,
)

from backprop_gui.engine.errors import FieldError
from backprop_gui.session.document import Session
from backprop_gui.sweep.plan import Plan
from backprop_gui.ui.sweep.words import EXAMPLES, LABELS, as_grid, tip_of
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.choices import choice_box, narrow
from backprop_gui.ui.widgets.labelled import labelled

MOST_RUNS = 10_000
MOST_NUMBERS = 8_000_000
"""How many parameters all runs together may have: each run's end is kept, to be looked at."""
POINTS = 60
_MOST_EPOCHS = 1_000_000_000
_SHARES = 1000


class SweepForm(QWidget):
    """``started`` and ``cancelled`` are what the buttons ask for."""

    started = Signal()
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._epochs = _number("Epochs", 0, _MOST_EPOCHS, 1000, "How many epochs each run trains")
        self._seeds = _number("Seeds", 1, MOST_RUNS, 12, "From how many start seeds: 0, 1, 2, …")
        self._titles: dict[QLineEdit, QLabel] = {}
        self._axes = [self._axis("Vary", "Values"), self._axis("Also vary", "Its values")]
        self._start = labelled(QPushButton(), "Start", "Train the session from all seeds under all settings chosen")
        self._cancel = labelled(QPushButton(), "Cancel", "End the sweep; the runs that are finished stay")
        self._bar = QProgressBar()
        self._bar.setAccessibleName("Progress of the sweep")
        self._bar.setRange(0, _SHARES)
        self._start.clicked.connect(self.started)
        self._cancel.clicked.connect(self.cancelled)
        self._lay_out()
        self.show_progress(None)

    def _axis(self, title: str, values: str) -> tuple[QComboBox, QLineEdit]:
        box, line = choice_box(title, {"": "nothing", **LABELS}), QLineEdit()
        box.setToolTip("A setting that is not the same in all runs")
        line.setAccessibleName(values)
        narrow(box)
        line.setMinimumWidth(7 * GRID)
        box.currentIndexChanged.connect(self._suggest)
        line.returnPressed.connect(self.started)
        return box, line

    def _suggest(self) -> None:
        """Fill in values for a setting that was just chosen."""
        for box, line in self._axes:
            key = str(box.currentData())
            if line.property("key") != key:
                line.setProperty("key", key)
                line.setText(EXAMPLES.get(key, ""))
                line.setToolTip(tip_of(key) if key else "")
                for one in (line, self._titles[line]):
                    one.setVisible(bool(key))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID // 2, GRID, 0)
        grid.setSpacing(GRID // 2)
        grid.setHorizontalSpacing(GRID)
        for place, field in enumerate((self._epochs, self._seeds)):
            grid.addWidget(_titled(field), 0, 2 * place)
            grid.addWidget(field, 0, 2 * place + 1)
        rows: list[QWidget] = [field for axis in self._axes for field in axis]
        for row, field in enumerate(rows, 1):
            label = _titled(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1, 1, 3)
            if isinstance(field, QLineEdit):
                self._titles[field] = label
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        last = QHBoxLayout()
        last.setSpacing(GRID)
        last.addWidget(self._start, 1)
        last.addWidget(self._cancel, 1)
        grid.addLayout(last, len(rows) + 1, 0, 1, 4)
        grid.addWidget(self._bar, len(rows) + 2, 0, 1, 4)
        self._suggest()

    def plan(self, session: Session) -> Plan:
        """Return the plan as it is filled in; raises ``FieldError``."""
        grid = [as_grid(str(box.currentData()), line.text()) for box, line in self._axes if box.currentData()]
        plan = Plan.of(session, self._epochs.value(), self._seeds.value(), grid, points=POINTS, keep_all=True)
        if plan.runs > MOST_RUNS:
            raise FieldError("KEY", f"{plan.runs:,} runs", f"use at most {MOST_RUNS:,} here: fewer seeds or values")
        largest = max(plan.setup(place)[0].parameter_count for place in range(plan.combinations))
        if largest * plan.runs > MOST_NUMBERS:
            what = f"{plan.runs:,} runs of {largest:,} parameters"
            raise FieldError("KEY", what, f"use at most {MOST_NUMBERS // largest:,} runs of that size here")
        return plan

    def show_progress(self, share: float | None, text: str = "") -> None:
        """Show how much is done, from 0 to 1, or None where nothing is under way; and words about it."""
        running = share is not None
        pressed, next_one = (self._start, self._cancel) if running else (self._cancel, self._start)
        reached = pressed.hasFocus()
        next_one.setEnabled(True)
        if reached:
            next_one.setFocus()  # else the keyboard would be thrown elsewhere
        pressed.setEnabled(False)
        self._bar.setValue(round(_SHARES * (share or 0.0)))
        self._bar.setFormat(text)
        self._bar.setVisible(running or bool(text))
        self._bar.setAlignment(Qt.AlignmentFlag.AlignCenter)


def _titled(field: QWidget) -> QLabel:
    label = QLabel(field.accessibleName())
    label.setBuddy(field)
    return label


def _number(title: str, least: int, most: int, value: int, tip: str) -> QSpinBox:
    box = QSpinBox()
    box.setAccessibleName(title)
    box.setToolTip(tip)
    box.setRange(least, most)
    box.setGroupSeparatorShown(True)
    box.setValue(value)
    box.setMinimumWidth(7 * GRID)
    return box

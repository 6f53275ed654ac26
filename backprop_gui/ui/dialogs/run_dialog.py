"""Asks how far to train."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.engine.checks import number, whole_number
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.goals import Goal
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.field import read_number, read_whole

PLATEAU = 0.01


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to say how far: its words, the value offered first, and the goal made of a text."""

    words: str
    start: str
    goal: Callable[[str], Goal]
    of_classes: bool = False


class RunDialog(QDialog):
    """A number of epochs from here, a loss or an accuracy to reach, or epochs without progress; checked as typed.

    ``classes``: the targets are classes, so there is an accuracy.
    """

    def __init__(self, epoch: int, classes: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run until")
        ways = (
            _Way("Number of epochs", "1000", lambda text: Goal(epoch=epoch + _epochs(text))),
            _Way("Loss below", "0.01", lambda text: Goal(loss_below=_positive(text))),
            _Way("Accuracy of at least (%)", "95", lambda text: Goal(accuracy=_percent(text) / 100), True),
            _Way("No better loss for epochs", "20", lambda text: Goal(patience=_epochs(text))),
            _Way("Loss falls less than 1 % in epochs", "50", lambda text: Goal(None, None, _epochs(text), PLATEAU)),
        )
        self._rows = [(way, QRadioButton(way.words), QLineEdit(way.start)) for way in ways]
        self._name_rows(classes)
        self._build()
        self._lay_out()
        for _, button, field in self._rows:
            field.textEdited.connect(self._check)
            button.toggled.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        _, first, field = self._rows[0]
        first.setChecked(True)
        field.selectAll()
        field.setFocus()

    def _name_rows(self, classes: bool) -> None:
        for way, button, field in self._rows:
            button.setAccessibleName(way.words)
            field.setAccessibleName(f"{way.words}: value")
            if way is not self._rows[0][0]:
                button.setToolTip("Measured on the test samples where there are any, else on all samples")
            if way.of_classes and not classes:
                button.setEnabled(False)
                button.setToolTip("Needs targets that are classes: one output of 0 and 1, or a single 1 in each row")

    def _build(self) -> None:
        self._problem = QLabel()
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        self._problem.setMinimumHeight(2 * self._problem.fontMetrics().lineSpacing())  # so the dialog need not grow
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Run")

    def _lay_out(self) -> None:
        form = QFormLayout()
        for _, button, field in self._rows:
            form.addRow(button, field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(self._buttons)

    def goal(self) -> Goal:
        """Return what was asked for; raises ``FieldError`` while what is typed is not accepted."""
        choice, _, field = next(row for row in self._rows if row[1].isChecked())
        try:
            return choice.goal(field.text())
        except FieldError as error:
            raise FieldError(choice.words, field.text(), error.accepted) from error

    def _check(self) -> None:
        for _, button, field in self._rows:
            field.setEnabled(button.isChecked())
        problem = ""
        try:
            self.goal()
        except FieldError as error:
            problem = f"⚠ {error}"
        self._problem.setText(problem)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not problem)


def _epochs(text: str) -> int:
    try:
        return whole_number("epochs", read_whole(text), least=1)
    except FieldError as error:
        raise FieldError("epochs", text, "use a whole number of at least 1") from error


def _positive(text: str) -> float:
    return number("loss", read_number(text), above=0.0)


def _percent(text: str) -> float:
    share = number("accuracy", read_number(text), above=0.0)
    if share > 100.0:
        raise FieldError("accuracy", text, "use a number above 0 and up to 100")
    return share

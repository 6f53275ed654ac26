"""Asks how far to train."""

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

from backprop_gui.engine.trainer import Goal
from backprop_gui.ui.theme import GRID


class RunDialog(QDialog):
    """A number of epochs from here, a loss to get below, or epochs without progress; checked as it is typed."""

    def __init__(self, epoch: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run until")
        self._epoch = epoch
        self._by_epochs = QRadioButton("Number of epochs")
        self._by_loss = QRadioButton("Loss below")
        self._by_patience = QRadioButton("No better loss for epochs")
        self._epochs, self._loss, self._patience = QLineEdit("1000"), QLineEdit("0.01"), QLineEdit("20")
        for choice in (self._by_loss, self._by_patience):
            choice.setToolTip("The loss is that of the test samples where there are any, else of all samples")
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._by_epochs.setChecked(True)
        form = QFormLayout()
        for choice, field in (
            (self._by_epochs, self._epochs),
            (self._by_loss, self._loss),
            (self._by_patience, self._patience),
        ):
            form.addRow(choice, field)
            choice.setAccessibleName(choice.text())
            field.setAccessibleName(f"{choice.text()}: value")
            field.textEdited.connect(self._check)
            choice.toggled.connect(self._check)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Run")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(form)
        layout.addWidget(self._problem)
        layout.addWidget(self._buttons)
        self._check()
        self._epochs.selectAll()
        self._epochs.setFocus()

    def goal(self) -> Goal:
        """Return what was asked for; only after the dialog was accepted."""
        if self._by_epochs.isChecked():
            return Goal(epoch=self._epoch + int(self._epochs.text()))
        if self._by_patience.isChecked():
            return Goal(patience=int(self._patience.text()))
        return Goal(loss_below=float(self._loss.text().replace(",", ".")))

    def _check(self) -> None:
        self._epochs.setEnabled(self._by_epochs.isChecked())
        self._loss.setEnabled(self._by_loss.isChecked())
        self._patience.setEnabled(self._by_patience.isChecked())
        problem = ""
        if not self._by_loss.isChecked():
            choice, field = (
                (self._by_epochs, self._epochs) if self._by_epochs.isChecked() else (self._by_patience, self._patience)
            )
            text = field.text()
            if not (text.isascii() and text.isdigit() and int(text) > 0):
                problem = f"⚠ {choice.text()}: “{text}” is not accepted; use a whole number of at least 1."
        elif not _positive(self._loss.text()):
            problem = f"⚠ Loss below: “{self._loss.text()}” is not accepted; use a positive number."
        self._problem.setText(problem)
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not problem)


def _positive(text: str) -> bool:
    try:
        return 0.0 < float(text.replace(",", ".")) < float("inf")
    except ValueError:
        return False

"""Asks what a worked sheet is to leave blank."""

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QLabel, QRadioButton, QVBoxLayout, QWidget

from backprop_gui.explain.formula import Source
from backprop_gui.explain.sheet import BLANKS, hidden_by
from backprop_gui.ui.theme import GRID

_TITLES = {
    "forward": "Forward pass",
    "loss": "Loss",
    "deltas": "Deltas",
    "gradients": "Gradients",
    "updates": "Updates",
}


class SheetDialog(QDialog):
    """A teacher's copy is complete; a student's has blanks in the chosen sections."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Worked sheet")
        explained = QLabel(
            "The sheet works through the shown sample: given values, forward pass, loss, deltas, gradients, update."
        )
        explained.setWordWrap(True)
        self._teacher = QRadioButton("Complete, for the teacher")
        self._student = QRadioButton("With blanks to fill in, for students:")
        self._teacher.setChecked(True)
        self._boxes = {key: QCheckBox(_TITLES[key]) for key in BLANKS}
        self._implied = QLabel()
        self._implied.setWordWrap(True)
        self._teacher.setToolTip("Every number stands on the sheet.")
        self._student.setToolTip("The numbers of the chosen parts are left blank, and all that would give them away.")
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addWidget(explained)
        for widget in (self._teacher, self._student, *self._boxes.values()):
            widget.setAccessibleName(widget.text())
            layout.addWidget(widget)
        for box in self._boxes.values():
            box.setChecked(True)
            box.setEnabled(False)
            box.setStyleSheet(f"margin-left: {3 * GRID}px")
            box.setToolTip("Leave the numbers of this part to be filled in by hand.")
            self._student.toggled.connect(box.setEnabled)
            box.toggled.connect(self._tell_implied)
        self._student.toggled.connect(self._tell_implied)
        layout.addWidget(self._implied)
        self._tell_implied()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _tell_implied(self) -> None:
        """Say which parts are blank as well, since they would give the chosen ones away."""
        chosen = self.blanks()
        implied = [title for key, title in _TITLES.items() if Source(key) in hidden_by(chosen) and key not in chosen]
        told = f"Blank as well, for they would give it away: {', '.join(implied).lower()}." if implied else ""
        self._implied.setText(told)

    def blanks(self) -> frozenset[str]:
        """Return the parts to leave blank."""
        if self._teacher.isChecked():
            return frozenset()
        return frozenset(key for key, box in self._boxes.items() if box.isChecked())

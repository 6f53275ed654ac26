"""Asks which samples to make up."""

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.data.generators import GENERATORS, generate
from backprop_gui.data.samples import Samples
from backprop_gui.engine.errors import FieldError
from backprop_gui.ui.theme import GRID


class GenerateDialog(QDialog):
    """Kind, size, noise and seed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Generate samples")
        self._kind = QComboBox()
        for one in GENERATORS.values():
            self._kind.addItem(one.title, one.name)
        self._size, self._seed = QSpinBox(), QSpinBox()
        self._seed.setRange(0, 999_999)
        self._noise = QDoubleSpinBox()
        self._noise.setRange(0.0, 10.0)
        self._noise.setDecimals(3)
        self._noise.setSingleStep(0.01)
        self._size_title = QLabel("Size")
        form = QFormLayout()
        form.setSpacing(GRID)
        for title, widget in (
            ("Kind", self._kind),
            (self._size_title, self._size),
            ("Noise", self._noise),
            ("Seed", self._seed),
        ):
            form.addRow(title, widget)
            widget.setAccessibleName(title if isinstance(title, str) else "Size")
        note = QLabel("The present samples are replaced; Undo brings them back.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(note)
        layout.addWidget(buttons)
        self._kind.currentIndexChanged.connect(self._show_kind)
        self._show_kind()

    def samples(self) -> Samples | None:
        """Return what was asked for."""
        try:
            return generate(self._kind.currentData(), self._size.value(), self._noise.value(), self._seed.value())
        except FieldError:
            return None

    def _show_kind(self) -> None:
        kind = GENERATORS[self._kind.currentData()]
        self._size.setRange(1, kind.most)
        self._size.setValue(kind.default_size)
        self._size.setSuffix(f" {kind.size_means}")

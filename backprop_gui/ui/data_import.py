"""The Data menu's work: samples from tables and generators."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from backprop_gui.data.samples import Samples
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.edits import take_samples
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask, warn
from backprop_gui.ui.dialogs.generate_dialog import GenerateDialog
from backprop_gui.ui.dialogs.import_dialog import ImportDialog

MOST_BYTES = 200_000_000


class DataImport(QObject):
    """Asks where samples come from and takes them over as one undo step; ``message`` is for the status bar."""

    message = Signal(str)

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._editor, self._window = desk.editor, window

    def generate(self) -> None:
        """Ask what to generate, and take it."""
        samples = ask(GenerateDialog(self._window), GenerateDialog.samples)
        if samples is not None:
            self.take(samples, "Generate samples")

    def import_table(self) -> None:
        """Ask for a file, and how to read it."""
        filters = "Tables (*.csv *.tsv *.txt);;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self._window, "Import table", "", filters)
        if name:
            self.import_path(Path(name))

    def import_path(self, path: Path) -> None:
        """Ask how to read a table, and take its samples."""
        try:
            size = path.stat().st_size
            if size > MOST_BYTES:
                raise FieldError("table", f"{size / 1e6:,.0f} MB", f"use up to {MOST_BYTES / 1e6:.0f} MB")
            dialog = ImportDialog(path.name, path.read_bytes(), self._window)
        except OSError as error:
            self._refuse(f"{path}: cannot be read: {error.strerror or error}.")
            return
        except FieldError as error:
            self._refuse(f"{path.name}: {error}")
            return
        reading = ask(dialog, ImportDialog.reading)
        if reading is not None:
            self.take(reading.samples, f"Import {path.name}")

    def take(self, samples: Samples, text: str) -> None:
        """Make ``samples`` the session's; the network gets inputs and outputs to fit."""
        try:
            self._editor.apply(text, lambda session: take_samples(session, samples))
        except FieldError as error:
            self._refuse(str(error))
            return
        inputs, targets = samples.inputs.shape[1], samples.targets.shape[1]
        self.message.emit(f"{len(samples):,} samples of {inputs} inputs and {targets} targets.")

    def _refuse(self, sentence: str) -> None:
        warn(self._window, "Nothing was imported", sentence)

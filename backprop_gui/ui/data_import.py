"""The Data menu's work: samples from tables and generators."""

import io
from pathlib import Path
from typing import BinaryIO

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from backprop_gui.data.samples import Samples
from backprop_gui.data.tables.kinds import MOST_BYTES
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.advice import Remedy, remedies_of
from backprop_gui.session.document import Session
from backprop_gui.session.edits import take_samples
from backprop_gui.storage import FileError, open_regular
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask, offer
from backprop_gui.ui.dialogs.generate_dialog import GenerateDialog
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.forms.wording import in_words


class DataImport(QObject):
    """Asks where samples come from and takes them over as one undo step; ``message`` is for the status bar."""

    message = Signal(str)

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window

    def generate(self) -> None:
        """Ask what to generate, and take it."""
        samples = ask(GenerateDialog(self._window), GenerateDialog.samples)
        if samples is not None:
            self.take(samples, "Generate samples")

    def import_table(self) -> None:
        """Ask for a file, and how to read it."""
        kinds = "*.csv *.tsv *.txt *.dat *.data *.xlsx *.arff *.json *.pat *.svm *.libsvm *.fann"
        filters = f"Tables ({kinds});;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self._window, "Import table", "", filters)
        if name:
            self.import_path(Path(name))

    def import_path(self, path: Path) -> None:
        """Ask how to read a table, and take its samples."""
        try:
            file = open_regular(path, MOST_BYTES)
        except FileError as error:
            self._refuse(str(error))
            return
        with file:
            self._ask(path.name, file)

    def paste_table(self) -> None:
        """Ask how to read what the clipboard holds, and take its samples."""
        self.import_text(QGuiApplication.clipboard().text())

    def import_text(self, text: str) -> None:
        """Ask how to read a table that was pasted, and take its samples."""
        self._ask("pasted table", io.BytesIO(text.encode(errors="replace")))

    def _ask(self, name: str, file: BinaryIO) -> None:
        try:
            dialog = ImportDialog(name, file, self._window)
        except FieldError as error:
            self._refuse(in_words(error, self._desk.store.session))
            return
        reading = ask(dialog, ImportDialog.reading)
        if reading is not None:
            self.take(reading.samples, f"Import {name}")

    def take(self, samples: Samples, text: str) -> None:
        """Make ``samples`` the session's; the network gets inputs and outputs to fit."""
        session = self._desk.store.session

        def edit(session: Session) -> Session:
            return take_samples(session, samples)

        try:
            self._desk.editor.apply(text, edit)
        except FieldError as error:
            remedies = remedies_of(session, edit)
            chosen = self._refuse(in_words(error, session, samples, self._desk.preferences.notation), remedies)
            if chosen is None:
                return
            self._desk.editor.apply(f"{text}: {chosen.label}", chosen.edit)
        inputs, targets = samples.inputs.shape[1], samples.targets.shape[1]
        self.message.emit(f"{len(samples):,} samples of {inputs} inputs and {targets} targets.")

    def _refuse(self, sentence: str, remedies: tuple[Remedy, ...] = ()) -> Remedy | None:
        """Say that nothing was imported; return the remedy that was chosen instead, if any."""
        chosen = offer(self._window, "Nothing was imported", sentence, [one.label for one in remedies])
        return None if chosen is None else remedies[chosen]

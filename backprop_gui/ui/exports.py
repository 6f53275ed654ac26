"""What leaves as a file: weights, history, results, pictures, worked sheets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.history_csv import write_history
from backprop_gui.exchange.results_csv import write_results
from backprop_gui.exchange.weights import EXPORTERS, export_weights
from backprop_gui.storage import FileError
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask, place_to_save, warn, written
from backprop_gui.ui.dialogs.sheet_dialog import SheetDialog
from backprop_gui.ui.documents import Documents
from backprop_gui.ui.forms.wording import in_words
from backprop_gui.ui.sheets.write import write_sheet

_TABLES = "Table (*.csv)"


class Exports(QObject):
    """Asks for files and writes them, beside the session's own; ``message`` is a line for the status bar."""

    message = Signal(str)

    def __init__(self, desk: Desk, files: Documents, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._controller, self._preferences = desk.store, desk.controller, desk.preferences
        self._files, self._window = files, window

    def weights(self) -> None:
        """Export the weights in the format the file's ending names."""
        filters = ";;".join(f"{one.title} (*{one.name})" for one in EXPORTERS.values())
        self._export("Export weights", "weights.json", filters, self._write_weights)

    def history(self) -> None:
        """Export the history kept so far as CSV."""
        self._export("Export history", "history.csv", _TABLES, self._write_history)

    def results(self) -> None:
        """Export what the network says of every sample as CSV."""
        self._export(
            "Export results", "results.csv", _TABLES, lambda path: write_results(path, self._controller.settle())
        )

    def picture(self, what: str, write: Callable[[Path], None]) -> None:
        """Let ``write`` put the picture called ``what`` in a file, PNG or SVG by its ending."""
        self._export(f"Export {what}", f"{what.replace(' ', '-')}.png", "PNG (*.png);;SVG (*.svg)", write)

    def sheet(self) -> None:
        """Ask what to leave blank, and export the shown sample's pass as a worked sheet."""
        blanks = ask(SheetDialog(self._window), SheetDialog.blanks)
        if blanks is not None:
            filters = "PDF (*.pdf);;Web page (*.html);;LaTeX (*.tex)"
            self._export("Export worked sheet", "sheet.pdf", filters, lambda path: self._write_sheet(path, blanks))

    def _export(self, title: str, suggestion: str, filters: str, write: Callable[[Path], None]) -> None:
        path = place_to_save(self._window, title, self._files.folder / suggestion, filters)
        if path is None:
            return
        try:
            if not written(self._window, path, write):
                return
        except (FileError, FieldError) as error:
            warn(self._window, "Nothing was exported", in_words(error, self._store.session))
            return
        self.message.emit(f"Exported {path}.")

    def _write_weights(self, path: Path) -> None:
        session = self._controller.settle()
        export_weights(path, session.network, session.parameters, session.samples.inputs, session.samples.columns)

    def _write_sheet(self, path: Path, blanks: frozenset[str]) -> None:
        self._controller.settle()
        snapshot, now = self._controller.snapshot, self._controller.shown.situation
        whole = replace(snapshot, parameters=now.parameters, reached=None)
        write_sheet(path, whole, now, self._preferences.style, blanks)

    def _write_history(self, path: Path) -> None:
        history = self._controller.history
        rows = zip(history.epochs, history.losses, history.running_losses, strict=True)
        write_history(path, [(int(epoch), float(loss), float(running)) for epoch, loss, running in rows])

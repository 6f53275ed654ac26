"""Runs of sessions that are closed, opened again."""

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from backprop_gui.runs.earlier import earlier_runs, open_run
from backprop_gui.runs.recorder import Recorder
from backprop_gui.runs.summary import end_of
from backprop_gui.storage import FileError
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import ask, warn
from backprop_gui.ui.dialogs.earlier_runs_dialog import EarlierRunsDialog
from backprop_gui.ui.documents import Documents

FLUSH_SECONDS = 1.0


class EarlierRuns(QObject):
    """Asks which one; ``message`` carries a line for the status bar."""

    message = Signal(str)

    def __init__(self, desk: Desk, files: Documents, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._preferences = desk.controller, desk.preferences
        self._files, self._recorder, self._window = files, recorder, window

    def open(self) -> None:
        """Ask for a run, and open its end in place of the session, with all that led there."""
        self._recorder.flush(FLUSH_SECONDS)  # what was closed a moment ago is listed too
        folder, here = self._recorder.folder, self._controller.book.runs
        try:
            found = earlier_runs(folder, here)
            dialog = EarlierRunsDialog(found, self._preferences.number_format, self._window)
            run = ask(dialog, EarlierRunsDialog.chosen)
            if run is None:
                return
            runs = open_run(folder, run.id)
        except FileError as error:
            warn(self._window, "No run was opened", str(error))
            return
        self._controller.settle()
        if self._files.may_leave():
            self._files.put(run.name, end_of(runs[-1]), None, runs)
            self.message.emit(f"Opened {run.name}.")

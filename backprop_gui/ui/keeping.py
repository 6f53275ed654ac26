"""What the window does is kept as it happens: the session, its last edits, its runs."""

import sys

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from backprop_gui.runs.mirror import Mirror
from backprop_gui.runs.recall import placed_in, recall
from backprop_gui.runs.recorder import Recorder
from backprop_gui.runs.run import Run
from backprop_gui.runs.schema import StoreError
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import Button, offer
from backprop_gui.ui.documents import Documents

TICK_MILLISECONDS = 700
"""How old what is kept of running training may get before it is handed to the recorder again."""
FLUSH_SECONDS = 10.0


class Keeper(QObject):
    """Hands to the recorder what changes; ``told`` carries what the user should hear of it."""

    told = Signal(str)

    def __init__(self, desk: Desk, files: Documents, recorder: Recorder, window: QWidget) -> None:
        super().__init__(window)
        self.recorder = recorder
        self.ending = False
        """Whether nothing may be asked any more."""
        self._logging_out = False
        self._store, self._controller, self._editor = desk.store, desk.controller, desk.editor
        self._preferences, self._files, self._window = desk.preferences, files, window
        self._mirror, self._generation, self._closed = Mirror(), recorder.generation, False
        self._book = desk.controller.book
        self._timer = QTimer(self, interval=TICK_MILLISECONDS)
        self._timer.timeout.connect(self._tick)
        desk.store.changed.connect(self._keep)
        desk.editor.stack.cleanChanged.connect(self._keep)
        desk.editor.stack.indexChanged.connect(self._keep_edits)
        files.title_changed.connect(self._keep)
        desk.controller.leaving.connect(self._tell_runs)
        desk.preferences.changed.connect(self._follow_preferences)
        self._follow_preferences()
        files.recall = self._recall
        self._keep()
        self._timer.start()

    @property
    def dirty(self) -> bool:
        """Whether anything is not in the session's file."""
        return not self._editor.stack.isClean() or self._controller.newest is not self._store.session

    @Slot()  # without the signal's session manager, which PySide need not hand over then
    def commit(self) -> None:
        """Keep everything now: the user is being logged out."""
        self._logging_out = True
        self._keep()
        self.recorder.flush(FLUSH_SECONDS)

    def may_close(self) -> bool:
        """Keep everything; return whether the window may close: what cannot be kept is asked about."""
        if self._closed:
            return True
        self._keep()
        if self.recorder.flush(FLUSH_SECONDS) or not self.dirty:
            return True
        why = self.recorder.trouble or f"{self.recorder.folder}: writing takes too long."
        if self.ending:
            print(f"backprop-gui: the session could not be kept for the next start: {why}", file=sys.stderr)
            return True
        text = f"The session could not be kept for the next start.\n\n{why}"
        ways = ("Save as…", "Close anyway")
        match offer(self._window, "Unsaved changes", text, ways, Button.Cancel):
            case 0:
                return self._files.save_as()
            case 1:
                return True
            case _:
                return False

    def close(self) -> None:
        """End the recorder."""
        if not self._closed:
            self._closed = True
            self._timer.stop()
            self.recorder.close(offer=self.ending or self._logging_out)

    def _keep(self) -> None:
        if not self._closed:
            self._tell_runs()  # first: a session is never kept without the run it stands in
            self.recorder.keep(self._controller.newest, self._files.path, self._files.name, dirty=self.dirty)

    def _keep_edits(self) -> None:
        if not self._closed:
            self.recorder.keep_edits(self._editor.edits())
            self._keep()

    def _recall(self, session: Session) -> tuple[Session, list[Run]]:
        book = self._controller.book
        for run in book.runs.values():
            if session.progress.step and (placed := placed_in(run, session)) is not None:
                return placed, [one for one, _ in book.lineage(placed)]
        try:
            return recall(self.recorder.folder, session)
        except StoreError:
            return session, []  # its curve is missed; nothing is lost

    def _follow_preferences(self) -> None:
        self.recorder.limit_mb = self._preferences.store_mb

    def _tick(self) -> None:
        if self._controller.running:
            self._keep()
        else:
            self._tell_runs()
        for sentence in self.recorder.said():
            self.told.emit(sentence)

    def _tell_runs(self) -> None:
        if self._closed:
            return
        book = self._controller.book
        if self._generation != self.recorder.generation:
            self._generation = self.recorder.generation
            self._mirror.forget()
        if book is not self._book:  # another session was opened: the runs of the one before stay in the store
            self._book = book
            self._mirror.forget()
            self.recorder.release_runs()
        for gone in self._mirror.gone(book):
            self.recorder.delete_run(gone)
        for change in self._mirror.changes(book):
            self.recorder.keep_run(change)

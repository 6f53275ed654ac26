"""What was left unsaved by windows that are gone: restored, saved or discarded, as the user says."""

from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from backprop_gui.runs.left import Left, discard, left_over, restore, session_of
from backprop_gui.runs.schema import DamagedError, NewerError, StoreError
from backprop_gui.session.files import write_session
from backprop_gui.storage import FileError
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import Button, confirm, place_to_save, warn, written
from backprop_gui.ui.documents import SESSION_FILES, Documents
from backprop_gui.ui.keeping import Keeper

LOOK_AGAIN_MILLISECONDS = 3000


class Recovery(QObject):
    """The left-overs; ``changed`` when there are others, ``message`` carries a line for the status bar."""

    changed = Signal()
    message = Signal(str)

    def __init__(self, desk: Desk, files: Documents, keeper: Keeper, window: QWidget) -> None:
        super().__init__(window)
        self._controller, self._editor = desk.controller, desk.editor
        self._files, self._keeper, self._window = files, keeper, window
        self._folder = keeper.recorder.folder
        self._gone: set[str] = set()
        self.left: tuple[Left, ...] = ()

    def look(self) -> None:
        """Find what was left; where the store cannot be read now, try again later."""
        try:
            found = left_over(self._folder)
        except (DamagedError, NewerError):
            found = ()  # the recorder meets it too, and tells
        except StoreError:
            QTimer.singleShot(LOOK_AGAIN_MILLISECONDS, self, self.look)
            found = ()
        self.left = tuple(one for one in found if one.window not in self._gone)
        self.changed.emit()

    def open_newest(self) -> None:
        """Open what a window left that was closed in order last, as if it had never been closed."""
        newest = next((one for one in self.left if one.clean_close), None)
        if newest is not None:
            self.restore(newest, quiet=True)

    def restore(self, left: Left, *, quiet: bool = False) -> None:
        """Open what was left: its file's name, its last edits to undo, its runs; ``quiet``: no box where it fails."""
        try:
            found = restore(self._folder, left)
        except FileError as error:
            if quiet:
                self.message.emit(str(error))
            else:
                warn(self._window, "Nothing was restored", str(error))
            self.look()
            return
        self._controller.settle()
        if not self._files.may_leave():
            if found.claim is not None:
                found.claim.release()
            return
        self._files.put(left.title, found.session, left.file, found.runs)
        self._editor.put_back(found.edits)
        self._keeper.recorder.take_over(left, found.claim)
        self._forget(left)
        self.message.emit(f"Restored {left.title}.")

    def save(self, left: Left) -> None:
        """Ask for a file and write what was left to it."""
        try:
            session = session_of(self._folder, left)
            suggestion = left.file or self._files.folder / f"{left.title.removesuffix('.json')}.json"
            path = place_to_save(self._window, "Save session as", suggestion, SESSION_FILES)
            if path is None:
                return
            if not written(self._window, path, lambda place: write_session(place, session)):
                return
            discard(self._folder, left)
        except FileError as error:
            warn(self._window, "The session was not saved", str(error))
            self.look()
            return
        self._forget(left)
        self.message.emit(f"Saved {path}.")

    def discard(self, left: Left) -> None:
        """Drop what was left, once the user has said yes."""
        text = f"Discard what was left of “{left.title}”? It cannot be brought back."
        answer = confirm(self._window, "Discard unsaved work", text, Button.Discard | Button.Cancel, Button.Cancel)
        if answer != Button.Discard:
            return
        try:
            discard(self._folder, left)
        except FileError as error:
            warn(self._window, "Nothing was discarded", str(error))
            return
        self._forget(left)

    def _forget(self, left: Left) -> None:
        self._gone.add(left.window)
        with suppress(StoreError):
            self.left = tuple(one for one in left_over(self._folder) if one.window not in self._gone)
        self.changed.emit()

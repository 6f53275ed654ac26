"""Which file the session belongs to: opening, saving, and weights from other files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import SIGMOID
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.exchange.read_weights import changes, read_weights
from backprop_gui.resources import problem
from backprop_gui.runs.run import Run
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import content_for, read_session
from backprop_gui.storage import FileError, write_whole
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.asking import Button, ask, confirm, offer, place_to_save, warn, written
from backprop_gui.ui.dialogs.words_dialog import WordsDialog
from backprop_gui.ui.forms.wording import in_words
from backprop_gui.ui.watching import FileMemory, FileWatch, Found

MOST_RECENT = 8
_IMPORTS = "Weights (*.json *.npz *.csv *.safetensors *.onnx *.pt *.pth);;All files (*)"
SESSION_FILES = "Sessions (*.json);;All files (*)"


class Documents(QObject):
    """Opens and saves. ``title_changed`` carries the name to show; ``message`` a line for the status bar."""

    title_changed = Signal(str)
    message = Signal(str)
    recent_changed = Signal()

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._controller, self._editor = desk.store, desk.controller, desk.editor
        self._settings, self._window = desk.preferences.settings, window
        self._path: Path | None = None
        self.watch = FileWatch(window)
        self.recall: Callable[[Session], tuple[Session, list[Run]]] = lambda session: (session, [])
        """Finds a session that was read from a file in the runs that are kept."""
        self._name = "untitled"

    @property
    def name(self) -> str:
        """What the session is called."""
        return self._name

    @property
    def path(self) -> Path | None:
        """The session's file, if it has one."""
        return self._path

    @property
    def folder(self) -> Path:
        """Where files of this session are asked for first."""
        if self._path is not None:
            return self._path.parent
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))

    @property
    def recent(self) -> tuple[Path, ...]:
        """The files opened or saved last, newest first, that still exist."""
        kept = str(self._settings.value("recent", "")).split("\n")
        return tuple(path for path in map(Path, filter(None, kept)) if path.is_file())

    def name_session(self, name: str, path: Path | None, memory: FileMemory | None = None) -> None:
        """Say what the session in the store is called, which file it came from, and what that was then, if not now."""
        self._name, self._path = name, path
        self.watch.follow(None if path is None else memory or FileMemory(path))
        if path is not None:
            others = [one for one in self.recent if one != path]
            self._settings.setValue("recent", "\n".join(map(str, [path, *others][:MOST_RECENT])))
            self.recent_changed.emit()
        self.title_changed.emit(name)

    def new(self) -> None:
        """Begin with a small network and one sample of zeros."""
        network = Network(2, (Layer(3, SIGMOID), Layer(1, SIGMOID)))
        self._open_new("untitled", Session.begin(network, TrainingSettings(), Samples.of([[0.0, 0.0]], [[0.0]])))

    def open_problem(self, name: str) -> None:
        """Open a built-in problem."""
        self._open_new(name, problem(name))

    def open(self) -> None:
        """Ask for a session file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open session", str(self.folder), SESSION_FILES)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> None:
        """Open the session file at ``path``, or say why that cannot be."""
        memory = FileMemory(path)  # first: what another program writes from now on is a change
        session = self._read(path)
        if session is not None:
            self._open_new(path.name, session, path, memory)

    def reload(self) -> None:
        """Take what the session's file holds now, as one undo step."""
        path = self._path
        assert path is not None
        memory = FileMemory(path)
        session = self._read(path)
        if session is None:
            return
        self._editor.apply(f"Reload {path.name}", lambda now: edits.with_view(session, now.view))
        self._editor.stack.setClean()
        self.watch.follow(memory)
        self.message.emit(f"Reloaded {path}. Undo brings back what was here.")

    def told_of(self, found: Found) -> str:
        """Return a sentence about what another program did to the session's file."""
        if found is Found.GONE:
            return f"The file “{self._name}” is no longer there: another program moved or deleted it."
        return f"Another program changed the file “{self._name}”." if found is Found.CHANGED else ""

    def edit_words(self) -> None:
        """Ask for the session's title and notes, and set them as one undo step."""
        words = ask(WordsDialog(self._store.session, self._window), WordsDialog.words)
        if words not in (None, (self._store.session.title, self._store.session.notes)):
            title, notes = words
            self._editor.apply("Session properties", lambda now: edits.set_words(now, title, notes))

    def save(self) -> bool:
        """Save to the session's file, asking for one the first time; return whether it was saved."""
        return self.save_as() if self._path is None else self._save_to(self._path)

    def save_as(self) -> bool:
        """Ask for a file and save to it; return whether it was saved."""
        suggestion = self._path or self.folder / f"{self._name.removesuffix('.json')}.json"
        path = place_to_save(self._window, "Save session as", suggestion, SESSION_FILES)
        return path is not None and self._save_to(path)

    def import_weights(self) -> None:
        """Ask for a file, say what its weights would change, and take them over as one undo step."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Import weights", str(self.folder), _IMPORTS)
        if name:
            self.import_path(Path(name))

    def import_path(self, path: Path) -> None:
        """Take the weights of a file over, after a confirmation where anything but weights changes."""
        session = self._controller.settle()
        try:
            imported = read_weights(path, session.network)
            told = changes(session.network, imported)
            if told and not self._agrees(path, told):
                return
            self._editor.apply(
                "Import weights", lambda now: edits.take_weights(now, imported.network, imported.parameters)
            )
        except (FileError, FieldError) as error:
            self._refuse("Nothing was imported", error)
            return
        self.message.emit(f"Imported {path}.")

    def _agrees(self, path: Path, told: list[str]) -> bool:
        text = f"Take the weights of {path.name} over?\n\n" + "\n".join(told)
        answer = confirm(self._window, "Import weights", text, Button.Ok | Button.Cancel, Button.Ok)
        return answer == Button.Ok

    def put(
        self,
        name: str,
        session: Session,
        path: Path | None,
        runs: Sequence[Run] = (),
        memory: FileMemory | None = None,
    ) -> None:
        """Put another session, with its runs, in place of the present one, whatever becomes of that."""
        if path is not None and not (session.run or runs):
            session, runs = self.recall(session)
        self._controller.open(session, runs)
        self._editor.stack.clear()
        self.name_session(name, path, memory)

    def may_leave(self) -> bool:
        """Return whether the present session may be left: all is saved, or the user says what to do about it."""
        if self._editor.stack.isClean():
            return True
        answer = confirm(
            self._window,
            "Unsaved changes",
            f"Save the changes to “{self._name}” first?",
            Button.Save | Button.Discard | Button.Cancel,
            Button.Save,
        )
        return self.save() if answer == Button.Save else answer == Button.Discard

    def _open_new(
        self, name: str, session: Session, path: Path | None = None, memory: FileMemory | None = None
    ) -> None:
        self._controller.settle()
        if self.may_leave():
            self.put(name, session, path, memory=memory)
            self.message.emit(f"Opened {name}.")

    def _read(self, path: Path) -> Session | None:
        try:
            return read_session(path)
        except FileError as error:
            self._refuse("This file cannot be opened", error)
            return None

    def _save_to(self, path: Path) -> bool:
        found = self.watch.look() if path == self._path else Found.SAME
        if found is not Found.SAME:
            ways = ("Save anyway", "Save as…")
            match offer(self._window, "The file was changed", self.told_of(found), ways, Button.Cancel):
                case 0:
                    pass
                case 1:
                    return self.save_as()
                case _:
                    return False
        try:
            content = content_for(path, self._controller.settle())
            if not written(self._window, path, lambda place: write_whole(place, content)):
                return False
        except FileError as error:
            self._refuse("The session was not saved", error)
            return False
        self._editor.stack.setClean()
        self.name_session(path.name, path, FileMemory(path, content))
        self.message.emit(f"Saved {path}.")
        return True

    def _refuse(self, title: str, error: Exception) -> None:
        warn(self._window, title, in_words(error, self._store.session))

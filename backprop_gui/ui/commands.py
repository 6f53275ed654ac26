"""Every change to the document as an undo command."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from backprop_gui.runs.store import MOST_EDITS
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.store import SessionStore
from backprop_gui.session.document import Session
from backprop_gui.session.edits import step_to, with_view

MERGE_ID = 1
MOST_STEPS = 500
"""That can be undone: each holds the weights before it and after."""


class SessionCommand(QUndoCommand):
    """Holds the document before and after; commands with the same ``merge`` key in a row become one."""

    def __init__(self, store: SessionStore, before: Session, after: Session, text: str, merge: str | None) -> None:
        super().__init__(text)
        self._store = store
        self._before, self._after, self._merge = before, after, merge
        self._done = False

    @classmethod
    def done(cls, store: SessionStore, before: Session, after: Session, text: str) -> "SessionCommand":
        """Return a command of something that has been done already, an edit before the program was started say."""
        command = cls(store, before, after, text, None)
        command._done = True
        return command

    @property
    def edit(self) -> tuple[str, Session, Session]:
        """Its words, and the document before and after."""
        return self.text(), self._before, self._after

    def undo(self) -> None:
        """Put the document before back; where the user looks stays."""
        self._store.assign(with_view(self._before, self._store.session.view))

    def redo(self) -> None:
        """Put the document after in place."""
        if self._done:
            self._done = False
        else:
            self._store.assign(self._after)

    def id(self) -> int:
        """Return the id that lets Qt try ``mergeWith``."""
        return -1 if self._merge is None else MERGE_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over a later command with the same key."""
        if not isinstance(other, SessionCommand) or other._merge != self._merge:
            return False
        self._after = other._after
        return True


class Editor(QObject):
    """The one way in: applies a pure edit as an undo command. Training becomes a command as well."""

    def __init__(self, store: SessionStore, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._controller = controller
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(MOST_STEPS)
        controller.settled.connect(self._record_training)
        controller.continued.connect(self._continue_from)

    def apply(self, text: str, edit: Callable[[Session], Session], merge: str | None = None) -> None:
        """Apply ``edit`` to the session, or to the past moment that is looked at, as the undo step ``text``.

        Training that is under way is brought home first, and goes on where the edit left network, parameters and
        samples alone. Edits with the same ``merge`` key in a row (a dragged slider) are undone together.

        Raises:
            FieldError: from ``edit``; nothing has changed then.
        """
        was_running = self._controller.running
        edit(self._controller.base)  # refuse a bad value before training is interrupted
        before = self._controller.settle()
        base = self._controller.past or before
        after = edit(base)
        if after is base:
            return
        if after.progress is not before.progress or after.training is not before.training:
            after = step_to(after, 0)  # another update now comes next; a changed weight alone leaves the place
        self.stack.push(SessionCommand(self._store, before, after, text, merge))
        same = (after.network, after.samples) == (before.network, before.samples)
        if was_running and same and after.parameters is before.parameters:
            self._controller.resume()

    def undo(self) -> None:
        """Undo the last command; a run under way ends first and is what gets undone."""
        self._controller.settle()
        self.stack.undo()

    def redo(self) -> None:
        """Redo what was undone last."""
        self._controller.settle()
        self.stack.redo()

    def edits(self) -> list[tuple[str, Session, Session]]:
        """Return what can be undone, the last few, the earliest first: words, the document before and after."""
        last = self.stack.index()
        commands = [self.stack.command(place) for place in range(max(0, last - MOST_EDITS), last)]
        return [one.edit for one in commands if isinstance(one, SessionCommand)]

    def put_back(self, edits: Sequence[tuple[str, Session, Session]]) -> None:
        """Make edits done before the program was started undoable; what is in the store is not saved."""
        self.stack.clear()
        for text, before, after in edits:
            self.stack.push(SessionCommand.done(self._store, before, after, text))
        self.stack.resetClean()

    def _record_training(self, before: Session, after: Session) -> None:
        self.stack.push(SessionCommand(self._store, before, after, "Training", merge="training"))

    def _continue_from(self, before: Session, moment: Session) -> None:
        text = f"Continue from epoch {moment.progress.epoch:,}"
        self.stack.push(SessionCommand(self._store, before, moment, text, None))

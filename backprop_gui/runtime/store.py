"""The one place that holds the session document."""

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from backprop_gui.engine.network import Ref
from backprop_gui.session.document import Session
from backprop_gui.session.edits import look_at, step_to


class SessionStore(QObject):
    """Holds the session and says when it changes; views read it here and nowhere else.

    What is looked at (sample, selection) is set here and is not undone; edits come through undo commands, which
    call ``assign``. ``hovered`` is the part under the pointer in whichever view, for the others to highlight.
    """

    changed = Signal(object, object)  # new Session, old Session
    hovered = Signal(object)  # Ref | None
    pointed_out = Signal(object)  # frozenset[Ref]

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._hovered: Ref | None = None
        self._pointed_out: frozenset[Ref] = frozenset()

    @property
    def session(self) -> Session:
        """The session as it is."""
        return self._session

    def assign(self, session: Session) -> None:
        """Make ``session`` the document."""
        if session is not self._session:
            old, self._session = self._session, session
            self.changed.emit(session, old)

    def select(self, ref: Ref | None) -> None:
        """Select a part of the network, or nothing."""
        if ref != self._session.view.selected:
            self.assign(look_at(self._session, selected=ref))

    def show_sample(self, sample: int) -> None:
        """Make ``sample`` (from 0) the current one."""
        if sample != self._session.view.sample:
            looked = look_at(self._session, sample=sample, selected=self._session.view.selected)
            self.assign(step_to(looked, 0))

    def hover(self, ref: Ref | None) -> None:
        """Tell all views which part is under the pointer."""
        if ref != self._hovered:
            self._hovered = ref
            self.hovered.emit(ref)

    def point_out(self, parts: Iterable[Ref]) -> None:
        """Light these parts in whichever view shows them, besides what is selected; none for an end of it."""
        if (found := frozenset(parts)) != self._pointed_out:
            self._pointed_out = found
            self.pointed_out.emit(found)

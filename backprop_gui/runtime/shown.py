"""What is shown: the one moment of a run that every view reads, whichever it is."""

from collections.abc import Callable
from functools import cached_property

from backprop_gui.explain.situation import Situation
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.session.microscope import Microscope


class Shown:
    """A snapshot, the session as it stands at that moment, and its next update, taken apart when first asked for.

    The moment may be the present, a place inside an update, a frame of running training, or one that is past.
    """

    def __init__(
        self, snapshot: Snapshot, session: Session, microscope: Callable[[], Microscope] | None = None
    ) -> None:
        self.snapshot = snapshot
        self._document = session
        self._take_apart = microscope

    @cached_property
    def session(self) -> Session:
        """The session at this moment; while training runs, ahead of the document."""
        document, snapshot = self._document, self.snapshot
        if snapshot.network is not document.network or snapshot.progress.step <= document.progress.step:
            return document
        return trained(document, snapshot.parameters, snapshot.progress)

    @cached_property
    def microscope(self) -> Microscope:
        """The update that comes next."""
        return Microscope(self.session) if self._take_apart is None else self._take_apart()

    @property
    def situation(self) -> Situation:
        """What derivations are told of: the shown sample and the update that comes next."""
        return self.microscope.situation(self.snapshot.sample)

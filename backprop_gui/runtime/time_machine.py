"""Looks at any moment of a run, and goes back: exactly, by training again from the nearest state that is kept."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.retracer import Retraced, Retracer
from backprop_gui.runtime.store import SessionStore
from backprop_gui.runtime.stretch import train_towards
from backprop_gui.runtime.traveller import Arrival, Journey, Traveller
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained, with_view

AT_ONCE_SECONDS = 0.05


class TimeMachine(QObject):
    """Past moments are shown in every view and change nothing; ``Controller.stand_here`` makes one the document's.

    What takes longer than a moment happens in the training thread, and ``on_the_way`` tells how far it has come; a
    new wish, or a change of the document, ends it.
    """

    on_the_way = Signal(float)  # the share of the way that is done; 1.0 when it is over
    refused = Signal(str)

    _go = Signal(object)
    _retrace = Signal(object)

    def __init__(self, store: SessionStore, controller: Controller) -> None:
        super().__init__()
        self._store, self._controller = store, controller
        self._traveller = Traveller()
        controller.training.house(self._traveller)
        self._go.connect(self._traveller.go)
        self._traveller.on_the_way.connect(self._tell)
        self._traveller.arrived.connect(self._arrive)
        self._traveller.failed.connect(self._end)
        self._retracer = Retracer()
        controller.training.house(self._retracer)
        self._retrace.connect(self._retracer.retrace)
        self._retracer.on_the_way.connect(self._tell_retracing)
        self._retracer.done.connect(self._take_run)
        self._retracing: Session | None = None
        self._book = controller.book
        controller.runs_changed.connect(self._follow_book)
        self._number = 0
        self._then: Callable[[Arrival], None] | None = None
        self._wish: Session | None = None
        store.changed.connect(self._follow_document)
        self._find_run(store.session)

    @property
    def line(self) -> Session:
        """The end of the run looked at: what is earlier on its way can be travelled to."""
        return self._controller.newest if self._wish is None else self._wish

    @property
    def travelling(self) -> bool:
        """Whether a moment is being made again."""
        return self._then is not None

    def look_at_step(self, step: int, end: Session | None = None) -> None:
        """Show the moment after ``step`` updates on the way to ``end``; without it, of the run looked at."""
        self._controller.settle()
        end = end or self.line
        step = max(0, min(step, end.progress.step))
        if end.same_place(self._store.session) and step == end.progress.step:
            self.come_back()
            return
        base = self._controller.book.nearest(end, step)
        if base is None:
            self.refused.emit("What came before the session was opened is not known.")
            return
        self._wish = None if end.same_place(self._store.session) else end
        self._set_out(base, step, self._look)

    def look_at_epoch(self, epoch: float, end: Session | None = None) -> None:
        """Show the moment after so many epochs; a part of one means the batches it has by then."""
        self._controller.settle()
        end = end or self.line
        self.look_at_step(step_at(self._controller.book.stages(end), end, epoch), end)

    def come_back(self) -> None:
        """Show the document again."""
        self._wish = None
        self._cancel()
        if self._controller.past is not None:
            self._controller.look_at(None)

    def fetch(self, session: Session, step: int, then: Callable[[Session], None]) -> bool:
        """Call ``then`` with the session as it was after ``step`` updates; return False where that is not known.

        At once where that is quick; else later, unless the document changes before. Settings that were changed since
        and not trained with yet are kept.
        """
        book = self._controller.book
        base = book.nearest(session, step)
        if base is None:
            return False
        trainer = base.trainer()
        there = train_towards(trainer, step, AT_ONCE_SECONDS)
        reached = trained(base, trainer.parameters(), trainer.progress()) if trainer.step > base.progress.step else base
        if there:
            then(book.with_edits(session, reached))
        else:
            self._set_out(reached, step, lambda arrival: then(book.with_edits(session, arrival.moment)))
        return True

    def _set_out(self, base: Session, step: int, then: Callable[[Arrival], None]) -> None:
        self._number += 1
        self._then = then
        self._go.emit(Journey(self._number, with_view(base, self._store.session.view), step))

    def _look(self, arrival: Arrival) -> None:
        self._controller.look_at_seen(arrival.moment, arrival.snapshot, self._wish)

    def _tell(self, number: int, share: float) -> None:
        if number == self._number and self._then is not None:
            self.on_the_way.emit(share)

    def _arrive(self, arrival: Arrival) -> None:
        then = self._then
        if arrival.number == self._number and then is not None:
            self._then = None
            self.on_the_way.emit(1.0)
            then(arrival)

    def _end(self, number: int) -> None:
        if number == self._number:
            self._then = None
            if self._controller.past is None:
                self._wish = None
            self.on_the_way.emit(1.0)

    def _cancel(self) -> None:
        if self._then is not None:
            self._then = None
            self._go.emit(None)
            self.on_the_way.emit(1.0)

    def _follow_document(self, session: Session, old: Session) -> None:
        if not (session.same_place(old) and session.same_run(old)):
            self._cancel()
            self._wish = None
            self._find_run(session)

    def _follow_book(self) -> None:
        if self._book is not self._controller.book:  # the session that stands was opened anew
            self._find_run(self._store.session)

    def _find_run(self, session: Session) -> None:
        """A session from a file has a run behind it that is not in the book: make it again, while all else goes on.

        What is made again for a session that another one was opened after is given up.
        """
        if self._book is not self._controller.book:
            self._book = self._controller.book
            if self._retracing is not None:
                self._retracing = None
                self._retrace.emit(None)
                self.on_the_way.emit(1.0)
        known = bool(session.run) or not session.progress.step
        on_the_way = self._retracing is not None and session.progress is self._retracing.progress
        if not (known or on_the_way):  # an edit of what is on its way has the same run behind it
            self._retracing = session
            self._retrace.emit(session)

    def _tell_retracing(self, share: float) -> None:
        if self._retracing is not None and self._then is None:
            self.on_the_way.emit(share)

    def _take_run(self, found: Retraced) -> None:
        if found.session is not self._retracing:
            return
        self._retracing = None
        self.on_the_way.emit(1.0)
        if found.run is None:
            self.refused.emit(found.reason)
        else:
            self._controller.take_in(found.session, found.run)


def step_at(stages: list[Session], end: Session, epoch: float) -> int:
    """Return how many updates had been taken after ``epoch`` epochs on a way of these stages to ``end``."""
    if epoch >= end.position:
        return end.progress.step
    stage = next((one for one in reversed(stages) if one.position <= epoch), stages[0] if stages else end)
    return stage.progress.step + max(0, round((epoch - stage.position) * stage.batches))

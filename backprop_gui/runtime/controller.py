"""Runs the worker for the window: play, pause, step, pace; turns what it made into the session's next state."""

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from backprop_gui.engine.goals import Goal
from backprop_gui.engine.history import History
from backprop_gui.runs.book import Book
from backprop_gui.runs.run import Run
from backprop_gui.runtime.recording import Recording
from backprop_gui.runtime.shown import Shown
from backprop_gui.runtime.snapshot import Snapshot, snapshot_seen, take_snapshot
from backprop_gui.runtime.store import SessionStore
from backprop_gui.runtime.training import Training
from backprop_gui.runtime.worker import Ending, Frame, Task
from backprop_gui.session.document import Session, View
from backprop_gui.session.edits import look_at, trained, with_view
from backprop_gui.session.microscope import Microscope

FOLLOWED_RATE = 30.0
"""Up to this many steps a second, the shown sample is the one training comes to next."""


class Controller(QObject):
    """Owns the training thread, the moment shown and the book of runs with the curve shown.

    While the worker runs it is ahead of the document. ``settle`` brings its state home: it emits
    ``settled(before, after, description)``, whose receiver must assign ``after`` to the store (as a command that
    can be undone). Every edit settles first, so an edit always starts from the truth.
    """

    snapshot_changed = Signal(object)  # Snapshot
    base_changed = Signal(object)  # Session: see ``base``
    running_changed = Signal(bool)
    pace_changed = Signal(float)  # steps per second
    settled = Signal(object, object)  # Session before, Session after
    continued = Signal(object, object)  # Session before, the past moment that becomes the document
    ended = Signal(object)  # Ending
    leaving = Signal()  # another session is about to be opened, and the book of runs begun anew
    runs_changed = Signal()  # a run began, was named, pinned, deleted

    def __init__(self, store: SessionStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._rate: float | None = None
        self._own_assignment = False
        self._past: Session | None = None
        self._microscope: Microscope | None = None
        self._training = Training(self)
        self._training.running_changed.connect(self.running_changed)
        self._training.arrived.connect(self._draw)
        self._training.failed.connect(self._end_failed_run)
        store.changed.connect(self._follow_document)
        store.changed.connect(self._tell_base)
        self._recording, self._other_curve = Recording(store.session), None
        self._stand_at(store.session)

    @property
    def book(self) -> Book:
        """All runs; to be read only."""
        return self._recording.book

    @property
    def training(self) -> Training:
        """The thread where training happens; what else computes for long may live there as well."""
        return self._training

    @property
    def past(self) -> Session | None:
        """The moment looked at where that is not the document's."""
        return self._past

    @property
    def base(self) -> Session:
        """What is looked at: the past moment, which may have another shape and other samples, else the document.

        Views speak of its network, settings, samples and selection, and edits begin from it.
        """
        return self._past or self._store.session

    @property
    def running(self) -> bool:
        """Whether the worker is training."""
        return self._training.running

    @property
    def shown(self) -> Shown:
        """What every view shows."""
        return self._shown

    @property
    def newest(self) -> Session:
        """The session with what the window last saw of its run: while training, ahead of the document. Asks nobody."""
        document = self._store.session
        newest = document if self._past is not None else self._shown.session
        if newest.progress.step <= document.progress.step:
            return document  # what is shown comes a moment after the document
        return replace(newest, run=self._recording.run) if self.running else newest

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot shown."""
        return self._shown.snapshot

    @property
    def history(self) -> History:
        """The curve of the run shown, to where the document stands in it; to be read only."""
        return self._recording.history if self._other_curve is None else self._other_curve

    @property
    def microscope(self) -> Microscope:
        """The update that comes next, of the session as it stands in the document."""
        session, held = self._store.session, self._microscope
        if held is None or not (held.session.same_place(session) and held.session.same_run(session)):
            held = self._microscope = Microscope(session)
        held.session = session
        return held

    def take_over(self, after: Session) -> None:
        """Make ``after``, a state before or after the session's, the session's; it joins the run's undo step."""
        before = self.settle()
        if after.progress.step > before.progress.step:
            self._recording.begin(before)
            self._recording.take((), [(after.parameters, after.progress)])
            after = replace(after, run=self._recording.run)
        self.settled.emit(before, after)

    def open(self, session: Session, runs: Iterable[Run] = ()) -> None:
        """Make another session the document, with its own ``runs``, if any, in place of those of the one before."""
        self.settle()
        self.leaving.emit()
        self._recording.begin_book()
        for run in runs:
            self.book.add(run)
        if session is self._store.session:
            self._stand_at(session)
        else:
            self._store.assign(session)
        self.runs_changed.emit()

    def take_in(self, session: Session, run: Run) -> None:
        """Take in the run that led to ``session``, as it was opened; its curve is shown from now on."""
        now = self._store.session
        found = self.book.precede(session, run)
        if now.same_place(session) and not now.run and not self.running:
            self._store.assign(replace(now, run=found))
        if self._store.session.run == found or self.running:
            self._recording.show_again(replace(self.newest, run=found))
            if self._past is None:
                self._show(self._shown.snapshot)
        self.runs_changed.emit()

    def stand_here(self) -> Session:
        """Settle, and where the past is looked at make that moment the document's, as a branch; return the session."""
        session, moment = self.settle(), self._past
        if moment is not None:
            self.continued.emit(session, replace(moment, run=self.book.branch(moment).id))
        return self._store.session

    def play(self, goal: Goal | None = None) -> None:
        """Train until ``goal``, or until paused."""
        self._start(Task(None, goal or Goal(), self._rate, self._follows()))

    def step(self, steps: int = 1) -> None:
        """Take that many updates, then pause."""
        self._start(Task(steps, Goal(), None, follow=True))

    def step_epoch(self) -> None:
        """Train to the end of the epoch under way, then pause."""
        self._start(Task(None, Goal(epoch=self.stand_here().progress.epoch + 1), None, follow=True))

    def pause(self) -> None:
        """Stop training and bring its state into the session."""
        self.settle()

    def resume(self) -> None:
        """Go on with the play that an edit interrupted; single steps are not taken up again."""
        if self._training.task.steps is None:
            self._start(self._training.task)

    def set_rate(self, steps_per_second: float | None) -> None:
        """Set the pace of ``play``; None is as fast as possible."""
        self._rate = steps_per_second
        if self.running and self._training.task.steps is None:
            self._training.set_pace(steps_per_second, self._follows())

    def settle(self) -> Session:
        """Pause, bring the worker's state into the session, and return the session."""
        if self.running:
            frame = self._training.stop()
            if frame is None:
                self._come_back()
            else:
                self._adopt(frame)
                if frame.ending is Ending.DIVERGED:
                    self.ended.emit(Ending.DIVERGED)
        return self._store.session

    def diverge(self) -> None:
        """End a run where the document stands: its next update leaves the range of numbers."""
        session = self.settle()
        self._recording.begin(session)
        self._recording.mark_diverged(session.position)
        self.runs_changed.emit()
        self.ended.emit(Ending.DIVERGED)

    def shut_down(self) -> None:
        """Settle and end the thread; nothing works after this."""
        try:
            self.settle()
        finally:
            self._training.end()

    def _follows(self) -> bool:
        return self._rate is not None and self._rate <= FOLLOWED_RATE

    def _start(self, task: Task) -> None:
        self._recording.begin(self.stand_here())
        self.runs_changed.emit()
        self._training.run(task)

    def _draw(self, frame: Frame) -> None:
        if frame.ending is not None:
            self._adopt(frame)
            self.ended.emit(frame.ending)
        else:
            self.pace_changed.emit(frame.pace)
            self._take_records(frame)
            self._training.acknowledge(self.history.stride)  # the next one is made while this one is drawn
            self._show(frame.snapshot)

    def _end_failed_run(self) -> None:
        try:
            self._come_back()
        finally:
            self.ended.emit(Ending.FAILED)

    def _come_back(self) -> None:
        """What the worker stood at is lost: keep the newest frame there is, and let the worker load it."""
        frame = self._training.take_newest()
        if frame is None:
            self._adopt_snapshot(self.snapshot)
        else:
            self._adopt(frame)
        self._stand_at(self._store.session)

    def _adopt(self, frame: Frame) -> None:
        """Make the state the worker stands at the session's; the worker need not load it again."""
        self._take_records(frame)
        self._adopt_snapshot(frame.snapshot)

    def _adopt_snapshot(self, snapshot: Snapshot) -> None:
        before = self._store.session
        if snapshot.progress.step != before.progress.step:
            after = replace(trained(before, snapshot.parameters, snapshot.progress), run=self._recording.run)
            after = look_at(after, sample=snapshot.sample, selected=after.view.selected)
            self._own_assignment = True
            try:
                self.settled.emit(before, after)
            finally:
                self._own_assignment = False
        self._show(snapshot)

    def _take_records(self, frame: Frame) -> None:
        here = frame.snapshot.parameters, frame.snapshot.progress
        self._recording.take(frame.records, frame.states if self.running else (*frame.states, here))
        if frame.ending is Ending.DIVERGED:
            self._recording.mark_diverged(frame.snapshot.position)

    def _follow_document(self, session: Session, old: Session) -> None:
        """The document changed: bring worker, snapshot and history to where it stands now."""
        if self._own_assignment:
            return
        if session.same_place(old) and session.same_run(old):
            self._training.show_sample(session.view.sample)
            view, before = session.view, old.view
            moved = (view.sample, view.position) != (before.sample, before.position)
            if not self.running and (moved or self._past is not None):
                self._look_elsewhere(view)
            return
        self._stand_at(session)

    def _stand_at(self, session: Session) -> None:
        trainer = session.trainer()
        self._recording.stand_at(session, trainer.record() if session.progress.batch == 0 else None)
        self._training.load(session, self.history.stride)
        self._show(take_snapshot(session, trainer, session.view.sample))

    def look_at(self, moment: Session | None) -> None:
        """Show another moment of a run, one of the past say, in every view; None comes back to the document.

        Nothing is changed by it, and whatever changes the document comes back to it.
        """
        session = self.settle()
        if moment is None:
            self._show(take_snapshot(session, session.trainer(), session.view.sample))
        else:
            self.look_at_seen(moment, take_snapshot(moment, moment.trainer(), moment.view.sample))

    def look_at_seen(self, moment: Session, snapshot: Snapshot, end: Session | None = None) -> None:
        """Show another moment of which there is a snapshot; ``end`` is that of its run, where that is another one."""
        self._put(Shown(snapshot, moment), moment, None if end is None else self.book.curve(end))

    def _look_elsewhere(self, view: View) -> None:
        """Show another sample of the moment shown, or another place inside the next update."""
        if self._past is not None:
            moment = with_view(self._past, view)
            snapshot = take_snapshot(moment, moment.trainer(), moment.view.sample)
            self._put(Shown(snapshot, moment), moment, self._other_curve)
        else:
            self._show(self._shown.snapshot)

    def _show(self, snapshot: Snapshot) -> None:
        """Show a snapshot of the document's run; where training stands still, as the document's view has it."""
        session = self._store.session
        if self.running:
            self._put(Shown(snapshot, session))
            return
        if session.view.position or snapshot.reached is not None or snapshot.sample != session.view.sample:
            snapshot = snapshot_seen(self.microscope, snapshot)
        self._put(Shown(snapshot, session, lambda: self.microscope))

    def _put(self, shown: Shown, past: Session | None = None, curve: History | None = None) -> None:
        before, self._past = self._past, past
        self._shown, self._other_curve = shown, curve
        self.snapshot_changed.emit(shown.snapshot)
        if past is not before:
            self._tell_base()

    def _tell_base(self) -> None:
        self.base_changed.emit(self.base)

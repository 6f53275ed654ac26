"""Steps through training at any grain, forward and back, and walks at a pace."""

from enum import Enum

from PySide6.QtCore import QObject, QTimer, Signal

from backprop_gui.explain.steps import Granularity, subject
from backprop_gui.runtime.controller import Controller
from backprop_gui.runtime.store import SessionStore
from backprop_gui.runtime.time_machine import TimeMachine
from backprop_gui.session.document import Session
from backprop_gui.session.edits import look_at, step_to

FASTEST_WALK = 20.0
"""Steps a second: what one sees and reads cannot go faster."""


class Grain(Enum):
    """How far one step goes, from the coarsest to the finest."""

    EPOCH = "epoch"
    SAMPLE = "sample"
    PHASE = "phase"
    UNIT = "unit"
    TERM = "term"


_FINE = {Grain.PHASE: Granularity.PHASE, Grain.UNIT: Granularity.UNIT, Grain.TERM: Granularity.TERM}


class Stepper(QObject):
    """Moves the session's position inside an update, and from one update to the next or the one before.

    Whole samples and epochs forward are the worker's. What is computed moves into the selection, so that every view
    shows it.
    """

    grain_changed = Signal(object)  # Grain
    walking_changed = Signal(bool)
    refused = Signal(str)

    def __init__(self, store: SessionStore, controller: Controller, time: TimeMachine) -> None:
        super().__init__()
        self._store, self._controller, self._time = store, controller, time
        self._grain = Grain.SAMPLE
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._walk_on)
        self.set_pace(None)
        store.changed.connect(self._follow)

    @property
    def grain(self) -> Grain:
        """How far one step goes."""
        return self._grain

    @property
    def walks(self) -> bool:
        """Whether the grain is one that play walks through, and does not train at speed."""
        return self._grain in _FINE

    @property
    def walking(self) -> bool:
        """Whether it is walking."""
        return self._timer.isActive()

    def set_grain(self, grain: Grain) -> None:
        """Choose how far a step goes."""
        if grain is not self._grain:
            self.pause()
            self._grain = grain
            self.grain_changed.emit(grain)

    def set_pace(self, steps_per_second: float | None) -> None:
        """Choose the pace of walking; None is as fast as can be followed."""
        rate = min(steps_per_second or FASTEST_WALK, FASTEST_WALK)
        self._timer.setInterval(round(1000 / rate))

    def walk(self) -> None:
        """Step at the chosen pace until paused."""
        self._controller.stand_here()
        self._timer.start()
        self.walking_changed.emit(True)

    def pause(self) -> None:
        """Stop walking."""
        if self._timer.isActive():
            self._timer.stop()
            self.walking_changed.emit(False)

    def forward(self) -> None:
        """Take one step."""
        match self._grain:
            case Grain.EPOCH:
                self._controller.step_epoch()
            case Grain.SAMPLE:
                self._controller.step()
            case fine:
                session, scope = self._controller.stand_here(), self._controller.microscope
                position = scope.plan.next_position(session.view.position, _FINE[fine])
                if position < scope.plan.length:
                    self.go_to(position)
                elif scope.moved.is_finite():
                    self._controller.take_over(self._shown_next(scope.after()))
                else:
                    self.pause()
                    self._controller.diverge()
                    self.refused.emit("The next update leaves the range of numbers.")

    def back(self) -> None:
        """Take one step back."""
        self.pause()
        session = self._controller.stand_here()
        position, fine = session.view.position, _FINE.get(self._grain)
        if position and fine:
            self.go_to(self._controller.microscope.plan.previous_position(position, fine))
        elif position and self._grain is Grain.SAMPLE:
            self.go_to(0)
        else:
            self._go_back(session, fine)

    def go_to(self, position: int) -> None:
        """Stand ``position`` atoms into the next update."""
        session, scope = self._controller.stand_here(), self._controller.microscope
        moment = scope.plan.moment(position)
        if moment is None:
            self._store.assign(step_to(session, 0))
            return
        looked = look_at(session, sample=scope.batch[moment.place], selected=subject(moment, session.network))
        self._store.assign(step_to(looked, position))

    def _walk_on(self) -> None:
        try:
            self.forward()
        except Exception:
            self.pause()  # the next step would fail as well
            raise

    def _go_back(self, session: Session, fine: Granularity | None) -> None:
        progress = session.progress
        if progress.step == 0:
            if session.view.position:
                self.go_to(0)
            else:
                self.refused.emit("This is the beginning: nothing has been trained yet.")
            return
        target = progress.step - 1
        if self._grain is Grain.EPOCH:
            target = progress.step - (progress.batch or session.trainer().batches)

        def stand_at(moment: Session) -> None:
            self._controller.take_over(self._shown_next(moment))
            if fine:
                plan = self._controller.microscope.plan
                self.go_to(plan.previous_position(plan.length, fine))

        if not self._time.fetch(session, target, stand_at):
            self.refused.emit("What came before the session was opened is not known.")

    def _shown_next(self, session: Session) -> Session:
        """Return the session with the first sample of its next batch shown."""
        trainer = session.trainer()
        sample = session.batch(trainer, trainer.batch)[0]
        return step_to(look_at(session, sample=sample, selected=session.view.selected), 0)

    def _follow(self, session: Session, old: Session) -> None:
        if session.network is not old.network or session.samples is not old.samples:
            self.pause()  # it was another network's walk

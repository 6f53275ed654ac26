"""Makes past moments of a run again, in the training thread, in short stretches."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backprop_gui.engine.trainer import Trainer
from backprop_gui.runtime.snapshot import Snapshot, take_snapshot
from backprop_gui.runtime.stretch import train_towards
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained

STRETCH_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Journey:
    """A request: from the state of ``base`` on to ``step`` updates."""

    number: int
    base: Session
    step: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """The moment a journey went to: the session as it was, and what views draw of it."""

    number: int
    moment: Session
    snapshot: Snapshot


class Traveller(QObject):
    """Takes one journey at a time; the next one ends it. Every method is a slot of the training thread."""

    on_the_way = Signal(int, float)  # the journey's number, the share of the way that is done
    arrived = Signal(object)  # Arrival
    failed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        self._journey: Journey | None = None
        self._trainer: Trainer | None = None

    @Slot(object)
    def go(self, journey: Journey | None) -> None:
        """Set out, or stay where one is for None."""
        self._timer.stop()
        self._journey, self._trainer = journey, None
        if journey is not None:
            self._timer.start(0)

    @Slot()
    def stop(self) -> None:
        """Stop at once: the thread ends."""
        self._timer.stop()

    def _go_on(self) -> None:
        journey = self._journey
        assert journey is not None
        try:
            if self._trainer is None:
                self._trainer = journey.base.trainer()
            trainer = self._trainer
            if not train_towards(trainer, journey.step, STRETCH_SECONDS):
                begun = journey.base.progress.step
                self.on_the_way.emit(journey.number, (trainer.step - begun) / (journey.step - begun))
                return
            self._timer.stop()
            snapshot = take_snapshot(journey.base, trainer, journey.base.view.sample)
            moment = trained(journey.base, snapshot.parameters, snapshot.progress)
            self.arrived.emit(Arrival(journey.number, moment, snapshot))
        except BaseException:
            self._timer.stop()
            self.failed.emit(journey.number)
            raise

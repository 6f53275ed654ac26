"""Makes the run again that a session read from a file has behind it: its curve and its states, from its start."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backprop_gui.engine.history import Watch
from backprop_gui.engine.trainer import Progress
from backprop_gui.runs.keyframes import State
from backprop_gui.runs.run import Run
from backprop_gui.runtime.stretch import train_towards
from backprop_gui.session.document import Session

STRETCH_SECONDS = 0.02
"""Of training in a row; after each a state is kept."""
MOST_STEPS = 20_000_000
OTHERWISE = (
    "No curve of what came before: the settings, the data or the weights were changed on the way, or another machine "
    "trained it."
)
FAILED = "No curve of what came before: a fault of the program, not of your network."
TOO_LONG = "No curve of what came before: the run is too long to be made again."


@dataclass(frozen=True, slots=True)
class Retraced:
    """What came of it: a run that ends at the very session, or a sentence about why there is none."""

    session: Session
    run: Run | None
    reason: str


class Retracer(QObject):
    """Trains a copy from the session's start under its settings; only where that arrives at its very numbers is it
    the run that was. Every method is a slot of the training thread.
    """

    on_the_way = Signal(float)
    done = Signal(object)  # Retraced

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)
        self._session: Session | None = None

    @Slot(object)
    def retrace(self, session: Session | None) -> None:
        """Begin with a session, or give up for None."""
        self._timer.stop()
        self._session = session
        if session is None:
            return
        if session.progress.step > MOST_STEPS:
            self.done.emit(Retraced(session, None, TOO_LONG))
            return
        start = replace(session, parameters=session.start, progress=Progress())
        self._run, self._trainer = Run([start]), start.trainer()
        self._run.history.add(self._trainer.record())
        self._timer.start(0)

    @Slot()
    def stop(self) -> None:
        """Stop at once: the thread ends."""
        self._timer.stop()

    def _go_on(self) -> None:
        session, trainer = self._session, self._trainer
        assert session is not None
        try:
            last = session.progress.step
            history = self._run.history
            watch = Watch(history.stride)
            there = train_towards(trainer, last, STRETCH_SECONDS, watch)
            for record in watch.records:
                history.add(record)
            if not there:
                self._run.reach((trainer.parameters(), trainer.progress()))
                self.on_the_way.emit(trainer.step / last)
                return
            self._timer.stop()
            self.done.emit(self._judged(session))
        except BaseException:
            self._timer.stop()
            self.done.emit(Retraced(session, None, FAILED))
            raise

    def _judged(self, session: Session) -> Retraced:
        here = self._trainer.parameters(), self._trainer.progress()
        if not _alike(here, (session.parameters, session.progress)):
            return Retraced(session, None, OTHERWISE)
        self._run.reach((session.parameters, session.progress))
        return Retraced(session, self._run, "")


def _alike(one: State, other: State) -> bool:
    """Tell whether both are one moment of one run; another machine, or C instead of NumPy, rounds otherwise."""
    counts = [(place.epoch, place.batch, place.step, place.slot_steps) for _, place in (one, other)]
    numbers = [[values.flat() for values in (parameters, *place.slots)] for parameters, place in (one, other)]
    return counts[0] == counts[1] and all(map(partial(np.allclose, rtol=1e-6, atol=1e-9), *numbers))

"""Diagnoses a run in the training thread, a little at a time between chunks of training: it never holds up a frame."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from backprop_gui.engine.arrays import Floats
from backprop_gui.session.diagnosis.diagnose import in_pieces
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind
from backprop_gui.session.document import Session

STRETCH_SECONDS = 0.004
REST_MILLISECONDS = 4


@dataclass(frozen=True, slots=True)
class Case:
    """What ``diagnose`` is asked; ``number`` tells the answer's case."""

    number: int
    session: Session
    epochs: Floats
    losses: Floats
    diverged: bool = False
    quiet: frozenset[Kind] = frozenset()


class Doctor(QObject):
    """Takes one case at a time; the next one ends it. Every method is a slot of the training thread."""

    done = Signal(int, object)  # the case's number, the first Diagnosis or None

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self, interval=REST_MILLISECONDS)
        self._timer.timeout.connect(self._go_on)
        self._number = 0
        self._pieces: Iterator[Diagnosis | None] = iter(())

    @Slot(object)
    def see(self, case: Case | None) -> None:
        """Begin with a case, or give up for None."""
        self._timer.stop()
        if case is not None:
            self._number = case.number
            self._pieces = in_pieces(case.session, case.epochs, case.losses, diverged=case.diverged, quiet=case.quiet)
            self._timer.start()

    @Slot()
    def stop(self) -> None:
        """Stop at once: the thread ends."""
        self._timer.stop()

    def _go_on(self) -> None:
        end = time.perf_counter() + STRETCH_SECONDS
        try:
            for found in self._pieces:
                if found is not None:
                    self._end(found)
                    return
                if time.perf_counter() >= end:
                    return
        except BaseException:
            self._end(None)
            raise
        self._end(None)

    def _end(self, found: Diagnosis | None) -> None:
        self._timer.stop()
        self.done.emit(self._number, found)

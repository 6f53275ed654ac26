"""The training thread as the window sees it: asked by calls, heard through signals."""

import math
import time
from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal

from backprop_gui.runtime.worker import Frame, Outcome, Task, Worker
from backprop_gui.session.document import Session

FRAME_SECONDS = 1 / 60


class Guest(Protocol):
    """What takes its turns in the training thread, beside the worker."""

    def moveToThread(self, thread: QThread, /) -> bool:
        """As every ``QObject``."""
        ...

    def stop(self) -> None:
        """Stop the timers: the thread ends, and only there can that be done."""
        ...


class Training(QObject):
    """Owns the thread and the worker in it, and keeps the newest frame until it is time to draw.

    Every method is called and every signal emitted in the window's thread; ``stop`` alone waits for the other.
    """

    running_changed = Signal(bool)
    arrived = Signal(object)  # Frame
    failed = Signal()  # a fault of ours ended the run; what the worker stood at is lost

    _load = Signal(object, int)
    _run = Signal(object)
    _set_pace = Signal(object, bool)
    _show_sample = Signal(int)
    _acknowledge = Signal(int)
    _take = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._running = False
        self._task = Task()
        self._newest: Frame | None = None
        self._next = 0.0  # when it is time to draw again
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._hand_on)
        self._thread = QThread(self)
        self._thread.setObjectName("training")
        self._worker = Worker()
        self._worker.moveToThread(self._thread)
        self._load.connect(self._worker.load)
        self._run.connect(self._worker.run)
        self._set_pace.connect(self._worker.set_pace)
        self._show_sample.connect(self._worker.show_sample)
        self._acknowledge.connect(self._worker.acknowledge)
        self._take.connect(self._worker.take, Qt.ConnectionType.BlockingQueuedConnection)
        self._worker.published.connect(self._receive)
        self._worker.failed.connect(self._fail)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the worker is training."""
        return self._running

    @property
    def task(self) -> Task:
        """What it was asked last."""
        return self._task

    def house(self, guest: Guest) -> None:
        """Let something else that computes for long live in the thread."""
        guest.moveToThread(self._thread)
        self._thread.finished.connect(guest.stop)

    def load(self, session: Session, stride: int) -> None:
        """Have the worker stand at a session, with ``stride`` epochs between history rows."""
        self._load.emit(session, stride)

    def run(self, task: Task) -> None:
        """Train as ``task`` says, whatever its number."""
        self._task = replace(task, number=self._task.number + 1)
        self._set_running(True)
        self._run.emit(self._task)

    def set_pace(self, rate: float | None, follow: bool) -> None:
        """Go on at another rate."""
        self._set_pace.emit(rate, follow)

    def show_sample(self, sample: int) -> None:
        """Show another sample in coming frames."""
        self._show_sample.emit(sample)

    def acknowledge(self, stride: int) -> None:
        """Say that the last frame has been drawn; history rows are wanted every ``stride`` epochs from now on."""
        self._acknowledge.emit(stride)

    def stop(self) -> Frame | None:
        """Stop training and return the state reached; None where the worker has failed."""
        outcome = Outcome()
        self._take.emit(outcome)
        self._set_running(False)
        if outcome.frame is not None:
            self._newest = None
        return outcome.frame

    def take_newest(self) -> Frame | None:
        """Return the newest frame, where it has not been drawn yet."""
        frame, self._newest = self._newest, None
        return frame

    def end(self) -> None:
        """End the thread; nothing works after this."""
        self._timer.stop()
        self._thread.quit()
        self._thread.wait()

    def _set_running(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self.running_changed.emit(running)

    def _receive(self, frame: Frame) -> None:
        if frame.run != self._task.number or not self._running:
            return
        self._newest = frame
        if not self._timer.isActive():
            self._timer.start(max(0, math.floor(1000 * (self._next - time.perf_counter()))))

    def _hand_on(self) -> None:
        self._next = time.perf_counter() + FRAME_SECONDS  # a slow frame must not put off the one after it
        frame = self.take_newest()
        if frame is None:
            return
        if frame.ending is not None:
            self._set_running(False)
        self.arrived.emit(frame)

    def _fail(self, number: int) -> None:
        if number == self._task.number and self._running:
            self._set_running(False)
            self.failed.emit()

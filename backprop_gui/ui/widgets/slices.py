"""Long work on the window's own thread, a short slice at a time."""

import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal

_DONE = object()


class Slices(QObject):
    """Runs a generator for ``seconds`` at a time, with ``interval`` milliseconds for the window in between.

    ``paused`` comes after every slice, the last one too, with what the generator yielded last in it (or None).
    """

    paused = Signal(object)

    def __init__(self, parent: QObject, seconds: float = 0.012, interval: int = 0) -> None:
        super().__init__(parent)
        self._seconds = seconds
        self._work: Iterator[object] | None = None
        self._timer = QTimer(self, interval=interval)
        self._timer.timeout.connect(self.run)

    @property
    def running(self) -> bool:
        """Whether there is work left."""
        return self._work is not None

    def start(self, work: Iterator[object]) -> None:
        """Give up what was under way, and run ``work`` instead, beginning soon."""
        self._work = work
        self._timer.start()

    def stop(self) -> None:
        """Give up what is under way."""
        self._timer.stop()
        self._work = None

    def run(self) -> None:
        """Run one slice now: at least one piece of the work, then more while there is time."""
        owner = self.parent()  # the work that ends may hold the last reference to it, and we go with it
        end, last = time.perf_counter() + self._seconds, None
        while (work := self._work) is not None:
            try:
                piece = next(work, _DONE)
            except Exception:
                self.stop()
                raise
            if piece is not _DONE:
                last = piece
            elif self._work is work:  # else its end was the start of other work
                self.stop()
            if time.perf_counter() >= end:
                break
        self.paused.emit(last)
        del owner

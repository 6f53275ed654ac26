"""Who trains the pieces of a plan. Every runner gives the same rows; here one with threads (a cluster: ``cluster``)."""

import os
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Protocol

from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished
from backprop_gui.sweep.training import Piece, train

_PATIENCE = 0.1  # seconds between two pieces of news


@dataclass(frozen=True, slots=True, eq=False)
class News:
    """What happened since the last one: epochs trained, of all runs together, and perhaps a piece that is over."""

    epochs: int = 0
    piece: Piece | None = None
    finished: tuple[Finished, ...] = ()


class Runner(Protocol):
    """Trains pieces, in any order. To cancel, close the generator: nothing is trained any more when that returns."""

    def run(self, plan: Plan, pieces: Sequence[Piece]) -> Generator[News]:
        """Yield news, now and then even where there are none, until all pieces are over.

        Raises:
            FieldError: those who should train cannot.
        """
        ...


class Threads:
    """A runner with at most so many threads of this process: as many as cores, where nothing else is said."""

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers or usable_cores()

    def run(self, plan: Plan, pieces: Sequence[Piece]) -> Generator[News]:
        """Yield news until all pieces are over."""
        count, arrived = _Count(), SimpleQueue[tuple[Piece, list[Finished]]]()
        # Many short calls of NumPy from two threads take longer than from one: they fight for the interpreter's lock.
        busy = [piece for piece in pieces if not piece.free]
        tasks = [*([busy] if busy else []), *([piece] for piece in pieces if piece.free)]

        def work(task: Sequence[Piece]) -> None:
            for piece in task:
                arrived.put((piece, train(plan, piece, count)))

        with ThreadPoolExecutor(self._workers, "sweep") as pool:
            waiting = {pool.submit(work, task) for task in tasks}
            try:
                while waiting:
                    over, waiting = wait(waiting, _PATIENCE, FIRST_COMPLETED)
                    for one in over:
                        one.result()
                    yield News(count.taken())
                    while not arrived.empty():
                        piece, finished = arrived.get()
                        yield News(0, piece, tuple(finished))
            finally:
                count.stop()
                pool.shutdown(wait=True, cancel_futures=True)


class _Count:
    """What threads tell of their way, and are told."""

    def __init__(self) -> None:
        self._lock, self._epochs, self._stopped = threading.Lock(), 0, threading.Event()

    def trained(self, epochs: int) -> None:
        with self._lock:
            self._epochs += epochs

    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    def taken(self) -> int:
        with self._lock:
            taken, self._epochs = self._epochs, 0
        return taken


def usable_cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1

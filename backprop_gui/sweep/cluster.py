"""A runner on a Dask cluster: whoever has one gives the address of its scheduler.

What travels is the plan in words and each run's end in plain numbers. Where a worker is lost, the scheduler gives its
pieces to another. Source of the interface: https://distributed.dask.org.
"""

import importlib
import re
from collections.abc import Generator, Sequence
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any

from threadpoolctl import threadpool_limits

from backprop_gui import __version__
from backprop_gui.engine.choose import check_engine
from backprop_gui.engine.errors import FieldError
from backprop_gui.sweep.plan import Plan
from backprop_gui.sweep.rows import Finished
from backprop_gui.sweep.runners import News
from backprop_gui.sweep.training import Piece, pieces_of, train

INSTALL = "pip install 'backprop-gui[cluster]'"
_SECONDS = 15
_PATIENCE = 0.5


class Cluster:
    """A runner with the workers of a scheduler such as ``tcp://10.0.0.1:8786``.

    Raises:
        FieldError: it is no address, or the package ``distributed`` is not installed; then the message gives the line
            that installs it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        if not re.fullmatch(r"((tcp|tls)://)?[\w.:\[\]-]+:[0-9]{1,5}", address):
            raise self._refused("use an address such as tcp://10.0.0.1:8786")
        try:
            self._dask: Any = importlib.import_module("distributed")
        except ImportError as error:
            raise self._refused(f"a cluster needs the package distributed: {INSTALL}") from error

    def run(self, plan: Plan, pieces: Sequence[Piece]) -> Generator[News]:
        """Yield news until all pieces are over; raises ``FieldError`` where the cluster cannot train them."""
        with self._connected() as client:
            told = client.submit(bytes, plan.encoded(), pure=False)  # a task, so that it outlives its worker
            waiting = {client.submit(_train, told, piece.number, pure=False): piece for piece in pieces}
            try:
                yield from self._gathered(plan, waiting)
            finally:
                client.cancel(list(waiting))

    def _gathered(self, plan: Plan, waiting: dict[Any, Piece]) -> Generator[News]:
        arrived = SimpleQueue[Any]()
        for one in waiting:
            one.add_done_callback(arrived.put)
        while waiting:
            try:
                one = arrived.get(timeout=_PATIENCE)
            except Empty:
                yield News()
                continue
            try:
                finished = one.result()
            except Exception as error:
                raise self._refused(f"its workers cannot train: {type(error).__name__}: {error}") from error
            if isinstance(finished, str):
                raise self._refused(f"its workers cannot train: {finished}")
            piece = waiting.pop(one)
            one.release()
            yield News(plan.epochs * len(piece.runs), piece, tuple(finished))

    def _connected(self) -> Any:
        try:
            client = self._dask.Client(self._address, timeout=_SECONDS, set_as_default=False)
        except (OSError, TimeoutError, ValueError, ImportError) as error:
            raise self._refused(f"no Dask scheduler answers there: {error or type(error).__name__}") from error
        try:
            client.wait_for_workers(1, timeout=_SECONDS)
            theirs: dict[str, Any] = client.run(_version)
        except Exception as error:
            client.close()
            what = "has no workers" if isinstance(error, TimeoutError) else f"has workers without backprop-gui: {error}"
            raise self._refused(f"the scheduler {what}: start them where backprop-gui is installed") from error
        for worker, version in theirs.items():
            if version != __version__:
                client.close()
                raise self._refused(f"its worker {worker} has backprop-gui {version}; this is {__version__}")
        return client

    def _refused(self, why: str) -> FieldError:
        return FieldError("--scheduler", self._address, why)


class _Deaf:
    """Hears nothing and never stops: on a worker."""

    def trained(self, epochs: int) -> None:
        del epochs

    def is_stopped(self) -> bool:
        return False


def _version() -> str:
    return __version__


def _train(told: bytes, number: int) -> list[Finished] | str:
    """Return the runs of a piece, or why they cannot be trained here."""
    try:
        plan, pieces = _read(told)
    except FieldError as error:
        return str(error)
    with threadpool_limits(limits=1, user_api="blas"):
        return train(plan, pieces[number], _Deaf())


@lru_cache(maxsize=2)
def _read(told: bytes) -> tuple[Plan, tuple[Piece, ...]]:
    plan = Plan.decoded(told)
    check_engine(plan.engine)
    return plan, pieces_of(plan)

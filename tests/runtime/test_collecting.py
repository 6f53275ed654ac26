"""Garbage is collected, and in the window's thread alone."""

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from backprop_gui.resources import problem
from backprop_gui.runtime.collecting import Collector
from tests.conftest import Bench


class Ring:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def test_no_other_thread_collects_and_what_is_garbage_goes(qtbot: QtBot, bench: Bench) -> None:
    gc.enable()
    owner = QObject()
    Collector(owner)
    threads: set[int] = set()
    left = weakref.ref(Ring())

    def note(phase: str, _facts: dict[str, int]) -> None:
        threads.add(threading.get_ident())

    gc.callbacks.append(note)
    try:
        bench.store.assign(problem("xor"))
        bench.controller.play()
        maker = threading.Thread(target=lambda: [Ring() for _ in range(200_000)])
        maker.start()
        qtbot.waitUntil(lambda: left() is None and not maker.is_alive())
        bench.controller.pause()
    finally:
        gc.callbacks.remove(note)
    assert threads == {threading.get_ident()}
    assert not gc.isenabled()

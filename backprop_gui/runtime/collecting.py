"""Garbage is collected in the window's thread alone."""

import gc

from PySide6.QtCore import QObject, QTimer

_MILLISECONDS = 200


class Collector(QObject):
    """Takes over from Python's collector, which runs in whichever thread happens to make an object.

    In another thread it would delete objects of Qt while the window's thread deletes others: one holds Qt's lock and
    waits for the interpreter's, the other the other way round, and both stand for ever.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_MILLISECONDS)
        self._timer.timeout.connect(collect_what_is_due)
        self._timer.start()


def collect_what_is_due() -> None:
    """Collect the oldest generation whose turn it is, by Python's own thresholds."""
    for generation, (count, most) in reversed(list(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))):
        if count > most:
            gc.collect(generation)
            return

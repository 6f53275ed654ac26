"""Answering modal dialogs: whenever they come, and so that none is ever left standing."""

import time
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog

D = TypeVar("D", bound=QDialog)
PATIENCE_SECONDS = 20.0
"""After this a dialog of another kind is closed, or the wait is given up; a test would never end otherwise."""


class Meetings:
    """The dialogs a test still waits for."""

    def __init__(self) -> None:
        self._waiting: list[QTimer] = []

    def __call__(self, kind: type[D], act: Callable[[D], object]) -> None:
        """Let ``act`` meet the next modal dialog of a kind, and close that then if it still stands.

        Raises:
            AssertionError: in the event loop, where another dialog stands instead for too long.
        """
        timer, end = QTimer(), time.monotonic() + PATIENCE_SECONDS

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, kind) and dialog.isVisible():
                self._stop(timer)
                try:
                    act(dialog)
                finally:
                    if dialog.isVisible():
                        dialog.reject()
            elif time.monotonic() > end:
                self._stop(timer)
                if dialog is not None:
                    dialog.close()
                raise AssertionError(f"{dialog} came where a {kind.__name__} was waited for")

        timer.timeout.connect(look)
        timer.start(5)
        self._waiting.append(timer)

    def _stop(self, timer: QTimer) -> None:
        timer.stop()
        self._waiting.remove(timer)

    def end(self) -> None:
        """Give up on what never came."""
        missed = len(self._waiting)
        for timer in list(self._waiting):
            self._stop(timer)
        assert not missed, "a dialog that was waited for never came"

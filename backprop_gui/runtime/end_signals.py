"""Ctrl+C in the terminal, and the system asking the program to end, brought into Qt's event loop.

Python runs its handlers between instructions of its own, so they would wait while Qt's loop is idle, and they would
come in the middle of an edit. Here the interpreter writes the signal's number into a socket instead, which wakes the
loop; the handlers themselves do nothing. Sockets, unlike pipes, can be watched on Windows too.
"""

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import Self

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""What ends a program: Ctrl+C, a request, the terminal closing, Ctrl+Break; not every system has all."""


class EndSignals(QObject):
    """While entered, such signals arrive as ``asked``, from the event loop. The main thread alone may enter it."""

    asked = Signal(int)  # the signal's number

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[int, object] = {}

    def __enter__(self) -> Self:
        """Begin to listen; a signal that is ignored, as in the background of a shell, stays ignored."""
        self._out, self._in = socket.socketpair()
        self._out.setblocking(False)
        self._in.setblocking(False)
        self._notifier = QSocketNotifier(self._out.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._wakeup = signal.set_wakeup_fd(self._in.fileno(), warn_on_full_buffer=False)
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, _leave_to_the_socket)
        return self

    def __exit__(self, *_: object) -> None:
        """Put back what was there."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # pyright: ignore[reportArgumentType]
        self._before.clear()
        signal.set_wakeup_fd(self._wakeup)
        self._notifier.setEnabled(False)
        self._out.close()
        self._in.close()

    def _read(self) -> None:
        with suppress(BlockingIOError):  # woken for nothing
            for number in self._out.recv(64):
                if number in self._before:
                    self.asked.emit(number)


def _leave_to_the_socket(_number: int, _frame: FrameType | None) -> None:
    pass

"""The net under the user: what no code caught is logged, told in one window, and the work kept safe."""

import sys
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, Qt, QtMsgType, Signal, Slot, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from backprop_gui.faults import Fault, Faults, describe_session
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.dialogs.fault_dialog import FaultDialog


class Net(QObject):
    """Receives exceptions of every thread while it is entered; Qt's slots and overridden methods lead here as well.

    ``sys.excepthook`` runs in the thread that failed, perhaps in the middle of painting: there it only logs, and
    the window is opened from the event loop.
    """

    _caught = Signal(object)  # Fault

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self._faults = faults
        self.caught = False
        """Whether anything was caught."""
        self._desk: Desk | None = None
        self._window: QWidget | None = None
        self._dialog: FaultDialog | None = None
        self._caught.connect(self._open, Qt.ConnectionType.QueuedConnection)

    def hold(self, desk: Desk, window: QWidget) -> None:
        """Take what is to be kept safe, and the window that the dialog stands before."""
        self._desk, self._window = desk, window
        self._faults.describe = lambda: describe_session(self._session())

    def __enter__(self) -> "Net":
        """Begin to catch."""
        self._hooks = sys.excepthook, threading.excepthook
        sys.excepthook = self._catch
        threading.excepthook = self._catch_in_thread
        return self

    def __exit__(self, *_: object) -> None:
        """Put back what was there."""
        sys.excepthook, threading.excepthook = self._hooks

    def tell_at_start(self, error: Exception) -> None:
        """Log a fault that left no window, and show it until it is closed, where there is a screen to see it."""
        fault = self._faults.note(error)
        if fault is None:
            return
        self._faults.say(fault, error)
        if QGuiApplication.platformName() not in ("offscreen", "minimal"):
            FaultDialog(self._faults, fault).exec()

    def _catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):  # the end of the program, no fault
            self._hooks[0](kind, error, trace)
            return
        self.caught = True
        if (fault := self._faults.note(error)) is not None:
            self._faults.say(fault, error)
            self._caught.emit(fault)
        # A painter that stays alive in a dead frame would go on painting where nothing may be painted any more.
        traceback.clear_frames(trace)
        sys.last_value = sys.last_traceback = None

    def _catch_in_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._catch(caught.exc_type, caught.exc_value, caught.exc_traceback)

    @Slot(object)
    def _open(self, fault: Fault) -> None:
        if self._window is not None and not self._window.isVisible():
            return  # it has been closed: a dialog left alone would keep the program from ending
        if self._dialog is not None and isValid(self._dialog) and self._dialog.isVisible():
            self._dialog.add(fault)
            return
        before = QApplication.activeModalWidget() or self._window  # behind a modal one it could not be clicked
        self._dialog = FaultDialog(self._faults, fault, None if self._desk is None else self._session, before)
        self._dialog.show()

    def _session(self) -> Session:
        """Return the session as it last stood, also where what trains and shows it is what failed."""
        assert self._desk is not None
        try:
            return self._desk.controller.newest
        except Exception:
            return self._desk.store.session


@contextmanager
def messages_logged(faults: Faults) -> Generator[None]:
    """Write what Qt and its plugins warn of to the log, each once; the terminal has it too."""

    def take(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        if "propagateSizeHints" in message:  # the offscreen platform's word about every window
            return
        if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) or faults.notice(message):
            print(message, file=sys.stderr)

    before: Callable[..., None] | None = qInstallMessageHandler(take)
    try:
        yield
    finally:
        qInstallMessageHandler(before)

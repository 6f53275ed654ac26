"""Drawing once for many reasons, not too often, and only what is seen."""

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

FRAME_MILLISECONDS = 100
"""Curves and numbers are renewed ten times a second while training runs: more is not seen."""
TURN_SECONDS = 0.012
"""Views that are drawn now and then while training runs take turns: two in one frame would make it late."""


class Soon(QObject):
    """Calls ``act`` once for all that was asked for, while ``widget`` is seen, and at most every ``milliseconds``;

    where ``training`` tells that training runs, only then so seldom: a step or a click is answered at once.
    What is asked for meanwhile, and the first ``act`` of all, is caught up with when the widget comes into view.
    """

    _now = Signal()  # holds no reference to the widget whose method ``act`` is: in a circle, it would go at random
    _free = 0.0  # when the next turn begins

    def __init__(
        self,
        widget: QWidget,
        act: Callable[[], None],
        milliseconds: int = 0,
        training: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(widget)
        self._due, self._seconds, self._last = True, milliseconds / 1000, 0.0
        self._training = training
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._take_turn)
        self._now.connect(act)
        widget.installEventFilter(self)

    def ask(self, *_: object) -> None:
        """Ask for one call; any signal can be connected to this, whatever it carries."""
        self._due = True
        if self._seen() and (not self._timer.isActive() or not self._apart):
            self._wait(self._last + self._apart)

    def now(self) -> None:
        """Do at once what was asked for, seen or not."""
        if self._due:
            self._act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when the widget is shown, or painted: a panel whose tab comes to the front is only painted."""
        if self._due and event.type() == QEvent.Type.Show:
            if self._seen():
                self._act()
        elif self._due and event.type() == QEvent.Type.Paint and not self._timer.isActive():
            self._wait(self._last + self._apart)
        return super().eventFilter(watched, event)

    @property
    def _apart(self) -> float:
        return self._seconds if self._seconds and self._training() else 0.0

    def _wait(self, until: float) -> None:
        self._timer.start(max(0, math.ceil(1000 * (until - time.perf_counter()))))

    def _take_turn(self) -> None:
        if not (self._due and self._seen()):
            return
        if self._apart and time.perf_counter() < Soon._free:
            self._wait(Soon._free)
        else:
            self._act()

    def _act(self) -> None:
        self._due = False
        self._last = time.perf_counter()
        if self._apart:
            Soon._free = self._last + TURN_SECONDS
        self._now.emit()

    def _seen(self) -> bool:
        """Return whether any of the widget can be seen; one behind another tab counts as visible in Qt."""
        widget = self.parent()
        return isinstance(widget, QWidget) and not widget.visibleRegion().isEmpty()

"""Drawing once for many reasons, and only what is seen."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget


class Soon(QObject):
    """Calls ``act`` once, ``milliseconds`` after it was first asked for, while ``widget`` is seen.

    What is asked for meanwhile, and the first ``act`` of all, is caught up with when the widget comes into view.
    """

    _now = Signal()  # holds no reference to the widget whose method ``act`` is: in a circle, it would go at random

    def __init__(self, widget: QWidget, act: Callable[[], None], milliseconds: int = 0) -> None:
        super().__init__(widget)
        self._due = True
        self._timer = QTimer(self, singleShot=True, interval=milliseconds)
        self._timer.timeout.connect(self._catch_up)
        self._now.connect(act)
        widget.installEventFilter(self)

    def ask(self, *_: object) -> None:
        """Ask for one call; any signal can be connected to this, whatever it carries."""
        self._due = True
        if self._seen() and not self._timer.isActive():
            self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up when the widget is shown, or painted: a panel whose tab comes to the front is only painted."""
        if self._due and event.type() == QEvent.Type.Show:
            self._catch_up()
        elif self._due and event.type() == QEvent.Type.Paint and not self._timer.isActive():
            self._timer.start()
        return super().eventFilter(watched, event)

    def _catch_up(self) -> None:
        if self._due and self._seen():
            self._due = False
            self._now.emit()

    def _seen(self) -> bool:
        """Return whether any of the widget can be seen; one behind another tab counts as visible in Qt."""
        widget = self.parent()
        return isinstance(widget, QWidget) and not widget.visibleRegion().isEmpty()

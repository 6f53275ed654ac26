"""Looking at other moments of a run by key: an epoch back, an epoch on, back to now, and on from there."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from backprop_gui.ui.desk import Desk
from backprop_gui.ui.widgets.keyed_action import keyed_action


class TimeActions(QObject):
    """Looking at other moments of the run, by key."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._time, self._controller = desk.time, desk.controller
        self.earlier = keyed_action(self, "Earlier epoch", ",", "Look at the epoch before, in every panel")
        self.later = keyed_action(self, "Later epoch", ".", "Look at the epoch after, in every panel")
        self.now = keyed_action(self, "Back to now", "Shift+End", "Look at the present again")
        self.go_on = keyed_action(
            self, "Continue from here", "Ctrl+.", "Go on from the moment shown; what came later is kept"
        )
        self.earlier.triggered.connect(lambda: self._move(-1))
        self.later.triggered.connect(lambda: self._move(1))
        self.now.triggered.connect(desk.time.come_back)
        self.go_on.triggered.connect(lambda: desk.controller.stand_here())
        desk.controller.snapshot_changed.connect(self._show)
        self._show()

    def fill(self, menu: QMenu) -> None:
        """Put the actions into a menu."""
        menu.addSeparator()
        menu.addActions([self.earlier, self.later, self.now, self.go_on])

    def _move(self, epochs: int) -> None:
        shown = self._controller.past or self._controller.settle()
        whole = shown.progress.epoch + (epochs < 0 and shown.progress.batch > 0)
        self._time.look_at_epoch(max(0, whole + epochs))

    def _show(self) -> None:
        past = self._controller.past is not None
        self.now.setEnabled(past)
        self.go_on.setEnabled(past)

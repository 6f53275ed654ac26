"""A panel that costs nothing until it is looked at."""

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class WhenSeen(QWidget):
    """Makes its content when it is first shown."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make: Callable[[], QWidget] | None = make
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the content, the first time."""
        make, self._make = self._make, None
        if make is not None:
            content = make()
            self._room.addWidget(content)
            content.show()
        super().showEvent(event)

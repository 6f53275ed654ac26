"""A panel that costs nothing until it is looked at."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from backprop_gui.ui.widgets.soon import Soon


class WhenSeen(QWidget):
    """Makes its content when it is first seen; one behind another tab counts as shown in Qt, but is not seen."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._content: QWidget | None = None
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)
        self._soon = Soon(self, self._fill)

    def content(self) -> QWidget:
        """Return the content, made now if it has not been seen yet."""
        if self._content is None:
            self._content = self._make()
            self._room.addWidget(self._content)
            self._content.show()
        return self._content

    def _fill(self) -> None:
        self.content()

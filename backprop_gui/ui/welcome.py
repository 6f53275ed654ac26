"""Three lines for the first start, which go away for good."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from backprop_gui.ui.preferences import Preferences
from backprop_gui.ui.theme import GRID

_TEXT = (
    "<b>Welcome.</b> This is the article's network: two inputs, three hidden units, two outputs.<br>"
    "Press <b>Right</b> to use one sample and see every weight move, <b>Space</b> to train, <b>Home</b> to begin again."
    "<br>Double click an edge to set its weight; change the network and its samples on the left."
)


class Welcome(QFrame):
    """Shown above the canvas until it is dismissed once."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        text = QLabel(_TEXT)
        text.setWordWrap(True)
        close = QPushButton("Got it")
        close.setAccessibleName("Got it")
        close.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(text, 1)
        layout.addWidget(close)
        self.setVisible(str(preferences.settings.value("welcomed", "false")) != "true")

    def _dismiss(self) -> None:
        self._preferences.set("welcomed", True)
        self.hide()

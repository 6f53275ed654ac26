"""Three lines for the first start, which go away for good."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from backprop_gui.engine.network import describe
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID

_ARTICLE = "This is the article's network: two inputs, three hidden units, two outputs."
_KEYS = (
    "Press <b>Right</b> to use one sample and see every weight move, <b>Space</b> to train, <b>Home</b> to begin again."
    "<br>Double click an edge to set its weight; change the network and its samples on the left."
)


class Welcome(QFrame):
    """Shown above the canvas until it is dismissed once; tells of the network that is there."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._preferences = desk.preferences
        self._article = problem("article")
        self._text = QLabel()
        self._text.setWordWrap(True)
        close = QPushButton("Got it")
        close.setAccessibleName("Got it")
        close.setToolTip("Put these lines away for good")
        close.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._text, 1)
        layout.addWidget(close)
        self.setVisible(str(desk.preferences.settings.value("welcomed", "false")) != "true")
        desk.store.changed.connect(self._show)
        self._show(desk.store.session)

    def _show(self, session: Session) -> None:
        if self.isHidden():
            return
        is_article = (session.network, session.samples) == (self._article.network, self._article.samples)
        here = _ARTICLE if is_article else f"This is a network of {_sizes(session)}."
        self._text.setText(f"<b>Welcome.</b> {here}<br>{_KEYS}")

    def _dismiss(self) -> None:
        self._preferences.set("welcomed", True)
        self.hide()


def _sizes(session: Session) -> str:
    """Return how many inputs, hidden units and outputs there are: "1 input, no hidden units and 1 output"."""
    inputs, *hidden, outputs = session.network.sizes
    middle = f"{describe(hidden)} hidden unit{'s' * (hidden != [1])}" if hidden else "no hidden units"
    return f"{inputs:,} input{'s' * (inputs != 1)}, {middle} and {outputs:,} output{'s' * (outputs != 1)}"

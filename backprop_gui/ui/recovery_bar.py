"""The bar at the top that tells of work left unsaved, and of what happened to what is kept."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from backprop_gui.runs.left import Left
from backprop_gui.ui.recovery import Recovery
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.labelled import labelled

MOST_ROWS = 3
T = TypeVar("T")


class RecoveryBar(QFrame):
    """One row for each left-over, the newest first, and for each sentence told; gone when there is none.

    Rows are there from the start, so that Tab comes through them from top to bottom, where the bar is.
    """

    def __init__(self, recovery: Recovery) -> None:
        super().__init__()
        self._recovery = recovery
        self._sentences: list[str] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        rows.setSpacing(GRID // 2)
        dismiss = [("Dismiss", "Put this line away.", self._dismiss)]
        acts = [
            ("Restore", "Open it here, with its last edits and its runs.", recovery.restore),
            ("Save as…", "Write it to a session file without opening it.", recovery.save),
            ("Discard", "Delete it for good.", recovery.discard),
        ]
        self._told = [_Row(dismiss) for _ in range(MOST_ROWS)]
        self._left = [_Row(acts) for _ in range(MOST_ROWS)]
        self._more = _Row[object]([])
        for row in (*self._told, *self._left, self._more):
            rows.addWidget(row)
        recovery.changed.connect(self._show)
        self._show()

    def tell(self, sentence: str) -> None:
        """Show a sentence until it is dismissed; of many, the last ones."""
        self._sentences = [*(one for one in self._sentences if one != sentence), sentence][-MOST_ROWS:]
        self._show()

    def _show(self) -> None:
        left, now = self._recovery.left, datetime.now().astimezone()
        for place, row in enumerate(self._told):
            if place < len(self._sentences):
                row.show_text(self._sentences[place], self._sentences[place])
            else:
                row.hide()
        for place, row in enumerate(self._left):
            if place < len(left):
                row.show_text(_line(left[place], now), left[place])
            else:
                row.hide()
        if (more := len(left) - MOST_ROWS) > 0:
            come = "come" if more > 1 else "comes"
            self._more.show_text(f"And {more} more, which {come} up when these are dealt with.", None)
        else:
            self._more.hide()
        self.setVisible(bool(self._sentences or left))

    def _dismiss(self, sentence: str) -> None:
        self._sentences.remove(sentence)
        self._show()


class _Row(QWidget, Generic[T]):
    """A line, and what can be done about what it tells of."""

    def __init__(self, acts: Sequence[tuple[str, str, Callable[[T], None]]]) -> None:
        super().__init__()
        self._about: T | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)  # titles come from files
        self._label.setWordWrap(True)
        layout.addWidget(self._label, 1)
        self._buttons: list[QPushButton] = []
        for name, tip, act in acts:
            button = labelled(QPushButton(), name, tip)
            button.clicked.connect(self._pressed(act))
            layout.addWidget(button)
            self._buttons.append(button)

    def show_text(self, text: str, about: T) -> None:
        """Show a line about something."""
        self._about = about
        self._label.setText(text)
        for button in self._buttons:
            button.setAccessibleDescription(text)
        self.show()

    def _pressed(self, act: Callable[[T], None]) -> Callable[[], None]:
        def do() -> None:
            if self._about is not None:
                act(self._about)

        return do


def _line(left: Left, now: datetime) -> str:
    epoch = f"epoch {left.epoch:,}, " if left.epoch else ""
    return f"Left unsaved: {left.title}, {epoch}{spoken(left.saved_at, now)}"


def spoken(when: datetime, now: datetime) -> str:
    """Return a time as it is said: "today 14:03", "yesterday 9:20", or with its date."""
    clock = f"{when.hour}:{when:%M}"
    if when.date() == now.date():
        return f"today {clock}"
    if when.date() == (now - timedelta(days=1)).date():
        return f"yesterday {clock}"
    return f"{when:%Y-%m-%d} {clock}"

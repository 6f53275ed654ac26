"""The bar at the top that tells of work left unsaved, and of what happened to what is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from backprop_gui.runs.left import Left
from backprop_gui.ui.recovery import Recovery
from backprop_gui.ui.theme import GRID

MOST_ROWS = 3


class RecoveryBar(QFrame):
    """One row for each left-over, the newest first, and for each sentence told; gone when there is none."""

    def __init__(self, recovery: Recovery) -> None:
        super().__init__()
        self._recovery = recovery
        self._sentences: list[str] = []
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(2 * GRID, GRID // 2, 2 * GRID, GRID // 2)
        self._rows.setSpacing(GRID // 2)
        recovery.changed.connect(self._show)
        self._show()

    def tell(self, sentence: str) -> None:
        """Show a sentence until it is dismissed."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)
            self._show()

    def _show(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (row := item.widget()) is not None:
                row.hide()
                row.deleteLater()
        for sentence in self._sentences:
            self._add_row(sentence, [("Dismiss", "Put this line away.", lambda one=sentence: self._dismiss(one))])
        for left in self._recovery.left[:MOST_ROWS]:
            self._add_left(left)
        if (more := len(self._recovery.left) - MOST_ROWS) > 0:
            self._add_row(f"And {more} more, which {'come' if more > 1 else 'comes'} up when these are dealt with.", [])
        self.setVisible(self._rows.count() > 0)

    def _add_left(self, left: Left) -> None:
        recovery = self._recovery
        epoch = f"epoch {left.epoch:,}, " if left.epoch else ""
        self._add_row(
            f"Left unsaved: {left.title}, {epoch}{spoken(left.saved_at, datetime.now().astimezone())}",
            [
                ("Restore", "Open it here, with its last edits and its runs.", lambda: recovery.restore(left)),
                ("Save as…", "Write it to a session file without opening it.", lambda: recovery.save(left)),
                ("Discard", "Delete it for good.", lambda: recovery.discard(left)),
            ],
        )

    def _add_row(self, text: str, acts: list[tuple[str, str, Callable[[], None]]]) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        label = QLabel(text)
        label.setTextFormat(Qt.TextFormat.PlainText)  # titles come from files
        label.setWordWrap(True)
        layout.addWidget(label, 1)
        for name, tip, act in acts:
            button = QPushButton(name)
            button.setAccessibleName(name)
            button.setAccessibleDescription(text)
            button.setToolTip(tip)
            button.clicked.connect(_pressed(act))
            layout.addWidget(button)
        self._rows.addWidget(row)

    def _dismiss(self, sentence: str) -> None:
        self._sentences.remove(sentence)
        self._show()


def _pressed(act: Callable[[], None]) -> Callable[[bool], None]:
    return lambda _checked: act()


def spoken(when: datetime, now: datetime) -> str:
    """Return a time as it is said: "today 14:03", "yesterday 9:20", or with its date."""
    clock = f"{when.hour}:{when:%M}"
    if when.date() == now.date():
        return f"today {clock}"
    if when.date() == (now - timedelta(days=1)).date():
        return f"yesterday {clock}"
    return f"{when:%Y-%m-%d} {clock}"

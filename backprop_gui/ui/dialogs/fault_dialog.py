"""Tells of a fault of the program, and keeps the work safe from it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.faults import Fault, Faults
from backprop_gui.session.document import Session
from backprop_gui.session.files import write_session
from backprop_gui.storage import FileError
from backprop_gui.ui.dialogs.asking import written
from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.labelled import labelled

MOST_FAULTS = 20
"""More that follow are counted and stand in the log only."""
COUNT_MILLISECONDS = 500
GOES_ON = (
    "The mistake is the program's, not yours. Your session is still here; to be safe, save a copy of it before you "
    "go on."
)
ENDS = "The mistake is the program's, not yours. It could not start; what you kept is left as it is."


class FaultDialog(QDialog):
    """What happened, the report, and what can be done; does not hold up the program.

    ``session`` gives what a copy would hold; without it, the program has not come to a window.
    """

    def __init__(
        self, faults: Faults, fault: Fault, session: Callable[[], Session] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._faults, self._session = faults, session
        self._shown: list[Fault] = []
        self._more = 0
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A fault in Backprop GUI")
        self._happened = _label("What happened", strong=True)
        self._advice = _label("What to do")
        self._advice.setText(ENDS if session is None else GOES_ON)
        self._counted = _label("How often")
        self._report = QPlainTextEdit()
        self._report.setReadOnly(True)
        self._report.setAccessibleName("Report")
        self._report.setToolTip("What Copy report copies; it holds nothing of your data")
        self._report.setTabChangesFocus(True)
        self._report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._report.setMinimumHeight(16 * GRID)
        self._place = _label("Where the log is")
        self._place.setText(faults.place)
        self._told = _label("What was done")
        self._told.hide()
        self._lay_out()
        self._count = QTimer(self, interval=COUNT_MILLISECONDS)
        self._count.timeout.connect(self._show_counts)
        self._count.start()
        self.resize(72 * GRID, 52 * GRID)
        self.add(fault)

    def add(self, fault: Fault) -> None:
        """Tell of another fault in the same window; one it tells of already is only counted."""
        if all(fault is not one for one in self._shown):
            if len(self._shown) < MOST_FAULTS:
                self._shown.append(fault)
                self._report.setPlainText(self.report())
            else:
                self._more += 1
        self._show_counts()

    def report(self) -> str:
        """Return the report of every fault told of."""
        return ("\n" + "=" * 40 + "\n\n").join(f"{one.sentence}\n{one.report}" for one in self._shown)

    def done(self, result: int) -> None:
        """Close; the same faults right after this are not told again."""
        self._count.stop()
        for fault in self._shown:
            self._faults.rest(fault)
        super().done(result)

    def _lay_out(self) -> None:
        icon = QLabel()
        icon.setPixmap(self.style().standardIcon(QStyle.StandardPixmap.SP_MessageBoxWarning).pixmap(4 * GRID))
        words = QVBoxLayout()
        words.setSpacing(GRID)
        for label in (self._happened, self._counted, self._advice):
            words.addWidget(label)
        top = QHBoxLayout()
        top.setSpacing(2 * GRID)
        top.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        top.addLayout(words, 1)
        heading = QLabel("Report")
        heading.setBuddy(self._report)
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addLayout(top)
        layout.addWidget(heading)
        layout.addWidget(self._report, 1)
        layout.addWidget(self._place)
        layout.addWidget(self._told)
        layout.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(_button("Copy report", "Put the report on the clipboard, to send it", self._copy_report))
        if self._session is None:
            leave = _button("Close", "End the program", self.accept)
        else:
            tip = "Write the session as it last stood to a file you choose"
            row.addWidget(_button("Save a copy", tip, self._save_copy))
            leave = _button("Go on", "Close this window and go on with the session", self.accept)
        row.addStretch(1)
        row.addWidget(leave)
        leave.setDefault(True)
        leave.setFocus()
        return row

    def _show_counts(self) -> None:
        first, *others = self._shown
        self._happened.setText(f"Something in Backprop GUI went wrong: {first.sentence}.")
        counts = [f"This happened {first.times:,} times so far."] if first.times > 1 else []
        if others:
            more = len(others) + self._more
            counts.append(f"{more} other fault{'s' * (more != 1)} followed; the report tells.")
        self._counted.setText(" ".join(counts))
        self._counted.setVisible(bool(counts))

    def _copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
        self._tell("The report is on the clipboard.")

    def _save_copy(self) -> None:
        assert self._session is not None
        folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
        filters = "Sessions (*.json);;All files (*)"
        name, _ = QFileDialog.getSaveFileName(self, "Save a copy", str(folder / "session-copy.json"), filters)
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name).with_suffix(".json")
        try:
            session = self._session()
            saved = written(self, path, lambda place: write_session(place, session))
        except FileError as error:
            self._tell(f"No copy was saved. {error}")
        except Exception:
            self._tell("No copy could be saved: that went wrong, too.")
            raise
        else:
            self._tell(f"A copy was saved: {path}" if saved else "No copy was saved.")

    def _tell(self, words: str) -> None:
        self._told.setText(words)
        self._told.show()


def _label(name: str, strong: bool = False) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)  # the words may come from a file
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if strong:
        font = label.font()
        font.setBold(True)
        label.setFont(font)
    return label


def _button(text: str, tip: str, act: Callable[[], None]) -> QPushButton:
    button = labelled(QPushButton(), text, tip)
    button.setAutoDefault(False)
    button.clicked.connect(act)
    return button

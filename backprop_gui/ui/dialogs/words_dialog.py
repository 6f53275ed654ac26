"""Asks for the session's title and notes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_words
from backprop_gui.ui.theme import GRID


class WordsDialog(QDialog):
    """A line for the title and room for notes; checked as typed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle("Session properties")
        self.resize(60 * GRID, 40 * GRID)
        self._title, self._notes, self._problem = QLineEdit(session.title), QPlainTextEdit(session.notes), QLabel()
        self._notes.setTabChangesFocus(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        self._problem.setWordWrap(True)
        ok, cancel = QDialogButtonBox.StandardButton.Ok, QDialogButtonBox.StandardButton.Cancel
        self._buttons = QDialogButtonBox(ok | cancel)
        self._ok = self._buttons.button(ok)
        layout = QFormLayout(self)
        for name, field, tip in (
            ("Title", self._title, "What the session is about, in one line; it stands in the title of the window."),
            ("Notes", self._notes, "Whatever should be remembered of the session; it is saved with it."),
        ):
            field.setAccessibleName(name)
            field.setToolTip(tip)
            layout.addRow(name, field)
        layout.addRow(self._problem)
        layout.addRow(self._buttons)
        self._title.textChanged.connect(self._check)
        self._notes.textChanged.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._check()

    def words(self) -> tuple[str, str]:
        """Return the title and the notes; what was not touched is what it was, in every line break."""
        title = self._title.text().strip() if self._title.isModified() else self._session.title
        return title, self._notes.toPlainText() if self._notes.document().isModified() else self._session.notes

    def _check(self) -> None:
        try:
            set_words(self._session, *self.words())
        except FieldError as error:
            self._problem.setText(f"{error.field.capitalize()}: {error.accepted}.")
        else:
            self._problem.clear()
        self._ok.setEnabled(not self._problem.text())

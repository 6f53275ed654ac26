"""What forms share: a line for the reason a value is refused, and fields that are checked as they are typed."""

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.ui.theme import Roles, ThemeManager


class WrappedLine(QLabel):
    """Words that always have the height they need: a form that scrolls would cut wrapped lines short."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show these words, or nothing where there are none."""
        self.setText(text)
        self._fit()
        self.setVisible(bool(text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))  # -1 where there are no words


class ProblemLine(WrappedLine):
    """Says why a value is refused; hidden while there is nothing to say."""

    def __init__(self, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        theme.changed.connect(self._color)
        self._color(theme.roles)

    def tell(self, problem: str) -> None:
        """Show ``problem``, or nothing where it is empty."""
        self.show_text(f"⚠ {problem}" if problem else "")

    def _color(self, roles: Roles) -> None:
        self.setStyleSheet(f"color: {roles.problem.name()}")


class CheckedField(QLineEdit):
    """A line edit whose text is read by ``read``; the reason it is refused stands in ``problem`` while typing.

    ``entered`` carries the value once the user is done (Enter, or leaving the field). A refused text stays.
    """

    entered = Signal(object)

    def __init__(self, name: str, read: Callable[[str], object], theme: ThemeManager) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.problem = ProblemLine(theme)
        self._name, self._read, self._shown = name, read, ""
        self.textEdited.connect(self._check)
        self.editingFinished.connect(self._finish)

    def show_value(self, text: str) -> None:
        """Show the document's value, unless the user is in the middle of typing another."""
        if text != self._shown or not self.isModified():
            self._shown = text
            self.setText(text)
            self.problem.tell("")

    def forget(self) -> None:
        """Let go of what was typed and not entered."""
        self.setModified(False)
        self.problem.tell("")

    def refuse(self, error: FieldError) -> None:
        """Keep the text and say why it was refused."""
        self.problem.tell(f"{self._name}: “{self.text()}” is not accepted; {error.accepted}.")
        self.setModified(True)

    def _check(self) -> None:
        try:
            self._read(self.text())
        except FieldError as error:
            self.refuse(error)
        else:
            self.problem.tell("")

    def _finish(self) -> None:
        if not self.isModified():
            return
        try:
            value = self._read(self.text())
        except FieldError as error:
            self.refuse(error)
            return
        self.setModified(False)
        self.entered.emit(value)


def read_number(text: str) -> float:
    """Return the number a person typed; a comma may be the decimal mark.

    Raises:
        FieldError: it is no number.
    """
    try:
        return float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError as error:
        raise FieldError("value", text, "use a number such as 0.5 or 1e-3") from error


def read_whole(text: str) -> int:
    """Return the whole number a person typed, or raise ``FieldError``."""
    try:
        return int(text.strip())
    except ValueError as error:
        raise FieldError("value", text, "use a whole number") from error

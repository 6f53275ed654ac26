"""Lines below a field: what a choice means, what cannot be learnt, why an edit was refused, and what mends it."""

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from backprop_gui.engine.errors import FieldError
from backprop_gui.session.advice import Advice, Edit, Remedy, remedies_of
from backprop_gui.session.document import Session
from backprop_gui.session.notes import Note
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.wording import in_words
from backprop_gui.ui.theme import GRID, Roles
from backprop_gui.ui.widgets.field import ProblemLine, WrappedLine
from backprop_gui.ui.widgets.labelled import labelled

SETTLING_MILLISECONDS = 50
"""Within this time a form has found room for what appears in it; wrapped lines take several rounds."""


class NoteLine(WrappedLine):
    """What a choice means, with a link to its row of the definitions; hidden while there is nothing to say."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._notes: tuple[Note, ...] = ()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setToolTip("The link opens Help, Definitions: how PyTorch and Keras do it")
        self.linkActivated.connect(self._open)
        desk.theme.changed.connect(self._color)
        self._color(desk.theme.roles)

    def show_notes(self, notes: Iterable[Note]) -> None:
        """Show these notes, or nothing."""
        if (found := tuple(notes)) == self._notes:
            return
        self._notes = found
        self.show_text("<br>".join(f"{escape(one.sentence)} <a href='{one.row}'>Definitions</a>" for one in found))
        self.setAccessibleName(" ".join(one.sentence for one in found))

    def _open(self, row: str) -> None:
        self._desk.help.open(f"definitions#{row}", self)

    def _color(self, roles: Roles) -> None:
        self.setStyleSheet(f"color: {roles.muted.name()}")


class Trouble(QWidget):
    """A sentence about what is wrong, and a button for each edit that mends it; hidden while all is well."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._line = ProblemLine(desk.theme)
        self._remedies: tuple[Remedy, ...] = ()
        self._buttons: list[QPushButton] = []
        self._refused = False
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GRID // 2)
        self._layout.addWidget(self._line)
        self.hide()
        desk.store.changed.connect(self._forget)

    def show_advice(self, advice: Iterable[Advice]) -> None:
        """Show the first of these, or nothing."""
        found = next(iter(advice), None)
        self.say(found.sentence if found else "", found.remedies if found else ())

    def attempt(self, text: str, edit: Edit, merge: str | None = None) -> bool:
        """Apply an edit as the undo step ``text``, or show why it is refused. Return whether it went through."""
        try:
            self._desk.editor.apply(text, edit, merge)
        except FieldError as error:
            self.refuse(error, remedies_of(self._desk.controller.base, edit))
            return False
        self.say("")
        return True

    def refuse(self, error: FieldError, remedies: tuple[Remedy, ...] = ()) -> None:
        """Say why something is refused, until the document changes."""
        self.say(in_words(error, self._desk.controller.base, notation=self._desk.preferences.notation), remedies)
        self._refused = True

    def say(self, sentence: str, remedies: tuple[Remedy, ...] = ()) -> None:
        """Show a sentence with its remedies, or nothing where it is empty."""
        self._refused = False
        appears = bool(sentence) and self.isHidden()
        self._line.tell(sentence)
        self.setVisible(bool(sentence))
        if appears:
            QTimer.singleShot(SETTLING_MILLISECONDS, self, self._come_into_view)
        same = [one.label for one in remedies] == [one.label for one in self._remedies]
        self._remedies = remedies
        if not same:  # else the buttons stay: one of them may have the focus
            for button in self._buttons:
                self._layout.removeWidget(button)
                button.hide()
                button.deleteLater()
            self._buttons = [self._button(place, remedy.label) for place, remedy in enumerate(remedies)]

    def _button(self, place: int, label: str) -> QPushButton:
        button = labelled(QPushButton(), label, "Mends this in one step, which can be undone")
        button.clicked.connect(lambda: self._mend(place))
        self._layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return button

    def _mend(self, place: int) -> None:
        self.attempt(self._remedies[place].label, self._remedies[place].edit)

    def _come_into_view(self) -> None:
        """Scroll as little as it takes: what is wrong must not stay below the edge of a small panel."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if above is None or not self.isVisible():
            return
        across = above.horizontalScrollBar().value()
        above.ensureWidgetVisible(self, 0, GRID)
        above.horizontalScrollBar().setValue(across)

    def _forget(self, new: Session, old: Session) -> None:
        """A refusal is over once there is another document."""
        same = (new.network, new.training, new.samples) == (old.network, old.training, old.samples)
        if self._refused and not same:
            self.say("")

"""Fields for the numbers of a card, below where it is chosen."""

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from backprop_gui.engine.cards import Card
from backprop_gui.ui.forms.settings import bounds
from backprop_gui.ui.theme import GRID, ThemeManager
from backprop_gui.ui.widgets.field import CheckedField, read_number


class CardNumbers(QWidget):
    """A field for each number of the card shown; hidden while it has none. ``entered(name, value)`` takes a number."""

    def __init__(self, entered: Callable[[str, float], None], theme: ThemeManager) -> None:
        super().__init__()
        self._entered, self._theme = entered, theme
        self._card: Card | None = None
        self.fields: list[CheckedField] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2 * GRID, 0, 0, 0)
        self._grid.setSpacing(GRID // 2)
        self._grid.setColumnStretch(1, 1)

    def show_card(self, card: Card, owner: str) -> None:
        """Show the numbers of ``card``, which ``owner`` has."""
        if self._card is None or self._card.name != card.name:
            self._make_fields(card)
        self._card = card
        for field, one, value in zip(self.fields, card.settings, card.numbers, strict=True):
            field.setAccessibleName(f"{one.label} of {owner}")
            field.setToolTip(f"{one.label} of {owner}: {bounds(one)}")
            field.show_value(repr(value))
        self.setVisible(bool(card.settings))

    def _make_fields(self, card: Card) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.fields = []
        for place, one in enumerate(card.settings):
            label = QLabel(one.label)
            field = CheckedField(one.label, partial(self._read, one.name), self._theme)
            field.entered.connect(partial(self._entered, one.name))
            label.setBuddy(field)
            self._grid.addWidget(label, 2 * place, 0)
            self._grid.addWidget(field, 2 * place, 1)
            self._grid.addWidget(field.problem, 2 * place + 1, 0, 1, 2)
            self.fields.append(field)

    def _read(self, name: str, text: str) -> float:
        """Return the number typed; raises ``FieldError`` where it is none, or the card does not take it."""
        value = read_number(text)
        assert self._card is not None
        self._card.with_numbers({name: value}, name)
        return value

"""Buttons that say what they are called and what they do."""

from typing import TypeVar

from PySide6.QtWidgets import QAbstractButton

B = TypeVar("B", bound=QAbstractButton)


def labelled(button: B, text: str, tip: str = "") -> B:
    """Return the button under a text, which is what a screen reader calls it too, and with a tool tip."""
    button.setText(text.replace("&", "&&"))  # a single one would mark a key
    button.setAccessibleName(text)
    button.setToolTip(tip)
    return button

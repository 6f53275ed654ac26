"""Lists to choose one thing from."""

from collections.abc import Mapping

from PySide6.QtWidgets import QComboBox


def choice_box(name: str, choices: Mapping[str, str] | None = None) -> QComboBox:
    """Return a box with a row per choice: its value, and the words shown for it."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    for value, words in (choices or {}).items():
        box.addItem(words, value)
    return box

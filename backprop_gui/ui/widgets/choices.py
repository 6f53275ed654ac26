"""Lists to choose one thing from."""

from collections.abc import Mapping

from PySide6.QtWidgets import QComboBox, QSizePolicy

from backprop_gui.ui.theme import GRID
from backprop_gui.ui.widgets.tips import tip


def choice_box(name: str, choices: Mapping[str, str] | None = None) -> QComboBox:
    """Return a box with a row per choice: its value, and the words shown for it."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip(name))
    for value, words in (choices or {}).items():
        box.addItem(words, value)
    return box


def narrow(box: QComboBox) -> None:
    """Let a box be narrower than its longest row, so that its panel may be."""
    box.setMinimumWidth(7 * GRID)
    box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

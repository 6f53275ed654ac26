"""An action with a key, which its tool tip tells."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence


def keyed_action(owner: QObject, text: str, keys: str, tip: str) -> QAction:
    """Return an action of ``owner``; ``keys`` is its shortcut, as Qt spells it (``Ctrl+R``)."""
    action = QAction(text, owner)
    action.setShortcut(QKeySequence(keys))
    told = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({told})")
    action.setStatusTip(tip)
    return action

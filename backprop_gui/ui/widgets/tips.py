"""Tool tips that say what they are given."""

from html import escape

from PySide6.QtGui import Qt


def tip(text: str) -> str:
    """Return ``text`` for a tool tip that shows its every letter: Qt would take names like <b> in it for tags."""
    return f"<p style='white-space: pre'>{escape(text)}</p>" if Qt.mightBeRichText(text) else text

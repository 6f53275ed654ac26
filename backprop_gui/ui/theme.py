"""All colours, by role, light and dark. Safe for colour-blind eyes: blue and vermilion (Okabe and Ito, 2008)."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from backprop_gui.ui.preferences import Preferences

GRID = 8
"""Every margin and gap is a multiple of half of this, in pixels."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Named colours. ``positive`` and ``negative`` are signs, ``accent`` what is lit, ``error`` what runs back."""

    dark: bool
    window: QColor
    surface: QColor
    raised: QColor
    line: QColor
    text: QColor
    muted: QColor
    positive: QColor
    negative: QColor
    accent: QColor
    error: QColor
    selection: QColor
    problem: QColor
    series: tuple[QColor, ...]


def _colors(*names: str) -> tuple[QColor, ...]:
    return tuple(QColor(name) for name in names)


LIGHT = Roles(
    False,
    *_colors("#f3f4f6", "#ffffff", "#fafbfc", "#d3d7de", "#1b1f27", "#5c6573"),
    *_colors("#0072b2", "#d55e00", "#007a5a", "#a8437f", "#cfe4f5", "#b3261e"),
    series=_colors("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#4d8fbf", "#7a5195", "#5c6573"),
)
DARK = Roles(
    True,
    *_colors("#1b1e24", "#22262e", "#2a2f38", "#3d4450", "#e8eaee", "#a3acb9"),
    *_colors("#56b4e9", "#f08a3c", "#35c79a", "#e59bc4", "#274b66", "#ff8a80"),
    series=_colors("#56b4e9", "#f08a3c", "#35c79a", "#e59bc4", "#e0c341", "#9ac7e8", "#b79ad6", "#a3acb9"),
)


class ThemeManager(QObject):
    """Applies the preferred theme to the application and follows the system where that is preferred."""

    changed = Signal(object)  # Roles

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._roles: Roles | None = None
        preferences.changed.connect(self._update)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._update)
        self._update()

    @property
    def roles(self) -> Roles:
        """The colours in force."""
        assert self._roles is not None
        return self._roles

    def _update(self) -> None:
        choice = self._preferences.theme
        system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        roles = DARK if choice == "dark" or (choice == "system" and system_is_dark) else LIGHT
        if roles is not self._roles:
            self._roles = roles
            QApplication.setPalette(_palette(roles))
            self.changed.emit(roles)


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """Return ``share`` of ``second`` mixed into ``first``, opaque: cheaper to draw than half-transparent."""
    return QColor(
        round(first.red() + (second.red() - first.red()) * share),
        round(first.green() + (second.green() - first.green()) * share),
        round(first.blue() + (second.blue() - first.blue()) * share),
    )


def number_font(size: int | None = None) -> QFont:
    """Return the font for numbers: digits of one width."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFeature(QFont.Tag("tnum"), 1)
    if size is not None:
        font.setPixelSize(size)
    return font


def _palette(roles: Roles) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, color in (
        (role.Window, roles.window),
        (role.WindowText, roles.text),
        (role.Base, mix(roles.surface, roles.line, 0.4) if roles.dark else roles.surface),
        (role.AlternateBase, roles.raised),
        (role.Text, roles.text),
        (role.PlaceholderText, roles.muted),
        (role.Button, roles.raised),
        (role.ButtonText, roles.text),
        (role.BrightText, roles.problem),
        (role.Highlight, roles.selection),
        (role.HighlightedText, roles.text),
        (role.Link, roles.positive),
        (role.LinkVisited, roles.positive),
        (role.ToolTipBase, roles.raised),
        (role.ToolTipText, roles.text),
        (role.Light, roles.surface),
        (role.Midlight, roles.raised),
        (role.Mid, roles.line),
        (role.Dark, roles.line),
        (role.Shadow, roles.line),
        (role.Accent, roles.positive),
    ):
        palette.setColor(which, color)
    for which in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, mix(roles.text, roles.window, 0.55))
    return palette

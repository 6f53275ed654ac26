"""Icons from ``resources/icons``, drawn in the theme's text colour."""

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from backprop_gui.resources import icon_path
from backprop_gui.ui.theme import Roles, mix


def app_icon() -> QIcon:
    """Return the application's icon."""
    return QIcon(str(icon_path("backprop-gui")))


def icon(name: str, roles: Roles) -> QIcon:
    """Return an icon of ``resources/icons`` in the theme's colours, greyed where disabled."""
    result = QIcon()
    result.addPixmap(_drawn(name, roles.text), QIcon.Mode.Normal)
    result.addPixmap(_drawn(name, mix(roles.text, roles.window, 0.6)), QIcon.Mode.Disabled)
    return result


def _drawn(name: str, color: QColor, size: int = 64) -> QPixmap:
    text = icon_path(name).read_text(encoding="utf-8").replace("#000000", color.name())
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter)
    painter.end()
    return pixmap

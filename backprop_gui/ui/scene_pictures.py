"""Pictures of a scene as files: PNG at twice the size, or SVG."""

import math
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsScene

from backprop_gui.storage import FileError, write_whole

PNG_SCALE = 2
MOST_PIXELS = 8192


def save_scene(path: Path, scene: QGraphicsScene, bounds: QRectF, background: QColor, title: str) -> None:
    """Write what ``bounds`` shows of ``scene``; raises ``FileError`` for an unknown ending or where it cannot."""
    ending = path.suffix.lower()
    if ending not in (".png", ".svg"):
        raise FileError(f"{path}: cannot be written: pictures end in .png or .svg.")
    if ending == ".png":
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        size = QSize(math.ceil(bounds.width()), math.ceil(bounds.height()))
        scale = min(PNG_SCALE, MOST_PIXELS / max(size.width(), size.height()))
        image = QImage(size * scale, QImage.Format.Format_RGB32)
        image.fill(background)
        painter = QPainter(image)
        scene.render(painter, QRectF(image.rect()), bounds)
        painter.end()
        image.save(buffer, "PNG")  # pyright: ignore[reportCallIssue, reportArgumentType]
        write_whole(path, bytes(buffer.data().data()))
    else:
        write_whole(path, scene_svg(scene, bounds, background, title))


def scene_svg(scene: QGraphicsScene, bounds: QRectF, background: QColor, title: str) -> bytes:
    """Return what ``bounds`` shows of ``scene`` as an SVG document."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    size = QSize(math.ceil(bounds.width()), math.ceil(bounds.height()))
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    target = QRectF(0, 0, size.width(), size.height())
    painter.fillRect(target, background)
    scene.render(painter, target, bounds)
    painter.end()
    return bytes(buffer.data().data())

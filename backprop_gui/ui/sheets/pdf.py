"""A worked sheet as PDF: A4, typeset with vectors, broken into pages between lines."""

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen
from PySide6.QtWidgets import QGraphicsScene

from backprop_gui.explain.sheet import BLANK, Sheet
from backprop_gui.ui.theme import LIGHT
from backprop_gui.ui.typeset.typeset import Placed, Typesetter

DPI = 96
"""One unit of the layout, in pixels per inch; the paper itself is far finer."""
PAPER_DPI = 1200
MARGIN = 76.0
SIZE = 15.0
TITLE, HEADING, WORDS, SMALL = 24, 15, 13, 11
FIGURE_HEIGHT = 290.0


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    rect: QRectF
    font: QFont


@dataclass(frozen=True, slots=True)
class _Block:
    """What stays together on a page: texts and parts from 0 downwards, and their height."""

    height: float
    texts: tuple[_Text, ...] = ()
    parts: tuple[Placed, ...] = ()
    figure: QRectF | None = None
    keep_with_next: bool = False


def sheet_pdf(sheet: Sheet, scene: QGraphicsScene, bounds: QRectF) -> bytes:
    """Return the sheet as a PDF document; ``bounds`` of ``scene`` is the network."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(PAPER_DPI)
    writer.setTitle(sheet.title)
    writer.setCreator("Backprop GUI")
    writer.setPageLayout(QPageLayout(QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF()))
    scale = PAPER_DPI / DPI
    width, height = writer.width() / scale, writer.height() / scale
    typesetter = Typesetter(SIZE, LIGHT)
    blocks = _blocks(sheet, typesetter, width - 2 * MARGIN, bounds)
    pages = _pages(blocks, height - 2 * MARGIN)
    painter = QPainter(writer)
    painter.scale(scale, scale)
    for number, page in enumerate(pages, start=1):
        if number > 1:
            writer.newPage()
        y = MARGIN
        for block in page:
            painter.save()
            painter.translate(MARGIN, y)
            _draw(painter, block, typesetter, scene, bounds)
            painter.restore()
            y += block.height
        painter.setFont(_font(SMALL))
        painter.setPen(LIGHT.muted)
        foot = QRectF(MARGIN, height - MARGIN + 16, width - 2 * MARGIN, 20)
        painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, sheet.title)
        painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"{number} of {len(pages)}")
    painter.end()
    return bytes(buffer.data().data())


def _blocks(sheet: Sheet, typesetter: Typesetter, width: float, bounds: QRectF) -> list[_Block]:
    blocks = [_words(sheet.title, TITLE, width, bold=True, after=8)]
    blocks += [_words(fact, WORDS, width) for fact in sheet.facts]
    if sheet.hidden:
        blocks.append(_words("Name: ________________________    Date: ______________", WORDS, width, before=10))
    scale = min(width / bounds.width(), FIGURE_HEIGHT / bounds.height())
    figure = QRectF(0, 12, bounds.width() * scale, bounds.height() * scale)
    figure.moveLeft((width - figure.width()) / 2)
    blocks.append(_Block(figure.height() + 24, figure=figure))
    for section in sheet.sections:
        blocks.append(_words(section.title, HEADING, width, bold=True, before=16, after=6, keep=True))
        for line in section.lines:
            placed, bottom = typesetter.place(line, 0, 0, width)
            blocks.append(_Block(bottom + 2, parts=tuple(placed)))
        if section.remark:
            blocks.append(_words(section.remark, SMALL, width, before=4))
    return blocks


def _words(
    text: str, size: int, width: float, bold: bool = False, before: float = 0, after: float = 2, keep: bool = False
) -> _Block:
    font = _font(size)
    font.setBold(bold)
    wrap = Qt.TextFlag.TextWordWrap
    bounds = QFontMetricsF(font).boundingRect(QRectF(0, before, width, 10_000), wrap, text)
    rect = QRectF(0, before, width, bounds.height() + 2)
    return _Block(rect.bottom() + after, (_Text(text, rect, font),), keep_with_next=keep)


def _pages(blocks: list[_Block], height: float) -> list[list[_Block]]:
    """Break blocks into pages; a heading never stands alone at the foot of one."""
    pages: list[list[_Block]] = [[]]
    used = 0.0
    for place, block in enumerate(blocks):
        needed = block.height
        if block.keep_with_next and place + 1 < len(blocks):
            needed += blocks[place + 1].height
        if pages[-1] and used + needed > height:
            pages.append([])
            used = 0.0
        pages[-1].append(block)
        used += block.height
    return pages


def _draw(painter: QPainter, block: _Block, typesetter: Typesetter, scene: QGraphicsScene, bounds: QRectF) -> None:
    for words in block.texts:
        painter.setFont(words.font)
        painter.setPen(LIGHT.text)
        painter.drawText(words.rect, Qt.TextFlag.TextWordWrap, words.text)
    for placed in block.parts:
        if placed.part == BLANK:
            painter.setPen(QPen(LIGHT.muted, 0.8))
            end = QPointF(placed.x + placed.box.width, placed.baseline + 3)
            painter.drawLine(QPointF(placed.x, placed.baseline + 3), end)
        else:
            typesetter.draw(painter, placed)
    if block.figure is not None:
        scene.render(painter, block.figure, bounds)


def _font(size: int) -> QFont:
    font = QFont()
    font.setPixelSize(size)
    return font

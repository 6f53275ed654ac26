"""Pages of help, read from ``resources/help/``: windows that stay open beside the work and close with Esc."""

import re
from typing import cast

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
    QTextTableCell,
)
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from backprop_gui.resources import help_text
from backprop_gui.ui.theme import GRID, Roles, ThemeManager

PAGES = {"runs-and-time": "Runs and time", "article-notes": "Notes on the article", "definitions": "Definitions"}
_HEADING_SIZES = {1: 2, 2: 1}  # steps above the text's own size
_FIRST_COLUMN = 19
"""Per cent of a table's width for what its rows are about; the other columns share the rest."""


class HelpPages(QObject):
    """Opens pages, each in one window of its own."""

    def __init__(self, theme: ThemeManager, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pages: dict[str, HelpPage] = {}

    def open(self, target: str, asker: QWidget) -> None:
        """Show a page, ``definitions``, or one place of it, ``definitions#adams-epsilon``, and bring it forward.

        It belongs to the main window that ``asker`` is in, and closes with it.
        """
        name, _, place = target.partition("#")
        if name not in self._pages:
            self._pages[name] = self._page(name, asker)
        page = self._pages[name]
        page.show()
        page.activateWindow()
        page.go_to(place)

    def _page(self, name: str, asker: QWidget) -> "HelpPage":
        window = asker
        while (above := window.parentWidget()) is not None:
            window = above
        page = HelpPage(name, self._theme, window)
        page.wanted.connect(self.open)
        return page


class HelpPage(QDialog):
    """One page. ``wanted`` carries what a link in it leads to, and the page itself."""

    wanted = Signal(str, QWidget)

    def __init__(self, name: str, theme: ThemeManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._place = name, ""
        self._marked: list[QTextTableCell] = []
        self.setWindowTitle(PAGES[name])
        self.resize(90 * GRID, 80 * GRID)
        self._text = QTextBrowser()
        self._text.setAccessibleName(PAGES[name])
        self._text.setOpenLinks(False)
        self._text.anchorClicked.connect(self._follow)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.addWidget(self._text)
        layout.addWidget(buttons)
        theme.changed.connect(self._show)
        self._show(theme.roles)

    def go_to(self, place: str) -> None:
        """Scroll to the heading or table row that is called ``place``, and mark the row; "" is the top."""
        self._place = place
        block = self._block(place)
        self._mark([])
        if block is None:
            self._text.verticalScrollBar().setValue(0)
            return
        cursor = QTextCursor(block)
        self._text.setTextCursor(cursor)
        if (table := _table_of(cursor)) is not None:
            row = table.cellAt(cursor).row()
            self._mark([table.cellAt(row, column) for column in range(table.columns())])
        top = self._text.document().documentLayout().blockBoundingRect(block).top()
        self._text.verticalScrollBar().setValue(max(0, round(top) - 4 * GRID))

    def _mark(self, cells: list[QTextTableCell]) -> None:
        """Give the cells the background of what is selected, and take it from those that had it."""
        for cell in self._marked:
            look = cell.format()
            look.clearBackground()
            cell.setFormat(look)
        self._marked = cells
        for cell in cells:
            look = cell.format()
            look.setBackground(self._roles.selection)
            cell.setFormat(look)

    def _block(self, place: str) -> QTextBlock | None:
        block = self._text.document().begin()
        while place and block.isValid():
            if anchor(block.text()) == place:
                return block
            block = block.next()
        return None

    def _follow(self, url: QUrl) -> None:
        target = url.toString()
        self.wanted.emit(f"{self._name}{target}" if target.startswith("#") else target.replace(".md", ""), self)

    def _show(self, roles: Roles) -> None:
        self._roles = roles
        scrolled = self._text.verticalScrollBar().value()
        self._marked = []
        self._text.setMarkdown(help_text(self._name))
        document = self._text.document()
        document.setDocumentMargin(2 * GRID)
        block = document.begin()
        while block.isValid():
            _dress(block, roles)
            block = block.next()
        self.go_to(self._place)
        self._text.verticalScrollBar().setValue(scrolled)


def anchor(text: str) -> str:
    """Return what a heading or a row is called in links, as GitHub does for headings."""
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def _table_of(cursor: QTextCursor) -> QTextTable | None:
    return cast("QTextTable | None", cursor.currentTable())  # the stubs know no None here


def _dress(block: QTextBlock, roles: Roles) -> None:
    """Give a block its size, room and colour; Qt's Markdown reader leaves all blocks close together."""
    cursor = QTextCursor(block)
    table = _table_of(cursor)
    if table is not None:
        if block == table.firstCursorPosition().block():
            others = (100 - _FIRST_COLUMN) / (table.columns() - 1)
            widths = [_FIRST_COLUMN, *[others] * (table.columns() - 1)]
            look = table.format()
            look.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, width) for width in widths])
            look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
            look.setBorderBrush(roles.line)
            look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
            look.setTopMargin(GRID)
            look.setCellPadding(GRID // 2)
            table.setFormat(look)
        return
    level = block.blockFormat().headingLevel()
    quoted = block.blockFormat().hasProperty(QTextFormat.Property.BlockQuoteLevel)
    room = block.blockFormat()
    room.setTopMargin(2.5 * GRID if level > 1 else GRID // 2)
    room.setBottomMargin(GRID // 2)
    if quoted:
        room.setLeftMargin(2 * GRID)
    cursor.setBlockFormat(room)
    letters = QTextCharFormat()
    if level:
        letters.setProperty(QTextFormat.Property.FontSizeAdjustment, _HEADING_SIZES[level])
    if quoted:
        letters.setForeground(QColor(roles.muted))
    cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
    cursor.mergeCharFormat(letters)

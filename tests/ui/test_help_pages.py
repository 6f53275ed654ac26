"""The pages of help: they open beside the work, at the place a link names, and can be read in both themes."""

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette, QTextBlock, QTextCursor, QTextFragment
from PySide6.QtWidgets import QApplication, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.resources import folder, help_text
from backprop_gui.ui.dialogs.help_pages import PAGES, HelpPage, anchor
from tests.conftest import Bench


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    return window


def opened(window: QWidget, name: str) -> HelpPage:
    return next(page for page in window.findChildren(HelpPage) if page.windowTitle() == PAGES[name])


def browser(page: HelpPage) -> QTextBrowser:
    (text,) = page.findChildren(QTextBrowser)
    return text


def block_of(text: QTextBrowser, place: str) -> QTextBlock:
    block = text.document().begin()
    while anchor(block.text()) != place:
        block = block.next()
    return block


def row_colours(text: QTextBrowser, place: str) -> list[QColor]:
    cursor = QTextCursor(block_of(text, place))
    table = cursor.currentTable()
    row = table.cellAt(cursor).row()
    return [table.cellAt(row, column).format().background().color() for column in range(table.columns())]


@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_opens_beside_the_work_once_and_closes_with_escape(
    qtbot: QtBot, bench: Bench, window: QWidget, name: str
) -> None:
    bench.help.open(name, window)
    bench.help.open(name, window)
    assert len(window.findChildren(HelpPage)) == 1
    page = opened(window, name)
    assert page.isVisible()
    assert not page.isModal()
    assert browser(page).toPlainText().startswith(PAGES[name])
    qtbot.keyClick(browser(page), Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_a_link_opens_the_definitions_at_their_row_and_marks_it(qtbot: QtBot, bench: Bench, window: QWidget) -> None:
    bench.help.open("definitions#adams-epsilon", window)
    text = browser(opened(window, "definitions"))
    top = text.cursorRect().top()
    assert 0 <= top < text.viewport().height() / 2
    assert row_colours(text, "adams-epsilon") == [bench.theme.roles.selection] * 4
    bench.help.open("definitions#half-sum-of-squares", window)
    assert row_colours(text, "half-sum-of-squares") == [bench.theme.roles.selection] * 4
    assert bench.theme.roles.selection not in row_colours(text, "adams-epsilon")


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md"])
def test_the_documents_lead_to_pages_that_are_there(page: str) -> None:
    root = folder().parent
    links = re.findall(r"\]\((resources/[^)#]+)\)", (root / page).read_text(encoding="utf-8"))
    assert any("help/definitions.md" in link for link in links)
    assert all((root / link).is_file() for link in links)


def test_links_between_pages_lead_somewhere(qtbot: QtBot, bench: Bench, window: QWidget) -> None:
    for name in PAGES:
        for target in re.findall(r"\]\(([^)]+)\)", help_text(name)):
            page, _, place = target.partition("#")
            assert page in ("", *(f"{other}.md" for other in PAGES))
            lines = help_text(page.removesuffix(".md") or name).splitlines()
            assert not place or place in {anchor(line.lstrip("#")) for line in lines}
    bench.help.open("article-notes", window)
    text = browser(opened(window, "article-notes"))
    word = text.document().find("definitions")
    text.setTextCursor(word)
    text.ensureCursorVisible()
    end = text.cursorRect(word).center()
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=end - QPoint(8, 0))
    assert opened(window, "definitions").isVisible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", list(PAGES))
def test_every_word_of_a_page_stands_out_from_what_is_behind_it(
    qapp: QApplication, bench: Bench, window: QWidget, name: str, theme: str
) -> None:
    bench.preferences.set("theme", "dark" if theme == "light" else "light")
    bench.help.open(name, window)
    bench.preferences.set("theme", theme)  # while it is open
    qapp.processEvents()
    text = browser(opened(window, name))
    behind = text.palette().color(QPalette.ColorRole.Base)
    for block in blocks(text):
        for fragment in fragments(block):
            brush = fragment.charFormat().foreground()
            plain = brush.style() == Qt.BrushStyle.NoBrush
            letters = text.palette().color(QPalette.ColorRole.Text) if plain else brush.color()
            assert contrast(letters, behind) >= 4.5, fragment.text()
    assert text.horizontalScrollBar().maximum() == 0


def blocks(text: QTextBrowser) -> Iterator[QTextBlock]:
    block = text.document().begin()
    while block.isValid():
        yield block
        block = block.next()


def fragments(block: QTextBlock) -> Iterator[QTextFragment]:
    inside = block.begin()
    while not inside.atEnd():
        yield inside.fragment()
        inside += 1


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two colours as WCAG 2 defines it, 1 to 21."""

    def light(color: QColor) -> float:
        channels = (color.redF(), color.greenF(), color.blueF())
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)

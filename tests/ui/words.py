"""Every word that people read in a widget and what is inside it, as they read it."""

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import Qt as QtGuiQt
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGraphicsTextItem,
    QGraphicsView,
    QGroupBox,
    QLabel,
    QMessageBox,
    QTabWidget,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

_ROLES = (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole, Qt.ItemDataRole.WhatsThisRole)


def words_of(root: QWidget) -> Iterator[tuple[str, str]]:
    """Yield (where, words as they are read) for ``root`` and every widget in it, hidden ones too."""
    for widget in (root, *root.findChildren(QWidget)):
        where = f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()}"
        yield where, _read(widget.toolTip())
        yield where, _read(widget.whatsThis())
        match widget:
            case QLabel():
                yield where, _read(widget.text(), widget.textFormat())
            case QMessageBox():
                yield where, _read(widget.text(), widget.textFormat())
                yield where, _read(widget.informativeText(), widget.textFormat())
            case QTextEdit():
                yield where, widget.toPlainText()
            case QAbstractButton():
                yield where, widget.text()
            case QGroupBox():
                yield where, widget.title()
            case QTabWidget():
                for place in range(widget.count()):
                    yield where, widget.tabText(place)
                    yield where, _read(widget.tabToolTip(place))
            case QComboBox():
                yield from ((where, words) for words in _of_model(widget.model()))
            case QAbstractItemView() if isValid(widget.model()):
                yield from ((where, words) for words in _of_model(widget.model()))
            case QGraphicsView():
                for item in widget.scene().items() if widget.scene() else ():
                    yield where, _read(item.toolTip())
                    if isinstance(item, QGraphicsTextItem):
                        yield where, item.toPlainText()
            case _:
                pass


def _of_model(model: QAbstractItemModel) -> Iterator[str]:
    for orientation in Qt.Orientation:
        count = model.columnCount() if orientation == Qt.Orientation.Horizontal else model.rowCount()
        for place in range(min(count, 50)):
            yield str(model.headerData(place, orientation) or "")
            for role in _ROLES:
                yield _read(str(model.headerData(place, orientation, role) or ""))

    def inside(parent: QModelIndex) -> Iterator[str]:
        for row in range(min(model.rowCount(parent), 50)):
            for column in range(min(model.columnCount(parent), 50)):
                index = model.index(row, column, parent)
                yield str(model.data(index) or "")
                for role in _ROLES:
                    yield _read(str(model.data(index, role) or ""))
            yield from inside(model.index(row, 0, parent))

    yield from inside(QModelIndex())


def _read(text: str, kind: Qt.TextFormat = Qt.TextFormat.AutoText) -> str:
    """Return what people see of a text where Qt may take it for HTML."""
    rich = kind == Qt.TextFormat.RichText or (kind == Qt.TextFormat.AutoText and QtGuiQt.mightBeRichText(text))
    document = QTextDocument()
    if kind == Qt.TextFormat.MarkdownText:
        document.setMarkdown(text)
    elif rich:
        document.setHtml(text)
    else:
        document.setPlainText(text)
    return document.toPlainText()

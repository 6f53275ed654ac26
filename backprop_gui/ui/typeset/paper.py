"""A column of headings, formulas and remarks to look at: says what is under the pointer, copies itself."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QToolTip, QWidget

from backprop_gui.engine.network import Ref
from backprop_gui.explain.formula import Formula, Graph, Line, Section, latex, text
from backprop_gui.explain.numbers import exact
from backprop_gui.ui.theme import GRID, Roles
from backprop_gui.ui.typeset.function_graph import draw_graph
from backprop_gui.ui.typeset.typeset import Placed, Typesetter
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.tips import tip

SIZE = 16.0
MARGIN = 1.5 * GRID
SLICE_SECONDS, PAUSE_MILLISECONDS = 0.012, 4
"""The pause is for painting."""
GRAPH = QSizeF(12 * GRID, 7 * GRID)


@dataclass(frozen=True, slots=True)
class _Row:
    """One line at its place."""

    line: Line
    parts: list[Placed]
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class _Words:
    """A heading or remark at its place."""

    text: str
    rect: QRectF
    heading: bool


class Paper(QWidget):
    """Shows sections of formulas; ``pointed`` carries the part of the network under the pointer, or None.

    Setting a formula takes milliseconds, so long pages fill from the top, a slice at a time.
    """

    pointed = Signal(object)
    picked = Signal(object)

    def __init__(self, name: str, roles: Roles, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._sections: tuple[Section, ...] = ()
        self._rows: list[_Row] = []
        self._words: list[_Words] = []
        self._graphs: list[tuple[Graph, QRectF]] = []
        self._begun: tuple[Line, float, float] | None = None  # what is set of a line, its top, its room
        self._last: _Row | None = None  # the same as a row
        self._bottom, self._unfinished = 0.0, False
        self._slices = Slices(self, SLICE_SECONDS, PAUSE_MILLISECONDS)
        self._slices.paused.connect(self._show_so_far)
        self._lit: Ref | None = None
        self._pointed: Ref | None = None
        self.tell: Callable[[Ref, float], str] = lambda _ref, _value: ""
        """What more there is to say of a part's number."""
        self.set_roles(roles)

    def set_roles(self, roles: Roles) -> None:
        """Take other colours."""
        self._roles = roles
        self._typesetter = Typesetter(SIZE, roles)
        self._arrange()

    def show_sections(self, sections: tuple[Section, ...]) -> None:
        """Show other sections."""
        self._sections = sections
        self.setAccessibleDescription(self.as_text())
        self._arrange()

    def finish(self) -> None:
        """Set everything now."""
        while self._slices.running:
            self._slices.run()

    def light(self, ref: Ref | None) -> None:
        """Mark the lines that speak of ``ref``."""
        if ref != self._lit:
            self._lit = ref
            self.update()

    def lines(self) -> list[Line]:
        """Return all lines shown."""
        return [line for section in self._sections for line in section.lines]

    def line_at(self, point: QPointF) -> Line | None:
        """Return the line at the height of a point."""
        row = self._row_at(point)
        return None if row is None else row.line

    def as_text(self) -> str:
        """Return everything as plain text."""
        return self._written(text, "  ")

    def as_latex(self) -> str:
        """Return everything as LaTeX, a line of mathematics per line."""

        def display(formula: Formula) -> str:
            return f"\\[ {latex(formula)} \\]"

        return self._written(display, "", "% ")

    def sizeHint(self) -> QSize:
        """Return the size at the present width."""
        return QSize(40 * GRID, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings, formulas, remarks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), self._roles.surface)
        for words in self._words:
            painter.setFont(self._word_font(words.heading))
            painter.setPen(self._roles.text if words.heading else self._roles.muted)
            painter.drawText(words.rect, Qt.TextFlag.TextWordWrap, words.text)
        for row in (*self._rows, self._last) if self._last else self._rows:
            refs = {row.line.ref, *(placed.part.ref for placed in row.parts)}
            if self._lit is not None and self._lit in refs:
                mark = QRectF(GRID / 2, row.top - 2, self.width() - GRID, row.bottom - row.top - 2)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._roles.selection)
                painter.drawRoundedRect(mark, 4, 4)
            for placed in row.parts:
                if event.rect().intersects(placed.rect.toAlignedRect()):
                    self._typesetter.draw(painter, placed)
        for graph, rect in self._graphs:
            draw_graph(painter, graph, rect, self._roles)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        ref = self._ref_at(event.position())
        if ref != self._pointed:
            self._pointed = ref
            self.pointed.emit(ref)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._pointed = None
        self.pointed.emit(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Select what a line speaks of."""
        if (ref := self._ref_at(event.position())) is not None:
            self.picked.emit(ref)

    def event(self, event: QEvent) -> bool:
        """Show exact values as tool tips."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), tip(self.tip_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def tip_at(self, point: QPointF) -> str:
        """Return the exact value of the number under a point, or of its line."""
        row = self._row_at(point)
        if row is None:
            return ""
        placed = self._part_at(row, point)
        if placed is not None and placed.part.value is not None:
            told = self.tell(placed.part.ref, placed.part.value) if placed.part.ref else ""
            return exact(placed.part.value) + (f" ({told})" if told else "")
        return "" if row.line.value is None else exact(row.line.value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C copies everything as text."""
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy the line or everything, as LaTeX or text."""
        menu = self.copy_menu(event.pos())
        menu.exec(event.globalPos())
        menu.deleteLater()

    def copy_menu(self, at: QPoint) -> QMenu:
        """Return the menu for a place of the paper."""
        menu = QMenu(self)
        clipboard = QGuiApplication.clipboard()

        def offer(title: str, written: Callable[[], str]) -> None:
            menu.addAction(title).triggered.connect(lambda: clipboard.setText(written()))

        if (line := self.line_at(QPointF(at))) is not None:
            offer("Copy line as LaTeX", lambda: latex(line.formula))
            offer("Copy line as text", lambda: text(line.formula))
            menu.addSeparator()
        offer("Copy all as LaTeX", self.as_latex)
        offer("Copy all as text", self.as_text)
        return menu

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break lines anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    def hideEvent(self, event: QHideEvent) -> None:
        """Set nothing that is not seen."""
        super().hideEvent(event)
        self._slices.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Set what there was no time for."""
        super().showEvent(event)
        if self._unfinished:
            self._arrange()

    def _arrange(self) -> None:
        self._unfinished = True
        self._slices.start(self._lay())
        self._slices.run()

    def _show_so_far(self) -> None:
        """Show what is set; until all is, the room stays as it was, so that nothing that is read moves away."""
        self._last = None if self._begun is None else self._row(*self._begun)
        room = round((self._last.bottom if self._last else self._bottom) + MARGIN)
        self.setMinimumHeight(max(room, self.minimumHeight()) if self._slices.running else room)
        self.update()

    def _lay(self) -> Iterator[None]:
        """Put everything in its place from the top down, a newly set part at a time."""
        self._rows, self._words, self._graphs, self._begun = [], [], [], None
        width, y = self.width() - 2 * MARGIN, MARGIN
        self._bottom = y
        for section in self._sections:
            y = self._put_words(section.title, y, width, heading=True)
            graph_bottom = y
            if section.graph is not None:
                rect = QRectF(MARGIN + width - GRAPH.width(), y, GRAPH.width(), GRAPH.height())
                self._graphs.append((section.graph, rect))
                graph_bottom = rect.bottom()
            for line in section.lines:
                room = width - (GRAPH.width() + GRID if y < graph_bottom else 0.0)
                for count in self._typesetter.set_parts(line.formula):
                    self._begun = replace(line, formula=line.formula[:count]), y, room
                    yield
                self._begun = None
                self._rows.append(self._row(line, y, room))
                self._bottom = y = self._rows[-1].bottom
            y = max(y, graph_bottom)
            if section.remark:
                y = self._put_words(section.remark, y, width, heading=False)
            y += GRID
        self._bottom, self._unfinished = y, False

    def _row(self, line: Line, top: float, room: float) -> _Row:
        placed, bottom = self._typesetter.place(line, MARGIN, top, room)
        return _Row(line, placed, top, bottom)

    def _put_words(self, words: str, y: float, width: float, heading: bool) -> float:
        metrics = QFontMetricsF(self._word_font(heading))
        bounds = metrics.boundingRect(QRectF(MARGIN, y, width, 10_000), Qt.TextFlag.TextWordWrap, words)
        self._words.append(_Words(words, bounds.adjusted(0, 0, 2, 2), heading))
        return bounds.bottom() + (GRID if heading else GRID / 2)

    def _word_font(self, heading: bool) -> QFont:
        font = QFont(self.font())
        font.setBold(heading)
        return font

    def _row_at(self, point: QPointF) -> _Row | None:
        return next((row for row in self._rows if row.top <= point.y() < row.bottom), None)

    def _part_at(self, row: _Row, point: QPointF) -> Placed | None:
        return next((placed for placed in row.parts if placed.rect.contains(point)), None)

    def _ref_at(self, point: QPointF) -> Ref | None:
        row = self._row_at(point)
        if row is None:
            return None
        placed = self._part_at(row, point)
        return placed.part.ref if placed is not None and placed.part.ref is not None else row.line.ref

    def _written(self, write: Callable[[Formula], str], indent: str, heading: str = "") -> str:
        written: list[str] = []
        for section in self._sections:
            written.append(heading + section.title)
            written += [indent * (1 + line.indent) + write(line.formula) for line in section.lines]
            if section.remark:
                written.append(heading + section.remark)
            written.append("")
        return "\n".join(written)

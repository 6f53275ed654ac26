"""The pass as coloured tables; a cell lights its terms, its unit or its edge, and the other way round."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QToolTip, QVBoxLayout, QWidget

from backprop_gui.engine.network import Ref
from backprop_gui.explain.matrices import Cell, Group, Matrix, Quantity, known, matrices, ref_of, terms
from backprop_gui.explain.notation import symbols_of
from backprop_gui.explain.numbers import NumberFormat, exact
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, mix, number_font
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon

CELL_HEIGHT = 20.0
TEXT = 11
GAP = 2.0 * GRID
LEAST_TITLE = 6.0 * GRID
BLOCK = 1.0 * GRID
STRONGEST = 0.45
"""How much of the sign's colour the largest entry of a matrix is tinted with."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A matrix and where its cells are."""

    matrix: Matrix
    rect: QRectF
    largest: float


class MatrixView(QScrollArea):
    """All matrices of the shown sample's pass in a column."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName("Matrices")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.grid = MatrixGrid(desk)
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.grid)
        self.setWidget(holder)
        self.setWidgetResizable(True)


class MatrixGrid(QWidget):
    """Paints the matrices; only the visible cells."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setAccessibleName("Matrix cells")
        self.setMouseTracking(True)
        self._store, self._preferences, self._roles = desk.store, desk.preferences, desk.theme.roles
        self._controller, self._snapshot = desk.controller, desk.controller.snapshot
        self._hovered: Ref | None = None
        self._cell: Cell | None = None
        self._terms: frozenset[Cell] = frozenset()
        self._places: list[_Place] = []
        self._titles: list[tuple[QPointF, str, bool]] = []
        self._soon = Soon(self, self._arrange, FRAME_MILLISECONDS, lambda: desk.controller.running)
        desk.controller.snapshot_changed.connect(self._show)
        desk.store.hovered.connect(self._light)
        desk.store.changed.connect(self.update)
        desk.preferences.changed.connect(self._arrange)
        desk.theme.changed.connect(self._color)

    def cell_at(self, point: QPointF) -> Cell | None:
        """Return the cell at a point."""
        for place in self._places:
            if place.rect.contains(point):
                column = int((point.x() - place.rect.left()) / self._cell_width)
                row = int((point.y() - place.rect.top()) / CELL_HEIGHT)
                row, column = (column, row) if place.matrix.transposed else (row, column)
                return Cell(place.matrix.quantity, place.matrix.layer, row, column)
        return None

    def text_of(self, cell: Cell) -> str:
        """Return what a cell shows: nothing before stepping has come to it."""
        if not known(cell, self._snapshot.reached):
            return ""
        return self._format_of(cell.quantity)(self._value(cell))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw titles and the cells in view."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(event.rect(), self._roles.surface)
        for at, words, strong in self._titles:
            painter.setFont(_bold(self.font()) if strong else self.font())
            painter.setPen(self._roles.text if strong else self._roles.muted)
            painter.drawText(at, words)
        painter.setFont(number_font(TEXT))
        for place in self._places:
            if place.rect.intersects(QRectF(event.rect())):
                self._draw(painter, place, event.rect())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light the cell's terms here, its edge or unit everywhere."""
        self._point(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._point(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select what the cell belongs to."""
        if (cell := self.cell_at(event.position())) is not None:
            self._store.select(ref_of(cell))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The press has done the work."""
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Show exact values as tool tips."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            seen = cell is not None and known(cell, self._snapshot.reached)
            QToolTip.showText(event.globalPos(), exact(self._value(cell)) if cell and seen else "", self)
            return True
        return super().event(event)

    def _show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._soon.ask()

    def _light(self, ref: Ref | None) -> None:
        if ref != self._hovered:
            self._hovered = ref
            self.update()

    def _point(self, cell: Cell | None) -> None:
        if cell != self._cell:
            self._cell = cell
            network, dropout = self._snapshot.network, bool(self._snapshot.trace.masks)
            self._terms = frozenset(terms(cell, network, dropout)) if cell is not None else frozenset()
            self._store.hover(None if cell is None else ref_of(cell))
            self.update()

    def _arrange(self) -> None:
        snapshot = self._snapshot
        metrics = QFontMetricsF(number_font(TEXT))
        written = self._preferences.number_format
        self._cell_width = max(metrics.horizontalAdvance(text) for text in _widest(written)) + GRID
        self._places, self._titles = [], []
        self.update()  # first, so that nothing old stays to be seen where the rest fails
        line = QFontMetricsF(self.font()).height()
        y, widest = float(GRID), 0.0
        symbols = symbols_of(self._preferences.notation, snapshot.network)
        loss = self._controller.shown.session.training.loss
        groups = matrices(snapshot.network, snapshot.parameters, snapshot.trace, loss, symbols)
        title_width = self._title_width(groups)
        for group in groups:
            self._titles.append((QPointF(GRID, y + line * 0.8), group.title, True))
            self._titles.append((QPointF(GRID, y + line * 1.8), group.formula, False))
            y += 2 * line + GRID
            for matrix in group.matrices:
                rows, columns = _shape(matrix)
                self._titles.append((QPointF(GRID, y + CELL_HEIGHT * 0.7), matrix.title, False))
                rect = QRectF(GRID + title_width, y, columns * self._cell_width, rows * CELL_HEIGHT)
                finite = np.abs(matrix.values[np.isfinite(matrix.values)])
                self._places.append(_Place(matrix, rect, float(finite.max()) if finite.size else 0.0))
                y += rect.height() + BLOCK
                widest = max(widest, rect.right())
            y += GAP
        self.setMinimumSize(round(widest + GRID), round(y))

    def _format_of(self, quantity: Quantity) -> NumberFormat:
        written = self._preferences.number_format
        small = (Quantity.DELTA, Quantity.WEIGHT_GRADIENT, Quantity.BIAS_GRADIENT)
        return written.for_gradients if quantity in small else written

    def _title_width(self, groups: Sequence[Group]) -> float:
        metrics = QFontMetricsF(self.font())
        titles = (matrix.title for group in groups for matrix in group.matrices)
        return max(LEAST_TITLE, *(metrics.horizontalAdvance(title) + GRID for title in titles))

    def _draw(self, painter: QPainter, place: _Place, seen: QRect) -> None:
        matrix, roles = place.matrix, self._roles
        rows, columns = _shape(matrix)
        first_row, last_row = _range(seen.top() - place.rect.top(), seen.bottom() - place.rect.top(), CELL_HEIGHT, rows)
        first, last = _range(
            seen.left() - place.rect.left(), seen.right() - place.rect.left(), self._cell_width, columns
        )
        selected = self._controller.base.view.selected
        for down in range(first_row, last_row):
            for along in range(first, last):
                row, column = (along, down) if matrix.transposed else (down, along)
                cell = Cell(matrix.quantity, matrix.layer, row, column)
                rect = self._rect(place, row, column)
                value = float(matrix.values[row, column])
                text = self.text_of(cell)
                share = min(abs(value) / place.largest, 1.0) if text and place.largest and np.isfinite(value) else 0.0
                sign = roles.negative if value < 0 else roles.positive
                painter.fillRect(rect, mix(roles.surface, sign, STRONGEST * share))
                painter.setPen(QPen(roles.line, 1))
                painter.drawRect(rect)
                painter.setPen(roles.text)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
                ref = ref_of(cell)
                if cell in self._terms or ref in (self._hovered, selected):
                    term = cell in self._terms
                    painter.setPen(QPen(roles.error if term else roles.accent, 2))
                    painter.drawRect(rect.adjusted(1, 1, -1, -1))

    def _rect(self, place: _Place, row: int, column: int) -> QRectF:
        width = self._cell_width
        row, column = (column, row) if place.matrix.transposed else (row, column)
        return QRectF(place.rect.left() + column * width, place.rect.top() + row * CELL_HEIGHT, width, CELL_HEIGHT)

    def _value(self, cell: Cell) -> float:
        place = next(
            one for one in self._places if (one.matrix.quantity, one.matrix.layer) == (cell.quantity, cell.layer)
        )
        return float(place.matrix.values[cell.row, cell.column])

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self.update()


def _shape(matrix: Matrix) -> tuple[int, int]:
    """Return rows and columns as they are shown."""
    rows, columns = matrix.values.shape
    return (columns, rows) if matrix.transposed else (rows, columns)


def _range(low: float, high: float, step: float, count: int) -> tuple[int, int]:
    return max(0, int(low / step)), min(count, int(high / step) + 1)


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold


def _widest(written: NumberFormat) -> tuple[str, ...]:
    """Return texts as wide as numbers in cells usually get."""
    return written(-8.5), written(-888.5), written.for_gradients(-0.000123456789012)

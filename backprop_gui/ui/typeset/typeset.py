"""Typesetting: parts of formulas by ziamath, their bare numbers and signs in the same font by Qt, which is faster.

Sizes are in pixels; a part stands on a baseline.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter
from PySide6.QtSvg import QSvgRenderer

from backprop_gui.explain.formula import Formula, Line, Part, Tint
from backprop_gui.explain.sheet import BLANK
from backprop_gui.ui.theme import Roles

_BARE = re.compile(r"[0-9.,+=()\-]+")
_SIGNS = {r"\cdot": "·", r"\leftarrow": "←", r"\ldots": "…", r"\to": "→", r"\approx": "≈", "-": "−"}
_SPACED = {"=", r"\approx", "+", "-", r"\cdot", r"\leftarrow"}
_BREAKS = {"=", r"\approx", "+", "-", r"\cdot", r"\leftarrow"}
SPACE, THIN = 0.28, 0.14
"""Gaps around signs and between other parts, in font sizes."""
_ANY_COLOR = "#010203"
LEADING = 0.45
INDENT = 1.4


@dataclass(frozen=True, slots=True)
class Box:
    """How much room a part takes, from its baseline."""

    width: float
    ascent: float
    descent: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A part at its place: left end, baseline, box."""

    part: Part
    x: float
    baseline: float
    box: Box

    @property
    def rect(self) -> QRectF:
        """The part's rectangle."""
        return QRectF(self.x, self.baseline - self.box.ascent, self.box.width, self.box.ascent + self.box.descent)


@dataclass(frozen=True, slots=True)
class _Drawing:
    svg: QSvgRenderer
    view: QRectF


@lru_cache(maxsize=1)
def _ziamath() -> Any:
    import ziamath  # 0.2 s: not before the first formula

    ziamath.config.svg2 = False  # pyright: ignore[reportPrivateImportUsage]  QtSvg paints next to nothing of SVG 2
    return ziamath


@lru_cache(maxsize=1)
def _family() -> str:
    path = Path(_ziamath().__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    loaded = QFontDatabase.addApplicationFont(str(path))
    families = QFontDatabase.applicationFontFamilies(loaded) if loaded >= 0 else []
    return families[0] if families else QFont().family()


@lru_cache(maxsize=8192)
def _svg(latex: str, size: float) -> str:
    return str(_ziamath().Latex(latex, size=size, color=_ANY_COLOR, inline=False).svg())


@lru_cache(maxsize=4096)
def _drawing(latex: str, size: float, color: str) -> _Drawing:
    svg = _svg(latex, size).replace(_ANY_COLOR, color)  # setting a formula costs far more than colouring it
    svg = svg.replace("<path ", '<path stroke-width="0" ')  # QtSvg outlines glyphs otherwise, and PDF shows it
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    return _Drawing(renderer, renderer.viewBoxF())


@lru_cache(maxsize=16)
def _font(size: float) -> tuple[QFont, QFontMetricsF]:
    font = QFont(_family())
    font.setPixelSize(round(size))
    return font, QFontMetricsF(font)


def svg_of(latex: str, size: float, color: str = "#000000") -> str:
    """Return a formula as an SVG element, for documents."""
    return str(_ziamath().Latex(latex, size=size, color=color, inline=False).svg())


class Typesetter:
    """Measures and draws formulas in one size and one set of colours."""

    def __init__(self, size: float, roles: Roles) -> None:
        self.size = size
        self._colors: dict[Tint, QColor] = {
            Tint.PLAIN: roles.text,
            Tint.LOSS: roles.error,
            Tint.SLOPE: roles.accent,
            Tint.INPUT: roles.positive,
        }

    def box(self, part: Part) -> Box:
        """Return the room a part takes."""
        if part == BLANK:
            return Box(7 * self.size, self.size * 1.3, self.size * 0.5)
        if (text := _bare(part.latex)) is not None:
            metrics = _font(self.size)[1]
            return Box(metrics.horizontalAdvance(text), self.size * 0.75, self.size * 0.25)
        view = self._drawing(part).view
        return Box(view.width(), -view.top(), view.bottom())

    def warm_up(self, formula: Formula) -> Iterator[None]:
        """Set the symbols of a formula ahead of need; yields after each that took its time."""
        for part in formula:
            if part.value is None and self._sets(part):
                yield

    def set_parts(self, formula: Formula) -> Iterator[int]:
        """Set all that a formula needs; yields after each part that took its time how many are ready."""
        for count, part in enumerate(formula, start=1):
            if self._sets(part):
                yield count

    def _sets(self, part: Part) -> bool:
        """Set a part, and tell whether it was not known before."""
        if part == BLANK or _bare(part.latex) is not None:
            return False
        known = _svg.cache_info().misses
        _svg(part.latex, self.size)
        return _svg.cache_info().misses > known

    def draw(self, painter: QPainter, placed: Placed) -> None:
        """Draw a part at its place."""
        part = placed.part
        if (text := _bare(part.latex)) is not None:
            painter.setFont(_font(self.size)[0])
            painter.setPen(self._colors[part.tint])
            painter.drawText(QPointF(placed.x, placed.baseline), text)
        else:
            self._drawing(part).svg.render(painter, placed.rect)

    def place(self, line: Line, left: float, top: float, width: float) -> tuple[list[Placed], float]:
        """Return the parts of a line, broken before a sign where it is too long, and where its room ends."""
        x = left + line.indent * INDENT * self.size
        rows: list[list[tuple[Part, float, Box]]] = [[]]
        before = ""
        for part in line.formula:
            box = self.box(part)
            gap = self._gap(before, part.latex) if rows[-1] else 0.0
            if rows[-1] and part.latex in _BREAKS and x + gap + self._chunk(line.formula, part, box) > left + width:
                rows.append([])
                x, gap = left + (line.indent + 1) * INDENT * self.size, 0.0
            rows[-1].append((part, x + gap, box))
            x += gap + box.width
            before = part.latex
        placed: list[Placed] = []
        for row in rows:
            ascent = max((box.ascent for _, _, box in row), default=self.size)
            descent = max((box.descent for _, _, box in row), default=0.0)
            placed += [Placed(part, at, top + ascent, box) for part, at, box in row]
            top += ascent + descent + LEADING * self.size
        return placed, top

    def _chunk(self, formula: Formula, part: Part, box: Box) -> float:
        """Return the width of a sign and what follows up to the next place to break."""
        place = next(k for k, one in enumerate(formula) if one is part)
        width, before = box.width, part.latex
        for one in formula[place + 1 :]:
            if one.latex in _BREAKS:
                break
            width += self._gap(before, one.latex) + self.box(one).width
            before = one.latex
        return width

    def _gap(self, before: str, after: str) -> float:
        if before in ("(", "-(", "") or after.startswith((")", "^")) or r"\," in (before, after):
            return 0.0
        return self.size * (SPACE if before in _SPACED or after in _SPACED else THIN)

    def _drawing(self, part: Part) -> _Drawing:
        return _drawing(part.latex, self.size, self._colors[part.tint].name())


def _bare(latex: str) -> str | None:
    """Return the text of a part that needs no typesetting: numbers, signs, brackets."""
    if latex in _SIGNS:
        return _SIGNS[latex]
    return latex.replace("-", "−") if _BARE.fullmatch(latex) else None

"""What the canvas items draw from, and how they write numbers."""

from dataclasses import dataclass, field
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter

from backprop_gui.data.samples import Samples
from backprop_gui.engine.network import Ref, UnitRef
from backprop_gui.explain.names import name
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.ui.preferences import EdgeLabels
from backprop_gui.ui.theme import Roles, number_font

ALIGNED = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip

SMALLEST_TEXT = 6.0
"""Text that would be lower than this many pixels on the screen is left out."""


@dataclass(slots=True)
class Picture:
    """The state that all items of one canvas share; only the canvas writes it.

    ``moving`` is true while the picture changes many times a second.
    """

    snapshot: Snapshot
    roles: Roles
    number_format: NumberFormat
    edge_labels: EdgeLabels
    notation: str = "article"
    selected: Ref | None = None
    hovered: Ref | None = None
    pointed_out: frozenset[Ref] = frozenset()
    moving: bool = False
    samples: Samples | None = None
    unit_pictures: dict[UnitRef, QImage] = field(default_factory=dict[UnitRef, QImage])

    def name(self, ref: Ref) -> str:
        """Return the name of a part in the chosen notation."""
        return name(self.snapshot.network, ref, self.notation)

    def column(self, place: int) -> str:
        """Return the name of a column of the samples; targets count on after the inputs."""
        return self.samples.column(place).short_name if self.samples else ""

    @property
    def named(self) -> bool:
        """Whether any column of the samples has a name."""
        return self.samples is not None and any(column.name for column in self.samples.columns)

    @property
    def still(self) -> tuple[object, ...]:
        """What the picture depends on beside the numbers."""
        snapshot = self.snapshot
        left_out = tuple(mask.tobytes() for mask in snapshot.trace.masks)
        look = (self.roles, self.number_format, self.edge_labels, self.notation)
        lit = (self.selected, self.hovered, self.pointed_out)
        return (*look, *lit, snapshot.network, snapshot.sample, left_out, self.samples, self.unit_pictures)

    @property
    def behind(self) -> tuple[object, ...]:
        """What the lines depend on."""
        return self.snapshot.parameters, self.roles

    def lit(self, ref: Ref) -> bool:
        """Tell whether ``ref`` is selected, under the pointer or pointed out."""
        return ref in (self.selected, self.hovered) or ref in self.pointed_out


@lru_cache(maxsize=64)
def text_font(size: int, bold: bool = False) -> tuple[QFont, QFontMetricsF]:
    """Return the font of the canvas in a size, and its metrics: making them takes longer than writing a number."""
    font = number_font(size)
    font.setBold(bold)
    return font, QFontMetricsF(font)


@lru_cache(maxsize=64)
def number_width(number_format: NumberFormat, size: int) -> float:
    """Return how wide a usual number is, with its sign, in the font of ``size``."""
    metrics = text_font(size)[1]
    return max(metrics.horizontalAdvance(number_format(value)) for value in (-0.5, -8.5))


def draw_number(painter: QPainter, centre: QPointF, text: str, size: int, room: float) -> None:
    """Write ``text`` around ``centre``; smaller where ``room`` is short. A sign comes and goes, digits stay."""
    font, metrics = text_font(size)
    digits = text.removeprefix("−")
    sign = metrics.horizontalAdvance("−")
    width = metrics.horizontalAdvance(digits)
    scale = min(1.0, room / (width + 1.7 * sign))
    at = QPointF(-width / 2 + 0.15 * sign, (metrics.ascent() - metrics.descent()) / 2)
    painter.setFont(font)
    if scale < 1.0:
        painter.save()
        painter.translate(centre)
        painter.scale(scale, scale)
    else:
        at += centre
    painter.drawText(at, digits)
    if digits != text:
        painter.drawText(at - QPointF(sign, 0), "−")
    if scale < 1.0:
        painter.restore()


def draw_name(painter: QPainter, rect: QRectF, text: str, size: int, bold: bool = False) -> None:
    """Write a short text in the middle of ``rect``, smaller where it is too long."""
    font, metrics = text_font(size, bold)
    scale = min(1.0, rect.width() / (metrics.horizontalAdvance(text) + 2))
    painter.save()
    painter.translate(rect.center())
    painter.scale(scale, scale)
    painter.setFont(font)
    painter.drawText(rect.translated(-rect.center()), ALIGNED, text)
    painter.restore()

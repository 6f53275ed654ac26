"""The key to the landscape: which colours are which losses."""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from backprop_gui.engine.arrays import Floats
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.ui.heat import tint
from backprop_gui.ui.theme import GRID, Roles, number_font

BANDS = 12
SWATCH = 4.0
WRITTEN = tuple(NumberFormat("significant", digits) for digits in (3, 4, 5, 6))
"""Of these the shortest that tells the lowest loss from the highest."""


class LossKey(QWidget):
    """The lowest loss, a swatch per band from strong to pale, the highest loss."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Colours")
        self.setFont(number_font())
        self._roles: Roles | None = None
        self._low = self._high = ""

    def show_losses(self, losses: Floats, roles: Roles) -> None:
        """Take the losses of the surface, NaN where there are none yet."""
        finite = losses[np.isfinite(losses)]
        self._roles = roles
        self._low = self._high = ""
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            write = next((one for one in WRITTEN if one(low) != one(high)), WRITTEN[-1])
            self._low, self._high = write(low), write(high)
        told = f"The stronger the colour the lower the loss: from {self._low} to {self._high}." if finite.size else ""
        edges = np.quantile(finite, np.linspace(0.0, 1.0, BANDS + 1)[1:-1]) if finite.size else ()
        lines = ", ".join(WRITTEN[1](float(edge)) for edge in edges)
        self.setAccessibleDescription(told)
        self.setToolTip(f"{told} Each band covers as much of the plane; lines run at {lines}." if told else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the widest numbers, so that nothing moves while the surface fills."""
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance("low 0.00e−00") + metrics.horizontalAdvance("high 0.00e−00")
        return QSize(words + round(BANDS * SWATCH) + 2 * GRID, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Return the same: numbers are not cut."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers and the swatches between them."""
        del event
        if self._roles is None or not self._low:
            return
        painter = QPainter(self)
        painter.setPen(self._roles.text)
        low, high, x = f"low {self._low}", f"high {self._high}", 0.0
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, low)
        x += painter.fontMetrics().horizontalAdvance(low) + GRID / 2
        for band in range(BANDS):
            swatch = QRectF(x, 2.0, SWATCH, self.height() - 4.0)
            painter.fillRect(swatch, tint(band, BANDS, self._roles))
            x += SWATCH
        rest = QRectF(x + GRID / 2, 0.0, self.width() - x, float(self.height()))
        painter.drawText(rest, Qt.AlignmentFlag.AlignVCenter, high)

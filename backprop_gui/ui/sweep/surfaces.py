"""Small multiples: what each run of a sweep has learnt, over the plane of two inputs."""

from collections.abc import Iterator

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.sweep.rows import Finished
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.heat import heat, scale_of, span
from backprop_gui.ui.sweep.results import Results
from backprop_gui.ui.theme import GRID, Roles
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.soon import Soon

MOST = 120
"""So many runs, the first ones, are drawn."""
CELLS = 32
SIZE = 8 * GRID
FRAME_MILLISECONDS = 250
_RUN = Qt.ItemDataRole.UserRole


class Surfaces(QWidget):
    """A picture per run, made a few at a time while it is seen; ``opened`` asks for a run by its number."""

    opened = Signal(int)

    def __init__(self, desk: Desk, results: Results) -> None:
        super().__init__()
        self._results, self._roles = results, desk.theme.roles
        self._drawn: dict[int, Finished] = {}
        self._list = QListWidget()
        self._list.setAccessibleName("Decision surfaces")
        self._list.setToolTip("The first output over the two inputs; Enter or a double click opens the run")
        self._list.setViewMode(QListWidget.ViewMode.IconMode)
        self._list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self._list.setMovement(QListWidget.Movement.Static)
        self._list.setUniformItemSizes(True)
        self._list.setIconSize(QSize(SIZE, SIZE))
        self._list.setGridSize(QSize(SIZE + 3 * GRID, SIZE + 3 * GRID))  # with room for the words
        self._list.itemActivated.connect(self._activate)
        self._told = QLabel()
        self._told.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID // 2, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._told)
        layout.addWidget(self._list, 1)
        self._work = Slices(self)
        self._soon = Soon(self, self._draw, FRAME_MILLISECONDS)
        results.changed.connect(self._soon.ask)
        desk.theme.changed.connect(self._color)

    def _activate(self, item: QListWidgetItem) -> None:
        self.opened.emit(int(item.data(_RUN)))

    def _draw(self) -> None:
        plan = self._results.plan
        fits = plan is not None and plan.session.network.inputs == 2
        self._list.setVisible(fits)
        numbers = self._results.numbers[:MOST] if fits else []
        if any(self._drawn[run] is not self._results.run(run) for run in self._drawn if run in numbers) or not numbers:
            self._forget()
        more = len(self._results) - len(numbers)
        if plan is not None and not fits:
            self._told.setText("Only networks of two inputs have a surface that can be drawn.")
        elif not numbers:
            self._told.setText("Surfaces of finished runs come here.")
        else:
            self._told.setText(f"The first {len(numbers):,} runs; {more:,} more are in the table." if more else "")
        self._told.setVisible(bool(self._told.text()))
        self._work.start(self._drawing([run for run in numbers if run not in self._drawn]))

    def _drawing(self, numbers: list[int]) -> Iterator[None]:
        for run in numbers:
            finished = self._results.run(run)
            row = finished.row
            end = "diverged" if row.outcome == "diverged" else f"{row.judged:.2g}"
            item = QListWidgetItem(QIcon(self._picture(run)), f"{run}: {end}")
            item.setToolTip(self._results.name(run))
            item.setData(_RUN, run)
            place = sum(other < run for other in self._drawn)  # pieces may come in any order
            self._list.insertItem(place, item)
            self._drawn[run] = finished
            yield

    def _picture(self, run: int) -> QPixmap:
        session = self._results.end_of(run)
        x = session.samples.inputs
        across, up = span(x[:, 0], CELLS), span(x[:, 1], CELLS)
        grid = np.column_stack([np.tile(across, CELLS), np.repeat(up, CELLS)])
        values = outputs_of(session.network, session.parameters, grid)[-1][:, 0].reshape(CELLS, CELLS)
        middle, reach = scale_of(values, session.network.layers[-1].activation)
        cells = np.ascontiguousarray(heat(values, middle, reach, self._roles)[::-1])  # rows of pictures run down
        image = QImage(cells.data, CELLS, CELLS, 3 * CELLS, QImage.Format.Format_RGB888)
        smooth = Qt.TransformationMode.SmoothTransformation
        return QPixmap.fromImage(image.scaled(SIZE, SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))

    def _forget(self) -> None:
        self._work.stop()
        self._list.clear()
        self._drawn = {}

    def _color(self, roles: Roles) -> None:
        self._roles = roles
        self._forget()
        self._soon.ask()

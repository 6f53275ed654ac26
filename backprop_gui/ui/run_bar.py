"""The toolbar: run actions, the speed slider, counters."""

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSlider, QToolBar, QWidget

from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.runtime.stepper import Grain
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.run_actions import RunActions
from backprop_gui.ui.theme import GRID, number_font
from backprop_gui.ui.widgets.soon import FRAME_MILLISECONDS, Soon

_RATES: tuple[float | None, ...] = (0.5, 1, 2, 5, 10, 20, 50, 100, 500, 2000, 10000, None)


class RunBar(QToolBar):
    """Play controls on the left; where training is on the right."""

    def __init__(self, desk: Desk, actions: RunActions, parent: QWidget) -> None:
        super().__init__("Run", parent)
        self.setObjectName("run-bar")
        self.setMovable(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self._controller, self._stepper, self._preferences = desk.controller, desk.stepper, desk.preferences
        self._build_buttons(actions)
        self.addSeparator()
        self._build_speed()
        self._build_counters()
        self._connect(desk)
        self._show_grain(desk.stepper.grain)
        self._speed.setValue(len(_RATES) - 1)
        self._show()

    def _build_buttons(self, actions: RunActions) -> None:
        self._grain = QComboBox()
        self._grain.setAccessibleName("Step by")
        self._grain.setToolTip("How far one step goes (Ctrl+1 to Ctrl+5)")
        for grain in Grain:
            self._grain.addItem(grain.value, grain)
        for action in actions.all():
            self.addAction(action)
            button = self.widgetForAction(action)
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if action is actions.step:
                self.addWidget(self._grain)

    def _build_speed(self) -> None:
        self._speed = QSlider(Qt.Orientation.Horizontal)
        self._speed.setRange(0, len(_RATES) - 1)
        self._speed.setPageStep(1)
        self._speed.setFixedWidth(10 * GRID)
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("Steps per second, from slow motion to unlimited")
        self._speed_text = QLabel()
        self._speed_text.setFont(number_font())
        self._speed_text.setFixedWidth(self._speed_text.fontMetrics().horizontalAdvance("10,000 steps/s"))
        self.addWidget(_row(QLabel("Speed"), self._speed, self._speed_text))

    def _build_counters(self) -> None:
        spring = QWidget()
        spring.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spring)
        self._epoch = self._counter("epoch", "0,000,000")
        self._step = self._counter("step", "000,000,000")
        self._loss = self._counter("loss", "0.00000000")
        self._pace = self._counter("steps/s", "0,000,000")
        self._pace.setText("–")

    def _connect(self, desk: Desk) -> None:
        self._grain.activated.connect(self._set_grain)
        self._speed.valueChanged.connect(self._set_speed)
        desk.stepper.grain_changed.connect(self._show_grain)
        controller = desk.controller
        self._soon = Soon(self, self._show, FRAME_MILLISECONDS, lambda: controller.running)
        controller.snapshot_changed.connect(self._soon.ask)
        desk.controller.pace_changed.connect(self._show_pace)
        desk.controller.running_changed.connect(self._show_running)
        desk.preferences.changed.connect(self._show)

    def _counter(self, name: str, widest: str) -> QLabel:
        value = QLabel()
        value.setFont(number_font())
        value.setAccessibleName(name)
        value.setMinimumWidth(value.fontMetrics().horizontalAdvance(widest))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.addWidget(_row(QLabel(name), value))
        return value

    def _set_speed(self, index: int) -> None:
        rate = _RATES[index]
        self._speed_text.setText("unlimited" if rate is None else f"{rate:,g} step{'s' * (rate != 1)}/s")
        self._controller.set_rate(rate)
        self._stepper.set_pace(rate)

    def _set_grain(self) -> None:
        self._stepper.set_grain(self._grain.currentData())

    def _show_grain(self, grain: Grain) -> None:
        self._grain.setCurrentIndex(self._grain.findData(grain))

    def _show(self) -> None:
        snapshot = self._controller.snapshot
        self._epoch.setText(f"{snapshot.progress.epoch:,}")
        self._step.setText(f"{snapshot.progress.step:,}")
        self._loss.setText(NumberFormat("significant", self._preferences.number_format.digits)(snapshot.loss))
        self._loss.setToolTip(f"Mean over all samples: {snapshot.loss!r}")

    def _show_pace(self, pace: float) -> None:
        self._pace.setText(f"{pace:,.0f}" if pace >= 1 or math.isclose(pace, 0) else f"{pace:.1f}")

    def _show_running(self, running: bool) -> None:
        if not running:
            self._pace.setText("–")


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    row.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(GRID // 2, 0, GRID // 2, 0)
    layout.setSpacing(GRID // 2)
    for widget in widgets:
        layout.addWidget(widget)
    return row

"""The gradient check: the selected parameter's gradient against finite differences, and all of them at once."""

from collections.abc import Iterable, Iterator

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.gradient_check import Check, Probe, Verdict, check_gradients
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import BiasRef, Network, ParameterRef, Parameters, WeightRef
from backprop_gui.engine.trace import trace
from backprop_gui.explain.gradient_words import in_brief, judgement, size, summary
from backprop_gui.explain.names import name
from backprop_gui.explain.notation import symbols_of
from backprop_gui.explain.numbers import NumberFormat, exact
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.theme import GRID, Roles, ThemeManager, number_font
from backprop_gui.ui.widgets.plot_area import PlotArea
from backprop_gui.ui.widgets.slices import Slices
from backprop_gui.ui.widgets.soon import Soon

EPSILONS = tuple(10.0**-k for k in range(2, 11))
MOST_ROWS = 200
_COLUMNS = ("Parameter", "Agree", "Analytic", "Numeric", "±")
_WORST_FIRST = (Verdict.DIFFERS, Verdict.RANGE, Verdict.KINK, Verdict.SMALL, Verdict.AGREES)
_HINT = "Select a weight or a bias on the canvas to hold its gradient against the slope of the loss itself."
_EPSILON_TIP = (
    "How far a parameter is moved to both sides to see what the loss does. Automatic chooses ε for each parameter and "
    "tells how certain the slope is; a number gives the textbook's quotient (L(w + ε) − L(w − ε)) / 2ε."
)
_FAILED = "This could not be checked: a fault of the program, not of your network."


class GradientPanel(QWidget):
    """Checks the shown sample's gradients while training stands still."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._store, self._controller, self._preferences = desk.store, desk.controller, desk.preferences
        self._done: list[Check] = []
        self._checked: tuple[object, ...] = ()
        self._soon = Soon(self, self._check_selected)
        self._slices = Slices(self)
        self._build_choices()
        self._build_readings(desk.theme)
        self._build_table()
        self._lay_out()
        self._connect(desk)
        self._color(desk.theme.roles)

    def _build_choices(self) -> None:
        self._epsilon = QComboBox()
        self._epsilon.setAccessibleName("Epsilon ε")
        self._epsilon.setToolTip(_EPSILON_TIP)
        self._epsilon.addItem("Automatic", None)
        for epsilon in EPSILONS:
            self._epsilon.addItem(f"{epsilon:g}", epsilon)
        self._all = QPushButton("Check all")
        self._all.setAccessibleName("Check all")
        self._all.setToolTip("Check every weight and bias of the network for the shown sample; the worst come first.")

    def _build_readings(self, theme: ThemeManager) -> None:
        self._reading = QLabel(_HINT)
        self._reading.setWordWrap(True)
        self._reading.setTextFormat(Qt.TextFormat.RichText)
        self._reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._area = PlotArea("Loss along the parameter", "value", "loss", theme)
        self._area.setMinimumHeight(18 * GRID)
        self._loss, self._tangent = self._area.add_curve(), self._area.add_curve()
        self._point = self._area.add_points()
        self._verdict = QLabel()
        self._verdict.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setAccessibleName("Progress of the check")
        self._progress.hide()

    def _build_table(self) -> None:
        self._table = QTableWidget(0, len(_COLUMNS))
        self._table.setAccessibleName("Gradient checks")
        self._table.setHorizontalHeaderLabels(list(_COLUMNS))
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(3 * GRID)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._table.setFont(number_font())
        self._table.hide()

    def _lay_out(self) -> None:
        label = QLabel("Epsilon ε")
        label.setBuddy(self._epsilon)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self._epsilon)
        row.addStretch(1)
        row.addWidget(self._all)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row)
        layout.addWidget(self._reading)
        layout.addWidget(self._area, 2)
        layout.addWidget(self._verdict)
        layout.addWidget(self._progress)
        layout.addWidget(self._table, 3)

    def _connect(self, desk: Desk) -> None:
        self._slices.paused.connect(self._show_progress)
        self._epsilon.currentIndexChanged.connect(self._restart)
        self._all.clicked.connect(self._toggle)
        self._table.cellClicked.connect(self._select_row)
        desk.store.changed.connect(self._restart)
        desk.controller.snapshot_changed.connect(self._restart)
        desk.controller.running_changed.connect(self._restart)
        desk.preferences.changed.connect(self._restart)
        desk.theme.changed.connect(self._color)

    def reading(self) -> str:
        """Return what is said of the selected parameter."""
        return self._reading.text()

    def verdict(self) -> str:
        """Return what is said of all parameters."""
        return self._verdict.text()

    def _restart(self, *_: object) -> None:
        """Something changed: check what is selected, and tell where the table is out of date."""
        if self._slices.running and self._subject() != self._checked:
            self._stop("The check was stopped: something changed.")
        elif not self._table.isHidden() and self._subject() != self._checked:
            self._table.hide()
            self._verdict.setText("Something changed since all parameters were checked.")
        self._soon.ask()

    def _subject(self) -> tuple[object, ...]:
        """Return what a check is of: equal where nothing it depends on has changed."""
        snapshot, parameters = self._controller.snapshot, self._controller.shown.session.parameters
        return parameters, snapshot.sample, snapshot.trace.loss, self._epsilon.currentData(), self._preferences.notation

    def _selected(self) -> ParameterRef | None:
        ref = self._controller.base.view.selected
        return ref if isinstance(ref, WeightRef | BiasRef) else None

    def _case(self) -> tuple[Network, Parameters, Floats, Floats, Loss, tuple[Floats, ...]]:
        session, snapshot = self._controller.shown.session, self._controller.snapshot
        x, t = session.samples.inputs[snapshot.sample], session.samples.targets[snapshot.sample]
        return session.network, session.parameters, x, t, session.training.loss, snapshot.trace.masks

    def _run(self, refs: Iterable[ParameterRef]) -> Iterator[Check]:
        case = self._case()
        return check_gradients(Probe(*case), refs, trace(*case).gradients, self._epsilon.currentData())

    @property
    def _by_hand(self) -> bool:
        return self._epsilon.currentData() is not None

    def _check_selected(self) -> None:
        ref, running = self._selected(), self._controller.running
        self._all.setEnabled(not running)
        self._area.setVisible(ref is not None and not running)
        if ref is None or running:
            self._reading.setText("Training runs; the check follows when it pauses." if running else _HINT)
            return
        try:
            check = next(self._run([ref]))
            self._reading.setText(self._told(check))
            self._area.setVisible(check.verdict is not Verdict.RANGE)
            if check.verdict is not Verdict.RANGE:
                self._draw(check)
        except Exception:
            self._reading.setText(_FAILED)
            self._area.hide()  # another parameter's curve must not stand under this selection
            raise

    def _told(self, check: Check) -> str:
        written = NumberFormat("significant", 9)
        network, notation = self._controller.base.network, self._preferences.notation
        symbol, loss = name(network, check.ref, notation), symbols_of(notation, network).loss
        rows = (
            ("Parameter", f"{symbol} = {exact(self._controller.shown.session.parameters[check.ref])}"),
            (f"Analytic ∂{loss}/∂{symbol}", written(check.analytic)),
            (
                f"Numeric Δ{loss}/(2ε)" if self._by_hand else "Numeric",
                f"{written(check.numeric.value)} ± {size(check.numeric.error)}",
            ),
            ("ε" if self._by_hand else "ε, automatic", NumberFormat("significant", 2)(check.numeric.epsilon)),
        )
        cells = "".join(f"<tr><td>{left}&nbsp;&nbsp;</td><td><b>{right}</b></td></tr>" for left, right in rows)
        return f"<table>{cells}</table><p>{judgement(check, self._by_hand)}</p>"

    def _draw(self, check: Check) -> None:
        probe, value = Probe(*self._case()), self._controller.shown.session.parameters[check.ref]
        reach = max(1.0, 1.5 * abs(value))
        values = np.linspace(value - reach, value + reach, 121)
        losses, here = probe.losses(check.ref, values), float(probe.losses(check.ref, np.array([value]))[0])
        self._loss.set_data(values, losses)
        half = values[np.abs(values - value) <= reach / 2]
        with np.errstate(over="ignore", invalid="ignore"):
            self._tangent.set_data(half, here + check.analytic * (half - value))
        self._point.set_data(np.array([value]), np.array([here]))
        self._area.fit()

    def _toggle(self) -> None:
        if self._slices.running:
            self._stop("Stopped.")
            return
        self._progress.setRange(0, self._controller.base.network.parameter_count)
        self._progress.setValue(0)
        self._progress.show()
        self._all.setText("Stop")
        self._checked = self._subject()  # at once: the first slice comes later, and a change may come before it
        self._slices.start(self._check_all())

    def _stop(self, verdict: str) -> None:
        self._slices.stop()
        self._progress.hide()
        self._all.setText("Check all")
        self._verdict.setText(verdict)

    def _check_all(self) -> Iterator[int]:
        """Check every parameter; yield how many are done."""
        self._done = []
        try:
            for check in self._run(self._controller.base.network.parameter_refs()):
                self._done.append(check)
                yield len(self._done)
            self._finish()
        except Exception:
            self._stop(_FAILED)
            raise

    def _show_progress(self, done: int | None) -> None:
        if done is not None:
            self._progress.setValue(done)

    def _finish(self) -> None:
        self._done.sort(key=lambda check: (_WORST_FIRST.index(check.verdict), check.digits))
        self._stop(summary(self._done, self._by_hand))
        written = NumberFormat("significant", 4)
        shown = self._done[:MOST_ROWS]
        self._table.setRowCount(len(shown))
        for row, check in enumerate(shown):
            texts = (
                name(self._controller.base.network, check.ref, self._preferences.notation),
                in_brief(check),
                written(check.analytic),
                written(check.numeric.value),
                size(check.numeric.error),
            )
            for column, text in enumerate(texts):
                self._table.setItem(row, column, QTableWidgetItem(text))
        self._table.show()

    def _select_row(self, row: int, _column: int) -> None:
        self._store.select(self._done[row].ref)

    def _color(self, roles: Roles) -> None:
        self._loss.set_color(roles.positive, 2)
        tangent: QColor = roles.negative
        self._tangent.set_color(tangent, 2, dashed=True)
        self._point.set_color(roles.text)

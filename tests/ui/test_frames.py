"""What a frame costs, told by counts: how often views are drawn, and how much of them, while training runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QObject, QSettings
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.resources import problem
from backprop_gui.ui.derivation.gradient_panel import GradientPanel
from backprop_gui.ui.derivation.matrix_view import MatrixView
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.desk import Desk
from backprop_gui.ui.forms.samples_form import SamplesForm
from backprop_gui.ui.heat import span
from backprop_gui.ui.plots import decision_surface
from backprop_gui.ui.plots.decision_surface import CELLS, CELLS_WHILE_RUNNING, DecisionSurface
from backprop_gui.ui.plots.layer_plot import LayerPlot
from backprop_gui.ui.plots.loss_landscape import LossLandscape
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.plots.results_view import ResultsView
from backprop_gui.ui.plots.weight_plot import WeightPlot
from backprop_gui.ui.runs.runs_panel import RunsPanel
from backprop_gui.ui.widgets.plot_area import Curve, PlotPanel
from tests.conftest import Bench
from tests.plotting import graph_of

PLOTS: list[Callable[[Desk], PlotPanel]] = [LossPlot, WeightPlot, LayerPlot]
Show = Callable[[Callable[[Desk], PlotPanel]], PlotPanel]
library: Any = pg


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        self.count += event.type() == QEvent.Type.Paint
        return super().eventFilter(watched, event)


def calls_of(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[object]:
    """Return a list that grows with every call of a method, by its first argument."""
    calls, method = list[object](), getattr(owner, name)

    def call(*arguments: Any, **named: Any) -> object:
        calls.append(arguments[0])
        return method(*arguments, **named)

    monkeypatch.setattr(owner, name, call)
    return calls


@pytest.fixture
def shown(qtbot: QtBot, bench: Bench) -> Show:
    """Shows a panel after some training, come to rest."""

    def show(kind: Callable[[Desk], PlotPanel]) -> PlotPanel:
        panel = kind(bench)
        qtbot.addWidget(panel)
        panel.resize(480, 260)
        panel.show()
        train(qtbot, bench, 30)
        qtbot.wait(250)
        return panel

    return show


def train(qtbot: QtBot, bench: Bench, epochs: int) -> None:
    bench.controller.play(Goal(epoch=bench.store.session.progress.epoch + epochs))
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)


def paints_of(panel: PlotPanel) -> Paints:
    return Paints(graph_of(panel).viewport())


@pytest.mark.parametrize("kind", PLOTS)
def test_new_data_paint_a_plot_once(qtbot: QtBot, bench: Bench, shown: Show, kind: Callable[[Desk], PlotPanel]) -> None:
    panel = shown(kind)
    train(qtbot, bench, 1)
    qtbot.wait(250)  # the axes may have got other widths
    paints = paints_of(panel)
    bench.controller.snapshot_changed.emit(bench.controller.snapshot)
    qtbot.waitUntil(lambda: paints.count > 0)
    qtbot.wait(150)
    assert paints.count == 1


@pytest.mark.parametrize("kind", PLOTS)
def test_a_plot_is_drawn_ten_times_a_second_however_many_frames_come(
    qtbot: QtBot, bench: Bench, shown: Show, kind: Callable[[Desk], PlotPanel]
) -> None:
    panel = shown(kind)
    paints = paints_of(panel)
    bench.controller.snapshot_changed.emit(bench.controller.snapshot)
    qtbot.waitUntil(lambda: paints.count > 0)
    qtbot.wait(10)
    paints.count = 0
    for _ in range(30):
        bench.controller.snapshot_changed.emit(bench.controller.snapshot)
    assert paints.count == 0
    qtbot.waitUntil(lambda: paints.count > 0)
    qtbot.wait(150)
    assert paints.count == 1


@pytest.mark.parametrize("kind", [*PLOTS, DecisionSurface])
def test_a_plot_that_is_not_seen_is_not_drawn(
    qtbot: QtBot, bench: Bench, shown: Show, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Desk], PlotPanel]
) -> None:
    shown(kind).hide()
    drawn = calls_of(monkeypatch, library.PlotDataItem, "setData")
    settled = calls_of(monkeypatch, library.GraphicsScene, "prepareForPaint")
    train(qtbot, bench, 200)
    qtbot.wait(150)
    assert not drawn
    assert not settled


def test_axes_and_grid_are_painted_only_where_they_change(shown: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    painted = calls_of(monkeypatch, library.AxisItem, "paint")  # before there is one
    panel = shown(LossPlot)
    assert painted
    painted.clear()
    for _ in range(5):
        graph_of(panel).viewport().repaint()
    assert not painted


def test_the_surface_is_coarse_while_training_runs_and_whole_when_it_rests(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def count(network: Network, parameters: Parameters, x: Floats) -> list[Floats]:
        asked.append(len(x))
        return outputs_of(network, parameters, x)

    monkeypatch.setattr(decision_surface, "outputs_of", count)
    panel = DecisionSurface(bench)
    qtbot.addWidget(panel)
    panel.resize(300, 300)
    panel.show()
    bench.controller.play()
    qtbot.waitUntil(lambda: len(asked) > 3, timeout=10_000)
    bench.controller.pause()
    qtbot.waitUntil(lambda: asked[-1] == CELLS**2)
    assert set(asked[1 : asked.index(CELLS**2, 1)]) == {CELLS_WHILE_RUNNING**2}
    assert panel.values().shape == (CELLS, CELLS)


def test_the_samples_on_the_surface_are_not_drawn_anew_for_new_weights(
    qtbot: QtBot, bench: Bench, shown: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(DecisionSurface)
    drawn: list[int] = []
    monkeypatch.setattr(Curve, "set_data", lambda _curve, x, _y: drawn.append(len(x)))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    train(qtbot, bench, 50)
    qtbot.waitUntil(lambda: bool(drawn))
    assert set(drawn) == {0}


def test_the_surface_put_together_is_what_the_network_says(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.open(problem("iris"))
    panel = DecisionSurface(bench)
    qtbot.addWidget(panel)
    panel.show()
    session = bench.store.session
    held = session.samples.inputs[session.view.sample].copy()
    held[:2] = [span(session.samples.inputs[:, k], CELLS)[place] for k, place in ((0, 7), (1, 90))]
    found = outputs_of(session.network, session.parameters, np.array([held]))[-1][0, 0]
    assert panel.values()[90, 7] == pytest.approx(found, rel=1e-12)


def test_the_start_makes_only_what_is_seen(qapp: QApplication, tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    application = Application(problem("article"), settings)
    try:
        application.window.show()
        qapp.processEvents()
        kinds = {type(widget) for widget in application.window.findChildren(QWidget)}
        assert {LossPlot, WeightPlot, DerivationPanel, SamplesForm} <= kinds
        assert not kinds & {ResultsView, LossLandscape, RunsPanel, MatrixView, GradientPanel, DecisionSurface}
    finally:
        application.window.close()

"""Canvas, matrices, derivation, sheets and figures read one moment: now, inside a step, in a run, or in the past."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from backprop_gui.engine.network import WeightRef
from backprop_gui.explain.matrices import Cell, Quantity
from backprop_gui.explain.numbers import exact
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.derivation.matrix_view import MatrixView
from backprop_gui.ui.derivation.panel import DerivationPanel
from tests.conftest import Bench

W = WeightRef(1, 0, 0)


class Views:
    """Everything that shows the weight u11 and what it is multiplied by."""

    def __init__(self, qtbot: QtBot, bench: Bench) -> None:
        self.canvas, self.matrices, self.panel = NetworkCanvas(bench), MatrixView(bench), DerivationPanel(bench)
        for view in (self.canvas, self.matrices, self.panel):
            qtbot.addWidget(view)
            view.resize(500, 600)
            view.show()
        bench.preferences.set("digits", "10")
        bench.store.select(W)
        self._bench = bench

    def agree_on(self, weight: float) -> bool:
        """Tell whether all of them show this value of the weight and the pass that belongs to it."""
        number = self._bench.preferences.number_format
        snapshot = self._bench.controller.snapshot
        derivation = self.panel.derivation
        return (
            f"= {exact(weight)}" in self.canvas.describe(W)
            and self.matrices.grid.text_of(Cell(Quantity.WEIGHTS, 2, 0, 0)) == number(weight)
            and derivation is not None
            and derivation.value == snapshot.trace.gradients[W]
            and f" {number(weight)} − " in self.panel.paper.as_text()
        )


def test_a_past_moment_is_shown_everywhere_and_changes_nothing(qtbot: QtBot, bench: Bench) -> None:
    views = Views(qtbot, bench)
    start = bench.store.session
    trainer = start.trainer()
    trainer.run(40)
    later = edits.trained(start, trainer.parameters(), trainer.progress())
    bench.store.assign(edits.look_at(later, selected=W))
    now, then = later.parameters[W], start.parameters[W]
    assert now != pytest.approx(then, abs=1e-3)
    qtbot.waitUntil(lambda: views.agree_on(now))

    bench.controller.look_at(edits.look_at(start, selected=W))
    qtbot.waitUntil(lambda: views.agree_on(then))
    assert bench.controller.shown.session.parameters == start.parameters
    assert bench.store.session.parameters == later.parameters
    bench.controller.look_at(None)
    qtbot.waitUntil(lambda: views.agree_on(now))


def test_another_sample_is_shown_of_the_same_past_moment(qtbot: QtBot, bench: Bench) -> None:
    start = problem("xor")
    bench.store.assign(start)
    trainer = start.trainer()
    trainer.run(40)
    bench.store.assign(edits.trained(start, trainer.parameters(), trainer.progress()))
    bench.controller.look_at(start)
    bench.store.show_sample(2)
    snapshot = bench.controller.snapshot
    assert (snapshot.sample, snapshot.progress.step) == (2, 0)
    assert bench.controller.shown.situation.parameters == start.parameters


def test_an_edit_comes_back_to_the_document(qtbot: QtBot, bench: Bench) -> None:
    start = bench.store.session
    trainer = start.trainer()
    trainer.run(40)
    later = edits.trained(start, trainer.parameters(), trainer.progress())
    bench.store.assign(later)
    bench.controller.look_at(start)
    bench.store.assign(edits.set_parameter(later, W, 0.25))
    assert bench.controller.snapshot.parameters[W] == 0.25
    assert bench.controller.shown.session is bench.store.session


def test_while_training_runs_the_moment_is_the_frame(qtbot: QtBot, bench: Bench) -> None:
    bench.controller.play()
    qtbot.waitUntil(lambda: bench.controller.snapshot.progress.step > 50)
    shown = bench.controller.shown
    assert shown.session.progress == shown.snapshot.progress
    assert shown.situation.parameters == shown.snapshot.parameters
    assert replace(shown.snapshot).trace.loss == shown.situation.trace.loss
    bench.controller.pause()

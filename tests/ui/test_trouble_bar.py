"""The bar above the canvas: it tells of a run that goes wrong, lights the cause, mends it, and is quiet when told."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import BiasRef, Network, UnitRef, WeightRef
from backprop_gui.resources import problem
from backprop_gui.runtime.stepper import Grain
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.main_window import MainWindow
from backprop_gui.ui.trouble_bar import TroubleBar
from tests.conftest import Bench
from tests.finding import named
from tests.shapes import dense

PLATEAU = edits.initialize_again(problem("xor"), "xavier_uniform", 2)


@pytest.fixture
def bar(qtbot: QtBot, bench: Bench) -> TroubleBar:
    view = TroubleBar(bench)
    qtbot.addWidget(view)
    view.resize(500, 90)
    return view


def runaway() -> Session:
    session = replace(problem("article"), network=Network(2, (dense(3, "linear"), dense(2, "linear"))))
    return edits.set_setting(session, "optimizer.learning_rate", 40.0)


def sentence(bar: TroubleBar) -> str:
    return "" if bar.isHidden() else " ".join(line.text() for line in bar.findChildren(QLabel) if not line.isHidden())


def train(qtbot: QtBot, bench: Bench, epochs: int) -> None:
    bench.controller.play(Goal(epoch=bench.store.session.progress.epoch + epochs))
    qtbot.waitUntil(lambda: not bench.controller.running, timeout=20_000)


def told(qtbot: QtBot, bar: TroubleBar, words: str) -> None:
    qtbot.waitUntil(lambda: words in sentence(bar), timeout=20_000)


def press(qtbot: QtBot, bar: QWidget, name: str) -> None:
    qtbot.mouseClick(named(bar, QPushButton, name), Qt.MouseButton.LeftButton)


def settled(qtbot: QtBot, bar: TroubleBar) -> None:
    """Wait until a diagnosis that may be under way has come to its end."""
    qtbot.wait(250)
    qtbot.waitUntil(lambda: not bar.busy, timeout=20_000)


def test_a_plateau_is_told_after_a_pause_and_mended_by_its_button(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    bench.store.assign(PLATEAU)
    train(qtbot, bench, 600)
    told(qtbot, bar, "stood still at 0.0626")
    press(qtbot, bar, "Draw start weights")
    assert bar.isHidden()
    assert bench.store.session.progress.step == 0
    train(qtbot, bench, 600)
    settled(qtbot, bar)
    assert sentence(bar) == ""
    assert bench.controller.snapshot.loss < 0.01
    bench.editor.undo()
    bench.editor.undo()
    told(qtbot, bar, "stood still at 0.0626")


def test_a_plateau_is_told_while_training_goes_on(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    bench.store.assign(PLATEAU)
    bench.controller.play()
    told(qtbot, bar, "stood still")
    assert bench.controller.running


def test_a_built_in_run_stays_without_a_word(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    for epochs in (1, 10, 200):
        train(qtbot, bench, epochs)
        settled(qtbot, bar)
        assert sentence(bar) == ""


def test_divergence_is_told_with_its_cause_also_to_the_status_bar(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    said: list[str] = []
    bar.message.connect(said.append)
    bench.store.assign(runaway())
    train(qtbot, bench, 1000)
    told(qtbot, bar, "at a learning rate of 40 every update goes too far")
    assert said == [sentence(bar).removeprefix("⚠ ")]
    (button,) = [one for one in bar.findChildren(QPushButton) if one.text().startswith("Learning rate")]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bar.isHidden()
    assert bench.store.session.training.optimizer.learning_rate < 40.0
    train(qtbot, bench, 500)
    settled(qtbot, bar)
    assert "beyond what can be computed" not in sentence(bar)
    assert np.isfinite(bench.controller.snapshot.loss)


def test_divergence_that_a_pause_finds_is_told(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    bench.store.assign(edits.set_parameter(runaway(), WeightRef(1, 0, 0), 1e200))
    settled(qtbot, bar)
    assert sentence(bar) == ""
    bench.controller.play()
    bench.controller.pause()
    told(qtbot, bar, "The numbers grew beyond what can be computed with the first update")


def test_divergence_is_told_again_where_its_session_is_opened_again(
    qtbot: QtBot, bench: Bench, bar: TroubleBar
) -> None:
    bench.store.assign(runaway())
    train(qtbot, bench, 1000)
    told(qtbot, bar, "at a learning rate of 40 every update goes too far")
    session, runs = bench.store.session, list(bench.controller.book.runs.values())
    bench.controller.open(problem("xor"))
    settled(qtbot, bar)
    assert sentence(bar) == ""
    bench.controller.open(session, runs)
    told(qtbot, bar, "at a learning rate of 40 every update goes too far")


def test_show_selects_the_first_part_and_lights_all_until_another_is_selected(
    qtbot: QtBot, bench: Bench, bar: TroubleBar
) -> None:
    canvas = NetworkCanvas(bench)
    qtbot.addWidget(canvas)
    bench.store.assign(edits.initialize_again(problem("xor"), "zeros", 0))
    train(qtbot, bench, 30)
    told(qtbot, bar, "have equal weights")
    lit: list[frozenset[object]] = []
    bench.store.pointed_out.connect(lit.append)
    press(qtbot, bar, "Show")
    assert bench.store.session.view.selected == UnitRef(1, 0)
    assert lit == [frozenset({UnitRef(1, 0), UnitRef(1, 1)})]
    bench.store.select(UnitRef(2, 0))
    assert lit[-1] == frozenset()


def test_not_now_is_quiet_for_this_run_and_speaks_again_in_another(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    bench.store.assign(PLATEAU)
    train(qtbot, bench, 600)
    told(qtbot, bar, "stood still")
    press(qtbot, bar, "Not now")
    train(qtbot, bench, 300)
    settled(qtbot, bar)
    assert sentence(bar) == ""
    bench.editor.apply("draw", lambda now: edits.initialize_again(now, "xavier_uniform", 6))
    train(qtbot, bench, 600)
    told(qtbot, bar, "stood still")


def test_an_edit_takes_the_words_back_at_once(qtbot: QtBot, bench: Bench, bar: TroubleBar) -> None:
    bench.store.assign(PLATEAU)
    train(qtbot, bench, 600)
    told(qtbot, bar, "stood still")
    bench.editor.apply("rate", lambda now: edits.set_setting(now, "optimizer.learning_rate", 0.25))
    assert bar.isHidden()


def test_every_control_says_what_it_is_in_plain_text_and_by_keyboard(
    qtbot: QtBot, bench: Bench, bar: TroubleBar
) -> None:
    bench.store.assign(PLATEAU)
    train(qtbot, bench, 600)
    told(qtbot, bar, "stood still")
    named(bar, QPushButton, "Draw start weights")
    buttons = [one for one in bar.findChildren(QPushButton) if not one.isHidden()]
    assert {"Show", "Not now", "Draw start weights"} <= {one.text() for one in buttons}
    for one in buttons:
        assert one.accessibleName() == one.text()
        assert len(one.toolTip()) > 20
        assert one.focusPolicy() & Qt.FocusPolicy.TabFocus
    (line,) = [one for one in bar.findChildren(QLabel) if not one.isHidden()]
    assert line.textFormat() is Qt.TextFormat.PlainText


def test_a_part_that_is_pointed_out_is_drawn_lit(qtbot: QtBot, bench: Bench) -> None:
    canvas = NetworkCanvas(bench)
    qtbot.addWidget(canvas)
    canvas.resize(500, 400)
    canvas.show()
    for ref in (UnitRef(1, 1), WeightRef(1, 1, 0), BiasRef(1, 0)):
        plain = canvas.grab().toImage()
        bench.store.point_out([ref])
        assert canvas.grab().toImage() != plain, ref
        bench.store.point_out([])
        assert canvas.grab().toImage() == plain, ref


def test_the_window_says_the_diagnosis_in_its_status_bar(qtbot: QtBot, bench: Bench) -> None:
    window = MainWindow(bench)
    window.setWindowTitle("[*]")
    qtbot.addWidget(window)
    window.show()
    bench.store.assign(runaway())
    train(qtbot, bench, 1000)
    qtbot.waitUntil(lambda: "learning rate of 40" in window.statusBar().currentMessage(), timeout=20_000)
    bench.editor.stack.setClean()


def test_a_diagnosis_under_way_does_not_outlive_the_training_thread(
    qtbot: QtBot, bench: Bench, bar: TroubleBar
) -> None:
    bench.store.assign(PLATEAU)
    train(qtbot, bench, 600)
    qtbot.waitUntil(lambda: bar.busy)
    bench.controller.shut_down()  # a timer that is stopped from another thread would be told, and fail this test
    assert sentence(bar) == ""
    assert bar.busy


def test_an_update_stepped_through_that_leaves_the_range_of_numbers_is_told_with_its_cause(
    qtbot: QtBot, bench: Bench, bar: TroubleBar
) -> None:
    bench.store.assign(edits.set_parameter(runaway(), WeightRef(0, 0, 0), 1e200))
    bench.stepper.set_grain(Grain.PHASE)
    bench.stepper.go_to(bench.controller.microscope.plan.length - 1)
    bench.stepper.forward()
    told(qtbot, bar, "start weights are as large as w₁₁ = 1e+200")
    assert bench.store.session.progress.step == 0

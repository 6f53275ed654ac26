"""The gradient check's panel: one parameter, all of them, a chosen epsilon, and the moment it is of."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import BiasRef, Network, Parameters, WeightRef
from backprop_gui.engine.trace import Trace, trace
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.derivation.gradient_panel import GradientPanel
from tests.conftest import Bench
from tests.shapes import dense


def gradient_panel(qtbot: QtBot, bench: Bench) -> GradientPanel:
    widget = GradientPanel(bench)
    qtbot.addWidget(widget)
    widget.resize(360, 800)
    widget.show()
    return widget


def check_all(qtbot: QtBot, widget: GradientPanel) -> QTableWidget:
    button = next(one for one in widget.findChildren(QPushButton) if one.accessibleName() == "Check all")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "parameters checked:" in widget.verdict())
    (table,) = widget.findChildren(QTableWidget)
    return table


def choose_epsilon(widget: GradientPanel, text: str) -> None:
    box = next(one for one in widget.findChildren(QComboBox) if one.accessibleName() == "Epsilon ε")
    box.setCurrentIndex(box.findText(text))


def test_the_check_of_one_and_of_all_parameters(qtbot: QtBot, bench: Bench) -> None:
    widget = gradient_panel(qtbot, bench)
    bench.store.select(WeightRef(0, 0, 0))
    qtbot.waitUntil(lambda: "They agree to 1" in widget.reading())
    assert widget.reading().count("−1.43202128e−5") == 2
    table = check_all(qtbot, widget)
    assert table.rowCount() == 17
    assert widget.verdict().startswith("17 parameters checked: every gradient agrees, to 1")
    digits = [int(table.item(row, 1).text().removesuffix(" digits")) for row in range(17)]
    assert digits == sorted(digits)
    assert digits[0] >= 11
    qtbot.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.model().index(0, 0)).center()
    )
    assert isinstance(bench.store.session.view.selected, WeightRef | BiasRef)


def test_a_relu_kink_is_called_a_kink(qtbot: QtBot, bench: Bench) -> None:
    session = edits.set_layer(problem("article"), 0, dense(3, "relu"))
    for source in range(2):
        session = edits.set_parameter(session, WeightRef(0, source, 1), 0.0)  # a2 = 0, exactly on the kink
    bench.store.assign(session)
    widget = gradient_panel(qtbot, bench)
    bench.store.select(WeightRef(0, 0, 1))
    qtbot.waitUntil(lambda: "kink" in widget.reading())
    table = check_all(qtbot, widget)
    assert "3 on a kink, where no slope is defined; the other 14 agree" in widget.verdict()
    assert [table.item(row, 1).text() for row in range(3)] == ["kink"] * 3
    assert "differ" not in widget.verdict()


def test_a_chosen_epsilon_shows_the_quotient_and_how_far_it_is_off(qtbot: QtBot, bench: Bench) -> None:
    widget = gradient_panel(qtbot, bench)
    bench.store.select(WeightRef(1, 0, 0))
    qtbot.waitUntil(lambda: "They agree to 1" in widget.reading())
    choose_epsilon(widget, "0.01")
    qtbot.waitUntil(lambda: "the loss bends within it" in widget.reading())
    assert "Numeric ΔL/(2ε)" in widget.reading()
    choose_epsilon(widget, "1e-10")
    qtbot.waitUntil(lambda: "rounding swallows" in widget.reading())
    check_all(qtbot, widget)
    assert "differ" not in widget.verdict()


def test_a_wrong_gradient_is_called_wrong_at_any_epsilon(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(
        network: Network, parameters: Parameters, x: Floats, t: Floats, loss: Loss, masks: tuple[Floats, ...]
    ) -> Trace:
        found = trace(network, parameters, x, t, loss, masks)
        weights = [w.copy() for w in found.gradients.weights]
        weights[1][0, 0] *= 1.001
        return replace(found, gradients=Parameters.of(weights, found.gradients.biases))

    monkeypatch.setattr("backprop_gui.ui.derivation.gradient_panel.trace", wrong)
    widget = gradient_panel(qtbot, bench)
    bench.store.select(WeightRef(1, 0, 0))
    for epsilon in ("Automatic", "0.01", "1e-06", "1e-10"):
        choose_epsilon(widget, epsilon)
        table = check_all(qtbot, widget)
        qtbot.waitUntil(lambda: "the analytic gradient is wrong" in widget.reading())
        assert "1 differ: those gradients are wrong" in widget.verdict()
        assert [table.item(row, 1).text() for row in range(2)].count("differs") == 1
        assert table.item(0, 1).text() == "differs"


def test_the_check_is_of_the_moment_shown(qtbot: QtBot, bench: Bench) -> None:
    start = bench.store.session
    trainer = start.trainer()
    trainer.run(40)
    later = edits.trained(start, trainer.parameters(), trainer.progress())
    bench.store.assign(edits.look_at(later, selected=WeightRef(1, 0, 0)))
    widget = gradient_panel(qtbot, bench)
    qtbot.waitUntil(lambda: f"= {later.parameters[WeightRef(1, 0, 0)]!r}" in widget.reading())
    table = check_all(qtbot, widget)
    bench.store.select(WeightRef(0, 1, 1))  # changes nothing of what was checked
    assert table.isVisible()

    bench.controller.look_at(edits.look_at(start, selected=WeightRef(1, 0, 0)))
    qtbot.waitUntil(lambda: "Something changed" in widget.verdict())
    assert not table.isVisible()
    bench.store.select(WeightRef(1, 0, 0))
    qtbot.waitUntil(lambda: f"= {start.parameters[WeightRef(1, 0, 0)]!r}" in widget.reading())
    assert "They agree" in widget.reading()


def test_numbers_out_of_range_are_said_to_be(qtbot: QtBot, bench: Bench) -> None:
    session = edits.set_layer(problem("article"), 1, dense(2, "linear"))
    widget = gradient_panel(qtbot, bench)
    for size, said in ((1e100, "They agree"), (1e150, "They agree"), (1e154, "They agree"), (1e200, "left the range")):
        bench.store.assign(edits.set_parameter(session, BiasRef(1, 0), size))
        bench.store.select(BiasRef(1, 0))
        qtbot.waitUntil(lambda said=said: said in widget.reading())
    check_all(qtbot, widget)
    assert "out of the range of numbers" in widget.verdict()

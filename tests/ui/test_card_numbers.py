"""Cards in the forms: every registered one can be chosen by its title, with its formula, and its numbers can be set."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QToolButton
from pytestqt.qtbot import QtBot

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.training_form import TrainingForm
from backprop_gui.ui.widgets.field import CheckedField, ProblemLine
from tests.conftest import Bench
from tests.finding import named
from tests.shapes import dense


@pytest.fixture
def network(qtbot: QtBot, bench: Bench) -> NetworkForm:
    form = NetworkForm(bench)
    qtbot.addWidget(form)
    form.show()
    return form


@pytest.fixture
def training(qtbot: QtBot, bench: Bench) -> TrainingForm:
    form = TrainingForm(bench)
    qtbot.addWidget(form)
    form.show()
    return form


def choose(box: QComboBox, key: str) -> None:
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())


def type_over(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def fields(form: NetworkForm | TrainingForm) -> list[str]:
    return [one.accessibleName() for one in form.findChildren(CheckedField) if one.isVisible()]


def test_every_card_can_be_chosen_by_its_title_with_its_formula(network: NetworkForm, training: TrainingForm) -> None:
    output = named(network, QComboBox, "Activation of output")
    assert [output.itemText(k) for k in range(output.count())] == [
        card.title.partition(" (")[0] for card in ACTIVATIONS.values()
    ]
    tips = {output.itemText(k): output.itemData(k, Qt.ItemDataRole.ToolTipRole) for k in range(output.count())}
    assert tips["ELU"] == "y = a if a>0, α (e^(a) − 1) else"
    assert tips["Softmax"] == "yⱼ = e^(aⱼ)/(Σₖ e^(aₖ))"
    loss = named(training, QComboBox, "Loss")
    assert [loss.itemText(k) for k in range(loss.count())] == [card.title for card in LOSSES.values()]
    tips = {loss.itemText(k): loss.itemData(k, Qt.ItemDataRole.ToolTipRole) for k in range(loss.count())}
    assert tips["Half squared error"] == "L = Σⱼ 1/2 (yⱼ − tⱼ)²"
    assert tips["Binary cross-entropy"] == "L = −1/n Σⱼ (tⱼ ln(yⱼ) + (1 − tⱼ) ln(1 − yⱼ))"
    assert all(tips.values())


def test_an_activations_number_is_set_below_it_and_undone(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    assert fields(network) == ["Seed"]
    choose(named(network, QComboBox, "Activation of hidden"), "elu")
    type_over(qtbot, named(network, CheckedField, "α of hidden"), "0,25")
    assert bench.store.session.network.layers[0] == dense(3, "elu(alpha=0.25)")
    choose(named(network, QComboBox, "Activation of hidden"), "elu")  # the same anew keeps its number
    assert bench.store.session.network.layers[0] == dense(3, "elu(alpha=0.25)")
    bench.editor.undo()
    assert named(network, CheckedField, "α of hidden").text() == "1.0"
    choose(named(network, QComboBox, "Activation of hidden"), "leaky_relu")
    assert named(network, CheckedField, "slope α of hidden").text() == "0.01"
    choose(named(network, QComboBox, "Activation of hidden"), "tanh")
    qtbot.waitUntil(lambda: fields(network) == ["Seed"])


@pytest.mark.parametrize(("text", "words"), [("0", "use a positive number"), ("-1", "use a positive"), ("x", "0.5")])
def test_a_number_an_activation_does_not_take_is_named_as_it_is_typed(
    qtbot: QtBot, bench: Bench, network: NetworkForm, text: str, words: str
) -> None:
    choose(named(network, QComboBox, "Activation of output"), "elu")
    before = bench.store.session
    type_over(qtbot, named(network, CheckedField, "α of output"), text)
    (line,) = [one for one in network.findChildren(ProblemLine) if not one.isHidden()]
    assert line.text().startswith(f"⚠ α: “{text}” is not accepted; ")
    assert words in line.text()
    assert bench.store.session is before


def test_numbers_go_with_their_layer(qtbot: QtBot, bench: Bench, network: NetworkForm) -> None:
    bench.editor.apply("deep", lambda session: edits.insert_layer(session, 1, dense(2, "elu(alpha=0.5)")))
    qtbot.waitUntil(lambda: "α of hidden 2" in fields(network))
    qtbot.mouseClick(named(network, QToolButton, "Move up hidden 2"), Qt.MouseButton.LeftButton)
    assert named(network, CheckedField, "α of hidden 1").text() == "0.5"
    qtbot.mouseClick(named(network, QToolButton, "Remove hidden 1"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: fields(network) == ["Seed"])


def test_a_losss_number_is_shown_with_it_and_set(qtbot: QtBot, bench: Bench, training: TrainingForm) -> None:
    bench.store.assign(problem("xor"))
    assert "Huber limit κ" not in fields(training)
    choose(named(training, QComboBox, "Loss"), "huber")
    field = named(training, QLineEdit, "Huber limit κ")
    type_over(qtbot, field, "0.5")
    assert bench.store.session.training.loss == LOSSES.read("loss", "huber(delta=0.5)")
    type_over(qtbot, field, "-2")
    (line,) = [one for one in training.findChildren(ProblemLine) if not one.isHidden()]
    assert line.text() == "⚠ Huber limit κ: “-2” is not accepted; use a positive number."
    choose(named(training, QComboBox, "Loss"), "mse")
    assert "Huber limit κ" not in fields(training)
    bench.editor.undo()
    assert named(training, QLineEdit, "Huber limit κ").text() == "0.5"


def test_an_optimizers_numbers_are_shown_with_it_and_set(qtbot: QtBot, bench: Bench, training: TrainingForm) -> None:
    choose(named(training, QComboBox, "Optimizer"), "adam")
    shown = [name for name in fields(training) if name.startswith(("Adam", "RMSprop", "Momentum"))]
    assert shown == ["Adam β₁", "Adam β₂", "Adam ε"]
    type_over(qtbot, named(training, QLineEdit, "Adam β₁"), "0")
    type_over(qtbot, named(training, QLineEdit, "Adam ε"), "1e-4")
    assert bench.store.session.training.optimizer.method == OPTIMIZERS.read("", "adam(beta1=0, epsilon=1e-4)")
    type_over(qtbot, named(training, QLineEdit, "Adam β₂"), "1")
    (line,) = [one for one in training.findChildren(ProblemLine) if not one.isHidden()]
    assert line.text().startswith("⚠ Adam β₂: “1” is not accepted; use a number of at least 0 and below 1")
    box = named(training, QComboBox, "Optimizer")
    choose(box, "rmsprop")
    assert "RMSprop ρ" in fields(training)
    tips = {box.itemText(k): box.itemData(k, Qt.ItemDataRole.ToolTipRole) for k in range(box.count())}
    assert tips["Gradient descent"] == "w ← w − η g"
    assert tips["Adagrad"] == "s ← s + g²\nw ← w − (η g)/(√(s) + ε)"

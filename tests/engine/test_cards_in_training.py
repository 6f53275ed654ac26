"""Cards in the training loop: their numbers, twins, pre-activations, saturated outputs, and biases that stay."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.evaluate import mean_loss, outputs_of
from backprop_gui.engine.losses import HALF_SSE, LOSSES, Loss
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense

X = np.array([[0.3, -1.2], [1.5, 0.4], [-0.7, 2.0]])
T = np.array([[0.2], [0.9], [0.5]])


def parameters_of(network: Network, seed: int = 0) -> Parameters:
    random, sizes = np.random.default_rng(seed), network.sizes
    weights = [random.normal(size=pair) for pair in pairwise(sizes)]
    return Parameters.of(weights, [random.normal(size=units) for units in sizes[1:]])


def assert_trained_as_traced(network: Network, loss: Loss, dropout: float = 0.0) -> None:
    start = parameters_of(network)
    how = TrainingSettings(loss=loss, batch_size=2, dropout=dropout)
    trainer = Trainer(network, start, how, X, T)
    passes = [trace(network, start, X[k], T[k], loss, trainer.masks(k)).gradients.flat() for k in (0, 1)]
    np.testing.assert_allclose(trainer.next_gradient().flat(), np.mean(passes, axis=0), rtol=1e-12, atol=1e-14)
    assert trainer.loss() == pytest.approx(mean_loss(network, start, X, T, loss), rel=1e-13)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(
    "spelled", ["elu(alpha=0.5)", "leaky_relu(slope=0.3)", "silu", "gelu", "softsign", "hard_sigmoid", "sine", "step"]
)
def test_cards_with_numbers_and_cards_that_need_pre_activations_train_as_they_are_derived(
    spelled: str, dropout: float
) -> None:
    shape = (dense(3, spelled), dense(4, "tanh"), dense(4, "tanh"), dense(2, spelled), dense(1, spelled))
    assert_trained_as_traced(Network(2, shape), HALF_SSE, dropout)
    assert_trained_as_traced(Network(2, shape), LOSSES.read("loss", "huber(delta=0.3)"), dropout)


def test_an_activation_that_only_shares_a_twins_name_is_asked_itself() -> None:
    def value(a: Floats) -> Floats:
        return 0.5 * a

    def slope(a: Floats, _y: Floats) -> Floats:
        return np.full_like(a, 0.5)

    half = replace(ACTIVATIONS["sigmoid"], f=value, df=slope)
    network = Network(2, (Layer(3, half), Layer(1, half)))
    assert_trained_as_traced(network, HALF_SSE)
    assert outputs_of(network, parameters_of(network), X)[-1].min() < 0.0


def test_a_layer_that_depends_on_itself_as_a_whole_needs_no_twin() -> None:
    def shares(a: Floats) -> Floats:
        powers = np.exp2(a)
        return powers / powers.sum(axis=-1, keepdims=True)

    card = Activation(name="shares", title="Shares", f=shares, whole_layer=True, probabilities=True)
    network, targets = Network(2, (dense(3, "tanh"), Layer(2, card))), np.hstack([T, 1 - T])
    start = parameters_of(network)
    trainer = Trainer(network, start, TrainingSettings(), X, targets)
    assert trainer.loss() == pytest.approx(mean_loss(network, start, X, targets, HALF_SSE), rel=1e-13)


@pytest.mark.parametrize("size", [36.7, 36.9, 40.0, 800.0, 1e6])
def test_a_saturated_sigmoid_is_measured_to_the_end_of_float64(size: float) -> None:
    network, loss = Network(1, (dense(1, "sigmoid"),)), LOSSES["binary_cross_entropy"]
    start = Parameters.of([[[size]]], [[0.0]])
    how = TrainingSettings(loss=loss, optimizer=OptimizerSettings(learning_rate=0.5))
    for target, expected, delta in ((0.0, size, 1.0), (1.0, 0.0, 0.0)):
        trainer = Trainer(network, start, how, np.array([[1.0]]), np.array([[target]]))
        assert trainer.loss() == pytest.approx(expected, rel=1e-15, abs=1e-15)
        assert trainer.next_gradient().biases[0][0] == pytest.approx(delta, abs=3e-16)
        assert trace(network, start, np.array([1.0]), np.array([target]), loss).loss == trainer.loss()


@pytest.mark.parametrize("name", ["binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("gap", [37.0, 700.0, 5000.0])
def test_a_saturated_softmax_has_its_full_loss_and_gradient(name: str, gap: float) -> None:
    network, loss = Network(1, (dense(2, "softmax"),)), LOSSES[name]
    start = Parameters.of([[[gap, 0.0]]], [[0.0, 0.0]])
    trainer = Trainer(network, start, TrainingSettings(loss=loss), np.array([[1.0]]), np.array([[0.0, 1.0]]))
    assert trainer.loss() == pytest.approx(gap, rel=1e-15)
    assert trainer.next_gradient().biases[0].tolist() == pytest.approx([1.0, -1.0], abs=1e-15)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_frozen_biases_stay_what_they_are_where_training_diverges(optimizer: str) -> None:
    network = Network(2, (dense(3, "relu"), dense(1, "linear")))
    start = parameters_of(network)
    how = TrainingSettings(loss=LOSSES["mse"], optimizer=by(optimizer, 1e200), train_biases=False, batch_size="full")
    trainer = Trainer(network, start, how, X, T)
    trainer.run(50)
    assert not trainer.is_finite()
    for now, before in zip(trainer.parameters().biases, start.biases, strict=True):
        assert now.tolist() == before.tolist()


@pytest.mark.parametrize("optimizer", [by(name, 0.1) for name in OPTIMIZERS] + [by("sgd", 0.1, momentum=0.9)])
def test_biases_frozen_in_the_middle_of_a_run_stay_whatever_the_optimizer_remembers(
    optimizer: OptimizerSettings,
) -> None:
    network = Network(2, (dense(3, "tanh"), dense(1, "linear")))
    how = TrainingSettings(optimizer=optimizer, batch_size="full")
    first = Trainer(network, parameters_of(network), how, X, T)
    first.run(5)
    frozen = Trainer(network, first.parameters(), replace(how, train_biases=False), X, T, first.progress())
    frozen.run(5)
    assert frozen.parameters().weights[0].tolist() != first.parameters().weights[0].tolist()
    for now, before in zip(frozen.parameters().biases, first.parameters().biases, strict=True):
        assert now.tolist() == before.tolist()


def test_a_number_that_is_given_twice_is_refused() -> None:
    with pytest.raises(FieldError, match=r"activation\.alpha: '2' is not accepted; give it once"):
        ACTIVATIONS.read("activation", "elu(alpha=1, alpha = 2)")
    assert ACTIVATIONS.read("activation", "elu( alpha = 2 )").numbers == (2.0,)

"""Every gradient against finite differences, and the fast kernel against the readable mathematics."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.backprop import batch_gradient, trace
from backprop_gui.engine.gradient_check import loss_along, numeric_gradient
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trainer import Trainer

HIDDEN = [name for name in ACTIVATIONS if name != "softmax"]


@st.composite
def cases(draw):
    """A random network with parameters, samples and a loss it can have; never on a kink."""
    output = draw(st.sampled_from(list(ACTIVATIONS)))
    fitting = [n for n, one in LOSSES.items() if not one.probabilities or output in ("sigmoid", "softmax")]
    loss = draw(st.sampled_from(fitting))
    hidden = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(HIDDEN)), max_size=3))
    layers = [*hidden, (draw(st.integers(1, 4)), output)]
    network = Network(draw(st.integers(1, 4)), tuple(Layer(*one) for one in layers))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = network.sizes
    parameters = Parameters.of(
        [random.normal(size=(a, b)) for a, b in pairwise(sizes)],
        [random.normal(size=b) for b in sizes[1:]],
    )
    count = draw(st.integers(1, 7))
    x = random.normal(size=(count, network.inputs))
    t = random.uniform(0.05, 0.95, size=(count, network.outputs))
    return network, parameters, x, t, loss


def near_a_kink(network, found, loss):
    kinked = any(
        layer.activation in ("relu", "leaky_relu") and np.abs(a).min() < 1e-3
        for layer, a in zip(network.layers, found.pre_activations, strict=True)
    )
    error = np.abs(found.outputs[-1] - found.target)
    kinks = {"mae": [0.0], "huber": [1.0]}.get(loss, [])
    return kinked or any(np.abs(error - kink).min() < 1e-3 for kink in kinks)


@given(cases())
@settings(max_examples=60, deadline=None)
def test_backprop_agrees_with_finite_differences(case):
    network, parameters, x, t, loss = case
    found = trace(network, parameters, x[0], t[0], loss)
    if near_a_kink(network, found, loss):
        return
    for ref in network.parameter_refs():
        along = loss_along(network, parameters, ref, x[0], t[0], loss)
        numeric = numeric_gradient(along, parameters[ref], 1e-5)
        assert abs(found.gradients[ref] - numeric) <= 1e-6 * max(1.0, abs(numeric), found.loss)


@given(cases(), st.integers(1, 8), st.sampled_from(["mean", "sum"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_one_step_of_training_is_one_step_along_the_batch_gradient(case, size, reduction, train_biases):
    network, parameters, x, t, loss = case
    eta = 0.1
    how = TrainingSettings(
        loss=loss,
        optimizer=OptimizerSettings(learning_rate=eta),
        batch_size=size,
        reduction=reduction,
        train_biases=train_biases,
    )
    trainer = Trainer(network, parameters, how, x, t)
    trainer.run(1)
    batch = list(zip(x[:size], t[:size], strict=True))
    gradient = batch_gradient(network, parameters, batch, loss, reduction)
    after = trainer.parameters()
    for k in range(len(network.layers)):
        np.testing.assert_allclose(
            after.weights[k], parameters.weights[k] - eta * gradient.weights[k], rtol=1e-9, atol=1e-9
        )
        moved = eta * gradient.biases[k] if train_biases else 0.0
        np.testing.assert_allclose(after.biases[k], parameters.biases[k] - moved, rtol=1e-9, atol=1e-9)


@given(cases(), st.integers(1, 5), st.integers(1, 30), st.booleans(), st.sampled_from(["sgd", "adam", "rmsprop"]))
@settings(max_examples=40, deadline=None)
def test_a_run_in_parts_is_the_run_in_one_bit_for_bit(case, size, cut, shuffle, optimizer):
    network, parameters, x, t, loss = case
    momentum = 0.9 if optimizer == "sgd" else 0.0
    how = TrainingSettings(
        loss=loss, optimizer=OptimizerSettings(optimizer, 1e-3, momentum), batch_size=size, shuffle=shuffle, seed=3
    )
    whole = Trainer(network, parameters, how, x, t)
    whole.run(31)
    first = Trainer(network, parameters, how, x, t)
    first.run(cut)
    second = Trainer(network, first.parameters(), how, x, t, first.progress())
    second.run(31 - cut)
    assert second.parameters() == whole.parameters()
    assert second.progress() == whole.progress()


def test_gradients_of_a_step_all_come_from_the_parameters_before_it():
    network = Network(1, (Layer(1, "linear"), Layer(1, "linear")))
    parameters = Parameters.of([[[2.0]], [[3.0]]], [[0.0], [0.0]])
    how = replace(TrainingSettings(), train_biases=False, optimizer=OptimizerSettings(learning_rate=0.1))
    trainer = Trainer(network, parameters, how, np.array([[1.0]]), np.array([[0.0]]))
    trainer.run(1)
    # y = 6; dL/du = 6 * 2, dL/dw = 6 * 3 with the old u = 3, not the updated 1.8.
    assert trainer.parameters().weights[0][0, 0] == 2.0 - 0.1 * 18.0
    assert trainer.parameters().weights[1][0, 0] == 3.0 - 0.1 * 12.0

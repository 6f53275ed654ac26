"""Every gradient against finite differences, and the fast kernel against the readable mathematics."""

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.dropout import Masks
from backprop_gui.engine.gradient_check import Probe, Verdict, check_gradients
from backprop_gui.engine.losses import LOSSES, Loss
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense

Case = tuple[Network, Parameters, Floats, Floats, Loss]
HIDDEN = [name for name, card in ACTIVATIONS.items() if not card.whole_layer]


def batch_gradient(
    network: Network,
    parameters: Parameters,
    samples: Iterable[tuple[Floats, Floats]],
    loss: Loss,
    reduction: Literal["mean", "sum"],
) -> Parameters:
    """Return the gradient of a batch of (x, t) pairs: the mean or the sum of its samples' gradients."""
    traces = [trace(network, parameters, x, t, loss) for x, t in samples]
    share = 1.0 / len(traces) if reduction == "mean" else 1.0
    layers = range(len(network.layers))
    return Parameters(
        tuple(np.sum([tr.gradients.weights[k] for tr in traces], axis=0) * share for k in layers),
        tuple(np.sum([tr.gradients.biases[k] for tr in traces], axis=0) * share for k in layers),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A random network with parameters, samples and a loss it can have."""
    output = draw(st.sampled_from(list(ACTIVATIONS)))
    fitting = [n for n, one in LOSSES.items() if not one.probabilities or ACTIVATIONS[output].probabilities]
    loss = draw(st.sampled_from(fitting))
    hidden = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(HIDDEN)), max_size=3))
    layers = [*hidden, (draw(st.integers(1, 4)), output)]
    network = Network(draw(st.integers(1, 4)), tuple(dense(*one) for one in layers))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = network.sizes
    parameters = Parameters.of(
        [random.normal(size=(a, b)) for a, b in pairwise(sizes)],
        [random.normal(size=b) for b in sizes[1:]],
    )
    count = draw(st.integers(1, 7))
    x = random.normal(size=(count, network.inputs))
    t = random.uniform(0.05, 0.95, size=(count, network.outputs))
    return network, parameters, x, t, LOSSES[loss]


def verdicts(
    network: Network, parameters: Parameters, x: Floats, t: Floats, loss: Loss, masks: tuple[Floats, ...] = ()
) -> set[Verdict]:
    """What the gradient check says of every parameter; numbers drawn at random are on no kink."""
    found = trace(network, parameters, x, t, loss, masks)
    assume(math.isfinite(found.loss))
    probe = Probe(network, parameters, x, t, loss, masks)
    return {check.verdict for check in check_gradients(probe, network.parameter_refs(), found.gradients)}


@given(cases())
@settings(max_examples=60, deadline=None)
def test_backprop_agrees_with_finite_differences(case: Case) -> None:
    network, parameters, x, t, loss = case
    assert verdicts(network, parameters, x[0], t[0], loss) <= {Verdict.AGREES, Verdict.SMALL}


@given(cases(), st.integers(1, 8), st.sampled_from(["mean", "sum"]), st.booleans())
@settings(max_examples=60, deadline=None)
def test_one_step_of_training_is_one_step_along_the_batch_gradient(
    case: Case, size: int, reduction: Literal["mean", "sum"], train_biases: bool
) -> None:
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


@given(
    cases(),
    st.integers(1, 5),
    st.integers(1, 30),
    st.booleans(),
    st.sampled_from(["sgd", "adam", "rmsprop"]),
    st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=40, deadline=None)
def test_a_run_in_parts_is_the_run_in_one_bit_for_bit(
    case: Case, size: int, cut: int, shuffle: bool, optimizer: str, dropout: float
) -> None:
    network, parameters, x, t, loss = case
    momentum = 0.9 if optimizer == "sgd" else 0.0
    how = TrainingSettings(
        loss=loss,
        optimizer=by(optimizer, 1e-3, momentum=momentum),
        batch_size=size,
        shuffle=shuffle,
        seed=3,
        dropout=dropout,
    )
    whole = Trainer(network, parameters, how, x, t)
    whole.run(31)
    first = Trainer(network, parameters, how, x, t)
    first.run(cut)
    second = Trainer(network, first.parameters(), how, x, t, first.progress())
    second.run(31 - cut)
    assert second.parameters() == whole.parameters()
    assert second.progress() == whole.progress()


def test_gradients_of_a_step_all_come_from_the_parameters_before_it() -> None:
    network = Network(1, (dense(1, "linear"), dense(1, "linear")))
    parameters = Parameters.of([[[2.0]], [[3.0]]], [[0.0], [0.0]])
    how = replace(TrainingSettings(), train_biases=False, optimizer=OptimizerSettings(learning_rate=0.1))
    trainer = Trainer(network, parameters, how, np.array([[1.0]]), np.array([[0.0]]))
    trainer.run(1)
    # y = 6; dL/du = 6 * 2, dL/dw = 6 * 3 with the old u = 3, not the updated 1.8.
    assert trainer.parameters().weights[0][0, 0] == 2.0 - 0.1 * 18.0
    assert trainer.parameters().weights[1][0, 0] == 3.0 - 0.1 * 12.0


@given(cases(), st.integers(1, 8), st.sampled_from(["mean", "sum"]), st.booleans(), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_a_step_with_dropout_follows_the_gradient_of_the_masked_network(
    case: Case, size: int, reduction: Literal["mean", "sum"], shuffle: bool, steps: int
) -> None:
    network, parameters, x, t, loss = case
    how = TrainingSettings(
        loss=loss,
        optimizer=OptimizerSettings(learning_rate=1e-3),
        batch_size=size,
        reduction=reduction,
        shuffle=shuffle,
        dropout=0.4,
    )
    trainer = Trainer(network, parameters, how, x, t)
    trainer.run(steps)
    before, rows = trainer.parameters(), trainer.batch_samples(trainer.batch)
    gradients = [trace(network, before, x[row], t[row], loss, trainer.masks(row)).gradients.flat() for row in rows]
    share = 1 / len(rows) if reduction == "mean" else 1.0
    expected = share * np.sum(gradients, axis=0)
    np.testing.assert_allclose(trainer.next_gradient().flat(), expected, rtol=1e-9, atol=1e-9)
    trainer.run(1)
    np.testing.assert_allclose(trainer.parameters().flat(), before.flat() - 1e-3 * expected, rtol=1e-9, atol=1e-9)


@given(cases(), st.integers(0, 999))
@settings(max_examples=40, deadline=None)
def test_gradients_with_dropout_agree_with_finite_differences(case: Case, seed: int) -> None:
    network, parameters, x, t, loss = case
    random = np.random.default_rng(seed)
    masks = tuple((random.random(layer.units) >= 0.4) / 0.6 for layer in network.layers[:-1])
    assert verdicts(network, parameters, x[0], t[0], loss, masks) <= {Verdict.AGREES, Verdict.SMALL}


def test_masks_leave_out_their_share_and_keep_the_mean() -> None:
    masks = Masks(0.25, 40, seed=1, epoch=2).take(0, 5000)
    assert set(np.unique(masks)) == {0.0, 1 / 0.75}
    assert abs((masks == 0).mean() - 0.25) < 0.005  # 200,000 draws: 5 standard errors
    assert abs((masks == 0).mean(axis=0) - 0.25).max() < 0.035
    assert abs(masks.mean() - 1.0) < 0.007


def test_a_samples_mask_is_the_same_in_whatever_order_it_is_asked_for() -> None:
    one, other = Masks(0.5, 7, seed=3, epoch=0), Masks(0.5, 7, seed=3, epoch=0)
    whole = one.take(0, 20)
    assert (other.take(13, 4) == whole[13:17]).all()
    assert (other.take(2, 1) == whole[2:3]).all()
    assert (other.take(3, 9) == whole[3:12]).all()
    assert (Masks(0.5, 7, seed=3, epoch=1).take(0, 20) != whole).any()


def test_what_a_run_is_judged_by_knows_no_dropout() -> None:
    network = Network(2, (dense(6, "tanh"), dense(1, "linear")))
    random = np.random.default_rng(0)
    parameters = Parameters.of([random.normal(size=(2, 6)), random.normal(size=(6, 1))], [np.zeros(6), np.zeros(1)])
    x, t = random.normal(size=(9, 2)), random.normal(size=(9, 1))
    with_dropout = Trainer(network, parameters, TrainingSettings(dropout=0.5), x, t, tests=(x, t))
    without = Trainer(network, parameters, TrainingSettings(), x, t, tests=(x, t))
    assert with_dropout.loss() == without.loss()
    assert with_dropout.test_loss() == without.test_loss()
    assert with_dropout.next_gradient() != without.next_gradient()

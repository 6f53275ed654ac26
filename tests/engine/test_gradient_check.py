"""The gradient check calls nothing wrong that is right, and says what cannot be told."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.gradient_check import Check, Verdict
from backprop_gui.engine.losses import HALF_SSE, LOSSES, Loss
from backprop_gui.engine.network import BiasRef, Network, Parameters, WeightRef
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from backprop_gui.explain.gradient_words import in_brief, judgement, summary
from backprop_gui.resources import problem
from tests.engine.checking import EPSILONS, checked, random_case
from tests.shapes import dense

Case = tuple[Network, Parameters, Floats, Floats, Loss, tuple[Floats, ...]]


# ---- right gradients are never called wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "epochs"),
    [
        *(("article", n) for n in (0, 50)),
        ("mazur", 1000),
        ("han-kamber", 50),
        ("homework", 50),
        ("and", 100),
        ("or", 100),
        *(("xor", n) for n in (0, 50, 300)),
        ("encoder-8-3-8", 100),
        ("iris", 50),
        ("wine", 50),
        ("digits", 3),
    ],
)
def test_no_gradient_of_a_built_in_problem_is_called_wrong(name: str, epochs: int) -> None:
    session = problem(name)
    inputs, targets, network = session.samples.inputs, session.samples.targets, session.network
    trainer = Trainer(network, session.parameters, session.training, inputs, targets)
    trainer.run(epochs * trainer.batches)
    random = np.random.default_rng(0)
    every = list(network.parameter_refs())
    refs = [every[int(k)] for k in random.permutation(len(every))[:60]]
    for sample in {0, int(random.integers(len(inputs)))}:
        for epsilon in EPSILONS:
            x, t = inputs[sample], targets[sample]
            checks = checked(network, trainer.parameters(), x, t, session.training.loss, (), refs, epsilon)
            assert not [one for one in checks if one.verdict is Verdict.DIFFERS], (sample, epsilon)
            if epsilon is None:
                assert {one.verdict for one in checks} == {Verdict.AGREES}
                assert min(one.digits for one in checks) >= 5


@st.composite
def extremes(draw: st.DrawFn) -> Case:
    """Networks at the ends of what floats can do: saturated, tiny, dead, on kinks, with units left out."""
    output = draw(st.sampled_from(list(ACTIVATIONS)))
    fits = ACTIVATIONS[output].probabilities
    loss = LOSSES[draw(st.sampled_from([name for name, card in LOSSES.items() if fits or not card.probabilities]))]
    hidden = [name for name, card in ACTIVATIONS.items() if not card.whole_layer]
    layers = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(hidden)), max_size=3))
    network = Network(
        draw(st.integers(1, 4)), tuple(dense(*one) for one in (*layers, (draw(st.integers(1, 4)), output)))
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([1.0, 0.0, 1e-6, 0.1, 10.0, 1e3]))
    bias = scale * draw(st.sampled_from([1.0, 0.0, 100.0]))
    rounded = np.round if draw(st.booleans()) else np.copy  # whole numbers sit on kinks
    parameters = Parameters.of(
        [rounded(scale * random.normal(size=shape)) for shape in pairwise(network.sizes)],
        [rounded(bias * random.normal(size=units)) for units in network.sizes[1:]],
    )
    reach = draw(st.sampled_from([1.0, 0.0, 1e-12, 1e-300, 1e3]))
    x = rounded(random.normal(size=network.inputs)) * reach
    t = draw(
        st.sampled_from([random.uniform(size=network.outputs), np.eye(network.outputs)[0], np.zeros(network.outputs)])
    )
    masks = tuple((random.random(layer.units) >= 0.4) / 0.6 for layer in network.layers[:-1])
    return network, parameters, x, t, loss, draw(st.sampled_from([(), masks]))


@given(extremes(), st.sampled_from(EPSILONS))
@settings(max_examples=150, deadline=None)
def test_no_right_gradient_is_called_wrong_however_extreme_the_network(case: Case, epsilon: float | None) -> None:
    wrong = [one for one in checked(*case, epsilon=epsilon) if one.verdict is Verdict.DIFFERS]
    assert not wrong


# ---- what cannot be told, and what is said -------------------------------------------------------------------------


def line(
    activation: str,
    w: float,
    b: float,
    x: float = 1.0,
    t: float = 0.0,
    loss: Loss = HALF_SSE,
    epsilon: float | None = None,
    analytic: float | None = None,
) -> list[Check]:
    """The checks of w and b of a network of one unit."""
    network, parameters = Network(1, (dense(1, activation),)), Parameters.of([[[w]]], [[b]])
    given_by = None if analytic is None else Parameters.of([[[analytic]]], [[analytic]])
    return checked(network, parameters, np.array([x]), np.array([t]), loss, epsilon=epsilon, analytic=given_by)


def test_on_a_kink_nothing_is_told_and_beside_it_everything() -> None:
    on, _ = line("relu", 0.0, 0.0, t=1.0)
    assert on.verdict is Verdict.KINK
    assert "one slope on the left and another on the right" in judgement(on, by_hand=False)
    beside, _ = line("relu", 1e-6, 0.0, t=1.0)
    assert beside.verdict is Verdict.AGREES
    assert beside.numeric.epsilon < 1e-6
    wrong, _ = line("relu", 1e-6, 0.0, t=1.0, analytic=0.0)
    assert wrong.verdict is Verdict.DIFFERS
    for_loss, _ = line("linear", 0.5, 0.0, t=0.5, loss=LOSSES["mae"])
    assert for_loss.verdict is Verdict.KINK


def test_a_kink_that_a_chosen_epsilon_reaches_is_said_to_be_one() -> None:
    reached, _ = line("relu", 1e-6, 0.0, t=1.0, epsilon=1e-3)
    assert reached.verdict is Verdict.KINK
    assert "A smaller ε stays on one side" in judgement(reached, by_hand=True)
    assert line("relu", 1e-6, 0.0, t=1.0, epsilon=1e-7)[0].verdict is Verdict.AGREES


def test_a_kink_of_a_unit_left_out_does_not_matter() -> None:
    network = Network(1, (dense(2, "relu"), dense(1, "linear")))
    parameters = Parameters.of([[[0.0, 1.0]], [[1.0], [1.0]]], [[0.0, 0.0], [0.0]])
    masks = (np.array([0.0, 2.0]),)
    found = checked(network, parameters, np.ones(1), np.zeros(1), HALF_SSE, masks)
    assert {one.verdict for one in found} == {Verdict.AGREES}


def test_numbers_that_leave_the_range_are_not_compared() -> None:
    found, _ = line("linear", 1e200, 0.0)
    assert found.verdict is Verdict.RANGE
    assert "left the range" in judgement(found, by_hand=False)
    assert line("linear", 1e200, 0.0, epsilon=1e-3)[0].verdict is Verdict.RANGE


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_gradient_that_is_no_number_is_wrong_where_the_loss_has_a_slope(bad: float) -> None:
    found, _ = line("sigmoid", 0.3, 0.1, analytic=bad)
    assert found.verdict is Verdict.DIFFERS
    assert "not a number" in judgement(found, by_hand=False)
    assert found.digits == 0


def test_a_slope_that_rounding_hides_is_too_small_to_compare() -> None:
    found, _ = line("sigmoid", 36.0, 0.0)
    assert found.verdict is Verdict.SMALL
    assert "Too small to compare" in judgement(found, by_hand=False)
    assert line("sigmoid", 40.0, 0.0, analytic=1e-3)[0].verdict is Verdict.DIFFERS


def test_both_exactly_zero_agree() -> None:
    found, bias = line("sigmoid", 0.3, 0.1, x=0.0)
    assert found.analytic == found.numeric.value == 0.0
    assert judgement(found, by_hand=False) == "They agree: both are exactly 0."
    assert bias.digits >= 10
    assert line("sigmoid", 0.3, 0.1, x=0.0, analytic=1e-3)[0].verdict is Verdict.DIFFERS


def test_what_reaches_nothing_has_the_slope_zero_exactly() -> None:
    random = np.random.default_rng(0)
    network = Network(40, (dense(30, "relu"), dense(10, "softmax")))
    parameters = Parameters.of(
        [random.normal(size=(40, 30)), random.normal(size=(30, 10))], [np.full(30, -2.0), np.zeros(10)]
    )
    x = random.normal(size=40) * (random.random(40) < 0.5)
    found = checked(network, parameters, x, np.eye(10)[3], LOSSES["cross_entropy"])
    assert {one.verdict for one in found} == {Verdict.AGREES}
    zeros = [one for one in found if one.analytic == 0.0]
    assert len(zeros) > 700  # inputs that are 0, and dead units
    assert {one.numeric.value for one in zeros} == {0.0}


def test_a_chosen_epsilon_shows_the_textbooks_quotient_and_what_it_is_worth() -> None:
    network, parameters, x, t = random_case((2, 3, 2), "sigmoid", 1)
    ref = WeightRef(1, 0, 0)
    coarse, fine = (
        checked(network, parameters, x, t, HALF_SSE, refs=[ref], epsilon=epsilon)[0] for epsilon in (1e-2, 1e-10)
    )
    for one in (coarse, fine):
        moved = [
            trace(network, parameters.replace(ref, parameters[ref] + s), x, t, HALF_SSE).loss
            for s in (one.numeric.epsilon, -one.numeric.epsilon)
        ]
        assert one.numeric.value == pytest.approx((moved[0] - moved[1]) / (2 * one.numeric.epsilon), rel=1e-5)
        assert abs(one.analytic - one.numeric.value) <= one.numeric.error
        assert one.verdict is Verdict.AGREES
        assert 3 <= one.digits <= 9
    assert coarse.numeric.bent
    assert "the loss bends within it" in judgement(coarse, by_hand=True)
    assert not fine.numeric.bent
    assert "rounding swallows" in judgement(fine, by_hand=True)


def test_the_summary_counts_each_kind() -> None:
    checks = [*line("relu", 0.0, 0.0, t=1.0), *line("sigmoid", 0.3, 0.1, analytic=7.0), *line("sigmoid", 0.3, 0.1)]
    checks += line("sigmoid", 36.0, 0.0)[:1] + line("linear", 1e200, 0.0)[:1]
    told = summary(checks, by_hand=False)
    assert told.startswith("8 parameters checked: 2 differ: those gradients are wrong; 2 on a kink, where no slope")
    assert "1 too small to compare; 1 out of the range of numbers; the other 2 agree, to 1" in told
    assert [in_brief(one) for one in checks[:3]] == ["kink", "kink", "differs"]
    assert summary(line("sigmoid", 0.3, 0.1), by_hand=False).startswith("2 parameters checked: every gradient agrees")


def test_a_bias_has_the_slope_of_its_sum() -> None:
    weight, bias = line("tanh", 0.3, 0.1, x=1.0)
    assert isinstance(bias.ref, BiasRef)
    assert weight.numeric.value == pytest.approx(bias.numeric.value, rel=1e-11)

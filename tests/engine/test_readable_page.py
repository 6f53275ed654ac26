"""The page a student reads computes what the rest of the engine computes, and stays a page."""

import inspect
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.engine import backprop
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.engine.trace import trace
from backprop_gui.resources import problem

SIZES = st.lists(st.integers(1, 5), min_size=2, max_size=5)


@given(SIZES, st.integers(0, 2**32 - 1))
def test_the_page_is_the_engines_pass(sizes: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    w = [random.normal(size=pair) for pair in pairwise(sizes)]
    b = [random.normal(size=units) for units in sizes[1:]]
    x, t = random.normal(size=sizes[0]), random.uniform(size=sizes[-1])
    network = Network(sizes[0], tuple(Layer(units, ACTIVATIONS["sigmoid"]) for units in sizes[1:]))
    passed = trace(network, Parameters.of(w, b), x, t, LOSSES["half_sse"])

    outputs = backprop.forward(x, w, b)
    deltas = backprop.backward(outputs, t, w)
    dw, db = backprop.gradients(outputs, deltas)
    assert backprop.loss(outputs[-1], t) == pytest.approx(passed.loss, rel=1e-14)
    for mine, theirs in zip(
        (*outputs, *deltas, *dw, *db),
        (*passed.outputs, *passed.deltas, *passed.gradients.weights, *passed.gradients.biases),
        strict=True,
    ):
        assert mine.shape == theirs.shape
        assert np.allclose(mine, theirs, rtol=1e-12, atol=1e-16)


def test_one_step_of_the_page_is_one_step_of_training() -> None:
    session = problem("article")
    w, b = list(session.parameters.weights), list(session.parameters.biases)
    for _ in range(20):
        w, b = backprop.step(session.samples.inputs[0], session.samples.targets[0], w, b, 0.5)
    trainer = session.trainer()
    trainer.run(20)
    trained = trainer.parameters()
    for mine, theirs in zip((*w, *b), (*trained.weights, *trained.biases), strict=True):
        assert np.allclose(mine, theirs, rtol=1e-13, atol=1e-16)


def test_it_is_a_page_in_the_articles_own_words() -> None:
    source = inspect.getsource(backprop)
    assert len(source.splitlines()) <= 80
    assert "(y - t) * y * (1 - y)" in source
    assert "h * (1 - h)" in source
    assert "out=" not in source
    assert "mask" not in source

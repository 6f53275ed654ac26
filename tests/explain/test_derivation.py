"""The derivation's numbers are the engine's, multiply and add up to the gradient, at any depth and for any choice."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.data.samples import Samples
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import BiasRef, LossRef, Network, Parameters, Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.explain.derivation import MISPRINT, derive
from backprop_gui.explain.formula import Derivation, Line, Topic, latex, text
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.situation import Style
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope
from tests.shapes import by, dense

Case = tuple[Session, int]
HIDDEN = ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus"]
OPTIMIZERS = [
    by("sgd", 0.3),
    by("sgd", 0.3, momentum=0.8),
    by("sgd", 0.3, momentum=0.8, nesterov=True),
    by("sgd", 0.3, weight_decay=0.02, l1=0.01),
    by("rmsprop", 0.01),
    by("adagrad", 0.1, l1=0.01),
    by("adam", 0.01, weight_decay=0.1),
    by("adam(beta1=0.8, beta2=0.9, epsilon=0.01)", 0.01),
    by("adamw", 0.01, weight_decay=0.1, l1=0.01),
    by("rmsprop(decay=0.8)", 0.01),
]


@st.composite
def sessions(draw: st.DrawFn) -> Case:
    output = draw(st.sampled_from([*HIDDEN, "softmax"]))
    fitting = [n for n, one in LOSSES.items() if not one.probabilities or output in ("sigmoid", "softmax")]
    hidden = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(HIDDEN)), max_size=3))
    network = Network(
        draw(st.integers(1, 4)), tuple(dense(*one) for one in [*hidden, (draw(st.integers(1, 4)), output)])
    )
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = network.sizes
    parameters = Parameters.of(
        [random.normal(size=pair) for pair in pairwise(sizes)], [random.normal(size=b) for b in sizes[1:]]
    )
    count = draw(st.integers(1, 5))
    samples = Samples.of(random.normal(size=(count, sizes[0])), random.uniform(0.05, 0.95, size=(count, sizes[-1])))
    training = TrainingSettings(
        LOSSES[draw(st.sampled_from(fitting))],
        draw(st.sampled_from(OPTIMIZERS)),
        draw(st.sampled_from([1, 2, 3, "full"])),
        draw(st.booleans()),
        draw(st.sampled_from(["mean", "sum"])),
        draw(st.booleans()),
        schedule=draw(st.sampled_from(["constant", "step", "exponential", "cosine"])),
        schedule_every=2,
        dropout=draw(st.sampled_from([0.0, 0.0, 0.5])),
    )
    session = Session.begin(network, training, samples, parameters)
    steps = draw(st.integers(0, 4))
    trainer = session.trainer()
    trainer.run(steps)
    if not trainer.is_finite() or np.abs(trainer.parameters().flat()).max() > 1e6:  # diverging: nothing to compare
        return session, 0
    return Session(network, trainer.parameters(), parameters, training, samples, trainer.progress()), draw(
        st.integers(0, count - 1)
    )


def lines_of(derivation: Derivation) -> list[Line]:
    return [line for section in derivation.sections for line in section.lines]


@given(sessions(), st.sampled_from(list(NOTATIONS)))
@settings(max_examples=80, deadline=None)
def test_every_parameters_derivation_is_the_engines_gradient_and_update(case: Case, notation: str) -> None:
    session, sample = case
    scope = Microscope(session)
    now = scope.situation(sample)
    trainer = session.trainer()
    trainer.run(1)
    after = trainer.parameters()
    share = 1 / len(scope.batch) if session.training.reduction == "mean" else 1.0
    gradients = [scope.trace(k).gradients for k in scope.batch]
    for ref in session.network.parameter_refs():
        found = derive(now, ref, Style(notation, NumberFormat("significant", 6)))
        gradient = now.trace.gradients[ref]
        assert found.value == gradient
        assert math.isclose(math.prod(found.factors), gradient, rel_tol=1e-9, abs_tol=1e-12)
        if ref.layer < len(session.network.layers) - 1:
            assert math.isclose(sum(found.terms), found.factors[0], rel_tol=1e-9, abs_tol=1e-12)
        expected = share * sum(one[ref] for one in gradients)
        assert now.gradient[ref] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        *_, last = found.lines(Topic.UPDATE)
        assert last.value == after[ref]
        for line in lines_of(found):  # the last number written on a line is what the line says it comes to
            numbers = [part.value for part in line.formula if part.value is not None]
            if line.value is not None:
                assert (numbers[-1] if numbers else 1.0) == line.value  # by its bias, a changes by a plain 1
            assert text(line.formula)
            assert "{" not in text(line.formula)


@given(sessions())
@settings(max_examples=60, deadline=None)
def test_a_hidden_units_terms_add_up_to_its_delta(case: Case) -> None:
    session, sample = case
    now = Microscope(session).situation(sample)
    depth = len(session.network.layers)
    for layer, units in enumerate(session.network.sizes):
        for unit in range(units):
            found = derive(now, UnitRef(layer, unit), Style())
            if layer == 0:
                assert found.value == session.samples.inputs[sample, unit]
                continue
            assert found.value == now.trace.deltas[layer - 1][unit]
            if layer < depth:
                assert len(found.terms) == session.network.sizes[layer + 1]
                slope = found.factors[1]
                assert math.isclose(sum(found.terms) * slope, found.value, rel_tol=1e-9, abs_tol=1e-12)
    loss = derive(now, LossRef(), Style())
    assert math.isclose(sum(loss.terms), now.trace.loss, rel_tol=1e-9, abs_tol=1e-12)


def derived(name: str, ref: Ref, notation: str = "article", number_format: NumberFormat | None = None) -> Derivation:
    now = Microscope(problem(name)).situation(0)
    return derive(now, ref, Style(notation, number_format or NumberFormat("significant", 9)))


def written(derivation: Derivation) -> str:
    return "\n".join(text(line.formula) for line in lines_of(derivation))


def test_mazurs_numbers_are_read_off_in_mazurs_notation() -> None:
    w5 = derived("mazur", WeightRef(1, 0, 0), "mazur")
    assert "∂E/∂outₒ₁" in written(w5).replace("(", "").replace(")", "")
    assert "0.741365070 · 0.186815602 · 0.593269992" in written(w5)
    assert "= 0.4 − 0.5 · 0.0821670406 = 0.35891648" in written(w5)
    w1 = derived("mazur", WeightRef(0, 0, 0), "mazur")
    assert "0.0553994247" in written(w1)
    assert "−0.0190491183" in written(w1)
    assert "0.000438567734" in written(w1)
    assert "= 0.15 − 0.5 · 0.000438567734 = 0.149780716" in written(w1)


def test_han_and_kambers_errors_are_read_off() -> None:
    assert derived("han-kamber", UnitRef(2, 0)).value == pytest.approx(-0.1311690782, abs=1e-10)
    assert "0.0087245" in written(derived("han-kamber", UnitRef(1, 0)))
    assert "0.00654208" in written(derived("han-kamber", UnitRef(1, 1)))


def test_the_misprint_is_told_where_the_hidden_delta_stands_and_only_there() -> None:
    def remarks(derivation: Derivation) -> list[str]:
        return [section.remark for section in derivation.sections]

    assert MISPRINT in remarks(derived("article", WeightRef(0, 0, 0)))
    assert MISPRINT in remarks(derived("article", UnitRef(1, 0)))
    assert MISPRINT not in remarks(derived("article", WeightRef(1, 0, 0)))


def test_the_articles_formulas_stand_as_the_article_writes_them() -> None:
    formulas = [latex(line.formula) for line in lines_of(derived("article", WeightRef(1, 0, 0)))]
    chain = formulas[0].replace(" ", "")
    assert chain == (
        r"\frac{\partialL}{\partialu_{11}}=\frac{\partialL}{\partialy_{1}}"
        r"\frac{\partialy_{1}}{\partiala^{(2)}_{1}}\frac{\partiala^{(2)}_{1}}{\partialu_{11}}"
    )
    assert any(r"u_{11} - \eta \, \delta^{(2)}_{1} \, h_{1}" in one for one in formulas)


@pytest.mark.parametrize(
    ("notation", "weight", "unit"),
    [("article", "u₂₁", "h₂"), ("layers", "W⁽²⁾₂₁", "a⁽¹⁾₂"), ("nielsen", "w³₁₂", "a²₂"), ("mazur", "w₈", "outₕ₂")],
)
def test_each_notation_names_the_same_weight_its_own_way(notation: str, weight: str, unit: str) -> None:
    found = written(derived("article", WeightRef(1, 1, 0), notation))
    assert weight in found
    assert unit in found


def test_bias_of_a_network_that_does_not_train_biases_stays() -> None:
    found = derived("mazur", BiasRef(0, 0))
    (line,) = found.lines(Topic.UPDATE)
    assert line.value == 0.35
    assert any("not trained" in section.remark for section in found.sections)

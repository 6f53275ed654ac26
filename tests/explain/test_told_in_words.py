"""What a page says beside its formulas: which case applies, what a number is, what an optimizer remembers."""

import re
from collections.abc import Iterator

import pytest

from backprop_gui.engine.network import LossRef, UnitRef, WeightRef
from backprop_gui.explain.captions import caption
from backprop_gui.explain.derivation import derive
from backprop_gui.explain.formula import Formula, Topic, text
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.report import as_text
from backprop_gui.explain.sheet import make_sheet
from backprop_gui.explain.sheet_tex import tikz
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.steps import Atom
from backprop_gui.session.document import Session
from tests.explain.tex.cases import session_of
from tests.explain.tex.values import Pass
from tests.shapes import by


def now_of(session: Session, sample: int = 0) -> Situation:
    return Pass(session, sample).scope.situation(sample)


def test_huber_says_which_branch_each_output_is_on() -> None:
    now = now_of(session_of((2, 2, 2), "tanh", "linear", "huber"))
    y, t = now.trace.outputs[-1], now.trace.target
    remark = derive(now, LossRef(), Style()).sections[0].remark
    signs = [">" if abs(y[k] - t[k]) > 1 else "≤" for k in range(2)]
    assert set(signs) == {">", "≤"}
    assert remark.startswith(f"Here |y₁ − t₁| {signs[0]} κ. Here |y₂ − t₂| {signs[1]} κ.")
    (error,) = (one for one in derive(now, UnitRef(2, 1), Style()).sections if one.topic is Topic.ERROR)
    assert error.remark.startswith(f"Here |y₂ − t₂| {signs[1]} κ.")


def test_the_slope_of_a_mean_is_reduced() -> None:
    for outputs, written in ((2, "y₁ − t₁"), (3, "2/3 (y₁ − t₁)"), (4, "1/2 (y₁ − t₁)"), (1, "2 (y₁ − t₁)")):
        now = now_of(session_of((1, outputs), "linear", "linear", "mse"))
        line = next(derive(now, UnitRef(1, 0), Style()).lines(Topic.ERROR))
        assert text(line.formula) == f"∂L/∂y₁ = {written}"


@pytest.mark.parametrize("hidden", ["elu", "leaky_relu"])
def test_the_text_tells_a_cards_numbers_and_why_softmax_is_shifted(hidden: str) -> None:
    told = as_text(now_of(session_of((2, 2, 2), hidden, "softmax", "cross_entropy")), Style())
    assert re.search(rf"Forward: hidden \({hidden}, α = [\d.]+\)", told)
    assert told.count("(The largest a⁽²⁾ of the layer is taken off every exponent") == 1


def test_dots_never_stand_for_a_single_term() -> None:
    for inputs, dots in ((3, False), (4, False), (5, True)):
        line = next(derive(now_of(session_of((inputs, 1), "linear", "linear", "mse")), UnitRef(1, 0), Style()).lines())
        assert ("…" in text(line.formula)) is dots, text(line.formula)
    for inputs, dots in ((41, False), (42, True)):
        derivation = derive(now_of(session_of((inputs, 1), "linear", "linear", "mse")), UnitRef(1, 0), Style())
        assert ("… and 2 more terms." in derivation.sections[0].remark) is dots


def sign(formula: Formula) -> str:
    return next(part.latex for part in reversed(formula) if part.latex in ("=", r"\approx"))


def captions(session: Session, style: Style) -> Iterator[tuple[Atom, str, str]]:
    """Yield each atom of the first sample, its caption's last sign, and the one the panel has for the same number."""
    of = Pass(session, session.progress.step)
    here = of.scope.batch[0]
    now = of.scope.situation(here)
    for position in range(1, of.scope.plan.length + 1):
        moment = of.scope.plan.moment(position)
        assert moment is not None
        unit = UnitRef(moment.phase.layer, moment.unit)
        topic = {
            Atom.BIAS: Topic.PRE_ACTIVATION,
            Atom.ACTIVATION: Topic.ACTIVATION,
            Atom.SLOPE: Topic.DELTA,
            Atom.ERROR: Topic.ERROR,
        }.get(moment.atom)
        if topic and moment.place == 0 and not (moment.atom is Atom.ERROR and unit.layer < len(now.network.layers)):
            lines = list(derive(now, unit, style).lines(topic))  # softmax has no error of one output alone
            if lines:
                yield moment.atom, sign(caption(now, moment, style)), sign(lines[-1].formula)


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
@pytest.mark.parametrize("digits", [2, 4])
def test_a_caption_has_the_sign_the_panel_has(output: str, digits: int) -> None:
    style = Style(number_format=NumberFormat("significant", digits))
    found = list(captions(session_of((2, 3, 2), "tanh", output, "half_sse"), style))
    assert {atom for atom, *_ in found} >= {Atom.BIAS, Atom.ACTIVATION, Atom.SLOPE}
    assert [(atom, ours) for atom, ours, _ in found] == [(atom, theirs) for atom, _, theirs in found]


@pytest.mark.parametrize("notation", ["article", "nielsen", "mazur"])
def test_a_sheet_lists_what_the_optimizer_remembers_so_that_the_update_can_be_computed(notation: str) -> None:
    session = session_of((2, 2, 1), "tanh", "linear", "half_sse", by("adam", 0.01), steps=5)
    of = Pass(session, 0)
    given = make_sheet(of.scope.situation(0), Style(notation, NumberFormat("significant", 12)), frozenset({"updates"}))
    told = "\n".join(text(line.formula) for line in given.sections[0].lines)
    m, s = session.progress.slots
    for memory in (m, s):
        for ref in session.network.parameter_refs():
            assert NumberFormat("significant", 12)(memory[ref]).partition("e")[0].rstrip("0") in told
    assert "m and s are what the optimizer remembers of each; this is update 6." in given.sections[0].remark
    assert m[WeightRef(0, 0, 0)] != 0


@pytest.mark.parametrize(("sizes", "told"), [((2, 3, 2), True), ((4, 5, 1), False)])
def test_the_figure_of_a_small_network_has_its_weights(sizes: tuple[int, ...], told: bool) -> None:
    session = session_of(sizes, "tanh", "linear", "half_sse")
    style = Style(number_format=NumberFormat("fixed", 4))
    drawn = tikz(now_of(session), style).splitlines()
    weights = [session.parameters[ref] for ref in session.network.parameter_refs() if isinstance(ref, WeightRef)]
    numbers = [found[1] for line in drawn if (found := re.search(r"\$(-?[\d.]+)\$", line))]
    assert sorted(numbers) == (sorted(f"{value:.4f}" for value in weights) if told else [])
    assert sum(line.startswith(r"\draw[->]") for line in drawn) == len(weights)

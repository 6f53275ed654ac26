"""Whole pages: a symbol has one value, and what is left blank on a student's copy stands nowhere on it."""

import re
from dataclasses import replace
from itertools import chain, combinations

import pytest

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import LossRef, UnitRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.explain import sheet as sheets
from backprop_gui.explain.derivation import MISPRINT, derive
from backprop_gui.explain.facts import Facts
from backprop_gui.explain.formula import Section, Source, latex
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.report import as_text
from backprop_gui.explain.sheet import BLANKS, Sheet, hidden_by, make_sheet
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope
from tests.shapes import by

SIX = Style("article", NumberFormat("significant", 6))
EVERY_CHOICE = [frozenset(one) for one in chain.from_iterable(combinations(BLANKS, k) for k in range(1, 6))]


def sessions() -> list[Session]:
    xor = edits.set_training(problem("xor"), TrainingSettings(batch_size=2))
    softmax = edits.set_activation(problem("article"), 1, ACTIVATIONS["softmax"])
    softmax = edits.set_training(softmax, replace(softmax.training, loss=LOSSES["cross_entropy"]))
    round_ones = [problem("article"), problem("mazur"), problem("han-kamber"), xor, softmax]
    return [edits.initialize_again(one, "xavier_normal", 7) for one in round_ones]  # so that no two numbers agree


def situations() -> list[Situation]:
    return [Microscope(session).situation(0) for session in sessions()]


def hidden_numbers(now: Situation, hidden: frozenset[Source]) -> set[str]:
    """Return the values of what is hidden, as the sheet writes numbers, that nobody is given otherwise."""
    facts, n, depth = Facts(now, SIX), SIX.writer, len(now.network.layers)
    units = [(layer, unit) for layer in range(1, depth + 1) for unit in range(now.network.sizes[layer])]
    refs = list(now.network.parameter_refs())
    found = {
        Source.FORWARD: [*(facts.output(*one) for one in units), *(facts.pre_activation(*one) for one in units)],
        Source.LOSS: [facts.loss],
        Source.DELTA: [facts.delta(*one) for one in units],
        Source.GRADIENT: [facts.gradient(ref) for ref in refs],
        Source.UPDATE: [facts.new(ref) for ref in refs],
    }
    given = [*(facts.parameter(ref) for ref in refs), *(one for source in set(found) - hidden for one in found[source])]
    told = {n.number(one).latex.lstrip("-") for one in given}  # a bias's gradient is its unit's delta
    numbers = {n.number(one).latex.lstrip("-") for source in hidden for one in found[source]}
    return {one for one in numbers - told if len(re.sub(r"\D", "", one)) >= 4}


@pytest.mark.parametrize("blanks", EVERY_CHOICE, ids=lambda one: "+".join(sorted(one)))
def test_a_students_copy_tells_nothing_that_is_blank(blanks: frozenset[str]) -> None:
    for now in situations():
        sheet = make_sheet(now, SIX, blanks)
        written = " ".join(latex(line.formula) for section in sheet.sections for line in section.lines)
        words = " ".join(section.remark for section in sheet.sections)
        numbers = set(re.findall(r"\d+(?:\.\d+)?(?:\\cdot10\^\{-?\d+\})?", written + words))
        hidden = hidden_numbers(now, hidden_by(blanks))
        assert hidden
        assert not hidden & numbers


def test_the_complete_copy_tells_it_all() -> None:
    for now in situations():
        written = " ".join(latex(line.formula) for part in make_sheet(now, SIX).sections for line in part.lines)
        for number in hidden_numbers(now, frozenset(Source) - {Source.GIVEN}):
            assert number in written


def test_a_copy_that_would_leak_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:

    def as_it_is(section: Section, _hidden: frozenset[Source]) -> Section:
        return section

    monkeypatch.setattr(sheets, "_hiding", as_it_is)
    with pytest.raises(FieldError, match="would still tell"):
        make_sheet(situations()[0], SIX, frozenset({"deltas"}))


def statements(sheet: Sheet) -> dict[str, set[str]]:
    """Return what each symbol on a sheet is said to be; a line that begins with a sign goes on from the one above."""
    found: dict[str, set[str]] = {}
    symbol = ""
    for line in (line for section in sheet.sections for line in section.lines):
        signs = [k for k, part in enumerate(line.formula) if part.latex in ("=", r"\approx", r"\leftarrow")]
        if signs and signs[0] > 0:
            becomes = line.formula[signs[0]].latex == r"\leftarrow"
            symbol = "" if becomes else latex(line.formula[: signs[0]])
        if symbol and line.value is not None:
            found.setdefault(symbol, set()).add(line.formula[-1].latex)
    return found


@pytest.mark.parametrize("notation", list(NOTATIONS))
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_symbol_has_one_value_on_a_page(notation: str, optimizer: str, batch: int) -> None:
    session = problem("xor")
    training = replace(session.training, batch_size=batch)
    if optimizer == "adam":
        training = replace(training, optimizer=by("adam", 0.01))
    session = edits.set_training(session, training)
    for sample in range(4):
        now = Microscope(session).situation(sample)
        told = statements(make_sheet(now, Style(notation, NumberFormat("significant", 9))))
        assert len(told) > 10
        assert not {symbol: values for symbol, values in told.items() if len(values) > 1}


def test_the_page_says_which_samples_the_next_update_uses() -> None:
    scope = Microscope(problem("xor"))
    assert "This is sample 3; the next update uses sample 1" in as_text(scope.situation(2), SIX)
    assert "the next update uses" not in as_text(scope.situation(0), SIX)
    both = Microscope(edits.set_training(problem("xor"), TrainingSettings(batch_size=2)))
    assert "uses the mean of the gradients of 2 samples: 1, 2." in as_text(both.situation(0), SIX)


def test_the_misprint_is_told_on_the_articles_own_problem_only() -> None:
    def told(session: Session, notation: str) -> bool:
        style = Style(notation, NumberFormat())
        now = Microscope(session).situation(0)
        sections = [*derive(now, UnitRef(1, 0), style).sections, *make_sheet(now, style).sections]
        return any(section.remark == MISPRINT for section in sections)

    assert told(problem("article"), "article")
    assert not told(problem("article"), "nielsen")
    assert not told(problem("mazur"), "article")
    other = problem("article")
    assert not told(replace(other, samples=Samples.of([[0.3, 0.1]], [[0.01, 0.99]])), "article")


def test_terms_of_the_loss_are_never_added_with_two_signs() -> None:
    for loss in ("cross_entropy", "binary_cross_entropy"):
        session = edits.set_activation(problem("article"), 1, ACTIVATIONS["softmax"])
        session = edits.set_training(session, replace(session.training, loss=LOSSES[loss]))
        now = Microscope(session).situation(0)
        for line in derive(now, LossRef(), SIX).lines():
            assert not re.search(r"[+-]\s*-", latex(line.formula))

"""Every formula on every page is sound LaTeX, written in its notation's symbols, and true.

Over notations, activations, losses, optimizers, shapes and number formats, a few here; the variable FORMULAS asks
for more sessions, FORMULAS_FROM for others.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

import pytest

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import BiasRef, LossRef, Network, Ref, UnitRef, WeightRef
from backprop_gui.explain.captions import caption
from backprop_gui.explain.derivation import derive
from backprop_gui.explain.formula import Formula, latex, text
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.explain.report import as_text
from backprop_gui.explain.sheet import make_sheet
from backprop_gui.explain.situation import Style
from backprop_gui.session.document import Session
from tests.explain.tex.alphabet import NOTATIONS
from tests.explain.tex.cases import corners, session_of, sessions
from tests.explain.tex.claims import Fault, Page
from tests.explain.tex.plain_text import as_latex
from tests.explain.tex.values import Pass
from tests.explain.tex.words import strangers

COUNT, FIRST = int(os.environ.get("FORMULAS", "12")), int(os.environ.get("FORMULAS_FROM", "0"))
EVERY_NOTATION = "FORMULAS" in os.environ
FORMATS = (NumberFormat("significant", 15), NumberFormat("significant", 4), NumberFormat("fixed", 3))
PAGES = [
    pytest.param(
        session, sample, Style(notation, FORMATS[(number + place) % 3], number % 3 == 2), id=f"{number}-{notation}"
    )
    for number, (session, sample) in enumerate([*sessions(FIRST, COUNT), *corners()])
    for place, notation in enumerate(NOTATIONS)
    if EVERY_NOTATION or number % 4 == place
]
every_page = pytest.mark.parametrize(("session", "sample", "style"), PAGES)
MOST_TOLD = 6


def refs_of(network: Network) -> Iterator[Ref]:
    yield from network.parameter_refs()
    for layer, units in enumerate(network.sizes):
        yield from (UnitRef(layer, unit) for unit in range(units))
    yield LossRef()


def told(faults: Iterable[Fault]) -> str:
    """Return a few of the faults, the shortest of each kind first."""
    first: dict[tuple[str, str], Fault] = {}
    for fault in sorted(faults, key=lambda one: len(one.latex)):
        first.setdefault((fault.kind, re.sub(r"[\d.e-]+", "#", fault.words)[:40]), fault)
    return "\n".join(map(str, list(first.values())[:MOST_TOLD]))


def faults_of(of: Pass, ref: Ref, style: Style, write: Callable[[Formula], str] = latex) -> list[Fault]:
    """Return what is wrong with a derivation's lines, and with its letters."""
    parameter = ref if isinstance(ref, WeightRef | BiasRef) else None
    page = Page(of, style.notation, style.number_format, parameter)
    for section in derive(of.scope.situation(of.sample), ref, style).sections:
        page.lines(write(line.formula) for line in section.lines)
    return page.faults + page.one_letter_one_meaning()


@every_page
def test_every_line_of_every_derivation_holds(session: Session, sample: int, style: Style) -> None:
    of = Pass(session, sample)
    faults = [one for ref in refs_of(session.network) for one in faults_of(of, ref, style)]
    assert not faults, told(faults)


@every_page
def test_every_line_of_every_derivation_holds_as_text(session: Session, sample: int, style: Style) -> None:
    def write(formula: Formula) -> str:
        return as_latex(text(formula))

    of = Pass(session, sample)
    faults = [one for ref in refs_of(session.network) for one in faults_of(of, ref, style, write)]
    assert not faults, told(faults)


@every_page
def test_every_title_and_remark_is_in_the_notations_symbols(session: Session, sample: int, style: Style) -> None:
    now = Pass(session, sample).scope.situation(sample)
    alien: set[tuple[str, str]] = set()
    for ref in refs_of(session.network):
        derivation = derive(now, ref, style)
        said = [derivation.title, *(words for one in derivation.sections for words in (one.title, one.remark))]
        alien |= {(one, words) for words in said for one in strangers(words, style.notation, session.network.sizes)}
    assert not alien


@pytest.mark.parametrize("number_format", FORMATS[1:], ids=str)
def test_with_enough_digits_every_result_comes_out(number_format: NumberFormat) -> None:
    for session, sample in sessions(1, 4):
        of, style = Pass(session, sample), Style("article", number_format, long=True)
        for ref in refs_of(session.network):
            parameter = ref if isinstance(ref, WeightRef | BiasRef) else None
            page = Page(of, style.notation, number_format, parameter)
            for section in derive(of.scope.situation(sample), ref, style).sections:
                page.lines(latex(line.formula) for line in section.lines)
            assert page.rounded == []


@pytest.mark.parametrize("number_format", FORMATS[1:], ids=str)
def test_with_enough_digits_one_number_is_spelled_one_way(number_format: NumberFormat) -> None:
    for session, sample in sessions(1, 4):
        now, style = Pass(session, sample).scope.situation(sample), Style("article", number_format, long=True)
        pages = [derive(now, ref, style).sections for ref in refs_of(session.network)]
        for sections in [*pages, make_sheet(now, style).sections]:
            spelled: defaultdict[object, set[str]] = defaultdict(set)
            for part in (part for one in sections for line in one.lines for part in line.formula):
                if re.fullmatch(r"[\d.]+", part.latex):
                    spelled[part.value, part.ref, part.sources].add(part.latex)
            assert not [several for several in spelled.values() if len(several) > 1]


@pytest.mark.parametrize("output", list(ACTIVATIONS))
def test_every_output_holds_with_every_loss(output: str) -> None:
    fitting = [name for name, loss in LOSSES.items() if not loss.probabilities or ACTIVATIONS[output].probabilities]
    for number, loss in enumerate(fitting):
        of = Pass(session_of((2, 2), "linear", output, loss, seed=number), 1)
        style = Style(NOTATIONS[number % 4], FORMATS[number % 3])
        faults = [one for ref in (LossRef(), UnitRef(1, 0), WeightRef(0, 1, 1)) for one in faults_of(of, ref, style)]
        assert not faults, told(faults)


@pytest.mark.parametrize("hidden", [name for name, card in ACTIVATIONS.items() if not card.whole_layer])
def test_every_hidden_activation_holds_masked_and_not(hidden: str) -> None:
    for number, dropout in enumerate((0.0, 0.2, 0.8)):
        of = Pass(session_of((1, 3, 1), hidden, "linear", "half_sse", seed=number, dropout=dropout), 0)
        style = Style(NOTATIONS[(number + len(hidden)) % 4], FORMATS[number])
        faults = [one for unit in range(3) for one in faults_of(of, UnitRef(1, unit), style)]
        assert not faults, told(faults)


@every_page
def test_every_caption_of_every_step_holds(session: Session, sample: int, style: Style) -> None:
    of = Pass(session, sample)
    faults: list[Fault] = []
    passes = {one: Pass(session, one) for one in of.scope.batch}
    for position in range(1, of.scope.plan.length + 1):
        moment = of.scope.plan.moment(position)
        assert moment is not None
        here = passes[of.scope.batch[moment.place]]
        page = Page(here, style.notation, style.number_format)
        page.lines([latex(caption(here.scope.situation(here.sample), moment, style))])
        faults += page.faults
    assert not faults, told(faults)


@every_page
def test_every_line_of_a_sheet_holds(session: Session, sample: int, style: Style) -> None:
    of, sizes = Pass(session, sample), session.network.sizes
    sheet = make_sheet(of.scope.situation(sample), style)
    page = Page(of, style.notation, style.number_format)
    alien: set[tuple[str, str]] = set()
    for section in sheet.sections:
        page.lines(latex(line.formula) for line in section.lines)
        for words in (section.title, section.remark):
            alien |= {(one, words) for one in strangers(words, style.notation, sizes)}
    page.faults += page.one_letter_one_meaning()
    assert not page.faults, told(page.faults)
    assert not alien


@every_page
def test_the_text_of_a_pass_is_text_in_the_notations_symbols(session: Session, sample: int, style: Style) -> None:
    of, sizes = Pass(session, sample), session.network.sizes
    alien: defaultdict[str, list[str]] = defaultdict(list)
    for line in as_text(of.scope.situation(sample), style).splitlines():
        for one in [*strangers(line, style.notation, sizes), *re.findall(r"[\\{}$&]\w*", line)]:
            alien[one].append(line)
    assert not alien, {one: min(lines, key=len) for one, lines in alien.items()}

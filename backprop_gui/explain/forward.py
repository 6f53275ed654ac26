"""The forward pass of one unit, and the loss, as formulas."""

import math
from dataclasses import replace

from backprop_gui.engine.expression import Expression, exp
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.explain.facts import Facts, card_numbers, described, plain_sum
from backprop_gui.explain.formula import Formula, Graph, Line, Part, Section, Source, Topic, formula
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.writing import EQUALS, Quantity, case_that_holds, equation

MOST_TERMS = 40
"""A sum of more terms is written out for the first of them only."""
MOST_SYMBOLS = 3
_SHIFT = "The largest {a} of the layer is taken off every exponent; the quotient stays the same and cannot overflow."


def pre_activation_section(facts: Facts, ref: UnitRef) -> Section:
    """Return a = sum of x_i w_ij, plus b: a line per term."""
    n, a = facts.style.writer, facts.pre_activation(ref.layer, ref.unit)
    *weighted, bias = facts.pre_activation_terms(ref.layer, ref.unit)
    begin = added([n.symbols(one) for one in weighted[: MOST_SYMBOLS + 1]], len(weighted))
    lines = [Line(formula(a.latex, EQUALS, begin, "+", n.symbols(bias)))]
    trace, before, most = facts.now.trace, ref.layer - 1, at_most(MOST_TERMS, len(weighted))
    products = (trace.outputs[before] * facts.now.parameters.weights[before][:, ref.unit]).tolist()
    for source, (term, value) in enumerate(zip(weighted[:most], products, strict=False)):
        edge = WeightRef(before, source, ref.unit)
        result = Quantity("", value, edge, Source.FORWARD)
        lines.append(Line(formula(n.symbols(term), n.result(term, result)), value, 1, edge))
    assert isinstance(bias, Quantity)
    lines.append(Line(n.value(bias.latex, bias), bias.value, 1, bias.ref))
    summed = plain_sum([*products, bias.value], Source.FORWARD)
    lines.append(Line(n.value(a.latex, a, summed), a.value, 0, ref))
    return Section(Topic.PRE_ACTIVATION, "Pre-activation", tuple(lines), left_out(len(weighted), "terms"))


def activation_section(facts: Facts, ref: UnitRef) -> Section:
    """Return y = f(a), in symbols and with numbers."""
    s, n, card = facts.symbols, facts.style.writer, facts.activation(ref.layer)
    a, y, mask = facts.pre_activation(*_place(ref)), facts.output(*_place(ref)), facts.mask(*_place(ref))
    title = f"Activation: {facts.described(ref.layer)} of {to_text(a.latex)}"
    if card.whole_layer:
        lines = (
            Line(formula(y.latex, EQUALS, facts.softmax(ref.unit)), ref=ref),
            Line(n.result(shifted_softmax(facts, ref.unit), y), y.value, 1, ref),
        )
        remark = _SHIFT.format(a=to_text(s.pre_activations(ref.layer)))
        return Section(Topic.ACTIVATION, title, lines, remark)
    value = facts.value(*_place(ref))
    remark = case_that_holds(n, value)
    if mask is not None:
        value, remark = mask * value, f"{remark} {dropout_remark(facts, ref, mask.value)}".strip()
    lines = equation(n, y.latex, value, y)
    return Section(Topic.ACTIVATION, title, tuple(lines), remark, Graph(card, a.value))


def shifted_softmax(facts: Facts, unit: int) -> Expression:
    """Return the softmax of an output's a as it is computed: with the largest a taken off."""
    layer, a = facts.depth, facts.pre_activation(facts.depth, unit)
    ordered = facts.now.trace.pre_activations[layer - 1].tolist()
    top = max(ordered)
    largest = Quantity("", top, UnitRef(layer, ordered.index(top)), Source.FORWARD)
    powers = sum(math.exp(value - top) for value in ordered)
    return exp(a - largest) / Quantity("", powers, source=Source.FORWARD)


def loss_section(facts: Facts) -> Section:
    """Return the loss of the sample: a line per output."""
    n, outputs, loss = facts.style.writer, facts.now.network.outputs, facts.now.training.loss
    head = facts.symbols.loss
    terms = [n.symbols(facts.loss_term(unit)) for unit in range(min(outputs, MOST_SYMBOLS + 1))]
    whole = added(terms, outputs)
    if facts.scale is not None:
        whole = formula(n.symbols(facts.scale), "(", whole, ")")
    lines = [Line(formula(head, EQUALS, whole))]
    values = [facts.loss_value(unit) for unit in range(outputs)]
    for unit, value in enumerate(values[: at_most(MOST_TERMS, outputs)]):
        ref = UnitRef(facts.depth, unit)
        term = facts.scaled(facts.loss_term(unit))
        numbers = n.result(term, Quantity("", value, ref, Source.LOSS), "")
        lines.append(Line(numbers, value, 1, ref))
    lines.append(Line(n.value(head, facts.loss, plain_sum(values, Source.LOSS)), facts.loss.value))
    remark = loss.remark.format(y=to_text(facts.symbols.output(facts.depth, "j")), t=to_text(facts.symbols.target("j")))
    cases = (case_that_holds(n, facts.loss_term(unit)) for unit in range(at_most(MOST_TERMS, outputs)))
    more = left_out(outputs, "outputs")
    told = described(loss.title, card_numbers(loss))
    title = f"Loss of sample {facts.now.sample + 1}: {told[0].lower()}{told[1:]}"
    return Section(Topic.LOSS, title, tuple(lines), " ".join(filter(None, (*cases, more, remark))))


def added(terms: list[Formula], count: int = 0) -> Formula:
    """Return the first terms of a sum of ``count`` (or of all given), with dots for those left out."""
    count = count or len(terms)
    pieces: list[Part | Formula | str] = []
    shown = at_most(MOST_SYMBOLS, count)
    for place, term in enumerate(terms[:shown]):
        if place and term[0].latex.startswith("-"):
            pieces += ["-", replace(term[0], latex=term[0].latex[1:]), term[1:]]
        else:
            pieces += ["+", term] if place else [term]
    return formula(*pieces, *(("+", r"\ldots") if count > shown else ()))


def at_most(most: int, count: int) -> int:
    """Return how many of ``count`` are written out; dots do not stand for one alone."""
    return count if count <= most + 1 else most


def left_out(count: int, what: str) -> str:
    """Return a remark about the lines that are not written of a sum of ``count``, or nothing."""
    left = count - at_most(MOST_TERMS, count)
    return f"… and {left:,} more {what}." if left else ""


def dropout_remark(facts: Facts, ref: UnitRef, mask: float) -> str:
    """Return what dropout does with a unit in the pass shown."""
    r, rate = to_text(facts.symbols.mask(*_place(ref))), facts.now.training.dropout
    if mask == 0.0:
        return f"Dropout leaves this unit out for this sample in this epoch: {r} = 0."
    return (
        f"Dropout keeps this unit for this sample in this epoch. {r} = 1 / (1 − {rate:g}) makes up for those left "
        "out, so that the sums stay the same on average."
    )


def _place(ref: UnitRef) -> tuple[int, int]:
    return ref.layer, ref.unit

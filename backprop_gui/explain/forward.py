"""The forward pass of one unit, and the loss, as formulas."""

import math
from dataclasses import replace

from backprop_gui.engine.expression import exp
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.explain.facts import Facts, plain_sum
from backprop_gui.explain.formula import Formula, Graph, Line, Part, Section, Source, Topic, formula
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.writing import EQUALS, Quantity, equation

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
    trace, before = facts.now.trace, ref.layer - 1
    products = (trace.outputs[before] * facts.now.parameters.weights[before][:, ref.unit]).tolist()
    for source, (term, value) in enumerate(zip(weighted[:MOST_TERMS], products, strict=False)):
        edge = WeightRef(before, source, ref.unit)
        result = Quantity("", value, edge, Source.FORWARD)
        lines.append(Line(formula(n.symbols(term), n.result(term, result)), value, 1, edge))
    assert isinstance(bias, Quantity)
    lines.append(Line(n.value(bias.latex, bias), bias.value, 1, bias.ref))
    summed = plain_sum([*products, bias.value], Source.FORWARD)
    lines.append(Line(n.value(a.latex, a, summed), a.value, 0, ref))
    return Section(Topic.PRE_ACTIVATION, "Pre-activation", tuple(lines), left_out(len(weighted) - MOST_TERMS, "terms"))


def activation_section(facts: Facts, ref: UnitRef) -> Section:
    """Return y = f(a), in symbols and with numbers."""
    s, n, card = facts.symbols, facts.style.writer, facts.activation(ref.layer)
    a, y, mask = facts.pre_activation(*_place(ref)), facts.output(*_place(ref)), facts.mask(*_place(ref))
    title = f"Activation: {card.described} of {to_text(a.latex)}"
    if card.whole_layer:
        lines = _softmax(facts, ref.unit)
        remark = _SHIFT.format(a=to_text(s.pre_activations(ref.layer)))
        return Section(Topic.ACTIVATION, title, tuple(lines), remark)
    value = facts.value(*_place(ref))
    remark = ""
    if mask is not None:
        value, remark = mask * value, dropout_remark(facts, ref, mask.value)
    lines = equation(n, y.latex, value, y)
    return Section(Topic.ACTIVATION, title, tuple(lines), remark, Graph(card, a.value))


def _softmax(facts: Facts, unit: int) -> list[Line]:
    n, layer = facts.style.writer, facts.depth
    y, a = facts.output(layer, unit), facts.pre_activation(layer, unit)
    ordered = facts.now.trace.pre_activations[layer - 1].tolist()
    top = max(ordered)
    largest = Quantity("", top, UnitRef(layer, ordered.index(top)), Source.FORWARD)
    powers = sum(math.exp(value - top) for value in ordered)
    expression = exp(a - largest) / Quantity("", powers, source=Source.FORWARD)
    return [
        Line(formula(y.latex, EQUALS, facts.softmax(unit)), ref=y.ref),
        Line(n.result(expression, y), y.value, 1, y.ref),
    ]


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
    for unit, value in enumerate(values[:MOST_TERMS]):
        ref = UnitRef(facts.depth, unit)
        term = facts.scaled(facts.loss_term(unit))
        numbers = n.result(term, Quantity("", value, ref, Source.LOSS), "")
        lines.append(Line(numbers, value, 1, ref))
    lines.append(Line(n.value(head, facts.loss, plain_sum(values, Source.LOSS)), facts.loss.value))
    remark = loss.remark.format(y=to_text(facts.symbols.output(facts.depth, "j")), t=to_text(facts.symbols.target("j")))
    more = left_out(outputs - MOST_TERMS, "outputs")
    title = f"Loss of sample {facts.now.sample + 1}: {loss.described[0].lower()}{loss.described[1:]}"
    return Section(Topic.LOSS, title, tuple(lines), f"{more} {remark}".strip())


def added(terms: list[Formula], count: int = 0) -> Formula:
    """Return the first terms of a sum of ``count`` (or of all given), with dots for those left out."""
    count = count or len(terms)
    pieces: list[Part | Formula | str] = []
    for place, term in enumerate(terms[:MOST_SYMBOLS]):
        if place and term[0].latex.startswith("-"):
            pieces += ["-", replace(term[0], latex=term[0].latex[1:]), term[1:]]
        else:
            pieces += ["+", term] if place else [term]
    return formula(*pieces, *(("+", r"\ldots") if count > MOST_SYMBOLS else ()))


def left_out(count: int, what: str) -> str:
    """Return a remark about the lines that are not written, or nothing."""
    return f"… and {count:,} more {what}." if count > 0 else ""


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

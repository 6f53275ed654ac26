"""The factors of a delta: the error that reaches a unit, and the slope of its activation; or, where a loss and an
output activation belong together, the delta itself.
"""

from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.expression import Constant, Expression
from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.engine.pairs import log_sum_of_others
from backprop_gui.explain.facts import Facts, plain_sum
from backprop_gui.explain.formula import Graph, Line, Source, Tint, formula
from backprop_gui.explain.forward import MOST_TERMS, added, at_most, dropout_remark, left_out
from backprop_gui.explain.notation import partial
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.writing import EQUALS, Quantity, case_that_holds, equation


@dataclass(frozen=True, slots=True)
class Told:
    """Lines that lead to a quantity, a remark about them, and of an output's error the loss as a graph."""

    lines: tuple[Line, ...]
    remark: str = ""
    graph: Graph | None = None


def error(facts: Facts, ref: UnitRef) -> Told:
    """Return dL/dy of an output, or dL/dh of a hidden unit as the sum of delta_k w_jk."""
    n, layer, unit = facts.style.writer, ref.layer, ref.unit
    result = facts.error(layer, unit)
    if layer == facts.depth:
        loss = facts.now.training.loss
        y, t = facts.output(layer, unit), facts.target(unit)
        lines = equation(n, result.latex, facts.error_of_output(unit), result)
        remark = loss.remark.format(y=to_text(y.latex), t=to_text(t.latex))
        if facts.pair is not None and facts.pair.gradient is not None:
            remark = _pair_remark(facts, unit)
        remark = f"{case_that_holds(n, facts.error_of_output(unit))} {remark}".strip()
        return Told(tuple(lines), remark, Graph(loss, y.value, t.value))
    edges = [WeightRef(layer, unit, k) for k in range(facts.now.network.sizes[layer + 1])]
    products = [facts.error_product(edge) for edge in edges]
    values = facts.error_terms(layer, unit)
    lines = [Line(formula(result.latex, EQUALS, added([n.symbols(one) for one in products[:4]], len(products))))]
    for edge, product, value in zip(edges[: at_most(MOST_TERMS, len(edges))], products, values, strict=False):
        term = Quantity("", value, edge, Source.DELTA)
        lines.append(Line(formula(n.symbols(product), n.result(product, term)), value, 1, edge))
    lines.append(Line(n.value(result.latex, result, plain_sum(values, Source.DELTA)), result.value, 0, ref))
    count = f"{len(edges):,} unit" + ("s: each sends its" if len(edges) > 1 else ": it sends its")
    feeds = f"It feeds {count} delta back through the weight between them."
    return Told(tuple(lines), f"{left_out(len(edges), 'units')} {feeds}".strip())


def slope(facts: Facts, ref: UnitRef) -> Told:
    """Return dy/da of a unit; with dropout m f'(a), for the slope is that of f(a). Not of softmax."""
    n, layer, unit = facts.style.writer, ref.layer, ref.unit
    result, mask, inner = facts.slope(layer, unit), facts.mask(layer, unit), facts.slope_of_f(layer, unit)
    expression = facts.slope_expression(layer, unit)
    remark = f"{case_that_holds(n, expression)} {_slope_remark(facts, ref)}".strip()
    if mask is None:
        return Told(tuple(equation(n, result.latex, expression, result)), remark)
    lines = [
        *equation(n, inner.latex, expression, inner),
        *equation(n, result.latex, mask * inner, result),
    ]
    return Told(tuple(lines), f"{remark} {dropout_remark(facts, ref, mask.value)}".strip())


def _slope_remark(facts: Facts, ref: UnitRef) -> str:
    card = facts.activation(ref.layer)
    a = facts.pre_activation(ref.layer, ref.unit)
    symbol = to_text(a.latex)
    if a.value in card.kinks:
        taken = facts.slope_of_f(ref.layer, ref.unit).value
        kink = f"{symbol} is exactly {a.value:g}, where the function has a kink and no slope; {taken:g} is taken."
        return f"{kink} {card.remark}".strip()
    return card.remark.format(a=symbol, y=to_text(facts.symbols.output(ref.layer, ref.unit)))


def output_delta(facts: Facts, unit: int) -> Told:
    """Return the delta of an output without the two factors: of softmax, or where the factors lost their digits."""
    layer, n = facts.depth, facts.style.writer
    result, pair = facts.delta(layer, unit), facts.pair
    y, t = facts.output(layer, unit), facts.target(unit)
    if pair is not None and pair.gradient is not None:
        lines = equation(n, result.latex, facts.scaled(pair.gradient(y, t)), result)
        return Told(tuple(lines), _pair_remark(facts, unit))
    if pair is not None and facts.now.training.loss.name == "cross_entropy":
        return _collapsed(facts, unit)
    if pair is not None and not _sum_holds(facts, unit):
        return _without_division(facts, unit)
    return _sum_over_outputs(facts, unit)


def _collapsed(facts: Facts, unit: int) -> Told:
    """Return y_j times the sum of all targets, minus t_j."""
    s, layer = facts.symbols, facts.depth
    result, y, t = facts.delta(layer, unit), facts.output(layer, unit), facts.target(unit)
    whole = float(facts.now.trace.target.sum())
    expression = y - t if whole == 1.0 else y * Quantity(rf"\sum_{{k}}{s.target('k')}", whole) - t
    assert facts.pair is not None
    return Told(tuple(equation(facts.style.writer, result.latex, expression, result)), facts.pair.remark)


def _sum_terms(facts: Facts, unit: int) -> list[tuple[Quantity, Expression, float, float]]:
    """Return (dL/dy_k, dy_k/da_j, its value, their product's value) for every output k."""
    s, layer, trace = facts.symbols, facts.depth, facts.now.trace
    mine = facts.output(layer, unit)
    found: list[tuple[Quantity, Expression, float, float]] = []
    for k in range(facts.now.network.outputs):
        y, error_k = facts.output(layer, k), facts.error(layer, k)
        derivative: Expression = y * (1 - y) if k == unit else -(y * mine)
        slope_value = float(trace.outputs[-1][k] * ((k == unit) - trace.outputs[-1][unit]))
        symbol = partial(s.output(layer, k), s.pre_activation(layer, unit))
        leaf = Quantity(symbol, slope_value, UnitRef(layer, k), Source.DELTA, Tint.SLOPE)
        found.append((error_k, derivative, leaf.value, error_k.value * slope_value))
    return found


def _sum_holds(facts: Facts, unit: int) -> bool:
    found = sum(product for *_, product in _sum_terms(facts, unit))
    return bool(np.isclose(found, facts.delta(facts.depth, unit).value, rtol=1e-9, atol=0.0))


def _sum_over_outputs(facts: Facts, unit: int) -> Told:
    """Return delta_j = sum_k dL/dy_k dy_k/da_j."""
    s, n, layer = facts.symbols, facts.style.writer, facts.depth
    result, a = facts.delta(layer, unit), s.pre_activation(layer, unit)
    y_k = s.output(layer, "k")
    head = rf"\sum_{{k}}{partial(s.loss, y_k)}\,{partial(y_k, a)}"
    lines: list[Line] = [Line(formula(result.latex, EQUALS, head))]
    values: list[float] = []
    terms = _sum_terms(facts, unit)
    shown = terms[: at_most(MOST_TERMS, len(terms))]
    for k, (error_k, derivative, slope_value, product) in enumerate(shown):
        ref = UnitRef(layer, k)
        of_loss = facts.error_of_output(k)
        slope_k = Quantity(partial(s.output(layer, k), a), slope_value, ref, Source.DELTA, Tint.SLOPE)
        lines += equation(n, error_k.latex, of_loss, error_k, 1)
        lines += equation(n, slope_k.latex, derivative, slope_k, 1)
        term = Quantity("", product, ref, Source.DELTA)
        lines.append(Line(formula(n.symbols(error_k * slope_k), n.result(error_k * slope_k, term)), product, 1, ref))
        values.append(product)
    lines.append(Line(n.value(result.latex, result, plain_sum(values, Source.DELTA)), result.value, 0, result.ref))
    y_j, y_k = to_text(s.output(layer, "j")), to_text(y_k)
    remark = (
        f"Every output depends on every pre-activation: the derivative of {y_k} is {y_j}(1 − {y_j}) for k = j "
        f"and −{y_k}{y_j} otherwise."
    )
    return Told(tuple(lines), f"{left_out(facts.now.network.outputs, 'outputs')} {remark}".strip())


def _without_division(facts: Facts, unit: int) -> Told:
    """Return binary cross-entropy's delta under softmax where an output rounds to 1, so that 1 - y has no digits."""
    s, n, layer, trace = facts.symbols, facts.style.writer, facts.depth, facts.now.trace
    result, y, t = facts.delta(layer, unit), facts.output(layer, unit), facts.target(unit)
    a = trace.pre_activations[-1]
    rest = log_sum_of_others(a)
    k_symbol = s.pre_activation(layer, "k")
    parts: list[Expression] = []
    for k in range(facts.now.network.outputs):
        if k != unit:
            share = rf"\frac{{e^{{{s.pre_activation(layer, unit)}}}}}{{\sum_{{k\neq {k + 1}}}e^{{{k_symbol}}}}}"
            ratio = Quantity(share, float(np.exp(a[unit] - rest[k])), source=Source.FORWARD)
            parts.append(y - (Constant(1) - facts.target(k)) * ratio)
    whole: Expression = y - t
    for part in parts[:MOST_TERMS]:
        whole = whole + part
    lines = equation(n, result.latex, facts.scaled(whole), result)
    y_k = to_text(s.output(layer, "k"))
    told = f"An output rounds to 1 here, so a form without division by 1 − {y_k} is used, which keeps its digits."
    return Told(tuple(lines), told)


def _pair_remark(facts: Facts, unit: int) -> str:
    assert facts.pair is not None
    s, layer = facts.symbols, facts.depth
    a, y, t = s.pre_activation(layer, unit), s.output(layer, unit), s.target(unit)
    return facts.pair.remark.format(a=to_text(a), y=to_text(y), t=to_text(t))

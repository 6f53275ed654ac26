"""The two factors of a delta: the error that reaches a unit, and the slope of its activation."""

from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.network import UnitRef, WeightRef
from backprop_gui.explain.formula import Graph, Line, Part, Tint, added, formula
from backprop_gui.explain.forward import MOST_SYMBOLS, MOST_TERMS, dropout_remark
from backprop_gui.explain.functions import LOSS_REMARKS, SLOPES, loss_slope, slope_numbers, slope_reason
from backprop_gui.explain.situation import Situation, Style


@dataclass(frozen=True, slots=True)
class Error:
    """dL/dy of one unit: its lines, its value, a remark, and of an output the loss as a graph."""

    lines: tuple[Line, ...]
    value: float
    remark: str = ""
    graph: Graph | None = None


def error_lines(now: Situation, unit: UnitRef, style: Style) -> tuple[Error, tuple[float, ...]]:
    """Return dL/dy of an output or dL/dh of a hidden unit, and for the latter its terms delta_k w_jk."""
    s, n = style.symbols(now.network), style.writer
    symbol = s.of(unit)
    head = rf"\frac{{\partial {s.loss}}}{{\partial {symbol}}}"
    if unit.layer == len(now.network.layers):
        loss = now.training.loss
        y, t = now.trace.outputs[-1], now.trace.target
        value = float(loss.slopes(y, t)[unit.unit])
        error = float(y[unit.unit] - t[unit.unit])
        outputs = now.network.outputs
        symbolic = loss_slope(loss.name, symbol, s.target(unit.unit), outputs, error)
        numbers = loss_slope(
            loss.name, n.factor(float(y[unit.unit])).latex, n.factor(float(t[unit.unit])).latex, outputs, error
        )
        lines = (
            Line(formula(head, "=", symbolic)),
            Line(
                formula("=", Part(numbers, float(y[unit.unit])), "=", n.number(value, unit, Tint.LOSS)), value, 1, unit
            ),
        )
        graph = Graph(loss, float(y[unit.unit]), float(t[unit.unit]))
        return Error(lines, value, _loss_remark(now), graph), ()
    layer = unit.layer  # of the weights that lead on from the unit
    terms = now.trace.delta_terms(now.parameters, layer - 1)[unit.unit]
    value = float(terms.sum())
    symbolic = [_term(style, now, layer, unit.unit, k) for k in range(min(len(terms), MOST_SYMBOLS))]
    lines = [Line(formula(head, "=", added(symbolic, len(terms))))]
    for k in range(min(len(terms), MOST_TERMS)):
        edge = WeightRef(layer, unit.unit, k)
        delta, weight = float(now.trace.deltas[layer][k]), now.parameters[edge]
        pair = (n.factor(delta, UnitRef(layer + 1, k)), n.factor(weight, edge))
        first, second = pair[::-1] if s.columns else pair
        numbers = formula(first, r"\cdot", second)
        term = float(terms[k])
        lines.append(
            Line(formula(_term(style, now, layer, unit.unit, k), "=", numbers, "=", n.number(term)), term, 1, edge)
        )
    lines.append(Line(formula(head, "=", n.number(value, unit, Tint.LOSS)), value, 0, unit))
    left = len(terms) - MOST_TERMS
    more = f"… and {left:,} more units. " if left > 0 else ""
    feeds = f"It feeds {len(terms):,} units: each sends its delta back through the weight between them."
    return Error(tuple(lines), value, more + feeds), tuple(float(term) for term in terms)


def _term(style: Style, now: Situation, layer: int, source: int, target: int) -> str:
    s = style.symbols(now.network)
    delta, w = s.delta(layer + 1, target), s.weight(layer, source, target)
    return rf"{w}\,{delta}" if s.columns else rf"{delta}\,{w}"


def _loss_remark(now: Situation) -> str:
    loss = now.training.loss
    last = now.network.layers[-1].activation.name
    if loss.name == "binary_cross_entropy" and last == "sigmoid":
        return (
            "With sigmoid, this factor and the next multiply to (y − t) / n. The delta is computed in that form, "
            "which stays exact where y is close to 0 or 1."
        )
    return LOSS_REMARKS.get(loss.name, "")


def slope_lines(now: Situation, unit: UnitRef, style: Style) -> tuple[tuple[Line, ...], float, str]:
    """Return dy/da of a unit, its value, and a remark; not for softmax."""
    s, n = style.symbols(now.network), style.writer
    card = now.network.layers[unit.layer - 1].activation
    activation = card.name
    a_symbol, y_symbol = s.pre_activation(unit.layer, unit.unit), s.of(unit)
    a = float(now.trace.pre_activations[unit.layer - 1][unit.unit])
    y = float(now.trace.outputs[unit.layer][unit.unit])
    head = rf"\frac{{\partial {y_symbol}}}{{\partial {a_symbol}}}"
    mask = now.trace.mask(unit.layer - 1, unit.unit)
    if mask is not None:
        return _masked_slope(now, unit, style, head, mask)
    value = float(card.slopes(np.array([a]), np.array([y]))[0])
    symbolic = SLOPES[activation](y_symbol, a_symbol)
    if activation == "linear":
        return (Line(formula(head, "=", n.number(value, unit, Tint.SLOPE)), value, 0, unit),), value, ""
    if activation not in ("sigmoid", "tanh", "softplus"):
        lines = (Line(formula(head, "=", n.number(value, unit, Tint.SLOPE)), value, 0, unit),)
    else:
        numbers = slope_numbers(activation, y, n)
        lines = (
            Line(formula(head, "=", symbolic)),
            Line(formula("=", numbers, "=", n.number(value, unit, Tint.SLOPE)), value, 1, unit),
        )
    return lines, value, slope_reason(activation, a)


def _masked_slope(
    now: Situation, unit: UnitRef, style: Style, head: str, mask: float
) -> tuple[tuple[Line, ...], float, str]:
    """Return dh/da = m f'(a): the slope is that of f(a), which dropout has not yet multiplied."""
    s, n = style.symbols(now.network), style.writer
    card = now.network.layers[unit.layer - 1].activation
    activation = card.name
    a_symbol = s.pre_activation(unit.layer, unit.unit)
    a = now.trace.pre_activations[unit.layer - 1][unit.unit]
    f = card(np.array([a]))
    slope = float(card.slopes(np.array([a]), f)[0])
    symbol = s.mask(unit.layer, unit.unit)
    symbolic = SLOPES[activation](f"f({a_symbol})", a_symbol)
    kinked = activation not in ("sigmoid", "tanh", "softplus")
    first = rf"{symbol}\,f'({a_symbol})" if kinked else rf"{symbol}\,\left({symbolic}\right)"
    lines = [Line(formula(head, "=", first))]
    if not kinked:
        lines.append(
            Line(formula("f'", "=", slope_numbers(activation, float(f[0]), n), "=", n.number(slope)), slope, 1)
        )
    product = formula(n.number(mask), r"\cdot", n.factor(slope))
    value = mask * slope
    lines.append(Line(formula("=", product, "=", n.number(value, unit, Tint.SLOPE)), value, 1, unit))
    reason = slope_reason(activation, float(a))
    return tuple(lines), value, f"{reason} {dropout_remark(now.training.dropout, mask)}".strip()


def softmax_delta_lines(now: Situation, unit: int, style: Style) -> tuple[tuple[Line, ...], str]:
    """Return delta of a softmax output: every output depends on every pre-activation, so it is a sum over all."""
    s, n = style.symbols(now.network), style.writer
    last = len(now.network.layers)
    y, t = now.trace.outputs[-1], now.trace.target
    delta = float(now.trace.deltas[-1][unit])
    d, a = s.delta(last, unit), s.pre_activation(last, unit)
    loss = now.training.loss
    ys, ts, me = n.factor(float(y[unit])), n.factor(float(t[unit])), s.output(last, unit)
    if loss.name == "cross_entropy":
        total = float(t.sum())
        one = total == 1.0
        symbolic = formula(d, "=", rf"{me}" if one else rf"{me}\sum_{{k}}{s.target(0)[0]}_{{k}}", "-", s.target(unit))
        numbers = formula(ys, *([] if one else [r"\cdot", n.factor(total)]), "-", ts)
        remark = "Cross entropy and softmax together leave y − t: the sum over all outputs collapses."
        return (Line(symbolic), Line(formula("=", numbers, "=", n.number(delta)), delta, 1)), remark
    gradient = loss.slopes(y, t)
    other = s.output_letter(last)
    lines = [
        Line(
            formula(
                d,
                "=",
                rf"\sum_{{k}}\frac{{\partial {s.loss}}}{{\partial {other}_{{k}}}}\,"
                rf"\frac{{\partial {other}_{{k}}}}{{\partial {a}}}",
            )
        )
    ]
    for k in range(min(len(y), MOST_TERMS)):
        slope = float(y[k] * ((k == unit) - y[unit]))
        term = float(gradient[k]) * slope
        numbers = formula(n.factor(float(gradient[k]), tint=Tint.LOSS), r"\cdot", n.factor(slope, tint=Tint.SLOPE))
        lines.append(Line(formula(numbers, "=", n.number(term)), term, 1, UnitRef(last, k)))
    lines.append(Line(formula(d, "=", n.number(delta)), delta))
    return tuple(lines), "∂yₖ/∂aⱼ is yⱼ(1 − yⱼ) for k = j and −yₖyⱼ otherwise."

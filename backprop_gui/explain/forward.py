"""The forward pass of one unit as formulas."""

from backprop_gui.engine.network import BiasRef, UnitRef, WeightRef
from backprop_gui.explain.formula import Graph, Line, Section, added, formula
from backprop_gui.explain.functions import VALUES, softmax_value, value_numbers
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.situation import Situation, Style

MOST_TERMS = 40
"""A sum of more terms is written out for the first of them only."""
MOST_SYMBOLS = 3


def pre_activation_section(now: Situation, ref: UnitRef, style: Style) -> Section:
    """Return a = sum of x_i w_ij, plus b: a line per term."""
    s, n = style.symbols(now.network), style.writer
    before, unit = ref.layer - 1, ref.unit
    x, w = now.trace.outputs[before], now.parameters.weights[before][:, unit]
    a = s.pre_activation(ref.layer, unit)
    bias = BiasRef(before, unit)
    symbolic = added([_term(style, now, before, i, unit) for i in range(min(len(x), MOST_SYMBOLS))], len(x))
    lines = [Line(formula(a, "=", symbolic, "+", s.of(bias)))]
    for i in range(min(len(x), MOST_TERMS)):
        edge = WeightRef(before, i, unit)
        product = float(x[i] * w[i])
        numbers = formula(n.factor(float(x[i]), UnitRef(before, i)), r"\cdot", n.factor(float(w[i]), edge))
        lines.append(
            Line(formula(_term(style, now, before, i, unit), "=", numbers, "=", n.number(product)), product, 1, edge)
        )
    value = now.parameters[bias]
    lines.append(Line(formula(s.of(bias), "=", n.number(value, bias)), value, 1, bias))
    total = float(now.trace.pre_activations[before][unit])
    lines.append(Line(formula(a, "=", n.number(total)), total, 0, ref))
    left = len(x) - MOST_TERMS
    return Section("Pre-activation", tuple(lines), f"… and {left:,} more terms." if left > 0 else "")


def _term(style: Style, now: Situation, before: int, source: int, target: int) -> str:
    s = style.symbols(now.network)
    w, x = s.weight(before, source, target), s.output(before, source)
    return rf"{w}\,{x}" if s.columns else rf"{x}\,{w}"


def activation_section(now: Situation, ref: UnitRef, style: Style) -> Section:
    """Return y = f(a), symbolic and with numbers."""
    s, n = style.symbols(now.network), style.writer
    card = now.network.layers[ref.layer - 1].activation
    activation = card.name
    a = s.pre_activation(ref.layer, ref.unit)
    layer = now.trace.pre_activations[ref.layer - 1]
    value = float(now.trace.outputs[ref.layer][ref.unit])
    if activation == "softmax":
        symbolic = softmax_value(a, s.pre_activation(ref.layer, 0).replace("{1}", "{k}"))
    else:
        symbolic = VALUES[activation](a)
    numbers = value_numbers(activation, float(layer[ref.unit]), layer, n)
    mask = now.trace.mask(ref.layer - 1, ref.unit)
    if mask is not None:
        symbolic = rf"{s.mask(ref.layer, ref.unit)}\,\left({symbolic}\right)"
        numbers = formula(n.number(mask), r"\cdot", "(", numbers, ")")
    lines = (
        Line(formula(s.of(ref), "=", symbolic)),
        Line(formula("=", numbers, "=", n.number(value)), value, 1, ref),
    )
    shift = "The largest a of the layer is taken off every exponent; the quotient stays the same and cannot overflow."
    title = f"Activation: {activation.replace('_', ' ')} of {to_text(a)}"
    if activation == "softmax":
        return Section(title, lines, shift)
    remark = "" if mask is None else dropout_remark(now.training.dropout, mask)
    return Section(title, lines, remark, Graph(card, float(layer[ref.unit])))


def dropout_remark(rate: float, mask: float) -> str:
    """Return what dropout does with a unit in the pass shown."""
    if mask == 0.0:
        return "Dropout leaves this unit out for this sample in this epoch: m = 0."
    return (
        f"Dropout keeps this unit for this sample in this epoch. m = 1 / (1 − {rate:g}) makes up for those left out, "
        "so that the sums stay the same on average."
    )

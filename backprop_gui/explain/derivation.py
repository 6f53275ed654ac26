"""From a trace to the derivation of any part of the network: symbols, numbers, value.

Every formula is the general recursion of the article, at any depth:
dL/dw_ij = delta_j x_i, with delta_j = dL/dy_j f'(a_j) at the output and sum_k delta_k w_jk f'(a_j) before it.
"""

from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, Ref, UnitRef, WeightRef
from backprop_gui.explain.errors_of_units import error_lines, slope_lines, softmax_delta_lines
from backprop_gui.explain.formula import Derivation, Formula, Line, Part, Section, Tint, added, formula
from backprop_gui.explain.forward import activation_section, pre_activation_section
from backprop_gui.explain.functions import LOSS_REMARKS, loss_scale, loss_sum, loss_term
from backprop_gui.explain.names import name
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.updates import update_section

MISPRINT = (
    "The article's last formula writes this delta with an extra xᵢ at its end. That is a misprint: "
    "xᵢ belongs to the gradient, ∂L/∂wᵢⱼ = δⱼ xᵢ, and would be counted twice."
)


def derive(now: Situation, ref: Ref, style: Style) -> Derivation:
    """Return the derivation of ``ref``."""
    match ref:
        case WeightRef() | BiasRef():
            return _parameter(now, ref, style)
        case UnitRef():
            return _unit(now, ref, style)
        case LossRef():
            return _loss(now, style)


def _parameter(now: Situation, ref: ParameterRef, style: Style) -> Derivation:
    s, n, trace = style.symbols(now.network), style.writer, now.trace
    layer = ref.layer + 1
    unit = ref.target if isinstance(ref, WeightRef) else ref.unit
    source = UnitRef(ref.layer, ref.source) if isinstance(ref, WeightRef) else None
    w, a, y = s.of(ref), s.pre_activation(layer, unit), s.output(layer, unit)
    given = float(trace.outputs[ref.layer][source.unit]) if source else 1.0
    value = trace.gradients[ref]
    last = formula(_partial(a, w, Tint.INPUT))
    error, terms = error_lines(now, UnitRef(layer, unit), style)
    sections: list[Section] = []
    factors: tuple[float, ...]
    tints: tuple[Tint, ...]
    if now.network.layers[ref.layer].activation.whole_layer:
        delta = float(trace.deltas[ref.layer][unit])
        chain = formula(_partial(s.loss, w), "=", _partial(s.loss, a, Tint.LOSS), last)
        lines, remark = softmax_delta_lines(now, unit, style)
        sections.append(Section("Chain rule", (Line(chain),)))
        sections.append(Section(f"1 · Delta: how the loss changes with {to_text(a)}", lines, remark))
        factors = (delta, given)
        tints = (Tint.LOSS, Tint.INPUT)
    else:
        slope, slope_value, remark = slope_lines(now, UnitRef(layer, unit), style)
        chain = formula(_partial(s.loss, w), "=", _partial(s.loss, y, Tint.LOSS), _partial(y, a, Tint.SLOPE), last)
        sections.append(Section("Chain rule", (Line(chain),)))
        sections.append(Section(f"1 · How the loss changes with {to_text(y)}", error.lines, error.remark, error.graph))
        sections.append(Section(f"2 · How {to_text(y)} changes with {to_text(a)}", slope, remark))
        factors = (error.value, slope_value, given)
        tints = (Tint.LOSS, Tint.SLOPE, Tint.INPUT)
    symbol = s.of(source) if source else "1"
    what = formula(last, "=", symbol) if not source else formula(last, "=", symbol, "=", n.number(given, source))
    sections.append(
        Section(f"{len(factors)} · How {to_text(a)} changes with {to_text(w)}", (Line(what, given, ref=source),))
    )
    product: Formula = formula(n.factor(factors[0], tint=tints[0]))
    for factor, tint in zip(factors[1:], tints[1:], strict=True):
        product = formula(product, r"\cdot", n.factor(factor, tint=tint))
    short = formula(s.delta(layer, unit), *([r"\,", symbol] if source else []))
    together = (
        Line(formula(_partial(s.loss, w), "=", product)),
        Line(formula("=", short, "=", n.number(value)), value, 1, ref),
    )
    hidden = ref.layer < len(now.network.layers) - 1
    sections.append(Section("Together", together, MISPRINT if hidden and source else ""))
    first, *others = now.batch
    if others:
        sections.append(_batch_section(now, ref, style))
    elif first != now.sample:
        g = now.gradient[ref]
        told = f"This is sample {now.sample + 1}; the next update uses sample {first + 1}, whose gradient is:"
        sections.append(Section("Sample", (Line(formula(_partial(s.loss, w), "=", n.number(g)), g),), told))
    sections.append(update_section(now, ref, style))
    title = f"{name(now.network, ref, style.notation)}: gradient and update"
    return Derivation(title, tuple(sections), value, factors, terms, now.after[ref])


def _batch_section(now: Situation, ref: ParameterRef, style: Style) -> Section:
    """Return the gradient of the batch as the mean or sum over its samples."""
    s, n = style.symbols(now.network), style.writer
    mean, count = now.training.reduction == "mean", len(now.batch)
    each = rf"\frac{{\partial {s.loss}_{{n}}}}{{\partial {s.of(ref)}}}"
    share = rf"\frac{{1}}{{{count}}}" if mean else ""
    lines = [Line(formula("g", "=", rf"{share}\sum_{{n}}", each))]
    for sample, trace in zip(now.batch, now.batch_traces, strict=False):
        one = trace.gradients[ref]
        lines.append(Line(formula(rf"\text{{sample {sample + 1}}}\quad", n.number(one)), one, 1))
    total = now.gradient[ref]
    lines.append(Line(formula("g", "=", n.number(total)), total))
    left = count - len(now.batch_traces)
    remark = f"… and {left:,} more samples." if left else ""
    return Section(f"Batch of {count:,} samples: {'mean' if mean else 'sum'} of their gradients", tuple(lines), remark)


def _unit(now: Situation, ref: UnitRef, style: Style) -> Derivation:
    s, n = style.symbols(now.network), style.writer
    value = float(now.trace.outputs[ref.layer][ref.unit])
    title = name(now.network, ref, style.notation)
    if ref.layer == 0:
        line = Line(formula(s.of(ref), "=", n.number(value)), value)
        told = f"Given by sample {now.sample + 1}; inputs have no delta."
        return Derivation(f"{title}: input", (Section("Input", (line,), told),), value)
    delta = float(now.trace.deltas[ref.layer - 1][ref.unit])
    sections = [pre_activation_section(now, ref, style), activation_section(now, ref, style)]
    y, a, d = s.of(ref), s.pre_activation(ref.layer, ref.unit), s.delta(ref.layer, ref.unit)
    error, terms = error_lines(now, ref, style)
    if now.network.layers[ref.layer - 1].activation.whole_layer:
        lines, remark = softmax_delta_lines(now, ref.unit, style)
        sections.append(Section("Delta", lines, remark))
        return Derivation(f"{title}: activation and delta", tuple(sections), delta)
    slope, slope_value, remark = slope_lines(now, ref, style)
    sections.append(Section(f"Error: how the loss changes with {to_text(y)}", error.lines, error.remark, error.graph))
    sections.append(Section("Slope of the activation", slope, remark))
    product = formula(n.factor(error.value, tint=Tint.LOSS), r"\cdot", n.factor(slope_value, tint=Tint.SLOPE))
    lines = (
        Line(formula(d, "=", _partial(s.loss, a), "=", _partial(s.loss, y, Tint.LOSS), _partial(y, a, Tint.SLOPE))),
        Line(formula("=", product, "=", n.number(delta)), delta, 1, ref),
    )
    sections.append(Section("Delta", lines, MISPRINT if ref.layer < len(now.network.layers) else ""))
    return Derivation(f"{title}: activation and delta", tuple(sections), delta, (error.value, slope_value), terms)


def _loss(now: Situation, style: Style) -> Derivation:
    s, n = style.symbols(now.network), style.writer
    loss, outputs = now.training.loss.name, now.network.outputs
    last = len(now.network.layers)
    y, t = now.trace.outputs[-1], now.trace.target
    symbolic = [loss_term(loss, s.output(last, j), s.target(j)) for j in range(min(outputs, 3))]
    lines = [Line(formula(s.loss, "=", loss_sum(loss, outputs, added(symbolic, outputs))))]
    output = now.network.layers[-1].activation
    each = now.training.loss.terms(output, now.trace.pre_activations[-1], y, t)
    scale = loss_scale(loss, outputs)
    for j in range(outputs):
        numbers = loss_term(loss, n.factor(float(y[j])).latex, n.factor(float(t[j])).latex)
        lines.append(
            Line(
                formula(Part(rf"{scale}{numbers}", float(y[j])), "=", n.number(float(each[j]))),
                float(each[j]),
                1,
                UnitRef(last, j),
            )
        )
    total = now.trace.loss
    lines.append(Line(formula(s.loss, "=", n.number(total)), total))
    section = Section(f"Loss of sample {now.sample + 1}", tuple(lines), LOSS_REMARKS.get(loss, ""))
    return Derivation("Loss", (section,), total, terms=tuple(float(one) for one in each))


def _partial(above: str, below: str, tint: Tint = Tint.PLAIN) -> Formula:
    return (Part(rf"\frac{{\partial {above}}}{{\partial {below}}}", tint=tint),)

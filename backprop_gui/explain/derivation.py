"""From a trace to the derivation of any part of the network: symbols, numbers, value.

Every formula is the general recursion of the article, at any depth:
dL/dw_ij = delta_j x_i, with delta_j = dL/dy_j f'(a_j) at the output and sum_k delta_k w_jk f'(a_j) before it.
"""

from backprop_gui.engine.expression import Expression
from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, Ref, UnitRef, WeightRef
from backprop_gui.explain.deltas import Told, error, output_delta, slope
from backprop_gui.explain.facts import Facts
from backprop_gui.explain.formula import Derivation, Formula, Line, Part, Section, Tint, Topic, formula
from backprop_gui.explain.forward import activation_section, loss_section, pre_activation_section
from backprop_gui.explain.names import name
from backprop_gui.explain.notation import partial
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.updates import batch_section, update_section
from backprop_gui.explain.writing import EQUALS, Quantity

MISPRINT = (
    "The article's last formula writes this delta with an extra xᵢ at its end. That is a misprint: "
    "xᵢ belongs to the gradient, ∂L/∂wᵢⱼ = δⱼ xᵢ, and would be counted twice."
)
_ARTICLE_INPUTS, _ARTICLE_TARGETS = [0.05, 0.10], [0.01, 0.99]


def misprint(facts: Facts) -> str:
    """Return the remark on the article's last formula: on its own problem, in its own letters, else nothing."""
    network, training = facts.now.network, facts.now.training
    own = (
        facts.symbols.key == "article"
        and network.sizes == (2, 3, 2)
        and all(layer.activation.name == "sigmoid" for layer in network.layers)
        and training.loss.name == "half_sse"
        and facts.now.trace.outputs[0].tolist() == _ARTICLE_INPUTS
        and facts.now.trace.target.tolist() == _ARTICLE_TARGETS
    )
    return MISPRINT if own else ""


def derive(now: Situation, ref: Ref, style: Style) -> Derivation:
    """Return the derivation of ``ref``."""
    return style.whole_page(lambda one: _derive(Facts(now, one), ref))


def _derive(facts: Facts, ref: Ref) -> Derivation:
    match ref:
        case WeightRef() | BiasRef():
            return _parameter(facts, ref)
        case UnitRef(layer=0):
            return _input(facts, ref)
        case UnitRef():
            return _unit(facts, ref)
        case LossRef():
            values = tuple(facts.loss_value(unit) for unit in range(facts.now.network.outputs))
            return Derivation("Loss", (loss_section(facts),), facts.now.trace.loss, terms=values)


def _parameter(facts: Facts, ref: ParameterRef) -> Derivation:
    s = facts.symbols
    unit = UnitRef(ref.layer + 1, ref.target if isinstance(ref, WeightRef) else ref.unit)
    w, a = s.of(ref), s.pre_activation(unit.layer, unit.unit)
    sections, factors, terms, links = _to_delta(facts, unit)
    chain = formula(partial(s.loss, w), EQUALS, *links, _link(a, w, Tint.INPUT))
    numbered = [Section(Topic.CHAIN, "Chain rule", (Line(chain),))]
    for place, section in enumerate(sections, start=1):
        numbered.append(_titled(section, f"{place} · {section.title}"))
    given = facts.given(ref)
    title = f"{len(factors) + 1} · How {to_text(a)} changes with {to_text(w)}"
    numbered.append(Section(Topic.INPUT, title, (_input_line(facts, ref, formula(_link(a, w, Tint.INPUT))),)))
    inputs = [] if given is None else [given.tinted(Tint.INPUT)]
    numbered.append(_together(facts, ref, [*factors, *inputs]))
    if (batch := batch_section(facts, ref)) is not None:
        numbered.append(batch)
    numbered.append(update_section(facts, ref))
    title = f"{name(facts.now.network, ref, s.key)}: gradient and update"
    values = tuple(one.value for one in (*factors, *inputs))
    value = facts.now.trace.gradients[ref]
    return Derivation(title, tuple(numbered), value, values if given is not None else (*values, 1.0), terms)


def _to_delta(
    facts: Facts, unit: UnitRef
) -> tuple[list[Section], list[Quantity], tuple[float, ...], list[Formula | Part]]:
    """Return the sections that lead to a unit's delta, its factors, the terms of its error, and the chain's links."""
    s, layer = facts.symbols, unit.layer
    y, a = s.output(layer, unit.unit), s.pre_activation(layer, unit.unit)
    if layer == facts.depth and not facts.factors_hold:
        section = _section(
            Topic.DELTA, f"Delta: how the loss changes with {to_text(a)}", output_delta(facts, unit.unit)
        )
        return [section], [facts.delta(layer, unit.unit).tinted(Tint.LOSS)], (), [_link(s.loss, a, Tint.LOSS)]
    terms = tuple(facts.error_terms(layer, unit.unit)) if layer < facts.depth else ()
    sections = [
        _section(Topic.ERROR, f"How the loss changes with {to_text(y)}", error(facts, unit)),
        _section(Topic.SLOPE, f"How {to_text(y)} changes with {to_text(a)}", slope(facts, unit)),
    ]
    factors = [facts.error(layer, unit.unit), facts.slope(layer, unit.unit)]
    return sections, factors, terms, [_link(s.loss, y, Tint.LOSS), _link(y, a, Tint.SLOPE)]


def _input_line(facts: Facts, ref: ParameterRef, head: Formula) -> Line:
    n, given = facts.style.writer, facts.given(ref)
    if given is None:
        return Line(formula(head, EQUALS, "1"), 1.0)
    return Line(n.value(formula(head, EQUALS, given.latex), given.tinted(Tint.INPUT)), given.value, 0, given.ref)


def _together(facts: Facts, ref: ParameterRef, factors: list[Quantity]) -> Section:
    """Return the gradient as the product of its factors, and in short as delta times input."""
    n, gradient = facts.style.writer, facts.gradient(ref)
    product: Expression = factors[0]
    for factor in factors[1:]:
        product = product * factor
    short = n.symbols(facts.gradient_product(ref))
    lines = (
        Line(formula(gradient.latex, EQUALS, short), ref=ref),
        Line(n.result(product, gradient), gradient.value, 1, ref),
    )
    hidden = ref.layer < facts.depth - 1 and isinstance(ref, WeightRef)
    return Section(Topic.TOGETHER, "Together", lines, misprint(facts) if hidden else "")


def gradient_line(facts: Facts, ref: ParameterRef) -> Line:
    """Return a gradient in one line: delta times input, in symbols and numbers."""
    n, gradient, product = facts.style.writer, facts.gradient(ref), facts.gradient_product(ref)
    head = formula(gradient.latex, EQUALS, n.symbols(product))
    numbers = n.value(head, gradient) if isinstance(ref, BiasRef) else formula(head, n.result(product, gradient))
    return Line(numbers, gradient.value, 0, ref)


def _input(facts: Facts, ref: UnitRef) -> Derivation:
    x = facts.output(0, ref.unit)
    line = Line(facts.style.writer.value(x.latex, x), x.value, 0, ref)
    told = f"Given by sample {facts.now.sample + 1}; inputs have no delta."
    title = f"{to_text(x.latex)}: input"
    return Derivation(title, (Section(Topic.GIVEN, "Input", (line,), told),), x.value)


def _unit(facts: Facts, ref: UnitRef) -> Derivation:
    n, delta, y = facts.style.writer, facts.delta(ref.layer, ref.unit), facts.output(ref.layer, ref.unit)
    sections, factors, terms, links = _to_delta(facts, ref)
    before = [pre_activation_section(facts, ref), activation_section(facts, ref)]
    title = f"{to_text(y.latex)}: activation and delta"
    if len(factors) == 1:
        return Derivation(title, (*before, *sections), delta.value)
    a = facts.symbols.pre_activation(ref.layer, ref.unit)
    lines = (
        Line(formula(delta.latex, EQUALS, partial(facts.symbols.loss, a), EQUALS, *links)),
        Line(n.result(factors[0] * factors[1], delta), delta.value, 1, ref),
    )
    remark = misprint(facts) if ref.layer < facts.depth else ""
    last = Section(Topic.DELTA, "Delta", lines, remark)
    values = tuple(factor.value for factor in factors)
    return Derivation(title, (*before, *sections, last), delta.value, values, terms)


def _section(topic: Topic, title: str, told: Told) -> Section:
    return Section(topic, title, told.lines, told.remark, told.graph)


def _titled(section: Section, title: str) -> Section:
    return Section(section.topic, title, section.lines, section.remark, section.graph)


def _link(above: str, below: str, tint: Tint) -> Part:
    return Part(partial(above, below), tint=tint)

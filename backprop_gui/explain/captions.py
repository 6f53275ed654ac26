"""What one step did, as one formula and a few words."""

from backprop_gui.engine.expression import Cases, Constant, Expression, Leaf, evaluate, holds
from backprop_gui.engine.network import BiasRef, Network, WeightRef
from backprop_gui.explain.deltas import output_delta
from backprop_gui.explain.facts import Facts, plain_sum
from backprop_gui.explain.formula import Formula, Source, formula
from backprop_gui.explain.forward import added, shifted_softmax
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.notation import partial
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.steps import Atom, Kind, Moment, Phase, parameter
from backprop_gui.explain.writing import EQUALS, Quantity


def phase_title(phase: Phase, network: Network) -> str:
    """Return a phase's name: ``forward: hidden``."""
    title = layer_title(network, phase.layer)
    match phase.kind:
        case Kind.FORWARD:
            return f"forward: {title}"
        case Kind.SOFTMAX:
            return "softmax"
        case Kind.LOSS:
            return "loss"
        case Kind.BACKWARD:
            return f"backward: {title}"
        case Kind.UPDATE:
            return f"update: into {title}"


def caption(now: Situation, moment: Moment, style: Style) -> Formula:
    """Return what the atom computed, with numbers; ``now`` is the pass of the moment's sample."""
    return style.whole_page(lambda one: _caption(Facts(now, one), moment))


def _caption(facts: Facts, moment: Moment) -> Formula:
    now, style = facts.now, facts.style
    s, n = facts.symbols, style.writer
    layer, unit = moment.phase.layer, moment.unit
    match moment.atom:
        case Atom.TERM:
            ref = parameter(moment, now.network)
            assert isinstance(ref, WeightRef)
            product = facts.product(ref)
            x, w = facts.output(layer - 1, moment.index), facts.parameter(ref)
            return formula(n.symbols(product), n.result(product, _result(x.value * w.value, Source.FORWARD)))
        case Atom.BIAS:
            a, terms = facts.pre_activation(layer, unit), facts.pre_activation_terms(layer, unit)
            *weighted, bias = (n.symbols(term) for term in terms)
            summed = plain_sum([evaluate(term) for term in terms], Source.FORWARD)
            return n.value(formula(a.latex, EQUALS, added(weighted), "+", bias), a, summed)
        case Atom.ACTIVATION:
            y, mask = facts.output(layer, unit), facts.mask(layer, unit)
            if facts.activation(layer).whole_layer:
                return n.value(formula(y.latex, EQUALS, facts.softmax(unit)), y, shifted_softmax(facts, unit))
            value = facts.value(layer, unit)
            value = value if mask is None else mask * value
            return n.value(formula(y.latex, EQUALS, n.symbols(value)), y, _computed(value))
        case Atom.LOSS_TERM:
            term = facts.scaled(facts.loss_term(unit))
            return n.value(n.symbols(term), _result(facts.loss_value(unit), Source.LOSS), _computed(term))
        case Atom.ERROR:
            if layer == facts.depth:
                error, expression = facts.error(layer, unit), facts.error_of_output(unit)
                if facts.saturated:
                    return formula(error.latex, EQUALS, n.symbols(expression))
                return n.value(error.latex, error, _computed(expression))
            edge = WeightRef(layer, unit, moment.index)
            back: Expression = facts.error_product(edge)
            value = facts.delta(layer + 1, moment.index).value * facts.parameter(edge).value
            return formula(n.symbols(back), n.result(back, _result(value, Source.DELTA)))
        case Atom.SLOPE:
            delta, y = facts.delta(layer, unit), s.output(layer, unit)
            factors = formula(partial(s.loss, y), partial(y, s.pre_activation(layer, unit)))
            if layer == facts.depth and not facts.factors_hold:
                return formula(delta.latex, output_delta(facts, unit).lines[-1].formula[-2:])
            product = facts.error(layer, unit) * facts.slope(layer, unit)
            return n.value(formula(delta.latex, EQUALS, factors), delta, product)
        case Atom.GRADIENT:
            ref = parameter(moment, now.network)
            gradient, product = facts.gradient(ref), facts.gradient_product(ref)
            head = formula(gradient.latex, EQUALS, n.symbols(product))
            return n.value(head, gradient) if isinstance(ref, BiasRef) else formula(head, n.result(product, gradient))
        case Atom.UPDATE:
            ref = parameter(moment, now.network)
            old, new = facts.parameter(ref), facts.new(ref)
            return formula(old.latex, ":", n.number(old), r"\to", n.number(new))


def _computed(expression: Expression) -> Expression | None:
    """Return the expression where there is something to compute: a number that is only named is exact or it is not."""
    while isinstance(expression, Cases):
        expression = expression.then if holds(expression.condition) else expression.otherwise
    return None if isinstance(expression, Leaf | Constant) else expression


def _result(value: float, source: Source) -> Quantity:
    return Quantity("", value, source=source)

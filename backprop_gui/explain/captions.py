"""What one step did, as one formula and a few words."""

from backprop_gui.engine.expression import Expression
from backprop_gui.engine.network import BiasRef, Network, WeightRef
from backprop_gui.explain.facts import Facts
from backprop_gui.explain.formula import Formula, Source, formula
from backprop_gui.explain.forward import added
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
            a = facts.pre_activation(layer, unit)
            *weighted, bias = (n.symbols(term) for term in facts.pre_activation_terms(layer, unit))
            return n.value(formula(a.latex, EQUALS, added(weighted), "+", bias), a)
        case Atom.ACTIVATION:
            y, mask = facts.output(layer, unit), facts.mask(layer, unit)
            if facts.activation(layer).whole_layer:
                symbolic = formula(facts.softmax(unit))
            else:
                value = facts.value(layer, unit)
                symbolic = n.symbols(value if mask is None else mask * value)
            return n.value(formula(y.latex, EQUALS, symbolic), y)
        case Atom.LOSS_TERM:
            term = facts.scaled(facts.loss_term(unit))
            return n.value(n.symbols(term), _result(facts.loss_value(unit), Source.LOSS))
        case Atom.ERROR:
            if layer == facts.depth:
                error = facts.error(layer, unit)
                if facts.saturated:
                    return formula(error.latex, EQUALS, n.symbols(facts.error_of_output(unit)))
                return n.value(error.latex, error)
            edge = WeightRef(layer, unit, moment.index)
            back: Expression = facts.error_product(edge)
            value = facts.delta(layer + 1, moment.index).value * facts.parameter(edge).value
            return formula(n.symbols(back), n.result(back, _result(value, Source.DELTA)))
        case Atom.SLOPE:
            delta, y = facts.delta(layer, unit), s.output(layer, unit)
            factors = formula(partial(s.loss, y), partial(y, s.pre_activation(layer, unit)))
            whole = layer == facts.depth and not facts.factors_hold
            return n.value(formula(delta.latex, *(() if whole else (EQUALS, factors))), delta)
        case Atom.GRADIENT:
            ref = parameter(moment, now.network)
            gradient, product = facts.gradient(ref), facts.gradient_product(ref)
            head = formula(gradient.latex, EQUALS, n.symbols(product))
            return n.value(head, gradient) if isinstance(ref, BiasRef) else formula(head, n.result(product, gradient))
        case Atom.UPDATE:
            ref = parameter(moment, now.network)
            old, new = facts.parameter(ref), facts.new(ref)
            return formula(old.latex, ":", n.number(old), r"\to", n.number(new))


def _result(value: float, source: Source) -> Quantity:
    return Quantity("", value, source=source)

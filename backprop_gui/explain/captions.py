"""What one step did, as one formula and a few words."""

from backprop_gui.engine.network import BiasRef, Network, WeightRef
from backprop_gui.explain.formula import Formula, formula
from backprop_gui.explain.functions import VALUES, loss_scale, loss_term
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.steps import Atom, Kind, Moment, Phase, parameter


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
    s, n = style.symbols(now.network), style.writer
    layer, unit = moment.phase.layer, moment.unit
    a, y, d = s.pre_activation(layer, unit), s.output(layer, unit), s.delta(layer, unit)
    trace = now.trace
    match moment.atom:
        case Atom.TERM:
            ref = parameter(moment, now.network)
            x, w = float(trace.outputs[layer - 1][moment.index]), now.parameters[ref]
            term = rf"{s.output(layer - 1, moment.index)}\,{s.of(ref)}"
            return formula(term, "=", n.factor(x), r"\cdot", n.factor(w, ref), "=", n.number(x * w))
        case Atom.BIAS:
            total = float(trace.pre_activations[layer - 1][unit])
            bias = BiasRef(layer - 1, unit)
            return formula(a, "=", r"\sum", "+", s.of(bias), "=", n.number(total))
        case Atom.ACTIVATION:
            activation = now.network.layers[layer - 1].activation.name
            symbolic = r"\mathrm{softmax}" if activation == "softmax" else VALUES[activation](a)
            mask = trace.mask(layer - 1, unit)
            if mask is not None:
                symbolic = rf"{s.mask(layer, unit)}\,\left({symbolic}\right)"
            return formula(y, "=", symbolic, "=", n.number(float(trace.outputs[layer][unit])))
        case Atom.LOSS_TERM:
            loss = now.training.loss
            output, y_all = now.network.layers[-1].activation, trace.outputs[-1]
            term = float(loss.terms(output, trace.pre_activations[-1], y_all, trace.target)[unit])
            scale = loss_scale(loss.name, now.network.outputs)
            return formula(scale, loss_term(loss.name, y, s.target(unit)), "=", n.number(term))
        case Atom.ERROR:
            if layer == len(now.network.layers):
                value = float(now.training.loss.slopes(trace.outputs[-1], trace.target)[unit])
                return formula(rf"\frac{{\partial {s.loss}}}{{\partial {y}}}", "=", n.number(value))
            ref = WeightRef(layer, unit, moment.index)
            back, w = float(trace.deltas[layer][moment.index]), now.parameters[ref]
            term = rf"{s.delta(layer + 1, moment.index)}\,{s.of(ref)}"
            return formula(term, "=", n.factor(back), r"\cdot", n.factor(w, ref), "=", n.number(back * w))
        case Atom.SLOPE:
            delta = float(trace.deltas[layer - 1][unit])
            slope = not now.network.layers[layer - 1].activation.whole_layer
            symbolic = rf"\frac{{\partial {s.loss}}}{{\partial {y}}}\,\frac{{\partial {y}}}{{\partial {a}}}"
            return formula(d, "=", *([symbolic, "="] if slope else []), n.number(delta))
        case Atom.GRADIENT:
            ref = parameter(moment, now.network)
            value, delta = trace.gradients[ref], float(trace.deltas[layer - 1][unit])
            head = rf"\frac{{\partial {s.loss}}}{{\partial {s.of(ref)}}}"
            if isinstance(ref, BiasRef):
                return formula(head, "=", d, "=", n.number(value))
            x = float(trace.outputs[layer - 1][moment.index])
            symbolic = rf"{d}\,{s.output(layer - 1, moment.index)}"
            return formula(head, "=", symbolic, "=", n.factor(delta), r"\cdot", n.factor(x), "=", n.number(value))
        case Atom.UPDATE:
            ref = parameter(moment, now.network)
            return formula(s.of(ref), ":", n.number(now.parameters[ref]), r"\to", n.number(now.after[ref]))

"""One forward and backward pass as text for people and as data for scripts."""

import math
from collections.abc import Iterator
from typing import Any, cast

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, Parameters, UnitRef, WeightRef
from backprop_gui.explain.derivation import derive, gradient_line
from backprop_gui.explain.facts import Facts
from backprop_gui.explain.formula import Derivation, Topic, text
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.updates import batch_section, update_section


def as_data(now: Situation, after: Parameters) -> dict[str, Any]:
    """Return every number of the pass; ``sample`` counts from 1, ``layers`` leaves out the inputs.

    ``after`` are the parameters after one update from this sample alone.

    Raises:
        FieldError: a number left the range of floats, which JSON cannot say.
    """
    trace, depth = now.trace, len(now.network.layers)
    facts = Facts(now, Style())
    layers: list[dict[str, Any]] = []
    for layer, card in enumerate(one.activation for one in now.network.layers):
        a, y = trace.pre_activations[layer], trace.outputs[layer + 1]
        one: dict[str, Any] = {
            "activation": card.spelled,
            "pre_activation": a.tolist(),
            "output": y.tolist(),
            "delta": trace.deltas[layer].tolist(),
            "slope": _slopes(facts, layer + 1),
        }
        if layer < len(trace.masks):
            one["mask"] = trace.masks[layer].tolist()
        if layer < depth - 1:
            one["delta_terms"] = trace.delta_terms(now.parameters, layer).tolist()
        layers.append(one)
    data: dict[str, Any] = {
        "sample": now.sample + 1,
        "inputs": trace.outputs[0].tolist(),
        "targets": trace.target.tolist(),
        "loss": trace.loss,
        "loss_terms": [facts.loss_value(unit) for unit in range(now.network.outputs)],
        "layers": layers,
        "gradients": _tables(trace.gradients),
    }
    if not _all_finite(data):
        raise FieldError("parameters", "a number of the pass is not finite", "use smaller weights")
    data["after"] = _tables(after)
    if not _all_finite(data["after"]):
        rate = now.training.optimizer.learning_rate
        raise FieldError("training.optimizer.learning_rate", rate, "use one whose update stays in the range of numbers")
    return data


def _all_finite(found: Any) -> bool:
    if isinstance(found, dict):
        return all(map(_all_finite, cast("dict[str, Any]", found).values()))
    if isinstance(found, list):
        return all(map(_all_finite, cast("list[Any]", found)))
    return not isinstance(found, float) or math.isfinite(found)


def _slopes(facts: Facts, layer: int) -> list[Any]:
    """Return dy/da of a layer's units; of softmax a row per output, with a column per pre-activation."""
    units = facts.now.network.sizes[layer]
    if facts.activation(layer).whole_layer:
        y = facts.now.trace.outputs[-1].tolist()
        return [[y[k] * ((k == j) - y[j]) for j in range(units)] for k in range(units)]
    return [facts.slope(layer, unit).value for unit in range(units)]


def _tables(parameters: Parameters) -> dict[str, Any]:
    return {
        "weights": [w.tolist() for w in parameters.weights],
        "biases": [b.tolist() for b in parameters.biases],
    }


def as_text(now: Situation, style: Style) -> str:
    """Return the pass as the article goes through it: forward, loss, backward, gradients and updates."""
    return style.whole_page(lambda one: _as_text(now, one))


def _as_text(now: Situation, style: Style) -> str:
    facts, network = Facts(now, style), now.network
    told: set[str] = set()
    written = [f"Sample {now.sample + 1}", ""]
    written += [f"  {_text(derive(now, UnitRef(0, unit), style))}" for unit in range(network.inputs)]
    targets = (facts.target(unit) for unit in range(network.outputs))
    written += [f"  {text(style.writer.value(one.latex, one))}" for one in targets]
    depth = len(network.layers)
    for layer in range(1, depth + 1):
        numbers = (f"{to_text(one.latex)} = {one.value:g}" for one in facts.activation_numbers(layer))
        activation = ", ".join([network.layers[layer - 1].activation.name, *numbers])
        written += ["", f"Forward: {layer_title(network, layer)} ({activation})"]
        for unit in range(network.sizes[layer]):
            derivation = derive(now, UnitRef(layer, unit), style)
            written += [*_lines(derivation, Topic.PRE_ACTIVATION), *_lines(derivation, Topic.ACTIVATION)]
            written += [*_remarks(derivation, told, Topic.PRE_ACTIVATION, Topic.ACTIVATION), ""]
    derivation = derive(now, LossRef(), style)
    written += [derivation.sections[0].title, *_lines(derivation), *_remarks(derivation, told), ""]
    for layer in range(depth, 0, -1):
        written.append(f"Backward: {layer_title(network, layer)}")
        for unit in range(network.sizes[layer]):
            derivation = derive(now, UnitRef(layer, unit), style)
            written += _lines(derivation, Topic.ERROR, Topic.SLOPE, Topic.DELTA)
            written += _remarks(derivation, told, Topic.ERROR, Topic.SLOPE, Topic.DELTA)
            for source in range(network.sizes[layer - 1]):
                written += _parameter_lines(facts, WeightRef(layer - 1, source, unit))
            written += [*_parameter_lines(facts, BiasRef(layer - 1, unit)), ""]
    return "\n".join(written).rstrip() + "\n"


def _text(derivation: Derivation) -> str:
    return text(next(derivation.lines()).formula)


def _lines(derivation: Derivation, *topics: Topic) -> list[str]:
    return ["  " * (line.indent + 1) + text(line.formula) for line in derivation.lines(*topics)]


def _remarks(derivation: Derivation, told: set[str], *topics: Topic) -> Iterator[str]:
    """Yield the remarks of these sections that have not been ``told`` before."""
    for section in derivation.sections:
        if (not topics or section.topic in topics) and section.remark and section.remark not in told:
            told.add(section.remark)
            yield f"  ({section.remark})"


def _parameter_lines(facts: Facts, ref: ParameterRef) -> list[str]:
    written = [f"  {text(gradient_line(facts, ref).formula)}"]
    if (batch := batch_section(facts, ref)) is not None:
        written.append(f"    {batch.remark}")
        written += [f"    {'  ' * line.indent}{text(line.formula)}" for line in batch.lines]
    update = update_section(facts, ref, named=True)
    return [*written, *(f"    {'  ' * line.indent}{text(line.formula)}" for line in update.lines)]

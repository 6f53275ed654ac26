"""One forward and backward pass as text for people and as data for scripts."""

from typing import Any

from backprop_gui.engine.network import BiasRef, LossRef, UnitRef, WeightRef
from backprop_gui.explain.derivation import MISPRINT, derive
from backprop_gui.explain.formula import Derivation, text
from backprop_gui.explain.names import layer_title, target_name
from backprop_gui.explain.situation import Situation, Style


def as_data(now: Situation) -> dict[str, Any]:
    """Return every number of the pass; ``sample`` counts from 1, ``layers`` leaves out the inputs."""
    trace, depth = now.trace, len(now.network.layers)
    layers: list[dict[str, Any]] = []
    for layer in range(depth):
        one: dict[str, Any] = {
            "pre_activation": trace.pre_activations[layer].tolist(),
            "output": trace.outputs[layer + 1].tolist(),
            "delta": trace.deltas[layer].tolist(),
        }
        if layer < len(trace.masks):
            one["mask"] = trace.masks[layer].tolist()
        if layer < depth - 1:
            one["delta_terms"] = trace.delta_terms(now.parameters, layer).tolist()
        layers.append(one)
    return {
        "sample": now.sample + 1,
        "loss": trace.loss,
        "layers": layers,
        "gradients": {
            "weights": [w.tolist() for w in trace.gradients.weights],
            "biases": [b.tolist() for b in trace.gradients.biases],
        },
    }


def as_text(now: Situation, style: Style) -> str:
    """Return the pass as the article goes through it: forward, loss, backward, gradients and updates."""
    network = now.network
    written = [f"Sample {now.sample + 1}", ""]
    inputs = [derive(now, UnitRef(0, unit), style) for unit in range(network.inputs)]
    targets = [
        f"{target_name(network, unit, style.notation)} = {style.number_format(float(value))}"
        for unit, value in enumerate(now.trace.target)
    ]
    written += [f"  {line}" for one in inputs for line in _lines(one, 0)]
    written += [f"  {line}" for line in targets]
    depth = len(network.layers)
    for layer in range(1, depth + 1):
        written += ["", f"Forward: {layer_title(network, layer)} ({network.layers[layer - 1].activation.spelled})"]
        for unit in range(network.sizes[layer]):
            found = derive(now, UnitRef(layer, unit), style)
            written += [f"  {line}" for number in (0, 1) for line in _lines(found, number)] + [""]
    written += ["Loss", *(f"  {line}" for line in _lines(derive(now, LossRef(), style), 0)), ""]
    for layer in range(depth, 0, -1):
        written.append(f"Backward: {layer_title(network, layer)}")
        if layer == depth - 1:
            written.append(f"  ({MISPRINT})")
        for unit in range(network.sizes[layer]):
            found = derive(now, UnitRef(layer, unit), style)
            written += [f"  {line}" for number in range(2, len(found.sections)) for line in _lines(found, number)]
            for source in range(network.sizes[layer - 1]):
                written += _parameter_lines(derive(now, WeightRef(layer - 1, source, unit), style))
            written += [*_parameter_lines(derive(now, BiasRef(layer - 1, unit), style)), ""]
    return "\n".join(written).rstrip() + "\n"


def _lines(derivation: Derivation, section: int) -> list[str]:
    return ["  " * line.indent + text(line.formula) for line in derivation.sections[section].lines]


def _parameter_lines(derivation: Derivation) -> list[str]:
    together = next(one for one in derivation.sections if one.title == "Together")
    head, result = together.lines
    update = derivation.sections[-1].lines
    return [f"  {text(head.formula)} {text(result.formula)}", *(f"    {text(line.formula)}" for line in update)]

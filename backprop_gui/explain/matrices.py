"""The pass as matrices: what each holds, and which cells each cell is computed from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import BiasRef, Network, Parameters, Ref, UnitRef, WeightRef
from backprop_gui.engine.trace import Trace
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.notation import Notation
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.steps import Reached


class Quantity(Enum):
    """What a matrix holds."""

    OUTPUT = auto()
    WEIGHTS = auto()
    BIAS = auto()
    PRE_ACTIVATION = auto()
    MASK = auto()
    TARGET = auto()
    DELTA = auto()
    WEIGHT_GRADIENT = auto()
    BIAS_GRADIENT = auto()


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry of one matrix; ``layer`` counts the inputs as 0, and weights under the layer they lead to."""

    quantity: Quantity
    layer: int
    row: int
    column: int


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """One matrix or row with its title; ``values`` is always two-dimensional, in the article's layout (rows).

    ``transposed``: the notation writes it the other way round, vectors as columns.
    """

    quantity: Quantity
    layer: int
    title: str
    values: Floats
    transposed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Matrices that belong together, side by side, under the formula that joins them."""

    title: str
    formula: str
    matrices: tuple[Matrix, ...]


def matrices(network: Network, parameters: Parameters, trace: Trace, loss: Loss, s: Notation) -> tuple[Group, ...]:
    """Return the pass forward, layer by layer, and back again."""
    layers = range(1, len(network.layers) + 1)
    groups = [_forward(network, parameters, trace, s, layer) for layer in layers]
    groups += [_backward(network, trace, loss, s, layer) for layer in reversed(layers)]
    if s.columns:
        return tuple(
            replace(group, matrices=tuple(replace(one, transposed=True) for one in group.matrices)) for group in groups
        )
    return tuple(groups)


def _forward(network: Network, parameters: Parameters, trace: Trace, s: Notation, layer: int) -> Group:
    before, after, a = to_text(s.outputs(layer - 1)), to_text(s.outputs(layer)), to_text(s.pre_activations(layer))
    w, b, m = to_text(s.weights(layer - 1)), to_text(s.biases(layer - 1)), to_text(s.masks(layer))
    order = s.weight_order(layer - 1)
    masked = layer <= len(trace.masks)
    product = f"{w} {before} + {b}" if s.columns else f"{before} {w} + {b}"
    f = "softmax" if network.layers[layer - 1].activation.whole_layer else "f"
    return Group(
        f"Forward: {layer_title(network, layer)}" + (f" · {w} {order}" if order else ""),
        f"{a} = {product},  {after} = {f'{m} ⊙ ' if masked else ''}{f}({a})",
        (
            _row(Quantity.OUTPUT, layer - 1, before, trace.outputs[layer - 1]),
            Matrix(Quantity.WEIGHTS, layer, w, parameters.weights[layer - 1]),
            _row(Quantity.BIAS, layer, b, parameters.biases[layer - 1]),
            _row(Quantity.PRE_ACTIVATION, layer, a, trace.pre_activations[layer - 1]),
            *((_row(Quantity.MASK, layer, m, trace.masks[layer - 1]),) if masked else ()),
            _row(Quantity.OUTPUT, layer, after, trace.outputs[layer]),
        ),
    )


def _backward(network: Network, trace: Trace, loss: Loss, s: Notation, layer: int) -> Group:
    output = layer == len(network.layers)
    before, w, b = to_text(s.outputs(layer - 1)), to_text(s.weights(layer - 1)), to_text(s.biases(layer - 1))
    delta = to_text(s.deltas(layer))
    outer = f"{delta} {before}ᵀ" if s.columns else f"{before}ᵀ {delta}"
    if output:
        told = _output_delta(network, trace, loss, s)
    else:
        after, behind = to_text(s.weights(layer)), to_text(s.deltas(layer + 1))
        back = f"{after}ᵀ {behind}" if s.columns else f"{behind} {after}ᵀ"
        told = f"({back}) ⊙ f′({to_text(s.pre_activations(layer))})"
        told += f" ⊙ {to_text(s.masks(layer))}" if trace.masks else ""
    targets = (_row(Quantity.TARGET, layer, to_text(s.targets()), trace.target),) if output else ()
    return Group(
        f"Backward: {layer_title(network, layer)}",
        f"{delta} = {told},  ∂{s.loss}/∂{w} = {outer}",
        (
            *targets,
            _row(Quantity.DELTA, layer, delta, trace.deltas[layer - 1]),
            Matrix(Quantity.WEIGHT_GRADIENT, layer, f"∂{s.loss}/∂{w}", trace.gradients.weights[layer - 1]),
            _row(Quantity.BIAS_GRADIENT, layer, f"∂{s.loss}/∂{b}", trace.gradients.biases[layer - 1]),
        ),
    )


def _output_delta(network: Network, trace: Trace, loss: Loss, s: Notation) -> str:
    """Return what the output's delta comes from: softmax has no elementwise slope, and some losses cancel one."""
    activation, layer = network.layers[-1].activation, len(network.layers)
    y, t = to_text(s.outputs(layer)), to_text(s.targets())
    pair = loss.pairs.get(activation.name)
    if pair is not None and pair.cancelled:
        whole = float(trace.target.sum())
        share = f"/{network.outputs}" if loss.averaged and network.outputs > 1 else ""
        weighted = y if not activation.whole_layer or whole == 1.0 else f"{y} Σₖ {to_text(s.target('k'))}"
        return pair.cancelled.format(y=weighted, t=t) + share
    if activation.whole_layer:
        y_k, a_j = to_text(s.output(layer, "k")), to_text(s.pre_activation(layer, "j"))
        return f"(Σₖ ∂{s.loss}/∂{y_k} · ∂{y_k}/∂{a_j})ⱼ"
    return f"∂{s.loss}/∂{y} ⊙ f′({to_text(s.pre_activations(layer))})"


def ref_of(cell: Cell) -> Ref:
    """Return the part of the network a cell belongs to."""
    match cell.quantity:
        case Quantity.WEIGHTS | Quantity.WEIGHT_GRADIENT:
            return WeightRef(cell.layer - 1, cell.row, cell.column)
        case Quantity.BIAS | Quantity.BIAS_GRADIENT:
            return BiasRef(cell.layer - 1, cell.column)
        case _:
            return UnitRef(cell.layer, cell.column)


def known(cell: Cell, reached: Reached | None) -> bool:
    """Tell whether stepping has come to a cell."""
    if reached is None:
        return True
    match cell.quantity:
        case Quantity.WEIGHTS | Quantity.BIAS | Quantity.TARGET | Quantity.MASK:
            return True
        case Quantity.OUTPUT:
            return reached.knows_output(cell.layer, cell.column)
        case Quantity.PRE_ACTIVATION:
            return reached.knows_pre_activation(cell.layer, cell.column)
        case Quantity.DELTA:
            return reached.knows_delta(cell.layer, cell.column)
        case Quantity.WEIGHT_GRADIENT:
            return reached.knows_gradient(WeightRef(cell.layer - 1, cell.row, cell.column))
        case Quantity.BIAS_GRADIENT:
            return reached.knows_gradient(BiasRef(cell.layer - 1, cell.column))


def terms(cell: Cell, network: Network, dropout: bool) -> Iterator[Cell]:
    """Yield the cells a cell is computed from; with ``dropout`` the masks too."""
    layer, unit = cell.layer, cell.column
    depth = len(network.layers)
    match cell.quantity:
        case Quantity.PRE_ACTIVATION:
            for source in range(network.sizes[layer - 1]):
                yield Cell(Quantity.OUTPUT, layer - 1, 0, source)
                yield Cell(Quantity.WEIGHTS, layer, source, unit)
            yield Cell(Quantity.BIAS, layer, 0, unit)
        case Quantity.OUTPUT if layer > 0:
            whole = network.layers[layer - 1].activation.whole_layer
            for one in range(network.sizes[layer]) if whole else (unit,):
                yield Cell(Quantity.PRE_ACTIVATION, layer, 0, one)
            if dropout and layer < depth:
                yield Cell(Quantity.MASK, layer, 0, unit)
        case Quantity.DELTA if layer == depth:
            whole = network.layers[-1].activation.whole_layer
            for one in range(network.sizes[layer]) if whole else (unit,):
                yield Cell(Quantity.OUTPUT, layer, 0, one)
                yield Cell(Quantity.TARGET, layer, 0, one)
        case Quantity.DELTA:
            yield Cell(Quantity.OUTPUT, layer, 0, unit)
            if dropout:
                yield Cell(Quantity.MASK, layer, 0, unit)
            for target in range(network.sizes[layer + 1]):
                yield Cell(Quantity.DELTA, layer + 1, 0, target)
                yield Cell(Quantity.WEIGHTS, layer + 1, unit, target)
        case Quantity.WEIGHT_GRADIENT:
            yield Cell(Quantity.OUTPUT, layer - 1, 0, cell.row)
            yield Cell(Quantity.DELTA, layer, 0, unit)
        case Quantity.BIAS_GRADIENT:
            yield Cell(Quantity.DELTA, layer, 0, unit)
        case _:
            return


def _row(quantity: Quantity, layer: int, title: str, values: Floats) -> Matrix:
    return Matrix(quantity, layer, title, np.atleast_2d(values))

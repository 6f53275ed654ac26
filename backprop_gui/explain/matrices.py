"""The pass as matrices: what each holds, and which cells each cell is computed from."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.backprop import Trace
from backprop_gui.engine.network import BiasRef, Network, Parameters, Ref, UnitRef, WeightRef
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.notation import Article
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


def matrices(network: Network, parameters: Parameters, trace: Trace, s: Article) -> tuple[Group, ...]:
    """Return the pass forward, layer by layer, and back again."""
    depth = len(network.layers)
    groups: list[Group] = []
    for layer in range(1, depth + 1):
        before, after = s.output_letter(layer - 1), s.output_letter(layer)
        a = s.pre_activation(layer, 0).removesuffix("_{1}").removesuffix("_{o1}").removesuffix("_{h1}")
        w, b = s.weight_letter(layer - 1), "b"
        masked = layer <= len(trace.masks)
        m = to_text(s.mask(layer, 0)).rstrip("₁ₕ")
        f = f"{m} ⊙ f({a})" if masked else f"f({a})"
        product = f"{w} {before} + {b}" if s.columns else f"{before} {w} + {b}"
        groups.append(
            Group(
                f"Forward: {layer_title(network, layer)}",
                to_text(f"{a} = {product},  {after} = {f}"),
                (
                    _row(Quantity.OUTPUT, layer - 1, to_text(before), trace.outputs[layer - 1]),
                    Matrix(Quantity.WEIGHTS, layer, to_text(w), parameters.weights[layer - 1]),
                    _row(Quantity.BIAS, layer, b, parameters.biases[layer - 1]),
                    _row(Quantity.PRE_ACTIVATION, layer, to_text(a), trace.pre_activations[layer - 1]),
                    *((_row(Quantity.MASK, layer, m, trace.masks[layer - 1]),) if masked else ()),
                    _row(Quantity.OUTPUT, layer, to_text(after), trace.outputs[layer]),
                ),
            )
        )
    for layer in range(depth, 0, -1):
        delta = to_text(s.delta(layer, 0)).rstrip("₁")
        before, w = to_text(s.output_letter(layer - 1)), to_text(s.weight_letter(layer - 1))
        outer = f"δ {before}ᵀ" if s.columns else f"{before}ᵀ δ"
        if layer == depth:
            told = f"δ = ∂{s.loss}/∂{to_text(s.output_letter(layer))} ⊙ f′,  ∂{s.loss}/∂{w} = {outer}"
        else:
            after = to_text(s.weight_letter(layer))
            back = f"{after}ᵀ δ⁺" if s.columns else f"δ⁺ {after}ᵀ"
            slope = "f′ ⊙ m" if trace.masks else "f′"
            told = f"δ = ({back}) ⊙ {slope},  ∂{s.loss}/∂{w} = {outer}"
        first = (
            (_row(Quantity.TARGET, layer, to_text(s.target(0)).rstrip("₁ₒ"), trace.target),) if layer == depth else ()
        )
        groups.append(
            Group(
                f"Backward: {layer_title(network, layer)}",
                told,
                (
                    *first,
                    _row(Quantity.DELTA, layer, delta, trace.deltas[layer - 1]),
                    Matrix(Quantity.WEIGHT_GRADIENT, layer, f"∂{s.loss}/∂{w}", trace.gradients.weights[layer - 1]),
                    _row(Quantity.BIAS_GRADIENT, layer, f"∂{s.loss}/∂b", trace.gradients.biases[layer - 1]),
                ),
            )
        )
    if s.columns:
        return tuple(
            replace(group, matrices=tuple(replace(one, transposed=True) for one in group.matrices)) for group in groups
        )
    return tuple(groups)


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
            softmax = network.layers[layer - 1].activation.whole_layer
            for one in range(network.sizes[layer]) if softmax else (unit,):
                yield Cell(Quantity.PRE_ACTIVATION, layer, 0, one)
            if dropout and layer < depth:
                yield Cell(Quantity.MASK, layer, 0, unit)
        case Quantity.DELTA:
            yield Cell(Quantity.OUTPUT, layer, 0, unit)
            if dropout and layer < depth:
                yield Cell(Quantity.MASK, layer, 0, unit)
            if layer == depth:
                yield Cell(Quantity.TARGET, layer, 0, unit)
            else:
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

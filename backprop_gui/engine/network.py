"""The shape of a network, its parameters, and names for the parts of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.checks import whole_number
from backprop_gui.engine.errors import FieldError

MOST_PARAMETERS = 10_000_000
MOST_LAYERS = 200


@dataclass(frozen=True, slots=True)
class Layer:
    """A hidden or output layer: how many units, and their activation."""

    units: int
    activation: Activation


@dataclass(frozen=True, slots=True)
class Network:
    """A fully connected network: its number of inputs, then its layers, the last of which is the output.

    Raises:
        FieldError: a count below 1, softmax or the like before the output layer, more than 200 layers or ten
            million parameters.
    """

    inputs: int
    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        whole_number("network.inputs", self.inputs, least=1)
        if not self.layers:
            raise FieldError("network.layers", [], "give at least one layer, the output")
        if len(self.layers) > MOST_LAYERS:
            raise FieldError("network.layers", f"{len(self.layers):,} layers", f"use at most {MOST_LAYERS}")
        for index, layer in enumerate(self.layers):
            field = f"network.layers[{index}]"
            whole_number(f"{field}.units", layer.units, least=1)
            if layer.activation.whole_layer and index < len(self.layers) - 1:
                name = layer.activation.name
                raise FieldError(f"{field}.activation", name, f"{name} is for the output layer only")
        if self.parameter_count > MOST_PARAMETERS:
            raise FieldError(
                "network", self.parameter_count, f"use at most {MOST_PARAMETERS:,} weights and biases in all"
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units per layer, inputs first."""
        return (self.inputs, *(layer.units for layer in self.layers))

    @property
    def outputs(self) -> int:
        """Number of output units."""
        return self.layers[-1].units

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return sum((before + 1) * after for before, after in pairwise(self.sizes))

    def has(self, ref: "Ref") -> bool:
        """Tell whether ``ref`` names a part of this network."""
        sizes = self.sizes
        match ref:
            case WeightRef(layer, source, target):
                return 0 <= layer < len(self.layers) and (0 <= source < sizes[layer] and 0 <= target < sizes[layer + 1])
            case BiasRef(layer, unit):
                return 0 <= layer < len(self.layers) and 0 <= unit < sizes[layer + 1]
            case UnitRef(layer, unit):
                return 0 <= layer < len(sizes) and 0 <= unit < sizes[layer]
            case LossRef():
                return True

    def parameter_refs(self) -> Iterator["ParameterRef"]:
        """Yield every parameter in the order of ``Parameters.flat``."""
        for layer, (before, after) in enumerate(pairwise(self.sizes)):
            for source in range(before):
                for target in range(after):
                    yield WeightRef(layer, source, target)
            for unit in range(after):
                yield BiasRef(layer, unit)

    def index_of(self, ref: "ParameterRef") -> int:
        """Return the place of ``ref`` in ``Parameters.flat``."""
        sizes = self.sizes
        start = sum((sizes[k] + 1) * sizes[k + 1] for k in range(ref.layer))
        match ref:
            case WeightRef(layer, source, target):
                return start + source * sizes[layer + 1] + target
            case BiasRef(layer, unit):
                return start + sizes[layer] * sizes[layer + 1] + unit


@dataclass(frozen=True, slots=True)
class WeightRef:
    """The weight from unit ``source`` of layer ``layer`` to unit ``target`` of the next; all count from 0."""

    layer: int
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class BiasRef:
    """The bias of unit ``unit`` in ``network.layers[layer]``; both count from 0."""

    layer: int
    unit: int


@dataclass(frozen=True, slots=True)
class UnitRef:
    """Unit ``unit`` of layer ``layer``, where layer 0 is the inputs; both count from 0."""

    layer: int
    unit: int


@dataclass(frozen=True, slots=True)
class LossRef:
    """The loss of the shown sample."""


ParameterRef = WeightRef | BiasRef
Ref = WeightRef | BiasRef | UnitRef | LossRef


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """All weights and biases, read-only.

    ``weights[l]`` is (units of layer l, units of layer l + 1): entry [i, j] is the article's w_ij (u_ij).
    ``biases[l]`` is (units of layer l + 1,).
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    @classmethod
    def of(cls, weights: Sequence[ArrayLike], biases: Sequence[ArrayLike]) -> "Parameters":
        """Return parameters that hold read-only copies of the arrays given."""
        return cls(tuple(frozen(w) for w in weights), tuple(frozen(b) for b in biases))

    @classmethod
    def from_flat(cls, sizes: Sequence[int], values: Floats) -> "Parameters":
        """Return the parameters of layers of these ``sizes`` whose ``flat`` is ``values``, as read-only copies.

        Raises:
            ValueError: there are more or fewer values than such layers have.
        """
        weights: list[Floats] = []
        biases: list[Floats] = []
        start = 0
        for before, after in pairwise(sizes):
            middle, stop = start + before * after, start + (before + 1) * after
            weights.append(values[start:middle].reshape(before, after))
            biases.append(values[middle:stop])
            start = stop
        if start != len(values):
            raise ValueError("its numbers do not fit its sizes")
        return cls.of(weights, biases)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        return len(self.weights) == len(other.weights) and all(
            np.array_equal(mine, theirs)
            for mine, theirs in zip((*self.weights, *self.biases), (*other.weights, *other.biases), strict=True)
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def check_fits(self, network: Network, field: str = "parameters") -> None:
        """Raise ``FieldError`` about ``field`` unless shapes match ``network`` and every value is finite."""
        sizes = network.sizes
        for name, arrays in (("weights", self.weights), ("biases", self.biases)):
            if len(arrays) != len(network.layers):
                raise FieldError(
                    f"{field}.{name}", len(arrays), f"give one array per layer, {len(network.layers)} in all"
                )
        for k in range(len(network.layers)):
            _check_array(f"{field}.weights[{k}]", self.weights[k], (sizes[k], sizes[k + 1]))
            _check_array(f"{field}.biases[{k}]", self.biases[k], (sizes[k + 1],))

    def flat(self) -> Floats:
        """Return all values in one vector: layer by layer, weights row by row, then biases."""
        return np.concatenate([part.ravel() for pair in zip(self.weights, self.biases, strict=True) for part in pair])

    def __getitem__(self, ref: ParameterRef) -> float:
        match ref:
            case WeightRef(layer, source, target):
                return float(self.weights[layer][source, target])
            case BiasRef(layer, unit):
                return float(self.biases[layer][unit])

    def replace(self, ref: ParameterRef, value: float) -> "Parameters":
        """Return parameters that differ in one value."""
        weights, biases = list(self.weights), list(self.biases)
        match ref:
            case WeightRef(layer, source, target):
                changed = weights[layer].copy()
                changed[source, target] = value
                weights[layer] = frozen(changed)
            case BiasRef(layer, unit):
                changed = biases[layer].copy()
                changed[unit] = value
                biases[layer] = frozen(changed)
        return Parameters(tuple(weights), tuple(biases))


def _check_array(field: str, array: Floats, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        found = " x ".join(map(str, array.shape)) or "a single number"
        raise FieldError(field, found, f"its shape must be {' x '.join(map(str, shape))} to fit the network")
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise FieldError(field + "".join(f"[{k}]" for k in place), float(array[place]), "use a finite number")


def describe(sizes: Sequence[int]) -> str:
    """Return a network's shape the way the field writes it: ``2-3-2``."""
    return "-".join(map(str, sizes))

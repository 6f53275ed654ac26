r"""Four notations for the same quantities, as LaTeX.

A symbol is built from what it means: ``s.output(layer, unit)``, where a unit is a number (from 0) or a running letter
such as "k". A quantity of a whole layer has a symbol too: ``s.outputs(layer)``.

``article``: x, h, y, t, w, u, a, delta; beyond two weight layers its letters carry the layer's number.
``layers``: z and a per layer, W with superscripts, still w_ij from i to j, rows.
``nielsen``: M. Nielsen, Neural Networks and Deep Learning (2015): columns, w_jk leads to j from k, layers count from
1 at the inputs, y is the target, C the cost. ``mazur``: M. Mazur, A Step by Step Backpropagation Example (2015):
net and out, weights numbered through.
"""

from abc import ABC, abstractmethod
from functools import lru_cache
from itertools import pairwise
from typing import ClassVar

from backprop_gui.engine.network import BiasRef, LossRef, Network, Ref, UnitRef, WeightRef

Unit = int | str
"""A unit by its number, from 0, or a running letter."""


class Notation(ABC):
    """The symbols of a notation for a network of ``sizes``: units per layer, inputs first.

    Layers count as in ``network.layers`` plus one: layer 0 is the inputs, the last one the outputs; a weight or bias
    belongs to ``network.layers[layer]``.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    loss: ClassVar[str] = "L"
    rate: ClassVar[str] = r"\eta"
    columns: ClassVar[bool] = False
    """Whether vectors are columns, so that weight matrices stand before them."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes = sizes
        self.depth = len(sizes) - 1

    def of(self, ref: Ref) -> str:
        """Return the symbol of a unit's output, a weight, a bias or the loss."""
        match ref:
            case WeightRef(layer, source, target):
                return self.weight(layer, source, target)
            case BiasRef(layer, unit):
                return self.bias(layer, unit)
            case UnitRef(layer, unit):
                return self.output(layer, unit)
            case LossRef():
                return self.loss

    def weight(self, layer: int, source: Unit, target: Unit) -> str:
        """Return the weight that leads from layer ``layer`` into the next."""
        return f"{self.weights(layer)}_{{{indices(source, target)}}}"

    def bias(self, layer: int, unit: Unit) -> str:
        """Return a bias of ``network.layers[layer]``."""
        return f"{self.biases(layer)}_{{{indices(unit)}}}"

    def output(self, layer: int, unit: Unit) -> str:
        """Return the output of a unit; of the inputs, the input."""
        return f"{self.outputs(layer)}_{{{indices(unit)}}}"

    def pre_activation(self, layer: int, unit: Unit) -> str:
        """Return a unit's value before its activation."""
        return f"{self.pre_activations(layer)}_{{{indices(unit)}}}"

    def delta(self, layer: int, unit: Unit) -> str:
        """Return a unit's delta, dL/da."""
        return f"{self.deltas(layer)}_{{{indices(unit)}}}"

    def mask(self, layer: int, unit: Unit) -> str:
        """Return what dropout multiplies a hidden unit by."""
        return f"{self.masks(layer)}_{{{indices(unit)}}}"

    def target(self, unit: Unit) -> str:
        """Return an output's target."""
        return f"{self.targets()}_{{{indices(unit)}}}"

    def weights(self, layer: int) -> str:
        """Return the matrix of a layer's weights."""
        return self._of_layer("w", layer + 1)

    def biases(self, layer: int) -> str:
        """Return all biases of ``network.layers[layer]``."""
        return self._of_layer("b", layer + 1)

    @abstractmethod
    def outputs(self, layer: int) -> str:
        """Return all outputs of a layer."""

    @abstractmethod
    def pre_activations(self, layer: int) -> str:
        """Return all pre-activations of a layer."""

    def deltas(self, layer: int) -> str:
        """Return all deltas of a layer."""
        return self._of_layer(r"\delta", layer)

    def masks(self, layer: int) -> str:
        """Return dropout's mask of a layer."""
        return self._of_layer("r", layer)

    def of_activation(self, symbol: str, layer: int) -> str:
        """Return the symbol of a number of a layer's activation, told apart from those of other layers."""
        return self._of_layer(f"{{{symbol}}}" if "_" in symbol or "^" in symbol else symbol, layer)

    def targets(self) -> str:
        """Return all targets."""
        return "t"

    def loss_of(self, sample: Unit) -> str:
        """Return the loss of one sample of several."""
        return f"{self.loss}_{{{indices(sample)}}}"

    def gradient(self, ref: WeightRef | BiasRef, loss: str = "") -> str:
        """Return the partial derivative of the loss by a parameter."""
        return partial(loss or self.loss, self.of(ref))

    def weight_table(self, layer: int, memory: str = "") -> str:
        """Return what a layer's table of weights is headed by, or of an optimizer's ``memory`` of each: its letter."""
        return f"{memory}_{{{self.weights(layer)}}}" if memory else self.weights(layer)

    def weight_order(self, layer: int) -> str:
        """Return words on which weight is which in a layer's table, where its symbol does not tell."""
        del layer
        return ""

    def _of_layer(self, letter: str, layer: int) -> str:
        return f"{letter}^{{({layer})}}"


class Article(Notation):
    """The article's letters."""

    key, title = "article", "Article (x, h, y, w, u)"

    def weights(self, layer: int) -> str:
        """Return w and u, or numbered letters where there are more layers."""
        return ("w" if layer == 0 else "u") if self.depth <= 2 else self._of_layer("w", layer + 1)

    def outputs(self, layer: int) -> str:
        """Return x, h and y; h is numbered where there are more layers."""
        if layer in (0, self.depth):
            return "x" if layer == 0 else "y"
        return "h" if self.depth <= 2 else self._of_layer("h", layer)

    def pre_activations(self, layer: int) -> str:
        """Return a."""
        return self._of_layer("a", layer)


class Layers(Notation):
    """Every layer numbered: a for outputs, z before the activation, W for weights."""

    key, title = "layers", "Numbered layers (aˡ, Wˡ)"

    def weights(self, layer: int) -> str:
        """Return W."""
        return self._of_layer("W", layer + 1)

    def outputs(self, layer: int) -> str:
        """Return a."""
        return self._of_layer("a", layer)

    def pre_activations(self, layer: int) -> str:
        """Return z."""
        return self._of_layer("z", layer)


class Nielsen(Layers):
    """Nielsen's book: column vectors, layers from 1, w_jk into j from k, targets y, cost C."""

    key, title = "nielsen", "Nielsen (columns, wⱼₖ)"
    loss, columns = "C", True

    def weight(self, layer: int, source: Unit, target: Unit) -> str:
        """Return the weight: first where it leads to, then where it comes from."""
        return f"{self.weights(layer)}_{{{indices(target, source)}}}"

    def weights(self, layer: int) -> str:
        """Return w."""
        return self._of_layer("w", layer + 1)

    def targets(self) -> str:
        """Return y: in the book the target."""
        return "y"

    def _of_layer(self, letter: str, layer: int) -> str:
        return f"{letter}^{{{layer + 1}}}"


class Mazur(Notation):
    """Mazur's net and out; weights and biases numbered through as in his picture."""

    key, title = "mazur", "Mazur (net, out)"
    loss = "E"

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__(sizes)
        self._before = [0]
        for before, after in pairwise(sizes):
            self._before.append(self._before[-1] + before * after)

    def weight(self, layer: int, source: Unit, target: Unit) -> str:
        """Return the weight's number: unit by unit of the layer it leads to."""
        if isinstance(source, str) or isinstance(target, str):
            return f"w_{{{indices(source, target)}}}"
        return f"w_{{{self._before[layer] + target * self.sizes[layer] + source + 1}}}"

    def bias(self, layer: int, unit: Unit) -> str:
        """Return the bias of a unit, under the unit's name."""
        return f"b_{{{self._unit(layer + 1, unit)}}}"

    def output(self, layer: int, unit: Unit) -> str:
        """Return the output of a unit; of the inputs, the input."""
        return f"i_{{{indices(unit)}}}" if layer == 0 else rf"\mathrm{{out}}_{{{self._unit(layer, unit)}}}"

    def pre_activation(self, layer: int, unit: Unit) -> str:
        """Return a unit's total net input."""
        return rf"\mathrm{{net}}_{{{self._unit(layer, unit)}}}"

    def delta(self, layer: int, unit: Unit) -> str:
        """Return a unit's delta."""
        return rf"\delta_{{{self._unit(layer, unit)}}}"

    def mask(self, layer: int, unit: Unit) -> str:
        """Return what dropout multiplies a hidden unit by."""
        return f"r_{{{self._unit(layer, unit)}}}"

    def target(self, unit: Unit) -> str:
        """Return an output's target."""
        return rf"\mathrm{{target}}_{{{self._unit(self.depth, unit)}}}"

    def weights(self, layer: int) -> str:
        """Return the numbers a layer's weights run through."""
        first, last = self._before[layer] + 1, self._before[layer + 1]
        return f"w_{{{first}}}" if first == last else rf"w_{{{first}\ldots{last}}}"

    def biases(self, layer: int) -> str:
        """Return b of the layer's units."""
        return f"b_{{{self._name(layer + 1)}}}"

    def outputs(self, layer: int) -> str:
        """Return i, or out of the layer's units."""
        return "i" if layer == 0 else rf"\mathrm{{out}}_{{{self._name(layer)}}}"

    def pre_activations(self, layer: int) -> str:
        """Return net of the layer's units."""
        return rf"\mathrm{{net}}_{{{self._name(layer)}}}"

    def targets(self) -> str:
        """Return target."""
        return r"\mathrm{target}_{o}"

    def weight_order(self, layer: int) -> str:
        """Return that numbers run down the columns, unit by unit of the layer they lead to."""
        return "by column" if min(self.sizes[layer : layer + 2]) > 1 else ""

    def weight_table(self, layer: int, memory: str = "") -> str:
        """Return the table of the weights' symbols: their numbers follow from no letter."""

        def symbol(source: int, target: int) -> str:
            w = self.weight(layer, source, target)
            return f"{memory}_{{{w}}}" if memory else w

        rows = [
            "&".join(symbol(source, target) for target in range(self.sizes[layer + 1]))
            for source in range(self.sizes[layer])
        ]
        body = r"\\".join(rows)
        return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"

    def _of_layer(self, letter: str, layer: int) -> str:
        return f"{letter}_{{{self._name(layer)}}}"

    def _unit(self, layer: int, unit: Unit) -> str:
        between = "," if layer != self.depth and self.depth > 2 else ""
        return f"{self._name(layer)}{between}{indices(unit)}"

    def _name(self, layer: int) -> str:
        if layer == self.depth:
            return "o"
        return "h" if self.depth <= 2 else f"h{layer}"


NOTATIONS: dict[str, type[Notation]] = {one.key: one for one in (Article, Layers, Nielsen, Mazur)}
"""Every notation by its name in the settings."""


@lru_cache(maxsize=64)
def symbols(notation: str, sizes: tuple[int, ...]) -> Notation:
    """Return the symbols of a notation for a network of ``sizes``."""
    return NOTATIONS[notation](sizes)


def symbols_of(notation: str, network: Network) -> Notation:
    """Return the symbols of a notation for a network."""
    return symbols(notation, network.sizes)


def indices(*units: Unit) -> str:
    """Return indices as they are written, numbers from 1: ``12``, or ``1,12`` where one has two digits."""
    wide = len(units) > 1 and any(isinstance(unit, int) and unit >= 9 for unit in units)
    return ("," if wide else "").join(unit if isinstance(unit, str) else str(unit + 1) for unit in units)


def partial(above: str, below: str) -> str:
    """Return a partial derivative."""
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"

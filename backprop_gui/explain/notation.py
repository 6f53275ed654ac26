"""Four notations for the same quantities, as LaTeX.

``article``: x, h, y, t, w, u, a, delta; beyond two weight layers its letters carry the layer's number.
``layers``: z and a per layer, W with superscripts, still w_ij from i to j, rows.
``nielsen``: M. Nielsen, Neural Networks and Deep Learning (2015): columns, w_jk leads to j from k, layers count from
1 at the inputs, y is the target, C the cost. ``mazur``: M. Mazur, A Step by Step Backpropagation Example (2015):
net and out, weights numbered through.
"""

from functools import lru_cache
from itertools import pairwise

from backprop_gui.engine.network import BiasRef, LossRef, Network, Ref, UnitRef, WeightRef


class Article:
    """The article's letters; the base of the others. ``sizes`` are the units per layer, inputs first.

    Layers count as in ``network.layers`` plus one: layer 0 is the inputs, the last one the outputs.
    """

    key, title = "article", "Article (x, h, y, w, u)"
    loss, rate = "L", r"\eta"
    columns = False
    """Whether vectors are columns, so that weight matrices stand transposed before them."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes = sizes
        self.depth = len(sizes) - 1

    def of(self, ref: Ref) -> str:
        """Return the symbol of a unit's output, a weight or a bias."""
        match ref:
            case WeightRef(layer, source, target):
                return self.weight(layer, source, target)
            case BiasRef(layer, unit):
                return self.bias(layer, unit)
            case UnitRef(layer, unit):
                return self.output(layer, unit)
            case LossRef():
                return self.loss

    def weight(self, layer: int, source: int, target: int) -> str:
        """Return the weight that leads from layer ``layer`` into the next."""
        return f"{self.weight_letter(layer)}_{{{indices(source, target)}}}"

    def weight_letter(self, layer: int) -> str:
        """Return the letter of a layer's weights."""
        return ("w" if layer == 0 else "u") if self.depth <= 2 else f"w^{{({layer + 1})}}"

    def bias(self, layer: int, unit: int) -> str:
        """Return a bias of ``network.layers[layer]``."""
        return f"b^{{({layer + 1})}}_{{{indices(unit)}}}"

    def output(self, layer: int, unit: int) -> str:
        """Return the output of a unit; of the inputs, the input."""
        return f"{self.output_letter(layer)}_{{{indices(unit)}}}"

    def output_letter(self, layer: int) -> str:
        """Return the letter of a layer's outputs."""
        if layer == 0:
            return "x"
        if layer == self.depth:
            return "y"
        return "h" if self.depth <= 2 else f"h^{{({layer})}}"

    def pre_activation(self, layer: int, unit: int) -> str:
        """Return a unit's value before its activation."""
        return f"a^{{({layer})}}_{{{indices(unit)}}}"

    def delta(self, layer: int, unit: int) -> str:
        """Return a unit's delta, dL/da."""
        return rf"\delta^{{({layer})}}_{{{indices(unit)}}}"

    def mask(self, layer: int, unit: int) -> str:
        """Return what dropout multiplies a hidden unit by."""
        return f"m^{{({layer})}}_{{{indices(unit)}}}"

    def target(self, unit: int) -> str:
        """Return an output's target."""
        return f"t_{{{indices(unit)}}}"

    def bold(self, letter: str, layer: int) -> str:
        """Return the matrix or row called ``letter`` of a layer."""
        return rf"\mathbf{{{letter}}}^{{({layer})}}"


class Layers(Article):
    """Every layer numbered: a for outputs, z before the activation, W for weights."""

    key, title = "layers", "Numbered layers (aˡ, Wˡ)"

    def weight_letter(self, layer: int) -> str:
        """Return the letter of a layer's weights."""
        return f"W^{{({layer + 1})}}"

    def output_letter(self, layer: int) -> str:
        """Return the letter of a layer's outputs."""
        return f"a^{{({layer})}}"

    def pre_activation(self, layer: int, unit: int) -> str:
        """Return a unit's value before its activation."""
        return f"z^{{({layer})}}_{{{indices(unit)}}}"


class Nielsen(Article):
    """Nielsen's book: column vectors, layers from 1, w_jk into j from k, targets y, cost C."""

    key, title = "nielsen", "Nielsen (columns, wⱼₖ)"
    loss = "C"
    columns = True

    def weight_letter(self, layer: int) -> str:
        """Return the letter of a layer's weights."""
        return f"w^{{{layer + 2}}}"

    def weight(self, layer: int, source: int, target: int) -> str:
        """Return the weight: first where it leads to, then where it comes from."""
        return f"{self.weight_letter(layer)}_{{{indices(target, source)}}}"

    def bias(self, layer: int, unit: int) -> str:
        """Return a bias of ``network.layers[layer]``."""
        return f"b^{{{layer + 2}}}_{{{indices(unit)}}}"

    def output_letter(self, layer: int) -> str:
        """Return the letter of a layer's outputs."""
        return f"a^{{{layer + 1}}}"

    def pre_activation(self, layer: int, unit: int) -> str:
        """Return a unit's weighted input."""
        return f"z^{{{layer + 1}}}_{{{indices(unit)}}}"

    def delta(self, layer: int, unit: int) -> str:
        """Return a unit's error."""
        return rf"\delta^{{{layer + 1}}}_{{{indices(unit)}}}"

    def mask(self, layer: int, unit: int) -> str:
        """Return what dropout multiplies a hidden unit by."""
        return f"m^{{{layer + 1}}}_{{{indices(unit)}}}"

    def target(self, unit: int) -> str:
        """Return an output's target."""
        return f"y_{{{indices(unit)}}}"


class Mazur(Article):
    """Mazur's net and out; weights and biases numbered through as in his picture."""

    key, title = "mazur", "Mazur (net, out)"
    loss = "E"

    def __init__(self, sizes: tuple[int, ...]) -> None:
        super().__init__(sizes)
        self._before = [0]
        for before, after in pairwise(sizes):
            self._before.append(self._before[-1] + before * after)

    def weight(self, layer: int, source: int, target: int) -> str:
        """Return the weight's number: unit by unit of the layer it leads to."""
        return f"w_{{{self._before[layer] + target * self.sizes[layer] + source + 1}}}"

    def bias(self, layer: int, unit: int) -> str:
        """Return the bias of a unit, under the unit's name."""
        return f"b_{{{self._unit(layer + 1, unit)}}}"

    def output(self, layer: int, unit: int) -> str:
        """Return the output of a unit; of the inputs, the input."""
        return f"i_{{{indices(unit)}}}" if layer == 0 else rf"\mathrm{{out}}_{{{self._unit(layer, unit)}}}"

    def pre_activation(self, layer: int, unit: int) -> str:
        """Return a unit's total net input."""
        return rf"\mathrm{{net}}_{{{self._unit(layer, unit)}}}"

    def delta(self, layer: int, unit: int) -> str:
        """Return a unit's delta."""
        return rf"\delta_{{{self._unit(layer, unit)}}}"

    def mask(self, layer: int, unit: int) -> str:
        """Return what dropout multiplies a hidden unit by."""
        return f"m_{{{self._unit(layer, unit)}}}"

    def target(self, unit: int) -> str:
        """Return an output's target."""
        return rf"\mathrm{{target}}_{{o{unit + 1}}}"

    def _unit(self, layer: int, unit: int) -> str:
        if layer == self.depth:
            return f"o{unit + 1}"
        return f"h{unit + 1}" if self.depth <= 2 else f"h{layer},{unit + 1}"


NOTATIONS: dict[str, type[Article]] = {one.key: one for one in (Article, Layers, Nielsen, Mazur)}
"""Every notation by its name in the settings."""


@lru_cache(maxsize=64)
def symbols(notation: str, sizes: tuple[int, ...]) -> Article:
    """Return the symbols of a notation for a network of ``sizes``."""
    return NOTATIONS[notation](sizes)


def symbols_of(notation: str, network: Network) -> Article:
    """Return the symbols of a notation for a network."""
    return symbols(notation, network.sizes)


def indices(*numbers: int) -> str:
    """Return indices (from 0) as they are written, from 1: ``12``, or ``1,12`` where one has two digits."""
    return ("," if len(numbers) > 1 and any(k >= 9 for k in numbers) else "").join(str(k + 1) for k in numbers)

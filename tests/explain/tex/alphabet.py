r"""Every symbol a notation can produce for a network, written down from the notations' published rules.

``article``: x, h, y, t; w into the hidden layer and u out of it; a and delta with their layer; with more layers h and
w carry their layer too. ``layers``: a^{(l)} with a^{(0)} the inputs, z^{(l)}, W^{(l)}_{ij} from i to j, targets t.
``nielsen`` (Neural Networks and Deep Learning, chapter 2): a^1 are the inputs, w^l_{jk} leads to j in layer l from k,
z, b, delta with the layer; y the target; the cost is C. ``mazur`` (A Step by Step Backpropagation Example): i, net,
out, target, weights numbered unit by unit of the layer they lead to, E. The mask of dropout is r (Srivastava et al.).
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import ClassVar

from tests.explain.tex.quantity import Quantity

NOTATIONS = ("article", "layers", "nielsen", "mazur")
LOSS = {"article": "L", "layers": "L", "nielsen": "C", "mazur": "E"}
LETTERS = ("i", "j", "k")
"""What may run over the units of a layer."""

SHARED = {
    r"\eta": Quantity("rate"),
    r"\mu": Quantity("momentum"),
    r"\lambda_{1}": Quantity("l1"),
    r"\lambda_{2}": Quantity("l2"),
    r"\varepsilon": Quantity("epsilon"),
    r"\beta_{1}": Quantity("decay", unit=0),
    r"\beta_{2}": Quantity("decay", unit=1),
    r"\rho": Quantity("decay"),
    r"\tau": Quantity("step"),
    r"\alpha": Quantity("card number"),
    r"\kappa": Quantity("loss number"),
}
"""What the settings of an update and of cards are called in every notation."""
UPDATE = {
    "g": "g",
    "v": "velocity",
    "m": "mean",
    "s": "square",
    r"\hat{m}": "mean corrected",
    r"\hat{s}": "square corrected",
}
"""What an update keeps for each parameter; where several are on one page, with the parameter as index."""


def written(*units: int | str | None) -> str:
    """Return indices as they are written: numbers from 1, with commas where one has two digits."""
    wide = len(units) > 1 and any(isinstance(one, int) and one >= 9 for one in units)
    return ("," if wide else "").join(one if isinstance(one, str) else str(1 + (one or 0)) for one in units)


class _Article:
    letters: ClassVar[dict[str, str]] = {
        "pre": "a",
        "bias": "b",
        "delta": r"\delta",
        "mask": "r",
        "target": "t",
        "card number": r"\alpha",
    }

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self.sizes, self.depth = sizes, len(sizes) - 1

    def whole(self, kind: str, layer: int) -> str:
        """Return the symbol of a whole layer."""
        if kind == "output" and layer in (0, self.depth):
            return "x" if layer == 0 else "y"
        if kind in ("output", "weight"):
            few, many = {"output": ("h", "h"), "weight": ("w" if layer == 1 else "u", "w")}[kind]
            return few if self.depth <= 2 else f"{many}^{{({layer})}}"
        return self.letters[kind] if kind == "target" else f"{self.letters[kind]}^{{({layer})}}"

    def name(self, q: Quantity) -> str:
        """Return the symbol of one quantity."""
        units = (q.source, q.unit) if q.kind == "weight" else (q.unit,)
        return f"{self.whole(q.kind, q.layer)}_{{{written(*units)}}}"


class _Layers(_Article):
    letters: ClassVar[dict[str, str]] = {**_Article.letters, "output": "a", "pre": "z", "weight": "W"}

    def whole(self, kind: str, layer: int) -> str:
        return self.letters[kind] if kind == "target" else f"{self.letters[kind]}^{{({layer})}}"


class _Nielsen(_Article):
    letters: ClassVar[dict[str, str]] = {**_Layers.letters, "weight": "w", "target": "y"}

    def whole(self, kind: str, layer: int) -> str:
        return self.letters[kind] if kind == "target" else f"{self.letters[kind]}^{{{layer + 1}}}"

    def name(self, q: Quantity) -> str:
        units = (q.unit, q.source) if q.kind == "weight" else (q.unit,)
        return f"{self.whole(q.kind, q.layer)}_{{{written(*units)}}}"


class _Mazur(_Article):
    letters: ClassVar[dict[str, str]] = {
        **_Article.letters,
        "output": r"\mathrm{out}",
        "pre": r"\mathrm{net}",
        "target": r"\mathrm{target}",
    }

    def _layer(self, layer: int) -> str:
        return "o" if layer == self.depth else "h" if self.depth == 2 else f"h{layer}"

    def _number(self, layer: int, source: int, unit: int) -> int:
        before = sum(self.sizes[k] * self.sizes[k + 1] for k in range(layer - 1))
        return before + unit * self.sizes[layer - 1] + source + 1

    def whole(self, kind: str, layer: int) -> str:
        if kind == "output" and layer == 0:
            return "i"
        if kind == "weight":
            first, last = (
                self._number(layer, 0, 0),
                self._number(layer, self.sizes[layer - 1] - 1, self.sizes[layer] - 1),
            )
            return f"w_{{{first}}}" if first == last else rf"w_{{{first}\ldots{last}}}"
        return f"{self.letters[kind]}_{{{self._layer(layer)}}}"

    def name(self, q: Quantity) -> str:
        if q.kind == "output" and q.layer == 0:
            return f"i_{{{written(q.unit)}}}"
        if q.kind == "weight":
            assert isinstance(q.unit, int)
            assert isinstance(q.source, int)
            return f"w_{{{self._number(q.layer, q.source, q.unit)}}}"
        between = "," if self.depth > 2 and q.layer != self.depth else ""
        return f"{self.letters[q.kind]}_{{{self._layer(q.layer)}{between}{written(q.unit)}}}"


_NAMES = {"article": _Article, "layers": _Layers, "nielsen": _Nielsen, "mazur": _Mazur}


def _units(sizes: tuple[int, ...], layer: int) -> list[int | str]:
    return [*range(sizes[layer]), *LETTERS]


def _quantities(sizes: tuple[int, ...], numbered: bool) -> Iterator[Quantity]:
    """Yield everything that has a symbol by unit; ``numbered``: weights have numbers alone, so no letter runs."""
    depth = len(sizes) - 1
    for layer in range(depth + 1):
        for unit in _units(sizes, layer):
            yield Quantity("output", layer, unit)
            if layer:
                for kind in ("pre", "bias", "delta"):
                    yield Quantity(kind, layer, unit)
                if layer < depth:
                    yield Quantity("mask", layer, unit)
        if layer:
            for source, unit in product(_units(sizes, layer - 1), _units(sizes, layer)):
                if not (source == unit and isinstance(unit, str)) and not (
                    numbered and (isinstance(source, str) or isinstance(unit, str))
                ):
                    yield Quantity("weight", layer, unit, source)
    for unit in _units(sizes, depth):
        yield Quantity("target", depth, unit)


@lru_cache(maxsize=64)
def alphabet(notation: str, sizes: tuple[int, ...]) -> dict[str, Quantity]:
    """Return every symbol of a notation for a network, with what it stands for."""
    names = _NAMES[notation](sizes)
    name, layers = names.name, range(1, len(sizes))
    plain = {name(q): q for q in _quantities(sizes, notation == "mazur")}
    loss = LOSS[notation]
    losses = {loss: Quantity("loss"), f"{loss}_{{n}}": Quantity("loss of", unit="n")}
    losses |= {f"{loss}_{{{k + 1}}}": Quantity("loss of", unit=k) for k in range(40)}
    losses[rf"\bar{{{loss}}}"] = Quantity("loss of batch")
    found = SHARED | {letter: Quantity(kind) for letter, kind in UPDATE.items()} | plain | losses
    found |= {names.whole("card number", layer): Quantity("card number", layer) for layer in layers}
    for latex, q in plain.items():
        if q.kind in ("weight", "bias") and not q.letters():
            found |= {f"{letter}_{{{latex}}}": Quantity(kind, of=q) for letter, kind in UPDATE.items()}
        if q.kind == "pre":
            found[f"f({latex})"] = Quantity("f", of=q)
            found[f"f'({latex})"] = Quantity("slope", of=q)
    return found | _partials(plain, losses, len(sizes) - 1)


def _partials(plain: dict[str, Quantity], losses: dict[str, Quantity], depth: int) -> dict[str, Quantity]:
    """Return the derivatives that are not always 0."""
    found: dict[str, Quantity] = {}

    def add(above: str, of: Quantity, below: str, by: Quantity) -> None:
        found[rf"\frac{{\partial {above}}}{{\partial {below}}}"] = Quantity("partial", of=of, by=by)

    for below, by in plain.items():
        parameter = by.kind in ("weight", "bias")
        for above, of in losses.items():
            if parameter or (of.kind == "loss" and (by.kind == "pre" or (by.kind == "output" and by.layer))):
                add(above, of, below, by)
        for above, of in plain.items():
            if of.kind == "output" and by.kind == "pre" and of.layer == by.layer:
                if of.unit == by.unit or of.layer == depth:
                    add(above, of, below, by)
            elif of.kind == "pre" and (
                (parameter and (of.layer, of.unit) == (by.layer, by.unit))
                or (by.kind == "output" and by.layer == of.layer - 1)
            ):
                add(above, of, below, by)
    return found


def wholes(notation: str, sizes: tuple[int, ...]) -> dict[str, Quantity]:
    """Return the symbols of whole layers: vectors and matrices; of Mazur's, the common part of their names."""
    whole, depth = _NAMES[notation](sizes).whole, len(sizes) - 1
    found = {whole("target", depth): Quantity("target", depth)}
    for layer in range(depth + 1):
        kinds = ["output"] + ["pre", "bias", "delta", "weight"] * (layer > 0) + ["mask"] * (0 < layer < depth)
        found |= {whole(kind, layer): Quantity(kind, layer) for kind in kinds}
    return found


def memories(notation: str, sizes: tuple[int, ...]) -> dict[str, Quantity]:
    """Return the symbols of what an update keeps for a whole layer's weights, or biases."""
    whole = _NAMES[notation](sizes).whole
    return {
        f"{letter}_{{{whole(kind, layer)}}}": Quantity(memory, layer, of=Quantity(kind, layer))
        for layer in range(1, len(sizes))
        for kind in ("weight", "bias")
        for letter, memory in UPDATE.items()
    }

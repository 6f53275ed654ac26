"""Layers found among named arrays, whatever file they came from: by the habits of names, and by shapes that fit."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, zip_longest

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, describe

_KIND = re.compile(
    r"(?<![A-Za-z])(weights?|kernels?|coefs?|thetas?|w|bias|biases|intercepts?|b)(?![A-Za-z])", re.IGNORECASE
)
_SHORT = re.compile(r"([WwBb])([a-z]{1,2})")
"""Wh and bh, Wo and bo."""
_RECURRENT = re.compile(r"(weight|bias)_(ih|hh)|recurrent", re.IGNORECASE)
_MOST_TRIES = 20_000
_SHOWN = 3
_OUT_IN = ("weight", "theta", "thetas")


@dataclass(frozen=True, slots=True)
class _Found:
    """One layer's arrays as the file has them. ``key`` is what its names share, ``word`` what they call a weight."""

    key: tuple[str, ...]
    name: str
    called: str
    word: str
    weights: Floats
    bias: Floats | None

    def read(self, turned: bool, bias_column: bool) -> tuple[Floats, Floats | None]:
        """Return weights, (units before, units after), and biases; Theta has its biases as its first column."""
        w = self.weights.T if turned else self.weights
        return (w[1:], w[0]) if bias_column else (w, None if self.bias is None else self.bias.reshape(-1))


Layers = tuple[list[Floats], list[Floats], list[str]]
"""Weights, biases, and remarks, a sentence each."""


def layers_among(
    arrays: Mapping[str, Floats], order: Sequence[str] = (), sizes: Sequence[int] = (), *, ours: bool = False
) -> Layers:
    """Return the layers in the order they compute in.

    ``order`` names them, where it is known; ``sizes`` are those of the present network, which decides between several
    orders that fit. ``ours`` tells that the file is this program's own, whose W1 is (units before, units after).

    Raises:
        FieldError: an array that belongs to no dense layer, no order whose shapes fit, or several (the sentence names
            them and what to type).
    """
    found = _ordered(_pairs(arrays), order)
    bias_column = all(one.word.startswith("theta") and one.bias is None for one in found[0])
    failures: list[FieldError] = []
    fitting: list[tuple[bool, list[_Found]]] = []
    for turned in _ways(found, ours):
        try:
            fitting.append((turned, _one_order(found, turned, bias_column, sizes, fixed=bool(order))))
        except FieldError as error:
            if error.field == "--order" and not order and not fitting:  # several fit: no other way would settle that
                raise
            failures.append(error)
    if not fitting:
        raise failures[0]
    turned, chain = fitting[0]
    told = ""
    if turned:
        torch = all(one.word == "weight" for one in chain)
        told = (
            "Read as PyTorch keeps weights: (outputs, inputs)." if torch else "Weights are read as (outputs, inputs)."
        )
    elif len(fitting) > 1:
        told = "Weights are read as (inputs, outputs); the shapes would fit the other way as well."
    return _finished(chain, turned, bias_column, told)


def _pairs(arrays: Mapping[str, Floats]) -> list[_Found]:
    """Put every weight and its bias together."""
    if arrays and all(re.fullmatch(r"arr_\d+", name) for name in arrays):
        return _in_turn(arrays)
    weights: dict[tuple[str, ...], tuple[str, str, str]] = {}
    biases: dict[tuple[str, ...], str] = {}
    for name in arrays:
        if _RECURRENT.search(name):
            raise FieldError("file", name, "it must hold dense layers only, and this is of a recurrent one")
        key, word, called = _parts(name)
        if not word:
            told = "it must hold weights and biases only, named as in W1, b1 or fc1.weight, fc1.bias or kernel, bias"
            raise FieldError("file", name, told)
        into_biases = word[0] == "b" or word.startswith("intercept")
        if key in (biases if into_biases else weights):
            raise FieldError("file", name, "another array must not have the same name but for its case and marks")
        if into_biases:
            biases[key] = name
        else:
            _check_table(name, arrays[name])
            weights[key] = name, word, called
    if orphans := [biases[key] for key in biases if key not in weights]:
        raise FieldError("file", orphans[0], "every bias must have weights beside it that are named like it")
    return [
        _Found(key, name, called, word, arrays[name], _row(biases[key], arrays[biases[key]]) if key in biases else None)
        for key, (name, word, called) in weights.items()
    ]


def _parts(name: str) -> tuple[tuple[str, ...], str, str]:
    """Return what names a layer, the word for the kind of array, and the layer's name as it may be typed."""
    plain = re.sub(r":\d+$", "", name)  # Keras numbers its variables: kernel:0
    if short := _SHORT.fullmatch(plain):
        return (short[2],), short[1].lower(), plain
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)
    if not (all_kinds := list(_KIND.finditer(spaced))):
        return (), "", name
    kind = all_kinds[-1]
    rest = spaced[: kind.start()] + " " + spaced[kind.end() :]
    key = tuple(part.lower() for part in re.findall(r"[^\W\d_]+|\d+", rest))
    called = rest.strip(" ._/:-")
    return key, kind[1].lower(), called if re.search(r"[A-Za-z]", called) else name


def _in_turn(arrays: Mapping[str, Floats]) -> list[_Found]:
    """Read what numpy.savez was given without names: weights, or weights and bias in turn."""
    names = sorted(arrays, key=lambda name: int(name[4:]))
    tables = [arrays[name] for name in names]
    if all(one.ndim == 2 for one in tables) and (
        all(a.shape[1] == b.shape[0] for a, b in pairwise(tables))
        or all(a.shape[0] == b.shape[1] for a, b in pairwise(tables))
    ):
        pairs = [(name, "") for name in names]
    else:
        pairs = list(zip_longest(names[::2], names[1::2], fillvalue=""))
    found: list[_Found] = []
    for name, beside in pairs:
        _check_table(name, arrays[name])
        bias = _row(beside, arrays[beside]) if beside else None
        found.append(_Found((name[4:],), name, name, "w", arrays[name], bias))
    return found


def _check_table(name: str, array: Floats) -> None:
    if array.ndim != 2 or not array.size:
        told = f"it must hold dense layers only: weights are a table of units x units, and this has shape {array.shape}"
        raise FieldError("file", name, told)


def _row(name: str, array: Floats) -> Floats:
    if array.ndim > 2 or (array.ndim == 2 and 1 not in array.shape):
        raise FieldError("file", name, f"biases must be a row, and this has shape {array.shape}")
    return array


def _ordered(found: list[_Found], order: Sequence[str]) -> list[list[_Found]]:
    """Return the layers in groups: inside of one, numbers in the names give the order; between them shapes do."""
    if not found:
        raise FieldError("file", "no weights", "it must hold arrays such as W1, b1, or fc1.weight, fc1.bias")
    if len(found) > MOST_LAYERS:
        raise FieldError("file", f"{len(found):,} layers", f"use at most {MOST_LAYERS}")
    if order:
        there = {name: one for one in found for name in (one.name, one.called)}
        names = ",".join(one.called for one in found)
        if unknown := [name for name in order if name not in there]:
            raise FieldError("--order", unknown[0], f"name every layer once, such as {names}")
        chosen = [there[name] for name in order]
        if len({one.name for one in chosen}) != len(order) or len(order) != len(found):
            raise FieldError("--order", ",".join(order), f"name every layer once, such as {names}")
        return [chosen]
    groups: dict[tuple[str, ...], list[_Found]] = {}
    for one in found:
        groups.setdefault(tuple(part for part in one.key if not part.isdigit()), []).append(one)
    return [sorted(group, key=lambda one: [int(p) for p in one.key if p.isdigit()]) for group in groups.values()]


def _ways(groups: list[list[_Found]], ours: bool) -> tuple[bool, ...]:
    """Return how tables may stand, the likelier way first; True: (units after, units before), to be turned."""
    found = [one for group in groups for one in group]
    if ours:
        return (False,)
    if all(one.word in ("kernel", "kernels", "coef", "coefs") for one in found):
        return (False,)
    columns = any(one.bias is not None and one.bias.ndim == 2 and one.bias.shape[0] > 1 for one in found)
    return (True, False) if columns or all(one.word in _OUT_IN for one in found) else (False, True)


def _one_order(
    groups: list[list[_Found]], turned: bool, bias_column: bool, sizes: Sequence[int], *, fixed: bool
) -> list[_Found]:
    """Return the one chain of layers whose shapes fit."""

    def ends(one: _Found) -> tuple[int, int]:
        w, bias = one.read(turned, bias_column)
        if bias is not None and bias.size != w.shape[1]:
            raise FieldError("file", one.name, f"its {w.shape[1]} units must have a bias each, not {bias.size}")
        return w.shape

    shapes = {one.name: ends(one) for group in groups for one in group}
    for group in groups:
        for before, after in pairwise(group):
            if (units := shapes[before.name][1]) != (wanted := shapes[after.name][0]):
                field = "--order" if fixed else "file"
                told = f"one layer must end with as many units as the next begins with ({before.name}, {after.name})"
                raise FieldError(field, f"{units} units, then {wanted}", told)
    joints = [(shapes[group[0].name][0], shapes[group[-1].name][1]) for group in groups]
    chains = [[one for place in places for one in groups[place]] for places in islice(_chains(joints), MOST_LAYERS)]
    if not chains:
        listed = ", ".join(f"{one.called} {shapes[one.name][0]}-{shapes[one.name][1]}" for g in groups for one in g)
        raise FieldError("file", listed, "there must be an order in which one layer ends as the next begins")
    if len(chains) > 1:
        fits = [one for one in chains if _sizes(one, shapes) == tuple(sizes)]
        chains = fits if len(fits) == 1 else chains
    if len(chains) > 1:
        shown = [f"--order {','.join(x.called for x in c)} for {describe(_sizes(c, shapes))}" for c in chains[:_SHOWN]]
        raise FieldError("--order", "no order", "the layers fit in more than one; use " + " or ".join(shown))
    return chains[0]


def _sizes(chain: Sequence[_Found], shapes: Mapping[str, tuple[int, int]]) -> tuple[int, ...]:
    return (shapes[chain[0].name][0], *(shapes[one.name][1] for one in chain))


def _chains(joints: Sequence[tuple[int, int]]) -> Iterator[tuple[int, ...]]:
    """Yield every order of the pieces in which each ends with as many units as the next begins with."""
    open_: list[tuple[int, ...]] = [(place,) for place in reversed(range(len(joints)))]
    for _ in range(_MOST_TRIES):
        if not open_:
            return
        places = open_.pop()
        if len(places) == len(joints):
            yield places
        end = joints[places[-1]][1]
        open_ += [
            (*places, next_)
            for next_ in reversed(range(len(joints)))
            if next_ not in places and joints[next_][0] == end
        ]
    raise FieldError("--order", "no order", "too many are possible here; name the layers in theirs")


def _finished(chain: Sequence[_Found], turned: bool, bias_column: bool, told: str) -> Layers:
    pairs = [one.read(turned, bias_column) for one in chain]
    remarks = [told] if told else []
    if bias_column:
        remarks.append("Biases are the first of the weights of each unit.")
    if without := [one.called for one, (_, bias) in zip(chain, pairs, strict=True) if bias is None]:
        remarks.append(f"There are no biases for {', '.join(without[:_SHOWN])}: taken as 0.")
    weights = [np.ascontiguousarray(w) for w, _ in pairs]
    return weights, [np.zeros(w.shape[1]) if b is None else b.copy() for w, b in pairs], remarks

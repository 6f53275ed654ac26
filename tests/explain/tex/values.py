"""The numbers that symbols stand for, from the readable engine: one sample's pass, and the update that comes next."""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.network import BiasRef, ParameterRef, Parameters, WeightRef
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope
from tests.explain.tex.alphabet import alphabet
from tests.explain.tex.plain_functions import ACTIVATIONS, LOSS_SLOPES
from tests.explain.tex.quantity import Quantity

Numbers = dict[Quantity, float]


def _sure(function: Callable[..., Any], *arguments: float) -> float:
    try:
        return float(function(*arguments))
    except (ZeroDivisionError, OverflowError, ValueError):
        return math.nan


def _value_and_slope(card: Activation, a: float) -> tuple[float, float]:
    """Return f(a) and f'(a) from the textbook; for another package's function, from its own plain Python."""
    if card.name in ACTIVATIONS:
        value, slope = ACTIVATIONS[card.name]
        return _sure(value, a, *card.numbers), _sure(slope, a, *card.numbers)
    of = np.array([a])
    return float(card(of)[0]), float(card.slopes(of, card(of))[0])


class Pass:
    """One sample's pass through a session's network, and the update from the session's next batch."""

    def __init__(self, session: Session, sample: int) -> None:
        self.session, self.sample = session, sample
        self.scope = Microscope(session)
        self.trace = self.scope.trace(sample)
        self.network, self.training = session.network, session.training
        self.numbers: Numbers = {}
        self._settings()
        self._remembered()
        self._forward()
        self._backward()

    def _settings(self) -> None:
        """Fill in the settings: an optimizer's own numbers are its decays, then epsilon."""
        optimizer = self.training.optimizer
        self.name, (*self.decays, epsilon) = optimizer.name, optimizer.method.numbers or (0.0,)
        found = {
            "rate": self.training.rate(self.session.progress.epoch),
            "momentum": optimizer.momentum,
            "l1": optimizer.l1,
            "l2": optimizer.weight_decay,
            "epsilon": epsilon,
            "step": self.session.progress.slot_steps + 1,
        }
        self.numbers |= {Quantity(kind): float(value) for kind, value in found.items()}
        if len(self.decays) == 1:
            self.numbers[Quantity("decay")] = self.decays[0]
        else:
            self.numbers |= {Quantity("decay", unit=place): value for place, value in enumerate(self.decays)}
        self.numbers |= {Quantity("loss number"): value for value in self.training.loss.numbers}
        cards = [(layer, one.activation) for layer, one in enumerate(self.network.layers, 1)]
        own = {layer: value for layer, card in cards for value in card.numbers}
        self.numbers |= {Quantity("card number", layer): value for layer, value in own.items()}
        if len(set(own.values())) == 1:  # else each layer's has a symbol of its own
            self.numbers[Quantity("card number")] = next(iter(own.values()))

    def _remembered(self) -> None:
        """Fill in what the optimizer remembers of each parameter before the update."""
        for kind, slot in zip(self._memories(), self.session.progress.slots, strict=False):
            for ref in self.network.parameter_refs():
                self.numbers[Quantity(kind, of=quantity_of(ref))] = slot[ref]

    def _forward(self) -> None:
        numbers, trace, parameters = self.numbers, self.trace, self.session.parameters
        for layer, outputs in enumerate(trace.outputs):
            for unit, value in enumerate(outputs):
                numbers[Quantity("output", layer, unit)] = float(value)
        for layer, pre in enumerate(trace.pre_activations, 1):
            weights, biases = parameters.weights[layer - 1], parameters.biases[layer - 1]
            for unit, a in enumerate(pre):
                q = Quantity("pre", layer, unit)
                numbers[q] = float(a)
                numbers[Quantity("bias", layer, unit)] = float(biases[unit])
                numbers[Quantity("partial", of=q, by=Quantity("bias", layer, unit))] = 1.0
                for source, weight in enumerate(weights[:, unit]):
                    w, x = Quantity("weight", layer, unit, source), Quantity("output", layer - 1, source)
                    numbers[w] = float(weight)
                    numbers[Quantity("partial", of=q, by=w)] = numbers[x]
                    numbers[Quantity("partial", of=q, by=x)] = float(weight)
        for unit, value in enumerate(trace.target):
            numbers[Quantity("target", len(self.network.layers), unit)] = float(value)
        for layer, masks in enumerate(trace.masks, 1):
            numbers |= {Quantity("mask", layer, unit): float(value) for unit, value in enumerate(masks)}
        numbers[Quantity("loss")] = float(trace.loss)

    def _slopes(self, layer: int) -> None:
        """Fill in f, f' and dy/da of a layer."""
        numbers = self.numbers
        card = self.network.layers[layer - 1].activation
        units = range(self.network.sizes[layer])
        y, a = ([Quantity(kind, layer, unit) for unit in units] for kind in ("output", "pre"))
        for j in units:
            if card.name == "softmax":
                for k in units:
                    slope = numbers[y[k]] * ((k == j) - numbers[y[j]])
                    numbers[Quantity("partial", of=y[k], by=a[j])] = slope
                continue
            value, slope = _value_and_slope(card, numbers[a[j]])
            numbers[Quantity("f", of=a[j])], numbers[Quantity("slope", of=a[j])] = value, slope
            mask = numbers.get(Quantity("mask", layer, j), 1.0)
            numbers[Quantity("partial", of=y[j], by=a[j])] = mask * slope

    def _backward(self) -> None:
        numbers, trace, loss = self.numbers, self.trace, Quantity("loss")
        depth = len(self.network.layers)
        cost = self.training.loss  # of another package: its own word for it
        slope, averaged = LOSS_SLOPES.get(cost.name, (cost.slope, cost.averaged))
        own = self.training.loss.numbers
        for layer in range(depth, 0, -1):
            self._slopes(layer)
            for unit, delta in enumerate(trace.deltas[layer - 1]):
                numbers[Quantity("delta", layer, unit)] = float(delta)
                numbers[Quantity("partial", of=loss, by=Quantity("pre", layer, unit))] = float(delta)
                y = Quantity("output", layer, unit)
                if layer == depth:
                    t = numbers[Quantity("target", depth, unit)]
                    share = 1 / self.network.outputs if averaged else 1.0
                    error = share * _sure(slope, numbers[y], t, *own)
                    if self.training.loss.name == "binary_cross_entropy":
                        error = share * self._slope_of_entropy(unit, t)
                else:
                    error = float(self.session.parameters.weights[layer][unit] @ trace.deltas[layer])
                numbers[Quantity("partial", of=loss, by=y)] = error
        for ref in self.network.parameter_refs():
            numbers[Quantity("partial", of=loss, by=quantity_of(ref))] = trace.gradients[ref]

    def _slope_of_entropy(self, unit: int, t: float) -> float:
        """Return (1 - t) / (1 - y) - t / y with 1 - y from the pre-activations, which have not lost it."""
        a = self.trace.pre_activations[-1]
        others = [0.0] if self.network.layers[-1].activation.name == "sigmoid" else [*a[:unit], *a[unit + 1 :]]
        powers = [_sure(math.exp, one - max(a[unit], *others)) for one in (a[unit], *others)]
        whole = math.fsum(powers)
        return (1 - t) * _sure(lambda: whole / math.fsum(powers[1:])) - t * _sure(lambda: whole / powers[0])

    @cached_property
    def _batch(self) -> dict[int, Parameters]:
        return {sample: self.scope.trace(sample).gradients for sample in self.scope.batch}

    def update(self, ref: ParameterRef) -> tuple[Numbers, Numbers]:
        """Return what the update of one parameter adds to the numbers, and what its assignments change them to.

        Its memories are there twice: by their letter alone, and with the parameter as index.
        """
        w, moved = quantity_of(ref), self.scope.moved.progress()
        before: Numbers = {}
        for sample, gradients in self._batch.items():
            before[Quantity("partial", of=Quantity("loss of", unit=sample), by=w)] = gradients[ref]
        before[Quantity("partial", of=Quantity("loss of batch"), by=w)] = self.scope.gradient[ref]
        after: Numbers = {w: self.scope.parameters_after[ref]}
        slots = self.session.progress.slots
        for place, kind in enumerate(self._memories()):
            for q in (Quantity(kind), Quantity(kind, of=w)):
                before[q] = slots[place][ref] if len(slots) > place else 0.0
                after[q] = moved.slots[place][ref]
        if self.name.startswith("adam"):
            for kind, decay in zip(("mean", "square"), self.decays, strict=True):
                for of in (None, w):
                    corrected = after[Quantity(kind, of=of)] / (1 - decay**moved.slot_steps)
                    before[Quantity(f"{kind} corrected", of=of)] = corrected
        return before, after

    def gradients_of_update(self, ref: ParameterRef) -> dict[str, float]:
        """Return what an update may call g: the batch's gradient, and with the penalties."""
        optimizer, old = self.training.optimizer, self.session.parameters[ref]
        bare = self.scope.gradient[ref]
        if not isinstance(ref, WeightRef):
            return {"of the batch": bare}
        decoupled = self.name == "adamw"
        penalty = (0.0 if decoupled else optimizer.weight_decay * old) + optimizer.l1 * ((old > 0) - (old < 0))
        return {"of the batch": bare, "with penalties": bare + penalty}

    def _memories(self) -> tuple[str, ...]:
        if self.name == "sgd":
            return ("velocity",) if self.training.optimizer.momentum else ()
        return ("square",) if self.name in ("rmsprop", "adagrad") else ("mean", "square")


def quantity_of(ref: ParameterRef) -> Quantity:
    """Return the quantity a parameter is."""
    match ref:
        case WeightRef(layer, source, target):
            return Quantity("weight", layer + 1, target, source)
        case BiasRef(layer, unit):
            return Quantity("bias", layer + 1, unit)


def ref_of(quantity: Quantity) -> ParameterRef:
    """Return the parameter a quantity is."""
    assert isinstance(quantity.unit, int)
    if quantity.kind == "bias":
        return BiasRef(quantity.layer - 1, quantity.unit)
    assert isinstance(quantity.source, int)
    return WeightRef(quantity.layer - 1, quantity.source, quantity.unit)


def values(session: Session, sample: int, notation: str) -> dict[str, float]:
    """Return the number of every symbol of a notation that has one in a sample's pass."""
    numbers = Pass(session, sample).numbers
    return {symbol: numbers[q] for symbol, q in alphabet(notation, session.network.sizes).items() if q in numbers}

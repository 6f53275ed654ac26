"""Numbers first: every quantity of a pass with its symbol, and what each is computed from as an expression.

Derivations, captions, sheets and reports only write down what stands here.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.cards import Card
from backprop_gui.engine.expression import Constant, Expression, Leaf, Times, total
from backprop_gui.engine.network import BiasRef, ParameterRef, UnitRef, WeightRef
from backprop_gui.engine.pairs import Pair, log_sum_of_others, surprise
from backprop_gui.explain.formula import Source, Tint
from backprop_gui.explain.notation import Notation, partial
from backprop_gui.explain.plain import to_text
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.writing import Quantity

_AGREE = 1e-9
"""Two ways to one number agree up to this share of it, or one of them has lost digits."""


@dataclass(frozen=True)
class Facts:
    """The quantities of ``now`` in the symbols of ``style``; layers count as in the notation (0 is the inputs)."""

    now: Situation
    style: Style

    @cached_property
    def symbols(self) -> Notation:
        """The notation's symbols for this network."""
        return self.style.symbols(self.now.network)

    @property
    def depth(self) -> int:
        """The output layer."""
        return len(self.now.network.layers)

    def activation(self, layer: int) -> Activation:
        """Return the activation of a layer."""
        return self.now.network.layers[layer - 1].activation

    def activation_numbers(self, layer: int) -> list[Leaf]:
        """Return the numbers of a layer's activation, under the layer's own symbols where layers differ in one."""
        cards = [one.activation for one in self.now.network.layers]
        every = {(one.symbol, value) for card in cards for one, value in zip(card.settings, card.numbers, strict=True)}
        found: list[Leaf] = []
        for leaf in card_numbers(self.activation(layer)):
            shared = sum(symbol == leaf.latex for symbol, _ in every) == 1
            found.append(leaf if shared else replace(leaf, latex=self.symbols.of_activation(leaf.latex, layer)))
        return found

    def described(self, layer: int) -> str:
        """Return a layer's activation in words, with its numbers."""
        return described(self.activation(layer).title, self.activation_numbers(layer))

    # What is given

    def parameter(self, ref: ParameterRef) -> Quantity:
        """Return a weight or bias as it is before the update."""
        return Quantity(self.symbols.of(ref), self.now.parameters[ref], ref)

    def target(self, unit: int) -> Quantity:
        """Return an output's target."""
        return Quantity(self.symbols.target(unit), float(self.now.trace.target[unit]), UnitRef(self.depth, unit))

    def mask(self, layer: int, unit: int) -> Quantity | None:
        """Return what dropout multiplies a hidden unit by, None where there is no dropout."""
        value = self.now.trace.mask(layer - 1, unit)
        return None if value is None else Quantity(self.symbols.mask(layer, unit), value, UnitRef(layer, unit))

    # Forward

    def output(self, layer: int, unit: int) -> Quantity:
        """Return the output of a unit; of the inputs, the input."""
        value = float(self.now.trace.outputs[layer][unit])
        source = Source.FORWARD if layer else Source.GIVEN
        return Quantity(self.symbols.output(layer, unit), value, UnitRef(layer, unit), source)

    def pre_activation(self, layer: int, unit: int) -> Quantity:
        """Return a unit's pre-activation."""
        value = float(self.now.trace.pre_activations[layer - 1][unit])
        return Quantity(self.symbols.pre_activation(layer, unit), value, UnitRef(layer, unit), Source.FORWARD)

    def product(self, ref: WeightRef) -> Expression:
        """Return x_i w_ij in the notation's order."""
        x, w = self.output(ref.layer, ref.source), self.parameter(ref)
        return w * x if self.symbols.columns else x * w

    def pre_activation_terms(self, layer: int, unit: int) -> list[Expression]:
        """Return all x_i w_ij of a unit, then its bias."""
        sources = range(self.now.network.sizes[layer - 1])
        weighted = [self.product(WeightRef(layer - 1, source, unit)) for source in sources]
        return [*weighted, self.parameter(BiasRef(layer - 1, unit))]

    def before_mask(self, layer: int, unit: int) -> Quantity:
        """Return f(a) of a unit: its output, where dropout has not multiplied it."""
        a = self.pre_activation(layer, unit)
        if self.mask(layer, unit) is None:
            return self.output(layer, unit)
        value = float(self.activation(layer)(np.array([a.value]))[0])
        return replace(a, latex=f"f({a.latex})", value=value)

    def value(self, layer: int, unit: int) -> Expression:
        """Return f(a) of a unit's a, before any mask; not of softmax."""
        return self.activation(layer).value(self.pre_activation(layer, unit), *self.activation_numbers(layer))

    def softmax(self, unit: int) -> str:
        """Return the softmax of an output's a in symbols."""
        a, every = self.pre_activation(self.depth, unit).latex, self.symbols.pre_activation(self.depth, "k")
        return rf"\frac{{e^{{{a}}}}}{{\sum_{{k}}e^{{{every}}}}}"

    # Loss

    @cached_property
    def _pair(self) -> Pair | None:
        return self.now.training.loss.pairs.get(self.activation(self.depth).name)

    @property
    def pair(self) -> Pair | None:
        """What the loss and the output activation come to together, where they belong together."""
        return self._pair

    @property
    def scale(self) -> Expression | None:
        """The 1/n before the sum over n outputs, or None."""
        loss, outputs = self.now.training.loss, self.now.network.outputs
        return Constant(1) / outputs if loss.averaged and outputs > 1 else None

    def scaled(self, expression: Expression) -> Expression:
        """Return an expression with the loss's 1/n before it."""
        if self.scale is None:
            return expression
        match expression:
            case Times((Constant(first), *others)):  # 2/n, not 1/n 2, and reduced
                share = Fraction(first) / self.now.network.outputs
                number = Constant(share.numerator)
                factors = () if share == 1 else (number if share.denominator == 1 else number / share.denominator,)
                return product_of([*factors, *others])
            case _:
                return self.scale * expression

    @property
    def loss(self) -> Quantity:
        """The loss of the sample."""
        return Quantity(self.symbols.loss, self.now.trace.loss, None, Source.LOSS)

    @cached_property
    def _loss_terms(self) -> list[float]:
        trace, loss = self.now.trace, self.now.training.loss
        y, a = trace.outputs[-1], trace.pre_activations[-1]
        return loss.terms(self.activation(self.depth), a, y, trace.target).tolist()

    def loss_value(self, unit: int) -> float:
        """Return one output's part of the loss, 1/n included."""
        return self._loss_terms[unit]

    def loss_term(self, unit: int) -> Expression:
        """Return one output's part of the loss before any 1/n, in a form that is true for these numbers."""
        loss, y, t = self.now.training.loss, self.output(self.depth, unit), self.target(unit)
        pair = self._pair
        if pair is None or self._term_is_exact(unit):
            return loss.value(y, t, *card_numbers(loss))
        a, trace = self.pre_activation(self.depth, unit), self.now.trace
        all_a = trace.pre_activations[-1]
        k = self.symbols.pre_activation(self.depth, "k")
        whole = Quantity(rf"\ln\,\sum_{{k}}e^{{{k}}}", a.value + float(surprise(all_a)[unit]), source=Source.FORWARD)
        rest = rf"\ln\,\sum_{{k\neq {unit + 1}}}e^{{{k}}}"
        others = Quantity(rest, float(log_sum_of_others(all_a)[unit]), source=Source.FORWARD)
        return pair.value(a, t, whole, others)

    @property
    def saturated(self) -> bool:
        """Whether an output is so near to 0 or 1 that the loss and its slope cannot be told from it."""
        return self._pair is not None and not all(self._term_is_exact(unit) for unit in self._outputs)

    def _term_is_exact(self, unit: int) -> bool:
        loss, trace, scale = self.now.training.loss, self.now.trace, self.now.training.loss.scale
        with np.errstate(all="ignore"):
            plain = loss.term(trace.outputs[-1], trace.target, *loss.numbers)[unit] * scale(self.now.network.outputs)
        return math.isclose(float(plain), self.loss_value(unit), rel_tol=_AGREE)

    # Backward

    def delta(self, layer: int, unit: int) -> Quantity:
        """Return a unit's delta."""
        value = float(self.now.trace.deltas[layer - 1][unit])
        return Quantity(self.symbols.delta(layer, unit), value, UnitRef(layer, unit), Source.DELTA)

    def error(self, layer: int, unit: int) -> Quantity:
        """Return dL/dy of an output or dL/dh of a hidden unit."""
        if layer == self.depth:
            trace = self.now.trace
            value = float(self.now.training.loss.slopes(trace.outputs[-1], trace.target)[unit])
        else:
            value = sum(self.error_terms(layer, unit))
        latex = partial(self.symbols.loss, self.symbols.output(layer, unit))
        return Quantity(latex, value, UnitRef(layer, unit), Source.DELTA, Tint.LOSS)

    def error_terms(self, layer: int, unit: int) -> list[float]:
        """Return delta_k w_jk for each unit k that a hidden unit feeds."""
        return self.now.trace.delta_terms(self.now.parameters, layer - 1)[unit].tolist()

    def error_product(self, ref: WeightRef) -> Expression:
        """Return delta_k w_jk of one edge, in the notation's order."""
        delta, w = self.delta(ref.layer + 1, ref.target), self.parameter(ref)
        return w * delta if self.symbols.columns else delta * w

    def error_of_output(self, unit: int) -> Expression:
        """Return dL/dy of an output as the loss's own derivative."""
        loss = self.now.training.loss
        return self.scaled(loss.gradient(self.output(self.depth, unit), self.target(unit), *card_numbers(loss)))

    def slope(self, layer: int, unit: int) -> Quantity:
        """Return dy/da of a unit, with dropout's mask where there is one; not of softmax."""
        value = self.slope_of_f(layer, unit).value
        mask = self.mask(layer, unit)
        y, a = self.symbols.output(layer, unit), self.symbols.pre_activation(layer, unit)
        value = value if mask is None else mask.value * value
        return Quantity(partial(y, a), value, UnitRef(layer, unit), Source.DELTA, Tint.SLOPE)

    def slope_of_f(self, layer: int, unit: int) -> Quantity:
        """Return f'(a), without any mask."""
        a, y = self.pre_activation(layer, unit), self.before_mask(layer, unit)
        value = float(self.activation(layer).slopes(np.array([a.value]), np.array([y.value]))[0])
        return Quantity(f"f'({a.latex})", value, UnitRef(layer, unit), Source.DELTA, Tint.SLOPE)

    def slope_expression(self, layer: int, unit: int) -> Expression:
        """Return f'(a) as the activation's card has it."""
        card = self.activation(layer)
        a, y = self.pre_activation(layer, unit), self.before_mask(layer, unit)
        return card.slope(a.tinted(Tint.SLOPE), y.tinted(Tint.SLOPE), *self.activation_numbers(layer))

    @property
    def factors_hold(self) -> bool:
        """Whether error times slope gives every output's delta; where outputs are saturated it need not."""
        if self.activation(self.depth).whole_layer:
            return False
        pairs = ((self.error(self.depth, j).value * self.slope(self.depth, j).value, j) for j in self._outputs)
        return all(math.isclose(found, self.delta(self.depth, j).value, rel_tol=_AGREE) for found, j in pairs)

    @property
    def _outputs(self) -> range:
        return range(self.now.network.outputs)

    # Gradient and update

    def gradient(self, ref: ParameterRef) -> Quantity:
        """Return the sample's gradient of a parameter."""
        return Quantity(self.symbols.gradient(ref), self.now.trace.gradients[ref], ref, Source.GRADIENT)

    def given(self, ref: ParameterRef) -> Quantity | None:
        """Return x_i, which a weight multiplies; None for a bias."""
        return self.output(ref.layer, ref.source) if isinstance(ref, WeightRef) else None

    def delta_of(self, ref: ParameterRef) -> Quantity:
        """Return the delta of the unit a parameter leads to."""
        return self.delta(ref.layer + 1, ref.target if isinstance(ref, WeightRef) else ref.unit)

    def gradient_product(self, ref: ParameterRef) -> Expression:
        """Return delta_j x_i, or delta_j of a bias."""
        x, delta = self.given(ref), self.delta_of(ref)
        if x is None:
            return delta
        return x * delta if self.symbols.columns else delta * x

    def new(self, ref: ParameterRef) -> Quantity:
        """Return the parameter after the next update."""
        return Quantity(self.symbols.of(ref), self.now.after[ref], ref, Source.UPDATE)


def card_numbers(card: Card) -> list[Leaf]:
    """Return a card's numbers as they were chosen, with their symbols."""
    pairs = zip(card.settings, card.numbers, strict=True)
    return [Quantity(one.symbol, value, chosen=True) for one, value in pairs]


def described(title: str, numbers: list[Leaf]) -> str:
    """Return what a card is called, with the numbers chosen for it under their symbols."""
    inside = ", ".join(f"{to_text(one.latex)} = {one.value:g}" for one in numbers)
    return f"{title} ({inside})" if inside else title


def product_of(factors: list[Expression]) -> Expression:
    """Return the product of one factor or more."""
    return factors[0] if len(factors) == 1 else Times(tuple(factors))


def plain_sum(values: list[float], source: Source) -> Expression:
    """Return a sum of values that stand on lines of their own, to see whether they add up as shown."""
    return total([Quantity("", value, source=source) for value in values])

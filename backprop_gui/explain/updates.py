"""The optimizer's update of one parameter, with its own formula, its state, and the numbers.

The formulas are those of the optimizer's card; here they are given the quantities of one parameter.
"""

from dataclasses import dataclass, field, replace

from backprop_gui.engine.expression import Expression, Leaf, evaluate, sign
from backprop_gui.engine.network import BiasRef, ParameterRef, WeightRef
from backprop_gui.explain.facts import Facts
from backprop_gui.explain.formula import Line, Section, Source, Topic, formula, latex
from backprop_gui.explain.writing import EQUALS, Quantity, equation

BECOMES = r"\leftarrow"


def batch_section(facts: Facts, ref: ParameterRef) -> Section | None:
    """Return the gradient the next update uses, under a symbol of its own, where it is not the shown sample's alone."""
    now, s, n = facts.now, facts.symbols, facts.style.writer
    if now.batch == (now.sample,):
        return None
    result = batch_gradient(facts, ref)
    if len(now.batch) == 1:
        told = f"This is sample {now.sample + 1}; the next update uses sample {now.batch[0] + 1}, with the gradient:"
        return Section(
            Topic.BATCH, "The next update's sample", (Line(n.value(result.latex, result), result.value),), told
        )
    mean, count = now.training.reduction == "mean", len(now.batch)
    share = rf"\frac{{1}}{{{count}}}\," if mean else ""
    lines = [Line(formula(result.latex, EQUALS, rf"{share}\sum_{{n}}\,{s.gradient(ref, s.loss_of('n'))}"))]
    for sample, trace in zip(now.batch, now.batch_traces, strict=False):
        one = _of_sample(facts, ref, sample, trace.gradients[ref])
        lines.append(Line(n.value(one.latex, one), one.value, 1))
    lines.append(Line(n.value(result.latex, result), result.value))
    left = count - len(now.batch_traces)
    samples = ", ".join(str(sample + 1) for sample in now.batch[: len(now.batch_traces)]) + (", …" if left else "")
    remark = f"The next update uses the {'mean' if mean else 'sum'} of the gradients of {count:,} samples: {samples}."
    return Section(Topic.BATCH, f"Batch of {count:,} samples", tuple(lines), remark)


def batch_gradient(facts: Facts, ref: ParameterRef) -> Quantity:
    """Return the gradient the next update uses, before penalties, under a symbol that has this one value."""
    now, s = facts.now, facts.symbols
    if now.batch == (now.sample,):
        return facts.gradient(ref)
    if len(now.batch) == 1:
        return _of_sample(facts, ref, now.batch[0], now.gradient[ref])
    source = Source.GRADIENT if now.sample in now.batch else Source.UPDATE
    return Quantity(s.gradient(ref, rf"\bar{{{s.loss}}}"), now.gradient[ref], ref, source, small=True)


def _of_sample(facts: Facts, ref: ParameterRef, sample: int, value: float) -> Quantity:
    """Return one sample's gradient; of another sample than the shown one it is given, for its pass is not shown."""
    source = Source.GRADIENT if sample == facts.now.sample else Source.GIVEN
    return Quantity(facts.symbols.gradient(ref, facts.symbols.loss_of(sample)), value, ref, source, small=True)


def update_section(facts: Facts, ref: ParameterRef, named: bool = False) -> Section:
    """Return how the next update moves ``ref``.

    ``named``: its letters carry the parameter's name, since other parameters' updates stand on the same page.
    """
    n, training = facts.style.writer, facts.now.training
    new = facts.new(ref)
    if isinstance(ref, BiasRef) and not training.train_biases:
        line = Line(formula(new.latex, BECOMES, n.number(new)), new.value)
        return Section(Topic.UPDATE, "Update", (line,), "Biases are not trained here, so it stays.")
    update = _Update(facts, ref, named)
    training.optimizer.method.rule(update)
    return Section(Topic.UPDATE, "Update", tuple(update.lines))


@dataclass
class _Update:
    """What an optimizer's card writes its rule with, see ``engine.optimizers.Update``."""

    facts: Facts
    ref: ParameterRef
    named: bool
    lines: list[Line] = field(default_factory=list[Line])

    def __post_init__(self) -> None:
        now, settings = self.facts.now, self.facts.now.training.optimizer
        method = settings.method
        self.w = self.facts.parameter(self.ref)
        self.eta = Quantity(self.facts.symbols.rate, now.rate, chosen=True)
        self.step = Quantity(r"\tau", now.slot_steps + 1, chosen=True)  # the books' t is taken by the targets
        self.momentum = Quantity(r"\mu", settings.momentum, chosen=True)
        self.nesterov = settings.nesterov
        self.decay = Quantity(r"\lambda_{2}", settings.weight_decay if self._weight else 0.0, chosen=True)
        self._numbers = {
            one.name: Quantity(one.symbol, value, chosen=True)
            for one, value in zip(method.settings, method.numbers, strict=True)
        }
        self.g = self._gradient()

    @property
    def _weight(self) -> bool:
        return isinstance(self.ref, WeightRef)

    def number(self, name: str) -> Leaf:
        """Return one of the card's numbers."""
        return self._numbers[name]

    def memory(self, letter: str) -> Leaf:
        """Return what the optimizer remembers under a letter, before this update."""
        place = self.facts.now.training.optimizer.method.memories.index(letter)
        slots = self.facts.now.slots
        value = slots[place][self.ref] if len(slots) > place else 0.0
        return Quantity(self._letter(letter), value, self.ref, small=True)

    def assign(self, letter: str, expression: Expression) -> Leaf:
        """Write letter <- expression; return the letter with its new value."""
        return self._put(self._letter(letter), BECOMES, expression)

    def define(self, latex: str, expression: Expression) -> Leaf:
        """Write latex = expression; return it with its value."""
        return self._put(self._letter(latex), EQUALS, expression)

    def move(self, expression: Expression) -> None:
        """Write w <- expression, and what it comes to."""
        n, new = self.facts.style.writer, self.facts.new(self.ref)
        self.lines.append(Line(formula(new.latex, BECOMES, n.symbols(expression))))
        self.lines.append(Line(n.result(expression, new), new.value, 1, self.ref))

    def _put(self, latex: str, sign_between: str, expression: Expression) -> Quantity:
        result = Quantity(latex, evaluate(expression), self.ref, Source.UPDATE, small=True)
        n = self.facts.style.writer
        self.lines.append(Line(formula(latex, sign_between, n.symbols(expression))))
        self.lines.append(Line(n.result(expression, result), result.value, 1))
        return result

    def _gradient(self) -> Quantity:
        """Return the gradient with its penalties, which have a symbol of their own."""
        settings, w = self.facts.now.training.optimizer, self.w
        g = batch_gradient(self.facts, self.ref)
        expression: Expression = g
        if self._weight and settings.weight_decay and not settings.method.decoupled:
            expression = expression + self.decay * w
        if self._weight and settings.l1:
            expression = expression + Quantity(r"\lambda_{1}", settings.l1, chosen=True) * sign(w)
        short = settings.method.memories and not (settings.method.momentum and settings.momentum == 0.0)
        if expression is g and not short:
            return self._article_form(g)
        result = Quantity(self._letter("g"), evaluate(expression), self.ref, Source.GRADIENT)
        self.lines += equation(self.facts.style.writer, result.latex, expression, result)
        return result

    def _article_form(self, g: Quantity) -> Quantity:
        """Return the shown sample's gradient as the article's rule has it, u <- u - eta delta_j h_i."""
        if g.latex != self.facts.gradient(self.ref).latex:
            return g
        product = self.facts.style.writer.symbols(self.facts.gradient_product(self.ref))
        return replace(g, latex=latex(product))

    def _letter(self, letter: str) -> str:
        return f"{letter}_{{{self.facts.symbols.of(self.ref)}}}" if self.named else letter

"""The optimizer's update of one parameter, with its own formula, its state, and the numbers.

Formulas and constants are those of ``engine.optimizers``.
"""

import math

from backprop_gui.engine.network import BiasRef, ParameterRef, WeightRef
from backprop_gui.engine.optimizers import (
    ADAGRAD_EPSILON,
    ADAM_BETA_1,
    ADAM_BETA_2,
    ADAM_EPSILON,
    RMSPROP_DECAY,
    RMSPROP_EPSILON,
)
from backprop_gui.explain.formula import Line, Section, Writer, formula
from backprop_gui.explain.notation import Article
from backprop_gui.explain.situation import Situation, Style


def update_section(now: Situation, ref: ParameterRef, style: Style) -> Section:
    """Return how the next update moves ``ref``."""
    s, n = style.symbols(now.network), style.writer
    w, old, new = s.of(ref), now.parameters[ref], now.after[ref]
    if isinstance(ref, BiasRef) and not now.training.train_biases:
        return Section("Update", (_result(w, n, new),), "Biases are not trained here, so it stays.")
    lines: list[Line] = []
    optimizer = now.training.optimizer
    g, gradient = rf"\frac{{\partial {s.loss}}}{{\partial {w}}}", now.gradient[ref]
    penalised = isinstance(ref, WeightRef) and (optimizer.weight_decay > 0 or optimizer.l1 > 0)
    if penalised or optimizer.name != "sgd" or len(now.batch) > 1:
        symbols, numbers = [g], formula(n.number(gradient))
        if penalised and optimizer.weight_decay:
            symbols.append(rf"\lambda_2 {w}")
            gradient += optimizer.weight_decay * old
            numbers = formula(numbers, "+", n.number(optimizer.weight_decay), r"\cdot", n.factor(old))
        if penalised and optimizer.l1:
            sign = math.copysign(1.0, old) if old else 0.0
            symbols.append(rf"\lambda_1\,\mathrm{{sign}}({w})")
            gradient += optimizer.l1 * sign
            numbers = formula(numbers, "+", n.number(optimizer.l1), r"\cdot", n.factor(sign))
        if penalised:
            lines.append(Line(formula("g", "=", "+".join(symbols))))
            lines.append(Line(formula("=", numbers, "=", n.number(gradient)), gradient, 1))
        else:
            lines.append(Line(formula("g", "=", g, "=", n.number(gradient)), gradient))
        g = "g"
    else:  # the article's form: u <- u - eta delta_j h_i
        g = _delta_form(s, ref)
    lines += _RULES[optimizer.name](now, ref, n, w, g, gradient)
    lines.append(_result(w, n, new))
    return Section("Update", tuple(lines))


def _delta_form(s: Article, ref: ParameterRef) -> str:
    if isinstance(ref, BiasRef):
        return s.delta(ref.layer + 1, ref.unit)
    return rf"{s.delta(ref.layer + 1, ref.target)}\,{s.output(ref.layer, ref.source)}"


def _result(w: str, n: Writer, new: float) -> Line:
    return Line(formula(w, r"\leftarrow", n.number(new)), new)


def _slot(now: Situation, which: int, ref: ParameterRef) -> float:
    return now.slots[which][ref] if len(now.slots) > which else 0.0


def _sgd(now: Situation, ref: ParameterRef, n: Writer, w: str, g: str, gradient: float) -> list[Line]:
    settings, old, rate = now.training.optimizer, now.parameters[ref], now.rate
    if not settings.momentum:
        step = formula("=", n.number(old), "-", n.number(rate), r"\cdot", n.factor(gradient))
        return [Line(formula(w, r"\leftarrow", w, "-", r"\eta", r"\,", g)), Line(step, indent=1)]
    before = _slot(now, 0, ref)
    velocity = before * settings.momentum - rate * gradient
    moved = formula(
        "=", n.number(settings.momentum), r"\cdot", n.factor(before), "-", n.number(rate), r"\cdot", n.factor(gradient)
    )
    lines = [
        Line(formula("v", r"\leftarrow", r"\mu v", "-", r"\eta", r"\,", g)),
        Line(formula(moved, "=", n.number(velocity)), velocity, 1),
    ]
    if settings.nesterov:
        look = formula("=", n.number(old), "+", n.number(settings.momentum), r"\cdot", n.factor(velocity))
        step = formula(look, "-", n.number(rate), r"\cdot", n.factor(gradient))
        return [*lines, Line(formula(w, r"\leftarrow", w, "+", r"\mu v", "-", r"\eta", r"\,", g)), Line(step, indent=1)]
    return [
        *lines,
        Line(formula(w, r"\leftarrow", w, "+", "v")),
        Line(formula("=", n.number(old), "+", n.factor(velocity)), indent=1),
    ]


def _rmsprop(now: Situation, ref: ParameterRef, n: Writer, w: str, g: str, gradient: float) -> list[Line]:
    before = _slot(now, 0, ref)
    square = RMSPROP_DECAY * before + (1 - RMSPROP_DECAY) * gradient * gradient
    numbers = formula("=", f"{RMSPROP_DECAY}", r"\cdot", n.factor(before), "+", "0.01", r"\cdot", n.factor(gradient))
    return [
        Line(formula("s", "\\leftarrow", rf"{RMSPROP_DECAY}\,s+0.01\,{g}^{{2}}")),
        Line(formula(numbers, "^{2}", "=", n.number(square)), square, 1),
        *_divided(now, ref, n, w, g, gradient, square, RMSPROP_EPSILON),
    ]


def _adagrad(now: Situation, ref: ParameterRef, n: Writer, w: str, g: str, gradient: float) -> list[Line]:
    before = _slot(now, 0, ref)
    square = before + gradient * gradient
    return [
        Line(formula("s", "\\leftarrow", rf"s+{g}^{{2}}")),
        Line(formula("=", n.number(before), "+", n.factor(gradient), "^{2}", "=", n.number(square)), square, 1),
        *_divided(now, ref, n, w, g, gradient, square, ADAGRAD_EPSILON),
    ]


def _divided(
    now: Situation, ref: ParameterRef, n: Writer, w: str, g: str, gradient: float, square: float, epsilon: float
) -> list[Line]:
    rate, old = now.rate, now.parameters[ref]
    above = rf"{n.number(rate).latex}\cdot{n.factor(gradient).latex}"
    below = rf"\sqrt{{{n.number(square).latex}}}+{n.number(epsilon).latex}"
    return [
        Line(formula(w, r"\leftarrow", w, "-", rf"\frac{{\eta\,{g}}}{{\sqrt{{s}}+\varepsilon}}")),
        Line(formula("=", n.number(old), "-", rf"\frac{{{above}}}{{{below}}}"), indent=1),
    ]


def _adam(now: Situation, ref: ParameterRef, n: Writer, w: str, g: str, gradient: float) -> list[Line]:
    step = now.slot_steps + 1
    first_before, second_before = _slot(now, 0, ref), _slot(now, 1, ref)
    first = ADAM_BETA_1 * first_before + (1 - ADAM_BETA_1) * gradient
    second = ADAM_BETA_2 * second_before + (1 - ADAM_BETA_2) * gradient * gradient
    first_hat, second_hat = first / (1 - ADAM_BETA_1**step), second / (1 - ADAM_BETA_2**step)
    old, rate = now.parameters[ref], now.rate
    first_numbers = formula("=", "0.9", r"\cdot", n.factor(first_before), "+", "0.1", r"\cdot", n.factor(gradient))
    second_numbers = formula(
        "=", "0.999", r"\cdot", n.factor(second_before), "+", "0.001", r"\cdot", n.factor(gradient), "^{2}"
    )
    above = rf"{n.number(rate).latex}\cdot{n.factor(first_hat).latex}"
    below = rf"\sqrt{{{n.number(second_hat).latex}}}+{n.number(ADAM_EPSILON).latex}"
    return [
        Line(formula("m", r"\leftarrow", rf"0.9\,m+0.1\,{g}")),
        Line(formula(first_numbers, "=", n.number(first)), first, 1),
        Line(formula("s", r"\leftarrow", rf"0.999\,s+0.001\,{g}^{{2}}")),
        Line(formula(second_numbers, "=", n.number(second)), second, 1),
        Line(formula(rf"\hat{{m}}=\frac{{m}}{{1-0.9^{{{step}}}}}", "=", n.number(first_hat)), first_hat),
        Line(formula(rf"\hat{{s}}=\frac{{s}}{{1-0.999^{{{step}}}}}", "=", n.number(second_hat)), second_hat),
        Line(formula(w, r"\leftarrow", w, "-", r"\frac{\eta\,\hat{m}}{\sqrt{\hat{s}}+\varepsilon}")),
        Line(formula("=", n.number(old), "-", rf"\frac{{{above}}}{{{below}}}"), indent=1),
    ]


_RULES = {"sgd": _sgd, "rmsprop": _rmsprop, "adagrad": _adagrad, "adam": _adam}

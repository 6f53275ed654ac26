"""What a session cannot learn, and what would mend it: sentences to stand beside a field, and pure edits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from backprop_gui.data.samples import Column
from backprop_gui.data.tables.sampling import scaling_of
from backprop_gui.engine.activations import ACTIVATIONS, SIGMOID, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import HALF_SSE, LOSSES, Loss
from backprop_gui.engine.network import Parameters
from backprop_gui.explain.names import layer_title, target_name
from backprop_gui.session.document import Session
from backprop_gui.session.edits import initialize_again, set_activation, set_samples, set_training

Place = Literal["loss", "output", "initializer"]
Edit = Callable[[Session], Session]


@dataclass(frozen=True, slots=True)
class Remedy:
    """An edit that takes a trap away: the words on its button, and the edit."""

    label: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Advice:
    """Beside which field it stands, what cannot be learnt and why, and what would mend it, best first."""

    place: Place
    sentence: str
    remedies: tuple[Remedy, ...]


def advise(session: Session) -> tuple[Advice, ...]:
    """Return what this session cannot learn; nothing where all is well."""
    return tuple(
        Advice(place, sentence, tuple(_that_help(session, remedies, fewer=True)))
        for place, sentence, remedies in _traps(session)
    )


def remedies_of(session: Session, edit: Edit) -> tuple[Remedy, ...]:
    """Return edits that do what ``edit`` was refused for, together with what it lacks; each leaves no trap."""

    def both(first: Edit) -> Edit:
        return lambda now: edit(first(now))

    def tried(*first: Remedy) -> tuple[Remedy, ...]:
        return tuple(_that_help(session, tuple(replace(one, edit=both(one.edit)) for one in first)))

    return tried(_SOFTMAX, _SIGMOID, _SCALE, _HALF) or tried(_REGRESSION)


def scale_targets(session: Session) -> Session:
    """Scale every target that is not between 0 and 1 so that it is; the table goes on showing what was measured."""
    samples = session.samples
    inputs, targets = samples.inputs, samples.targets.copy()
    first = session.network.inputs
    columns: list[Column] = [samples.column(place) for place in range(first + session.network.outputs)]
    for place in range(session.network.outputs):
        values: Floats = targets[:, place]
        if values.min() < 0.0 or values.max() > 1.0:
            old = columns[first + place]
            measured = values * old.scale + old.shift
            columns[first + place] = scaling_of(old.name, measured, "min-max")
            targets[:, place] = columns[first + place].value(measured)
    return set_samples(session, replace(samples.with_rows(inputs, targets), columns=tuple(columns)))


def _use_output(activation: Activation) -> Edit:
    return lambda session: set_activation(session, len(session.network.layers) - 1, activation)


def _use_loss(loss: Loss) -> Edit:
    return lambda session: set_training(session, replace(session.training, loss=loss))


def draw_weights(session: Session) -> Session:
    """Draw start weights by the session's own rule and seed, or by Xavier's where the rule is zeros."""
    rule = session.training.initializer
    return initialize_again(session, "xavier_uniform" if rule == "zeros" else rule, session.training.seed)


def _use_sloped(session: Session) -> Session:
    for place, layer in enumerate(session.network.layers):
        if is_flat(layer.activation):
            session = set_activation(session, place, SIGMOID)
    return session


def _use(output: Activation, loss: Loss) -> Edit:
    return lambda session: _use_loss(loss)(_use_output(output)(_use_loss(HALF_SSE)(session)))


_SOFTMAX = Remedy("Use softmax", _use_output(ACTIVATIONS["softmax"]))
_SIGMOID = Remedy("Use sigmoid", _use_output(SIGMOID))
LINEAR = Remedy("Use linear", _use_output(ACTIVATIONS["linear"]))
_ENTROPY = Remedy("Use binary cross-entropy", _use_loss(LOSSES["binary_cross_entropy"]))
_BOTH = Remedy("Use sigmoid and binary cross-entropy", _use(SIGMOID, LOSSES["binary_cross_entropy"]))
_REGRESSION = Remedy("Use linear and half squared error", _use(ACTIVATIONS["linear"], HALF_SSE))
_HALF = Remedy("Use half squared error", _use_loss(HALF_SSE))
_SLOPED = Remedy("Use sigmoid", _use_sloped)
_SCALE = Remedy("Scale targets to 0 … 1", scale_targets)
_DRAW = Remedy("Draw start weights", draw_weights)

Trap = tuple[Place, str, tuple[Remedy, ...]]


def _traps(session: Session) -> Iterator[Trap]:
    output, loss = session.network.layers[-1], session.training.loss
    if output.activation.name == "softmax" and output.units == 1:
        sentence = "Softmax shares 1 among the outputs, so a single output is always 1, whatever the weights."
        yield "output", sentence, (_BOTH,) if loss.name == "cross_entropy" else (_SIGMOID,)
    elif loss.name == "cross_entropy" and output.activation.name != "softmax":
        sentence = "On these outputs cross-entropy only pulls up: an output whose target is 0 has no gradient."
        whole = np.allclose(session.samples.targets.sum(axis=1), 1.0)
        yield "loss", sentence, (_SOFTMAX, _ENTROPY) if whole else (_ENTROPY,)
    if (far := out_of_reach(session)) is not None:
        yield "output", far, (LINEAR, _SCALE)
    flat = [place for place, layer in enumerate(session.network.layers) if is_flat(layer.activation)]
    if flat:
        where = layer_title(session.network, flat[0] + 1)
        title = session.network.layers[flat[0]].activation.title.partition(" (")[0]
        sentence = f"{title} in {where} has slope 0 and passes no error back: the weights that lead there do not learn."
        yield "output", sentence, (_SLOPED,)
    if (layer := equal_layer(session)) is not None:
        title, units = layer_title(session.network, layer + 1), session.network.layers[layer].units
        sentence = f"The {units} units of {title} have equal weights, so they get equal gradients and stay equal."
        yield "initializer", sentence, (_DRAW,)


def out_of_reach(session: Session) -> str | None:
    """Return the sentence on a target that the outputs cannot come near, or None."""
    activation, targets = session.network.layers[-1].activation, session.samples.targets
    low, high = activation.limits
    outside = (targets < low) | (targets > high)
    if not outside.any():
        return None
    row, column = (int(k) for k in np.argwhere(outside)[0])
    reach = f"are never below {low:g}" if high == np.inf else f"lie between {low:g} and {high:g}"
    name = target_name(session.network, column, "article")
    where = f"{name} = {targets[row, column]:.6g} of sample {row + 1:,}"
    return f"Outputs of {activation.title} {reach}; {where} is out of their reach."


def is_flat(activation: Activation) -> bool:
    """Tell whether an activation has no slope anywhere."""
    if activation.whole_layer:
        return False
    a = np.linspace(-3.0, 3.0, 13)
    return not activation.slopes(a, activation(a)).any()


def equal_layer(session: Session) -> int | None:
    """Return the first hidden layer whose units have all the same weights in and out; dropout would tell them apart."""
    if session.training.dropout:
        return None
    hidden = range(len(session.network.layers) - 1)
    return next((layer for layer in hidden if _are_equal(session.parameters, layer)), None)


def _are_equal(parameters: Parameters, layer: int) -> bool:
    units = [parameters.weights[layer].T, parameters.biases[layer][:, None], parameters.weights[layer + 1]]
    return len(units[0]) > 1 and all(
        np.allclose(one[1], one[0], rtol=1e-9, atol=0.0) and np.allclose(one, one[0], rtol=1e-9, atol=0.0)
        for one in units
    )


def _that_help(session: Session, remedies: tuple[Remedy, ...], fewer: bool = False) -> Iterator[Remedy]:
    """Yield the remedies after which there is no new trap, and, where ``fewer``, one trap less."""
    before = {sentence for _, sentence, _ in _traps(session)}
    for remedy in remedies:
        try:
            after = {sentence for _, sentence, _ in _traps(remedy.edit(session))}
        except FieldError:
            continue
        if after < before or (after == before and not fewer):
            yield remedy

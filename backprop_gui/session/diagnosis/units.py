"""Units that no longer learn: dead, saturated, equal to each other, or out of reach of the error."""

from collections.abc import Callable, Generator

import numpy as np

from backprop_gui.engine.activations import Activation
from backprop_gui.engine.network import UnitRef
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.session.advice import Remedy, equal_layer, is_flat
from backprop_gui.session.diagnosis.finding import Diagnosis, Kind, Work, capital, units_told
from backprop_gui.session.diagnosis.look import Look, look_at_samples
from backprop_gui.session.diagnosis.remedies import SCALE_INPUTS, lower_rate, new_weights, use_in_hidden
from backprop_gui.session.diagnosis.trial import trial, tried
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_setting

NOT_SMALL = 0.1
"""Of what could be learnt, so much still to go is a loss that is not small."""
FLAT = 0.01
"""A slope below this share of the steepest is near 0."""
VANISHED = 1e-3
STILL = 0.95
"""A loss that does not fall to this share of itself in a trial has come to rest."""
TRIAL_STEPS = 1000


def dead_units(look: Look) -> tuple[UnitRef, ...]:
    """Return the hidden units of ReLUs and their like that are 0, with slope 0, on every sample."""
    found: list[UnitRef] = []
    for place, layer in enumerate(look.session.network.layers[:-1]):
        if layer.activation.limits == (0.0, np.inf):
            dead = (look.slopes[place] == 0.0).all(axis=0) & (look.outputs[place] == 0.0).all(axis=0)
            found += [UnitRef(place + 1, int(unit)) for unit in np.flatnonzero(dead)]
    return tuple(found)


def saturated_units(look: Look) -> tuple[UnitRef, ...]:
    """Return the units of bounded activations whose slope is near 0 on every sample.

    An output counts only where it is wrong, and where its loss does not make up for the slope.
    """
    session, found, last = look.session, list[UnitRef](), len(look.session.network.layers) - 1
    for place, layer in enumerate(session.network.layers):
        steepest = _steepest(layer.activation)
        paired = place == last and layer.activation.name in session.training.loss.pairs
        if steepest is None or paired:
            continue
        flat = (look.slopes[place] < FLAT * steepest).all(axis=0)
        if place == last:
            flat &= look.errors.mean(axis=0) > NOT_SMALL * look.floors.constant / look.errors.shape[1]
        found += [UnitRef(place + 1, int(unit)) for unit in np.flatnonzero(flat)]
    return tuple(found)


def _steepest(activation: Activation) -> float | None:
    """Return the steepest slope of an activation that flattens out on both sides, else None."""
    if activation.whole_layer or not np.isfinite(activation.limits).all() or is_flat(activation):
        return None
    a = np.array([-20.0, 0.0, 20.0])
    slopes = activation.slopes(a, activation(a))
    return float(slopes[1]) if max(slopes[0], slopes[2]) < 0.01 * slopes[1] else None


def dead(look: Look) -> Work:
    """Find ReLUs that are 0 on every sample while the loss is not small."""
    found = dead_units(look)
    if not found or not (yield from _stays(look, dead_units)):
        return None
    session = look.session
    one = len(found) == 1
    sentence = (
        f"{units_told(session, found)} {'is' if one else 'are'} 0 on {look.every}: "
        f"no error comes back through {'it' if one else 'them'}, so the weights that lead there no longer learn."
    )
    candidates = [*new_weights(session, 3), use_in_hidden(session, "leaky_relu", "he_uniform"), SCALE_INPUTS]
    candidates.append(lower_rate(session, 0.1, again=True))
    remedies = yield from tried(session, candidates, _as_long(session), _without(dead_units, look.loss), stages=1)
    return Diagnosis(Kind.DEAD, capital(sentence), found, remedies, "parameters")


def saturated(look: Look) -> Work:
    """Find units with a slope near 0 on every sample while the loss is not small."""
    found = saturated_units(look)
    if not found or not (yield from _stays(look, saturated_units)):
        return None
    session = look.session
    one, slopes = len(found) == 1, np.concatenate([look.slopes[unit.layer - 1][:, unit.unit] for unit in found])
    sentence = (
        f"{units_told(session, found)} {'is' if one else 'are'} saturated: the slope is at most {slopes.max():.1g} on "
        f"{look.every}, so hardly any error comes back through {'it' if one else 'them'}, and the loss stays "
        f"at {look.loss:.4g}."
    )
    candidates = [*new_weights(session, 3), SCALE_INPUTS]
    candidates += [lower_rate(session, factor, again=True) for factor in (0.1, 0.01)]
    remedies = yield from tried(session, candidates, _as_long(session), _without(saturated_units, look.loss), stages=1)
    return Diagnosis(Kind.SATURATED, capital(sentence), found, remedies, "parameters")


def equal(look: Look) -> Work:
    """Find a hidden layer whose units are all the same."""
    session = look.session
    layer = equal_layer(session)
    if layer is None or look.to_go < NOT_SMALL:
        return None
    units = tuple(UnitRef(layer + 1, unit) for unit in range(session.network.layers[layer].units))
    sentence = (
        f"{units_told(session, units)} have equal weights, so they get equal gradients and stay equal: "
        "together they do no more than one unit."
    )

    def mended(after: Session) -> bool:
        return equal_layer(after) is None

    remedies = yield from tried(session, new_weights(session, 1), TRIAL_STEPS, mended)
    return Diagnosis(Kind.EQUAL, capital(sentence), units, remedies, "training.initializer")


def vanished_layer(look: Look) -> tuple[int, float] | None:
    """Return the first layer that hardly any of the output's error comes back to, and which share of it does."""
    if len(look.deltas) < 3:
        return None
    sizes = [float(np.sqrt(np.mean(np.square(delta)))) for delta in look.deltas]
    if not 0.0 < sizes[0] < VANISHED * sizes[-1]:
        return None
    return 0, sizes[0] / sizes[-1]


def vanishing(look: Look) -> Work:
    """Find an error that is lost on its way back through many layers; an optimizer with memories makes up for it."""
    session = look.session
    found = vanished_layer(look)
    scales = session.training.optimizer.method.memories not in ((), ("v",))
    if found is None or scales or dead_units(look) or saturated_units(look):
        return None
    if not (yield from _stays(look, vanished_layer)):
        return None
    layer, share = found
    units = tuple(UnitRef(layer + 1, unit) for unit in range(session.network.layers[layer].units))
    sentence = (
        f"The error fades on its way back: at {units_told(session, units)} it is {share:.1g} of what it is at "
        "the output, so the first layers hardly learn."
    )
    adam = Remedy(
        "Use Adam",
        lambda now: set_setting(
            set_setting(now, "optimizer.name", OPTIMIZERS["adam"]), "optimizer.learning_rate", 0.01
        ),
    )
    candidates = [
        use_in_hidden(session, "relu", "he_uniform"),
        use_in_hidden(session, "tanh", "xavier_uniform"),
        adam,
    ]

    def mended(after: Session) -> bool:
        now = look_at_samples(after)
        return now.loss < 0.9 * look.loss

    remedies = yield from tried(session, candidates, TRIAL_STEPS, mended)
    return Diagnosis(Kind.VANISHING, sentence, units, remedies, "network.layers")


def _stays(look: Look, find: Callable[[Look], object]) -> Generator[None, None, bool]:
    """Look ahead: tell whether what ``find`` finds is still there then, and the loss has come to rest, not small."""
    session, losses = look.session, [look.loss]
    if look.to_go < NOT_SMALL:
        return False
    for _ in range(2):
        after = yield from trial(session, max(TRIAL_STEPS, 10 * session.batches))
        if after is None:
            return False
        now = look_at_samples(after)
        if now.to_go < NOT_SMALL or not find(now):
            return False
        session, losses = after, [*losses, now.loss]
    floor = look.floors.equal
    return losses[2] - floor > STILL * (losses[1] - floor)


def _as_long(session: Session) -> int:
    """Return steps enough to see whether what came about in a run comes about again."""
    return max(TRIAL_STEPS, min(2 * session.progress.step, 12 * TRIAL_STEPS))


def _without(find: Callable[[Look], tuple[UnitRef, ...]], loss: float) -> Callable[[Session], bool]:
    """Return whether a session has less loss than ``loss``, and none of the units that ``find`` finds."""

    def mended(after: Session) -> bool:
        look = look_at_samples(after)
        return look.loss < loss and (not find(look) or look.to_go < NOT_SMALL)

    return mended

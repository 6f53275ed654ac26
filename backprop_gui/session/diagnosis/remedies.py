"""Edits that mend a run. Those that change what was learnt from begin again at the start weights."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from backprop_gui.data.samples import Column
from backprop_gui.data.tables.sampling import scaling_of
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.advice import Edit, Remedy, draw_weights, scale_targets
from backprop_gui.session.document import Session
from backprop_gui.session.edits import initialize_again, reset, set_activation, set_samples, set_setting


def lower_rate(session: Session, factor: float, again: bool) -> Remedy:
    """Return the remedy of a learning rate smaller by ``factor``, from the start weights where ``again``."""
    rate = float(f"{session.training.optimizer.learning_rate * factor:.1g}")

    def edit(now: Session) -> Session:
        return set_setting(reset(now) if again else now, "optimizer.learning_rate", rate)

    return Remedy(f"Learning rate {rate:g}" + (", from the start weights" if again else ""), edit)


def new_weights(session: Session, seeds: int) -> Iterator[Remedy]:
    """Yield drawing start weights, by the session's own seed where that is not where it began, and by others."""
    if draw_weights(session).start != session.start:
        yield Remedy("Draw start weights", draw_weights)
    for seed in range(session.training.seed + 1, session.training.seed + 1 + seeds):
        yield Remedy("Draw start weights", _draw(seed))


def scale_inputs(session: Session) -> Session:
    """Scale every input to 0 … 1 and begin again; the table goes on showing what was measured.

    Raises:
        FieldError: they are so already.
    """
    samples, first = session.samples, session.network.inputs
    inputs = samples.inputs.copy()
    if inputs.min() >= 0.0 and inputs.max() <= 1.0:
        raise FieldError("data.inputs", "what lies between 0 and 1", "it is scaled already")
    columns: list[Column] = [samples.column(place) for place in range(first + session.network.outputs)]
    for place in range(first):
        values: Floats = inputs[:, place]
        if values.min() < 0.0 or values.max() > 1.0:
            old = columns[place]
            measured = values * old.scale + old.shift
            columns[place] = scaling_of(old.name, measured, "min-max")
            inputs[:, place] = columns[place].value(measured)
    scaled = replace(samples.with_rows(inputs, samples.targets), columns=tuple(columns))
    return reset(set_samples(session, scaled))


def join_equal_samples(session: Session) -> Session:
    """Make one sample of all with equal inputs, with the mean of their targets."""
    samples = session.samples
    _, first, group = np.unique(samples.inputs, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    means = np.zeros((len(first), samples.targets.shape[1]))
    np.add.at(means, group, samples.targets)
    means /= np.bincount(group)[:, None]
    kept = np.sort(first)
    return set_samples(session, replace(samples.chosen(kept), targets=frozen(means[group[kept]])))


def use_in_hidden(session: Session, activation: str, initializer: str) -> Remedy:
    """Return the remedy of another activation in every hidden layer, with start weights that suit it."""
    card, hidden = ACTIVATIONS[activation], len(session.network.layers) - 1

    def edit(now: Session) -> Session:
        for layer in range(hidden):
            now = set_activation(now, layer, card)
        return initialize_again(now, initializer, now.training.seed)

    return Remedy(f"Use {card.title} in hidden layers", edit)


def _draw(seed: int) -> Edit:
    def edit(now: Session) -> Session:
        rule = now.training.initializer
        return initialize_again(now, "xavier_uniform" if rule == "zeros" else rule, seed)

    return edit


SCALE_INPUTS = Remedy("Scale inputs to 0 … 1", scale_inputs)
SCALE_TARGETS = Remedy("Scale targets to 0 … 1", lambda session: reset(scale_targets(session)))
JOIN_EQUAL = Remedy("Join equal samples, with their mean target", join_equal_samples)

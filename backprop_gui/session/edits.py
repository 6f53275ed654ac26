"""Pure edits: each takes a session and returns the edited one, or raises ``FieldError`` and changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from backprop_gui.data.samples import Samples, Split
from backprop_gui.engine.activations import SIGMOID, Activation
from backprop_gui.engine.checks import number
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.engine.network import Layer, Network, ParameterRef, Parameters, Ref
from backprop_gui.engine.optimizers import Optimizer
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trainer import Progress
from backprop_gui.session.document import Session, View

MOST_TITLE, MOST_NOTES = 200, 100_000
NEW_LAYER = Layer(3, SIGMOID)


def set_parameter(session: Session, ref: ParameterRef, value: float) -> Session:
    """Set one weight or bias. Before the first step this also changes the start weights."""
    parameters = session.parameters.replace(ref, number("value", value))
    untouched = session.progress.step == 0
    return replace(session, parameters=parameters, start=parameters if untouched else session.start)


def set_inputs(session: Session, inputs: int) -> Session:
    """Set the number of inputs; samples get columns of 0 or lose their last ones."""
    return _reshape(session, Network(inputs, session.network.layers), range(len(session.network.sizes)))


def set_units(session: Session, layer: int, units: int) -> Session:
    """Set how many units ``network.layers[layer]`` has."""
    return set_layer(session, layer, replace(session.network.layers[layer], units=units))


def set_activation(session: Session, layer: int, activation: Activation) -> Session:
    """Set the activation of ``network.layers[layer]``."""
    return set_layer(session, layer, replace(session.network.layers[layer], activation=activation))


def set_layer(session: Session, layer: int, new: Layer) -> Session:
    """Replace ``network.layers[layer]``; weights that still have a place stay."""
    layers = list(session.network.layers)
    layers[layer] = new
    return _reshape(session, Network(session.network.inputs, tuple(layers)), range(len(layers) + 1))


def insert_layer(session: Session, layer: int, new: Layer = NEW_LAYER) -> Session:
    """Insert a hidden layer so that it becomes ``network.layers[layer]``."""
    layers = list(session.network.layers)
    origins: list[int | None] = list(range(len(layers) + 1))
    layers.insert(layer, new)
    origins.insert(layer + 1, None)
    return _reshape(session, Network(session.network.inputs, tuple(layers)), origins)


def remove_layer(session: Session, layer: int) -> Session:
    """Remove ``network.layers[layer]``."""
    layers, origins = list(session.network.layers), list(range(len(session.network.sizes)))
    del layers[layer], origins[layer + 1]
    return _reshape(session, Network(session.network.inputs, tuple(layers)), origins)


def move_layer(session: Session, layer: int, to: int) -> Session:
    """Move ``network.layers[layer]`` so that it becomes ``network.layers[to]``."""
    layers, origins = list(session.network.layers), list(range(len(session.network.sizes)))
    layers.insert(to, layers.pop(layer))
    origins.insert(to + 1, origins.pop(layer + 1))
    return _reshape(session, Network(session.network.inputs, tuple(layers)), origins)


def set_training(session: Session, training: TrainingSettings) -> Session:
    """Replace the training settings; what the optimizer remembers goes when the optimizer changes.

    Where batches fall differently, the epoch under way starts again from its first batch.
    """
    return replace(session, training=training, progress=_progress_under(training, session))


def progress_in(session: Session, moment: Session) -> Progress:
    """Return where a moment of the same shape stands, as ``session`` goes on from there: see ``set_training``."""
    progress = _progress_under(session.training, moment)
    return progress if session.samples is moment.samples else replace(progress, batch=0, epoch_loss=0.0)


def set_setting(session: Session, path: str, value: object) -> Session:
    """Set one training setting, by its path in session files: ``loss``, ``loss.delta``, ``optimizer.momentum``.

    A loss and an optimizer (``optimizer.name``) are set as cards. Momentum and Nesterov go where the optimizer takes
    none, Nesterov goes with the momentum.

    Raises:
        FieldError: the setting cannot be that.
    """
    training = session.training
    match path.split("."):
        case ["loss", name]:
            loss = training.loss.with_numbers({name: value}, "training.loss")
            return set_training(session, replace(training, loss=loss))
        case ["optimizer", name]:
            optimizer = _with_setting(training.optimizer, name, value)
            return set_training(session, replace(training, optimizer=optimizer))
        case _:
            changes: dict[str, Any] = {path: value}
            return set_training(session, replace(training, **changes))


def _with_setting(optimizer: OptimizerSettings, name: str, value: object) -> OptimizerSettings:
    if name == "name":
        assert isinstance(value, Optimizer)
        keeps = value.momentum
        momentum, nesterov = optimizer.momentum if keeps else 0.0, optimizer.nesterov and keeps
        return replace(optimizer, method=value, momentum=momentum, nesterov=nesterov)
    if any(one.name == name for one in optimizer.method.settings):
        return replace(optimizer, method=optimizer.method.with_numbers({name: value}, "training.optimizer"))
    changes: dict[str, Any] = {name: value}
    if name == "momentum" and not value:
        changes["nesterov"] = False
    return replace(optimizer, **changes)


def set_samples(session: Session, samples: Samples) -> Session:
    """Replace the samples; the epoch under way starts again, the current sample stays where it can.

    Samples without a split take over the present one.
    """
    return replace(
        session,
        samples=_keeping_split(samples, session),
        progress=replace(session.progress, batch=0, epoch_loss=0.0),
        view=replace(session.view, sample=min(session.view.sample, len(samples) - 1), position=0),
    )


def set_split(session: Session, split: Split | None) -> Session:
    """Keep other samples for testing, or none; the epoch under way starts again."""
    samples = replace(session.samples, split=split)
    progress = replace(session.progress, batch=0, epoch_loss=0.0)
    return replace(session, samples=samples, progress=progress, view=replace(session.view, position=0))


def take_samples(session: Session, samples: Samples) -> Session:
    """Replace the samples and give the network as many inputs and outputs as they have; weights with a place stay."""
    network = session.network
    layers = (*network.layers[:-1], replace(network.layers[-1], units=samples.targets.shape[1]))
    shaped = session
    if (network.inputs, network.outputs) != (samples.inputs.shape[1], samples.targets.shape[1]):
        shaped = _reshape(session, Network(samples.inputs.shape[1], layers), range(len(network.sizes)))
    view = replace(shaped.view, sample=0, position=0)
    samples = _keeping_split(samples, session)
    return replace(shaped, samples=samples, progress=Progress(), parameters=shaped.start, view=view)


def take_weights(session: Session, network: Network, parameters: Parameters) -> Session:
    """Take a network and its weights over as new start weights; the samples are made to fit, epoch 0 begins."""
    training = session.training
    if training.loss.probabilities and not network.layers[-1].activation.probabilities:
        training = replace(training, loss=HALF_SSE)
    view = session.view
    if view.selected is not None and not network.has(view.selected):
        view = replace(view, selected=None)
    return replace(
        session,
        network=network,
        parameters=parameters,
        start=parameters,
        training=training,
        samples=session.samples.reshaped(network),
        progress=Progress(),
        view=replace(view, position=0),
    )


def set_words(session: Session, title: str, notes: str) -> Session:
    """Set the title, in one line, and the notes."""
    if len(title.splitlines()) > 1 or len(title) > MOST_TITLE:
        raise FieldError("title", title[:MOST_TITLE], f"use one line of at most {MOST_TITLE} characters")
    if len(notes) > MOST_NOTES:
        raise FieldError("notes", f"{len(notes):,} characters", f"use at most {MOST_NOTES:,}")
    return replace(session, title=title, notes=notes)


def reset(session: Session) -> Session:
    """Go back to the start weights and epoch 0."""
    return replace(session, parameters=session.start, progress=Progress())


def initialize_again(session: Session, initializer: str, seed: int) -> Session:
    """Draw new start weights by ``initializer`` and ``seed``, and go back to epoch 0."""
    training = replace(session.training, initializer=initializer, seed=seed)
    start = initialize(session.network, initializer, seed)
    return replace(session, training=training, start=start, parameters=start, progress=Progress())


def trained(session: Session, parameters: Parameters, progress: Progress) -> Session:
    """Take over what training made; the next update has not been stepped into."""
    view = replace(session.view, position=0)
    return replace(session, parameters=parameters, progress=progress, view=view)


def look_at(session: Session, *, sample: int | None = None, selected: Ref | None = None) -> Session:
    """Return the session with another current sample and selection; a selection that is not there is dropped."""
    kept = selected if selected is not None and session.network.has(selected) else None
    sample = session.view.sample if sample is None else sample
    return replace(session, view=replace(session.view, sample=sample, selected=kept))


def step_to(session: Session, position: int) -> Session:
    """Return the session ``position`` atoms into its next update."""
    return replace(session, view=replace(session.view, position=position))


def with_view(session: Session, view: View) -> Session:
    """Return the session looked at as ``view`` says, as far as it has those parts; not stepped into."""
    looked = look_at(session, sample=min(view.sample, len(session.samples) - 1), selected=view.selected)
    return step_to(looked, 0)


def _progress_under(training: TrainingSettings, session: Session) -> Progress:
    progress, old = session.progress, session.training
    if _remembers(training.optimizer) != _remembers(old.optimizer):
        progress = replace(progress, slots=(), slot_steps=0)
    if (training.batch_size, training.shuffle, training.seed) != (old.batch_size, old.shuffle, old.seed):
        progress = replace(progress, batch=0, epoch_loss=0.0)
    return progress


def _remembers(optimizer: OptimizerSettings) -> tuple[str, bool]:
    """Return what decides whether memories of one optimizer serve another: not its numbers."""
    return optimizer.method.name, optimizer.momentum > 0


def _keeping_split(samples: Samples, session: Session) -> Samples:
    split = session.samples.split
    return samples if samples.split is not None or split is None else replace(samples, split=split)


def _reshape(session: Session, network: Network, origins: Sequence[int | None]) -> Session:
    """Give the session another network and begin again at epoch 0.

    ``origins[l]`` is the old layer that layer l was (0 is the inputs), or None. Weights between two layers that
    were neighbours before, and biases of a layer that was there, are kept as far as they still have a place; the
    rest is drawn by the initializer.
    """
    fresh = initialize(network, session.training.initializer, session.training.seed)
    weights = [w.copy() for w in fresh.weights]
    biases = [b.copy() for b in fresh.biases]
    for layer, (before, after) in enumerate(pairwise(origins)):
        if after is None or after == 0:
            continue
        old_bias = session.parameters.biases[after - 1]
        units = min(len(old_bias), len(biases[layer]))
        biases[layer][:units] = old_bias[:units]
        if before is not None and before == after - 1:
            old = session.parameters.weights[before]
            rows, columns = min(len(old), len(weights[layer])), min(old.shape[1], weights[layer].shape[1])
            weights[layer][:rows, :columns] = old[:rows, :columns]
    parameters = Parameters.of(weights, biases)
    view, same_shape = replace(session.view, position=0), network.sizes == session.network.sizes
    if view.selected is not None and not network.has(view.selected):
        view = replace(view, selected=None)
    return replace(
        session,
        network=network,
        parameters=parameters,
        start=session.start if same_shape else parameters,
        samples=session.samples.reshaped(network),
        progress=session.progress if same_shape else Progress(),
        view=view,
    )

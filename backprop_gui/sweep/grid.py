"""What a sweep can vary: the keys of its grid, and what a word under a key makes of a network and its training."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Literal

from backprop_gui.engine.activations import ACTIVATIONS, SIGMOID
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.checks import one_of
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import INITIALIZERS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.session.document import Session

Setup = tuple[Network, TrainingSettings]
_LONGEST_NUMBER = 40


def learning_rate(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the learning rate."""
    return _with_optimizer(setup, lambda now: replace(now, learning_rate=_number(word)), "learning_rate")


def momentum(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set momentum; Nesterov's look ahead goes where there is none."""

    def change(now: OptimizerSettings) -> OptimizerSettings:
        mu = _number(word)
        return replace(now, momentum=mu, nesterov=now.nesterov and mu != 0)

    return _with_optimizer(setup, change, "momentum")


def optimizer(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the optimizer; Nesterov's look ahead goes where it takes no momentum."""
    method = OPTIMIZERS.read("optimizer", word)

    def change(now: OptimizerSettings) -> OptimizerSettings:
        return replace(now, method=method, nesterov=now.nesterov and method.momentum)

    return _with_optimizer(setup, change, "")[0], method.spelled


def batch_size(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the batch size: a number of samples, or full."""
    network, training = setup
    whole = re.fullmatch(r"[0-9]{1,15}", word)
    size: int | Literal["full"] = int(word) if whole else "full"
    if not whole and word != "full":
        raise FieldError("batch_size", word, "use a whole number of at least 1, or full")
    return (network, replace(training, batch_size=size)), str(size)


def initializer(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the rule that draws start weights."""
    network, training = setup
    one_of("initializer", word, INITIALIZERS)
    return (network, replace(training, initializer=word)), word


def loss(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the loss."""
    network, training = setup
    card = LOSSES.read("loss", word)
    return (network, replace(training, loss=card)), card.spelled


def activation(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set the activation of all hidden layers; the output keeps its own."""
    network, training = setup
    card = ACTIVATIONS.read("activation", word)
    if len(network.layers) == 1:
        raise FieldError("activation", word, "there is no hidden layer: give hidden as well, such as hidden=4")
    hidden = tuple(replace(one, activation=card) for one in network.layers[:-1])
    return (replace(network, layers=(*hidden, network.layers[-1])), training), card.spelled


def hidden(setup: Setup, word: str) -> tuple[Setup, str]:
    """Set how many hidden layers there are, and the units of each: 4, or 4-4.

    A layer keeps the activation of the one that was in its place; those after the last one take its, or sigmoid.
    """
    network, training = setup
    if not re.fullmatch(r"[0-9]{1,9}(-[0-9]{1,9})*", word):
        raise FieldError("hidden", word, "use the units of each hidden layer, such as 4 or 4-4")
    units = [int(one) for one in word.split("-")]
    cards = [one.activation for one in network.layers[:-1]] or [SIGMOID]
    cards += [cards[-1]] * (len(units) - len(cards))
    layers = tuple(Layer(count, card) for count, card in zip(units, cards, strict=False))
    made = Network(network.inputs, (*layers, network.layers[-1]))
    return (made, training), "-".join(map(str, units))


KEYS: dict[str, Callable[[Setup, str], tuple[Setup, str]]] = {
    "learning_rate": learning_rate,
    "momentum": momentum,
    "batch_size": batch_size,
    "optimizer": optimizer,
    "initializer": initializer,
    "activation": activation,
    "loss": loss,
    "hidden": hidden,
}
"""Every key by its name: what takes a network, its training and a word, and returns them changed and the word as rows
have it. Raises ``FieldError`` for a word that cannot be used.
"""
_ORDER = ("hidden", "activation", "optimizer", "momentum", "learning_rate", "batch_size", "initializer", "loss")
"""In which order keys are applied, whatever the order they were given in."""


def parted(key: str, text: str, most: int) -> tuple[str, ...]:
    """Return the words of a list such as ``0.1,0.5`` or ``relu,elu(alpha=0.5)``.

    Raises:
        FieldError: none, an empty one, or more than ``most``.
    """
    words = tuple(one.strip() for one in islice(spelled_apart(text), most + 1))
    if len(words) > most:
        raise FieldError(key, text, f"use at most {most:,} values")
    if not words or not all(words) or ",".join(words).replace(" ", "") != text.replace(" ", ""):
        raise FieldError(key, text, "give values with commas between them, such as 0.1,0.5")
    return words


def applied(session: Session, words: dict[str, str]) -> tuple[Setup, dict[str, str]]:
    """Return network and training of a session under one word for each key, and the words as rows have them.

    Raises:
        FieldError: a word that cannot be used, named by its key.
    """
    setup: Setup = session.network, session.training
    written: dict[str, str] = {}
    for key in sorted(words, key=_ORDER.index):
        try:
            setup, written[key] = KEYS[key](setup, words[key])
            network, training = setup
            training.check_fits(network)
            training.check_targets(session.samples.targets)
        except FieldError as error:
            raise FieldError(key, words[key], error.accepted) from error
    return setup, written


def _with_optimizer(
    setup: Setup, change: Callable[[OptimizerSettings], OptimizerSettings], number: str
) -> tuple[Setup, str]:
    network, training = setup
    changed = change(training.optimizer)
    word = repr(float(getattr(changed, number))) if number else ""
    return (network, replace(training, optimizer=changed)), word


def _number(word: str) -> float:
    if not re.fullmatch(r"[0-9.eE+-]+", word) or len(word) > _LONGEST_NUMBER:
        raise FieldError("number", word, "use a number such as 0.1 or 1e-3")
    try:
        return float(word)
    except ValueError:
        raise FieldError("number", word, "use a number such as 0.1 or 1e-3") from None

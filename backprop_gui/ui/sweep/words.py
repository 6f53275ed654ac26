"""The settings a sweep can vary, in the words of the window."""

import re

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import INITIALIZERS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.sweep.plan import Plan

LABELS = {
    "learning_rate": "Learning rate",
    "momentum": "Momentum",
    "batch_size": "Batch size",
    "optimizer": "Optimizer",
    "initializer": "Initializer",
    "activation": "Activation",
    "loss": "Loss",
    "hidden": "Hidden units",
}
EXAMPLES = {
    "learning_rate": "0.1, 0.5, 1",
    "momentum": "0, 0.5, 0.9",
    "batch_size": "1, full",
    "optimizer": "Gradient descent, Adam",
    "initializer": "Xavier uniform, He normal",
    "activation": "Sigmoid, Tanh, ReLU",
    "loss": "Half squared error, Mean squared error",
    "hidden": "2, 4, 4-4",
}
_OTHERS = {"epochs": "Epochs", "seeds": "Seeds", "KEY": "Sweep"}


def titles_of(key: str) -> dict[str, str]:
    """Return what may be chosen under a key, by its name: the words for it; nothing where it is a number."""
    if key == "initializer":
        return {name: _spoken(name) for name in INITIALIZERS}
    registries = {"optimizer": OPTIMIZERS, "activation": ACTIVATIONS, "loss": LOSSES}
    return {name: card.title for name, card in registries[key].items()} if key in registries else {}


def tip_of(key: str) -> str:
    """Return a sentence about the values of a key."""
    titles = titles_of(key)
    if titles:
        return "Values with commas between them: " + ", ".join(titles.values())
    if key == "hidden":
        return "Units of the hidden layers, such as 4, or 4-4 for two layers; commas between the values"
    return f"Values with commas between them, such as {EXAMPLES[key]}"


def as_grid(key: str, typed: str) -> str:
    """Return what was typed for a key as the grid has it: names for words, whatever their case."""
    names = {words.lower(): name for name, words in titles_of(key).items()}
    parts = re.split(r",(?![^()]*\))", typed)
    found = (names.get(" ".join(part.split()).lower(), part.strip()) for part in parts)
    return f"{key}={','.join(found)}"


def shown(key: str, value: str) -> str:
    """Return the value of a row in words."""
    return titles_of(key).get(value, value)


def varied(plan: Plan, run: int) -> str:
    """Return the settings of a run in words, nothing where none are varied."""
    return ", ".join(
        f"{LABELS[key].lower()} {shown(key, value)}" for key, value in zip(plan.keys, plan.values(run), strict=True)
    )


def refusal(error: FieldError) -> str:
    """Return why a plan is refused."""
    label = LABELS.get(error.field) or _OTHERS.get(error.field, "Sweep")
    value = str(error.value)
    words = value if len(value) <= 60 else f"{value[:59]}…"
    accepted = error.accepted
    for name, title in titles_of(error.field).items():
        accepted = re.sub(rf"\b{name}\b", title, accepted)
    return f"{label}: “{words}” is not accepted; {_spoken_words(accepted)}."


def _spoken(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def _spoken_words(text: str) -> str:
    return re.sub(r"[a-z]+(?:_[a-z]+)+", lambda found: found[0].replace("_", " "), text)

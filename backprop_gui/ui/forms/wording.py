"""Errors in the words of the window: labels and titles where files and the code have keys and names."""

import re
from pathlib import Path

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.notation import symbols_of
from backprop_gui.explain.numbers import exact
from backprop_gui.explain.plain import to_text
from backprop_gui.session.document import Session
from backprop_gui.ui.forms.settings import LABELS

_FILE = "File name"
_LONGEST_VALUE = 60
_FIELDS = {
    **LABELS,
    "training.initializer": "Initializer",
    "training.seed": "Seed",
    "network.inputs": "Inputs",
    "--sheet": _FILE,
    "export": _FILE,
    "paste": "What is pasted",
}
_CARDS = {**ACTIVATIONS, **LOSSES}
_TITLES = {name: card.title[:1].lower() + card.title[1:] for name, card in _CARDS.items()}
_CELL = re.compile(r"data\.(inputs|targets)\[(\d+)\]\[(\d+)\]")
_LAYER = re.compile(r"network\.layers\[(\d+)\]\.(\w+)")


def in_words(error: Exception, session: Session, samples: Samples | None = None, notation: str = "article") -> str:
    """Return the sentence of ``error`` about ``session``; ``samples`` are those it names, if others.

    What is wrong inside a file is told in the file's own words, as there it has to be found.
    """
    if not isinstance(error, FieldError):
        return str(error)
    value = _value(error, samples or session.samples)
    return f"{_label(error.field, session, notation)}: {value} is not accepted; {_plain(error.accepted)}."


def column_name(column: int, network: Network, notation: str) -> str:
    """Return what a column of the sample table is called in a notation: x₁, x₂, ..., t₁, ..."""
    s, inputs = symbols_of(notation, network), network.inputs
    return to_text(s.output(0, column) if column < inputs else s.target(column - inputs))


def _label(field: str, session: Session, notation: str) -> str:
    if cell := _CELL.fullmatch(field):
        inputs, place = session.network.inputs, int(cell[3])
        name = column_name(place if cell[1] == "inputs" else inputs + place, session.network, notation)
        return f"Sample {int(cell[2]) + 1:,}, {name}"
    if layer := _LAYER.fullmatch(field):
        place = int(layer[1]) + 1
        title = layer_title(session.network, place) if place <= len(session.network.layers) else f"layer {place}"
        return f"{layer[2].capitalize()} of {title}"
    words = _FIELDS.get(field) or _plain(field.rpartition(".")[2])
    return words[:1].upper() + words[1:]


def _value(error: FieldError, samples: Samples) -> str:
    """Return the value in words; of a cell what was measured, as the table shows it."""
    value, cell = error.value, _CELL.fullmatch(error.field)
    if isinstance(value, float):
        if cell:
            before = samples.inputs.shape[1] if cell[1] == "targets" else 0
            value = samples.column(before + int(cell[3])).measured(value)
        return exact(value)
    if not isinstance(value, str):
        return str(value)
    text = Path(value).name if _FIELDS.get(error.field) == _FILE else _plain(value)
    text = _CARDS[value].title if value in _CARDS else text
    return f"“{text}”" if len(text) <= _LONGEST_VALUE else f"“{text[: _LONGEST_VALUE - 1]}…”"


def _plain(text: str) -> str:
    """Return a text with names of the code as words: ``leaky_relu`` as leaky ReLU."""
    return re.sub(r"[a-z]+(?:_[a-z]+)+", lambda name: _TITLES.get(name[0], name[0].replace("_", " ")), text)

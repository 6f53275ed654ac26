"""What a choice means where programs differ: a short sentence for beside the field, and its row in the definitions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from backprop_gui.session.document import Session

Place = Literal["loss", "optimizer.name", "schedule", "reduction", "optimizer.weight_decay", "optimizer.l1"]


@dataclass(frozen=True, slots=True)
class Note:
    """The path of the setting it stands beside, what it says, and its row in ``resources/help/definitions.md``."""

    place: Place
    sentence: str
    row: str


def notes(session: Session) -> Iterator[Note]:
    """Yield what is to be known of the choices this session makes."""
    training, optimizer = session.training, session.training.optimizer
    outputs = session.network.layers[-1]
    if training.loss.name == "cross_entropy" and outputs.activation.name != "softmax":
        yield Note("loss", "Outputs are taken as they are, not divided by their sum.", "cross-entropy")
    if training.loss.name == "huber":
        yield Note("loss", "Squared up to an error of κ, straight beyond it.", "hubers-limit")
    if training.loss.name == "mae":
        yield Note("loss", "Where an output meets its target the slope is taken as 0.", "kink-of-the-absolute-error")
    if optimizer.name in _CONSTANTS and not optimizer.method.own_numbers:
        yield Note("optimizer.name", *_CONSTANTS[optimizer.name])
    if training.schedule == "cosine":
        every = training.schedule_every
        sentence = f"The rate is 0 from epoch {every:,} on: nothing is learnt any more."
        yield Note("schedule", sentence, "cosine-stays-at-0")
    if training.schedule != "constant" and optimizer.momentum:
        sentence = "A changed rate applies to new gradients, not to the momentum gathered."
        yield Note("schedule", sentence, "momentum-under-a-schedule")
    if training.reduction == "sum":
        averaged = training.loss.averaged and outputs.units > 1
        sentence = f"Gradients of the batch are added; the loss still is a mean over the {outputs.units} outputs."
        yield Note("reduction", sentence if averaged else _ADDED, "sum-over-a-batch")
    if optimizer.weight_decay and optimizer.method.decoupled:
        yield Note("optimizer.weight_decay", _DECOUPLED, "adamws-decay")
    elif optimizer.weight_decay:
        yield Note("optimizer.weight_decay", _PENALTY, "weight-decay")
    if optimizer.l1:
        yield Note("optimizer.l1", _PENALTY, "l1-penalty")


_ADDED = "Gradients of the batch are added; the loss shown stays a mean over the samples."
_PENALTY = "On weights, not on biases; the loss shown is without it."
_DECOUPLED = "Of weights, not of biases, beside the step of the gradient; the loss shown is without it."
_CONSTANTS = {
    "rmsprop": ("PyTorch's constants; Keras has others.", "rmsprops-constants"),
    "adagrad": ("PyTorch's constants; Keras has others.", "adagrads-constants"),
    "adamw": ("ε stands where PyTorch has it; Keras has it elsewhere.", "adams-epsilon"),
    "adam": ("ε stands where PyTorch has it; Keras has it elsewhere.", "adams-epsilon"),
}

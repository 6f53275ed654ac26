"""How a network is trained: loss, optimizer, batches, start weights."""

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.checks import number, one_of, whole_number
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import INITIALIZERS
from backprop_gui.engine.losses import HALF_SSE, Loss
from backprop_gui.engine.network import Network
from backprop_gui.engine.optimizers import OPTIMIZERS, SGD, Optimizer

REDUCTIONS = ("mean", "sum")
SCHEDULES = ("constant", "step", "exponential", "cosine")
LATER = {"later": True}
"""Marks settings that files of the first version did not have: they are written only where they are used."""


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """The optimizer, with its own numbers on its card, and what all have.

    ``learning_rate`` is eta, any positive number. ``momentum`` (mu, 0 up to but not 1) and ``nesterov`` are for cards
    that take momentum. ``weight_decay`` (L2) and ``l1`` are penalties on the weights, not on the biases.

    Raises:
        FieldError: a number outside its bounds.
    """

    method: Optimizer = SGD
    learning_rate: float = 0.5
    momentum: float = 0.0
    nesterov: bool = field(default=False, metadata=LATER)
    weight_decay: float = field(default=0.0, metadata=LATER)
    l1: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        at = "training.optimizer."
        number(f"{at}learning_rate", self.learning_rate, above=0.0)
        number(f"{at}momentum", self.momentum, least=0.0, below=1.0)
        number(f"{at}weight_decay", self.weight_decay, least=0.0)
        number(f"{at}l1", self.l1, least=0.0)
        if self.nesterov and not (self.method.momentum and self.momentum):
            able = " or ".join(one.name for one in OPTIMIZERS.values() if one.momentum)
            raise FieldError(f"{at}nesterov", True, f"it needs the optimizer {able} with a momentum above 0")

    @property
    def name(self) -> str:
        """The optimizer's name in files."""
        return self.method.name


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """Everything that decides a training run besides the network and the data.

    ``batch_size`` counts samples, or is ``"full"``. ``reduction`` says whether a batch's gradient is the mean or
    the sum over its samples. ``shuffle`` reorders the samples each epoch from ``seed``. ``schedule`` changes the
    learning rate from epoch to epoch: ``step`` multiplies it by ``schedule_factor`` after every ``schedule_every``
    epochs, ``exponential`` does so smoothly, ``cosine`` lets it fall to 0 over ``schedule_every`` epochs.
    ``dropout`` is the chance (below 1) that a step leaves a hidden unit out.

    Raises:
        FieldError: a number outside its bounds or an unknown name.
    """

    loss: Loss = HALF_SSE
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    batch_size: int | Literal["full"] = 1
    shuffle: bool = False
    reduction: Literal["mean", "sum"] = "mean"
    train_biases: bool = True
    initializer: str = "xavier_uniform"
    seed: int = 0
    schedule: str = field(default="constant", metadata=LATER)
    schedule_factor: float = field(default=0.5, metadata=LATER)
    schedule_every: int = field(default=10, metadata=LATER)
    dropout: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        one_of("training.schedule", self.schedule, SCHEDULES)
        number("training.schedule_factor", self.schedule_factor, above=0.0)
        whole_number("training.schedule_every", self.schedule_every, least=1)
        number("training.dropout", self.dropout, least=0.0, below=1.0)
        one_of("training.reduction", self.reduction, REDUCTIONS)
        one_of("training.initializer", self.initializer, INITIALIZERS)
        whole_number("training.seed", self.seed)
        if self.batch_size != "full" and (
            isinstance(self.batch_size, bool)
            or not isinstance(self.batch_size, int)  # pyright: ignore[reportUnnecessaryIsInstance]
            or self.batch_size < 1
        ):
            raise FieldError("training.batch_size", self.batch_size, 'use a whole number of at least 1, or "full"')

    def rate(self, epoch: int) -> float:
        """Return the learning rate of an epoch (from 0)."""
        eta, factor, every = self.optimizer.learning_rate, self.schedule_factor, self.schedule_every
        match self.schedule:
            case "step":
                return eta * factor ** (epoch // every)
            case "exponential":
                return eta * factor ** (epoch / every)
            case "cosine":
                return eta * 0.5 * (1.0 + math.cos(math.pi * min(epoch / every, 1.0)))
            case _:
                return eta

    def check_fits(self, network: Network) -> None:
        """Raise ``FieldError`` where the loss cannot be taken of the network's outputs."""
        activation = network.layers[-1].activation
        if self.loss.probabilities and not activation.probabilities:
            fitting = " or ".join(one.name for one in ACTIVATIONS.values() if one.probabilities)
            raise FieldError(
                "training.loss",
                self.loss.spelled,
                f"it needs outputs between 0 and 1: give the output layer {fitting}, not {activation.name}",
            )

    def check_targets(self, targets: Floats) -> None:
        """Raise ``FieldError`` naming the first of ``targets``, (samples, outputs), that the loss does not take."""
        if not self.loss.probabilities:
            return
        outside = (targets < 0.0) | (targets > 1.0)
        if outside.any():
            row, column = (int(k) for k in np.argwhere(outside)[0])
            raise FieldError(
                f"data.targets[{row}][{column}]",
                float(targets[row, column]),
                f"the loss {self.loss.name} takes targets from 0 to 1",
            )

    def batch_length(self, samples: int) -> int:
        """Return how many samples a whole batch has when there are ``samples``."""
        return samples if self.batch_size == "full" else min(self.batch_size, samples)

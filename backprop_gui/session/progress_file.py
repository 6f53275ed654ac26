"""The keys of a session file that tell how far training has come: ``progress`` and ``start``."""

import math

import msgspec

from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.descent import memories_of
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.trainer import Progress
from backprop_gui.session.document import Session

MOST = 2**53
"""Beyond this, counts are no longer exact as numbers of most programs."""


class ParametersFile(msgspec.Struct, forbid_unknown_fields=True):
    """Weights and biases as files have them."""

    weights: list[list[list[float]]]
    biases: list[list[float]]


class ProgressFile(msgspec.Struct, forbid_unknown_fields=True):
    """Where a run is: see ``Progress``."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    epoch_loss: float = 0.0
    optimizer_steps: int = 0
    optimizer_state: list[ParametersFile] = msgspec.field(default_factory=list[ParametersFile])


def read_parameters(field: str, file: ParametersFile, network: Network) -> Parameters:
    """Return the parameters under ``field``; raises ``FieldError`` where they do not fit the network."""
    weights = [_rows(f"{field}.weights[{k}]", one) for k, one in enumerate(file.weights)]
    parameters = Parameters(tuple(weights), tuple(map(frozen, file.biases)))
    parameters.check_fits(network, field)
    return parameters


def read_progress(file: ProgressFile, session: Session) -> Progress:
    """Return the progress for a session as its file has it, before it has any.

    Raises:
        FieldError: a number that is not accepted, or that does not fit the session.
    """
    for name in ("epoch", "batch", "step", "optimizer_steps"):
        value: int = getattr(file, name)
        if not 0 <= value <= MOST:
            raise FieldError(f"progress.{name}", value, f"use a whole number from 0 to {MOST}")
    batches = session.batches
    if file.batch >= batches:
        raise FieldError("progress.batch", file.batch, f"an epoch has {batches} here, so use 0 to {batches - 1}")
    if not math.isfinite(file.epoch_loss) or (file.batch == 0 and file.epoch_loss != 0):
        what = "use a finite number" if file.batch else "use 0 where no batch of the epoch has been used"
        raise FieldError("progress.epoch_loss", file.epoch_loss, what)
    if file.optimizer_steps > file.step:
        raise FieldError(
            "progress.optimizer_steps", file.optimizer_steps, f"use at most progress.step, which is {file.step}"
        )
    method, memories = session.training.optimizer.method, memories_of(session.training.optimizer)
    if len(file.optimizer_state) not in (0, memories):
        what = f"{method.name} remembers {memories} here, so give {memories}, or none"
        raise FieldError("progress.optimizer_state", len(file.optimizer_state), what)
    slots = [
        read_parameters(f"progress.optimizer_state[{k}]", one, session.network)
        for k, one in enumerate(file.optimizer_state)
    ]
    for k, (letter, slot) in enumerate(zip(method.memories, slots, strict=False)):
        if letter in method.squares and (least := float(slot.flat().min())) < 0.0:
            raise FieldError(f"progress.optimizer_state[{k}]", least, "squares are summed here, so use 0 or more")
    return Progress(file.epoch, file.batch, file.step, file.epoch_loss, tuple(slots), file.optimizer_steps)


def write_parameters(parameters: Parameters) -> dict[str, object]:
    """Return parameters as files have them."""
    return {
        "weights": [one.tolist() for one in parameters.weights],
        "biases": [one.tolist() for one in parameters.biases],
    }


def write_progress(session: Session) -> dict[str, object]:
    """Return the progress as files have it: what the trainer would not go on from is left out, as it leaves it out."""
    progress, last = session.progress, session.batches - 1
    fits = len(progress.slots) in (0, memories_of(session.training.optimizer))
    return {
        "epoch": progress.epoch,
        "batch": min(progress.batch, last),
        "step": progress.step,
        "epoch_loss": progress.epoch_loss if progress.batch <= last else 0.0,
        "optimizer_steps": progress.slot_steps if fits else 0,
        "optimizer_state": [write_parameters(one) for one in progress.slots] if fits else [],
    }


def _rows(field: str, rows: list[list[float]]) -> Floats:
    if len({len(row) for row in rows}) > 1:
        raise FieldError(field, [len(row) for row in rows], "every row must have the same number of values")
    return frozen(rows)

"""The session document: everything the user made, frozen. An edit makes a new one (``edits.py``)."""

import math
from dataclasses import dataclass, field

import numpy as np

from backprop_gui.data.samples import Samples
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.network import Network, Parameters, Ref, UnitRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import Trace, trace
from backprop_gui.engine.trainer import Progress, Trainer


@dataclass(frozen=True, slots=True)
class View:
    """What the user looks at: the current sample (from 0), the selected part of the network, if any, and how far
    into the next update the microscope has stepped (in atoms, see ``explain.steps``; 0 shows everything).
    """

    sample: int = 0
    selected: Ref | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """A network, its parameters as they are and as training started from them, how it trains, and on what.

    ``run`` names the run it stands in (see ``runs.book``), "" before any training; ``title`` and ``notes`` are the
    user's words about it.

    Raises:
        FieldError: parts that do not fit each other.
    """

    network: Network
    parameters: Parameters
    start: Parameters
    training: TrainingSettings
    samples: Samples
    progress: Progress = field(default_factory=Progress)
    view: View = field(default_factory=View)
    run: str = ""
    title: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        self.parameters.check_fits(self.network)
        self.start.check_fits(self.network)
        self.samples.check_fits(self.network)
        self.training.check_fits(self.network)
        self.training.check_targets(self.samples.targets)
        if not 0 <= self.view.sample < len(self.samples):
            raise FieldError(
                "sample", self.view.sample + 1, f"there are {len(self.samples)}, so use 1 to {len(self.samples)}"
            )

    @classmethod
    def begin(
        cls,
        network: Network,
        training: TrainingSettings,
        samples: Samples,
        parameters: Parameters | None = None,
    ) -> "Session":
        """Return an untrained session; without ``parameters`` the initializer and seed make them."""
        if parameters is None:
            parameters = initialize(network, training.initializer, training.seed)
        return cls(network, parameters, parameters, training, samples)

    def same_run(self, other: "Session") -> bool:
        """Tell whether both train the same network in the same way on the same samples, wherever they are."""
        return self.network is other.network and self.training is other.training and self.samples is other.samples

    def same_place(self, other: "Session") -> bool:
        """Tell whether both stand at the same parameters and the same progress of one network."""
        return self.network is other.network and self.parameters is other.parameters and self.progress is other.progress

    @property
    def batches(self) -> int:
        """How many batches an epoch has."""
        train, _ = self.samples.rows()
        return math.ceil(len(train) / self.training.batch_length(len(train)))

    @property
    def position(self) -> float:
        """The progress in epochs, with the part of the epoch under way."""
        return self.progress.epoch + self.progress.batch / self.batches

    def trainer(self, engine: str = "auto") -> Trainer:
        """Return a trainer that goes on from where this session is, on the samples for training.

        ``engine`` is one of ``choose.ENGINES``.
        """
        x, t, (train, test) = self.samples.inputs, self.samples.targets, self.samples.rows()
        tests = (x[test], t[test]) if len(test) else None
        parts = (x, t) if tests is None else (x[train], t[train])
        return Trainer(self.network, self.parameters, self.training, *parts, self.progress, tests, engine)

    def trace(self, trainer: Trainer, parameters: Parameters, sample: int) -> Trace:
        """Return the pass of a sample (from 0), with dropout as the trainer's epoch has it for that sample.

        Samples kept for testing know no dropout.
        """
        masks: tuple[Floats, ...] = ()
        if self.training.dropout:
            train, _ = self.samples.rows()
            row = int(np.searchsorted(train, sample))
            masks = trainer.masks(row) if row < len(train) and train[row] == sample else ()
        x, t = self.samples.inputs[sample], self.samples.targets[sample]
        return trace(self.network, parameters, x, t, self.training.loss, masks)

    def told(self, ref: Ref, value: float) -> str:
        """Return what the samples tell of an input or output that is ``value``: its name, what was measured."""
        if not isinstance(ref, UnitRef) or not self.samples.columns:
            return ""
        if ref.layer == len(self.network.layers):
            return self.samples.told(self.network.inputs + ref.unit, value)
        return self.samples.told(ref.unit, value) if ref.layer == 0 else ""

    def batch(self, trainer: Trainer, batch: int) -> tuple[int, ...]:
        """Return the samples (from 0) of a batch of the trainer's epoch, in the order they are used."""
        train, _ = self.samples.rows()
        return tuple(int(train[row]) for row in trainer.batch_samples(batch))

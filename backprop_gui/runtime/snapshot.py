"""What views draw: one frozen picture of the network at one moment."""

from dataclasses import dataclass, replace

from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.trace import Trace
from backprop_gui.engine.trainer import Progress, Trainer
from backprop_gui.explain.steps import Reached, plan_of
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The network at one moment of training, with one sample pushed through it.

    ``sample`` counts from 0; ``trace`` is its forward and backward pass with ``parameters``. ``position`` is the
    progress in epochs, with the part of the epoch under way. ``loss`` is the mean over all samples.
    ``reached`` is set inside an update that is stepped through: what it does not know yet is not to be shown.
    """

    network: Network
    parameters: Parameters
    sample: int
    trace: Trace
    progress: Progress
    position: float
    loss: float
    reached: Reached | None = None

    def inside(self, position: int) -> "Snapshot":
        """Return the snapshot ``position`` atoms into its sample's pass: at 0 only what is given is known."""
        return replace(self, reached=Reached(plan_of(self.network, 1), position, still=True))


def take_snapshot(session: Session, trainer: Trainer, sample: int) -> Snapshot:
    """Return a snapshot of ``trainer``, which trains ``session``, with ``sample`` shown."""
    parameters = trainer.parameters()
    shown = session.trace(trainer, parameters, sample)
    position = trainer.epoch + trainer.batch / trainer.batches
    return Snapshot(session.network, parameters, sample, shown, trainer.progress(), position, trainer.loss())


def snapshot_seen(scope: Microscope, snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot``, one before the microscope's update or inside it, as the session's view has it now."""
    view = scope.session.view
    if not view.position:
        parameters = scope.session.parameters
        shown = scope.trace(view.sample)
        return replace(snapshot, parameters=parameters, sample=view.sample, trace=shown, reached=None)
    reached = scope.reached(view.position)
    sample = scope.batch[reached.place]
    parameters = scope.parameters_at(reached.position)
    return replace(snapshot, parameters=parameters, sample=sample, trace=scope.trace(sample), reached=reached)

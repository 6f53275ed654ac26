"""One update under the microscope: its samples, their passes, where it leads, and what is known on the way."""

from functools import cached_property

from backprop_gui.engine.network import ParameterRef, Parameters
from backprop_gui.engine.trace import Trace
from backprop_gui.engine.trainer import Trainer
from backprop_gui.explain.situation import Situation
from backprop_gui.explain.steps import Plan, Reached, plan_of
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained

MOST_BATCH_TRACES = 12
"""So many samples of a batch are listed one by one in a derivation."""


class Microscope:
    """The next update of ``session``; nothing here changes the session."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._trainer = session.trainer()
        self._situation: Situation | None = None  # several views ask for the same
        self.batch = session.batch(self._trainer, self._trainer.batch)

    @cached_property
    def plan(self) -> Plan:
        """The atoms of the update."""
        return plan_of(self.session.network, len(self.batch))

    @cached_property
    def gradient(self) -> Parameters:
        """The batch's gradient, before penalties."""
        return self._trainer.next_gradient()

    @cached_property
    def moved(self) -> Trainer:
        """The trainer after the update; its parameters may have left the range of numbers."""
        trainer = self.session.trainer()
        trainer.run(1)
        return trainer

    @cached_property
    def parameters_after(self) -> Parameters:
        """The parameters after the update."""
        return self.moved.parameters()

    def after(self) -> Session:
        """Return the session after the update; raises ``FieldError`` where that left the range of numbers."""
        return trained(self.session, self.parameters_after, self.moved.progress())

    def after_alone(self, sample: int) -> Parameters:
        """Return the parameters after an update from one sample (from 0) alone, with the optimizer's present memory."""
        trainer = self.session.trainer()
        trainer.update_from(self.trace(sample).gradients)
        return trainer.parameters()

    def trace(self, sample: int) -> Trace:
        """Return the pass of a sample (from 0)."""
        return self.session.trace(self._trainer, self.session.parameters, sample)

    def situation(self, sample: int) -> Situation:
        """Return what derivations about ``sample`` are told of."""
        if self._situation is None or self._situation.sample != sample:
            self._situation = self._situation_of(sample)
        return self._situation

    def _situation_of(self, sample: int) -> Situation:
        session = self.session
        return Situation(
            session.network,
            session.parameters,
            self.trace(sample),
            sample,
            session.training,
            self.batch,
            tuple(self.trace(one) for one in self.batch[:MOST_BATCH_TRACES]),
            self.gradient,
            session.progress.slots,
            session.progress.slot_steps,
            self.parameters_after,
            session.training.rate(session.progress.epoch),
        )

    def reached(self, position: int) -> Reached:
        """Return what is known ``position`` atoms into the update."""
        return Reached(self.plan, position)

    def parameters_at(self, position: int) -> Parameters:
        """Return the parameters ``position`` atoms into the update: old until each has been moved."""
        reached, session = self.reached(position), self.session
        if position <= self.plan.samples * self.plan.sample_length:
            return session.parameters
        moved = self.parameters_after
        weights = [w.copy() for w in session.parameters.weights]
        biases = [b.copy() for b in session.parameters.biases]
        moment = reached.moment
        assert moment is not None
        here = moment.phase.layer - 1
        for layer in range(here):
            weights[layer], biases[layer] = moved.weights[layer], moved.biases[layer]
        weights[here][:, : moment.unit] = moved.weights[here][:, : moment.unit]
        biases[here][: moment.unit] = moved.biases[here][: moment.unit]
        done = moment.index + 1
        weights[here][:done, moment.unit] = moved.weights[here][:done, moment.unit]
        if done > len(weights[here]):
            biases[here][moment.unit] = moved.biases[here][moment.unit]
        return Parameters.of(weights, biases)

    def gradient_so_far(self, ref: ParameterRef, reached: Reached) -> float:
        """Return the sum (or part of the mean) of a parameter's gradient over the samples done so far."""
        done = reached.place + reached.knows_gradient(ref)
        total = sum(self.trace(sample).gradients[ref] for sample in self.batch[:done])
        return total / len(self.batch) if self.session.training.reduction == "mean" else total

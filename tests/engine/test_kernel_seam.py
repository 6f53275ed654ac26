"""Another kernel stands under the training loop: each sample through the general pass, plainly written."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine import trainer as loop
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.batch import Batch, Kernel
from backprop_gui.engine.choose import choose_kernel
from backprop_gui.engine.evaluate import mean_loss, outputs_of
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import BiasRef, Network, Parameters
from backprop_gui.engine.optimizers import Pace
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense


class PlainKernel:
    """The seam's other side without flat buffers: ``trace`` per sample, the optimizer's plain update."""

    def __init__(self, network: Network, how: TrainingSettings) -> None:
        self._network, self._how, self._rate, self.updates = network, how, how.optimizer.learning_rate, 0
        self._theta = np.zeros(network.parameter_count)
        takes = how.optimizer.momentum or not how.optimizer.method.momentum
        self._slots = tuple(np.zeros_like(self._theta) for _ in how.optimizer.method.memories if takes)
        self._biases = np.array([isinstance(ref, BiasRef) for ref in network.parameter_refs()])

    def load(self, parameters: Parameters, memories: Sequence[Parameters] = (), updates: int = 0) -> None:
        self._theta = parameters.flat()
        if len(memories) == len(self._slots):
            self._slots, self.updates = tuple(one.flat() for one in memories), updates

    def parameters(self) -> Parameters:
        return Parameters.from_flat(self._network.sizes, self._theta)

    def memories(self) -> tuple[Parameters, ...]:
        return tuple(Parameters.from_flat(self._network.sizes, slot) for slot in self._slots)

    def is_finite(self) -> bool:
        return all(bool(np.isfinite(one).all()) for one in (self._theta, *self._slots))

    def set_rate(self, rate: float) -> None:
        self._rate = rate

    def _passes(self, batch: Batch) -> tuple[float, Floats]:
        total, gradient, hidden = 0.0, np.zeros_like(self._theta), np.cumsum(self._network.sizes[1:-1])[:-1]
        for k in range(batch.length):
            masks = () if batch.mask is None else tuple(np.split(batch.mask[k], hidden))
            one = trace(self._network, self.parameters(), batch.x[:-1, k], batch.t[:, k], self._how.loss, masks)
            total, gradient = total + one.loss, gradient + one.gradients.flat()
        return total, gradient / (batch.length if self._how.reduction == "mean" else 1)

    def take(self, batch: Batch) -> float:
        total, gradient = self._passes(batch)
        self._move(gradient)
        return total

    def gradient(self, batch: Batch) -> Parameters:
        return Parameters.from_flat(self._network.sizes, self._passes(batch)[1])

    def update(self, gradient: Parameters) -> None:
        self._move(gradient.flat())

    def _move(self, gradient: Floats) -> None:
        optimizer = self._how.optimizer
        self.updates += 1
        if not self._how.train_biases:
            gradient[self._biases] = 0.0
        pace = Pace(self._rate, self.updates, optimizer.momentum, optimizer.nesterov)
        optimizer.method.update(self._theta, gradient, self._slots, pace, *optimizer.method.numbers)

    def loss(self, batch: Batch) -> float:
        rows = batch.x[:-1].T, batch.t.T
        return mean_loss(self._network, self.parameters(), *rows, self._how.loss) * batch.length

    def outputs(self, batch: Batch) -> Floats:
        return outputs_of(self._network, self.parameters(), batch.x[:-1].T)[-1].T


NETWORK = Network(3, (dense(4, "tanh"), dense(3, "silu"), dense(2, "softmax")))
RANDOM = np.random.default_rng(0)
X, T = RANDOM.normal(size=(11, 3)), np.eye(2)[RANDOM.integers(0, 2, 11)]


@given(
    st.sampled_from(["sgd", "rmsprop", "adam", "adamw"]),
    st.sampled_from([0.0, 0.8]),
    st.integers(1, 12),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["mean", "sum"]),
    st.sampled_from([0.0, 0.3]),
)
@settings(max_examples=20, deadline=None)
def test_the_loop_gives_the_same_run_over_any_kernel(
    name: str, momentum: float, size: int, shuffle: bool, biases: bool, reduction: str, dropout: float
) -> None:
    how = TrainingSettings(
        loss=LOSSES["cross_entropy"],
        optimizer=by(name, 0.02, momentum=momentum),
        batch_size=size,
        shuffle=shuffle,
        train_biases=biases,
        reduction="sum" if reduction == "sum" else "mean",
        dropout=dropout,
        schedule="exponential",
    )
    start = initialize(NETWORK, "xavier_uniform", 1)
    fast = Trainer(NETWORK, start, how, X, T, tests=(X[:4], T[:4]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "choose_kernel", PlainKernel)
        plain = Trainer(NETWORK, start, how, X, T, tests=(X[:4], T[:4]))
        for run in (fast, plain):
            run.run(17)
            run.update_from(run.next_gradient())
        halfway = plain.progress()
        again = Trainer(NETWORK, plain.parameters(), how, X, T, halfway, (X[:4], T[:4]))
    fast.run(9)
    again.run(9)
    assert (fast.epoch, fast.batch, fast.step) == (again.epoch, again.batch, again.step)
    for mine, theirs in (
        (fast.parameters(), again.parameters()),
        *zip(fast.progress().slots, again.progress().slots, strict=True),
        (fast.next_gradient(), again.next_gradient()),
    ):
        np.testing.assert_allclose(mine.flat(), theirs.flat(), rtol=1e-7, atol=1e-10)
    assert fast.progress().slot_steps == again.progress().slot_steps == 27
    assert fast.loss() == pytest.approx(again.loss(), rel=1e-9)
    assert fast.test_loss() == pytest.approx(again.test_loss(), rel=1e-9)
    assert fast.accuracy() == again.accuracy()


def test_numpys_kernel_is_chosen_and_forgets_memories_of_another_optimizer() -> None:
    start = initialize(NETWORK, "xavier_uniform", 1)
    kernel: Kernel = choose_kernel(NETWORK, TrainingSettings(optimizer=by("adam")))
    kernel.load(start, (start, start), 7)
    assert kernel.updates == 7
    assert kernel.memories() == (start, start)
    kernel.load(start, (start,), 7)
    assert kernel.updates == 0
    assert not any(one.flat().any() for one in kernel.memories())

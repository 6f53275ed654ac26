"""Members of a population are held to their trainers; one that diverges stops alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.population import Population, kind_of
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense

RANDOM = np.random.Generator(np.random.PCG64(7))
X: Floats = RANDOM.uniform(-1.0, 1.0, (7, 3))
T: Floats = np.eye(2)[RANDOM.integers(0, 2, 7)]
PLAIN = Network(3, (dense(4, "tanh"), dense(3, "sigmoid"), dense(2, "sigmoid")))


def check(network: Network, settings: Sequence[TrainingSettings], epochs: int = 100, targets: Floats = T) -> None:
    """Hold every member to its trainer: parameters, memories, counters and loss, to 1e-9 of their size."""
    assert len({kind_of(one, len(X)) for one in settings}) == 1
    starts = [initialize(network, "xavier_uniform", seed) for seed in range(len(settings))]
    together = Population(network, settings, starts, X, targets)
    for part in (1, epochs - 1):
        assert together.run(part) == []
    for member, (how, start) in enumerate(zip(settings, starts, strict=True)):
        alone = Trainer(network, start, how, X, targets, engine="numpy")
        alone.run(epochs * alone.batches)
        parameters, progress = together.member(member)
        wanted = alone.progress()
        np.testing.assert_allclose(parameters.flat(), alone.parameters().flat(), rtol=1e-9, atol=1e-15)
        assert (progress.epoch, progress.batch, progress.step) == (wanted.epoch, 0, wanted.step)
        assert (progress.slot_steps, len(progress.slots)) == (wanted.slot_steps, len(wanted.slots))
        for mine, theirs in zip(progress.slots, wanted.slots, strict=True):
            np.testing.assert_allclose(mine.flat(), theirs.flat(), rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(together.losses()[member], alone.loss(), rtol=1e-9)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_every_activation(activation: str) -> None:
    network = Network(3, (dense(4, activation), dense(2, activation)))
    check(network, [TrainingSettings(optimizer=by("sgd", eta)) for eta in (0.05, 0.1)])


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_every_loss_on_both_outputs_it_is_made_for(loss: str, output: str) -> None:
    network = Network(3, (dense(4, "tanh"), dense(2, output)))
    check(network, [TrainingSettings(loss=LOSSES[loss], optimizer=by("sgd", 0.1), batch_size=3)] * 3)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
@pytest.mark.parametrize("penalty", [{}, {"weight_decay": 0.01}, {"l1": 0.001}, {"weight_decay": 0.01, "l1": 0.001}])
def test_every_optimizer_with_every_penalty(name: str, penalty: dict[str, float]) -> None:
    check(PLAIN, [TrainingSettings(optimizer=by(name, eta, **penalty), batch_size=2) for eta in (0.01, 0.02)])


@pytest.mark.parametrize("nesterov", [False, True])
def test_rate_and_momentum_are_each_members_own(nesterov: bool) -> None:
    pairs = ((0.1, 0.5), (0.2, 0.9), (0.1, 0.9))
    check(PLAIN, [TrainingSettings(optimizer=by("sgd", eta, momentum=mu, nesterov=nesterov)) for eta, mu in pairs])


@pytest.mark.parametrize("batch", [1, 3, 7, "full"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_batches_with_a_last_short_one(batch: int, reduction: str) -> None:
    how = TrainingSettings(batch_size=batch, reduction=reduction)  # pyright: ignore[reportArgumentType]
    check(PLAIN, [replace(how, optimizer=by("sgd", eta, momentum=0.5)) for eta in (0.05, 0.1)])


@pytest.mark.parametrize("schedule", ["step", "exponential", "cosine"])
def test_schedules(schedule: str) -> None:
    how = TrainingSettings(schedule=schedule, schedule_factor=0.7, schedule_every=9)
    check(PLAIN, [replace(how, optimizer=by("sgd", eta)) for eta in (0.1, 0.2, 0.1)])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_biases_that_are_left_as_they_are(optimizer: str) -> None:
    how = TrainingSettings(train_biases=False, optimizer=by(optimizer, 0.02, weight_decay=0.01))
    check(PLAIN, [how] * 2)


def test_what_is_drawn_for_each_run_has_no_place_in_a_population() -> None:
    assert kind_of(TrainingSettings(shuffle=True), 7) is None
    assert kind_of(TrainingSettings(dropout=0.1), 7) is None
    assert kind_of(TrainingSettings(batch_size="full"), 7) == kind_of(TrainingSettings(batch_size=9, seed=3), 7)
    assert kind_of(TrainingSettings(), 7) != kind_of(TrainingSettings(optimizer=by("sgd", momentum=0.1)), 7)


def test_one_that_diverges_stops_at_its_last_healthy_moment_and_the_others_go_on() -> None:
    network = Network(3, (dense(4, "tanh"), dense(2, "linear")))
    settings = [TrainingSettings(optimizer=by("sgd", eta)) for eta in (0.01, 1e6, 0.02, 1e9)]
    starts = [initialize(network, "xavier_uniform", seed) for seed in range(4)]
    together = Population(network, settings, starts, X, T)
    fallen = together.run(1)
    kept = {member: together.member(member) for member in fallen}
    while len(fallen) < 2:
        before = {member: together.member(member) for member in together.running}
        new = together.run(1)
        kept |= {member: before[member] for member in new}
        fallen += new
        assert together.epoch < 200
    assert sorted(fallen) == [1, 3]
    assert together.running == [0, 2]
    together.run(50)
    for member in (1, 3):
        parameters, progress = together.member(member)
        assert (parameters, progress.epoch) == (kept[member][0], kept[member][1].epoch)
        assert np.isfinite(parameters.flat()).all()
    for member in (0, 2):
        alone = Trainer(network, starts[member], settings[member], X, T, engine="numpy")
        alone.run(together.epoch * 7)
        np.testing.assert_allclose(together.member(member)[0].flat(), alone.parameters().flat(), rtol=1e-9)


def test_a_population_of_which_none_is_left_can_be_run_on() -> None:
    network = Network(3, (dense(2, "linear"),))
    how = TrainingSettings(optimizer=by("sgd", 1e200))
    together = Population(network, [how], [initialize(network, "uniform", 0)], X, T)
    assert together.run(3) == [0]
    assert together.run(3) == []
    assert together.losses().shape == (0,)
    assert together.member(0)[1].epoch == 0

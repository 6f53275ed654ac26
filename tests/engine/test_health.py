"""Overflow is seen wherever it happens, and a run that went over goes back to its last healthy moment."""

import math
from itertools import count

import numpy as np
import pytest

from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Trainer
from tests.shapes import by, dense

LINE = Network(1, (dense(1, "linear"),))
ZERO = Parameters.of([[[0.0]]], [[0.0]])


def runaway(rate: float = 2.5) -> Trainer:
    """Return a run whose error grows from step to step, as a line's does at too high a rate."""
    how = TrainingSettings(optimizer=by("sgd", rate), batch_size=2)
    return Trainer(LINE, ZERO, how, np.array([[1.0], [2.0]]), np.array([[1.0], [3.0]]))


@pytest.mark.parametrize("name", ["rmsprop", "adagrad", "adam", "adamw"])
def test_a_memory_that_overflows_is_seen_while_loss_and_weights_are_finite(name: str) -> None:
    how = TrainingSettings(loss=LOSSES["mae"], optimizer=by(name, 0.1))
    trainer = Trainer(LINE, ZERO, how, np.array([[1e160]]), np.array([[1.0]]))
    trainer.run(1)
    assert np.isfinite(trainer.parameters().flat()).all()
    assert math.isfinite(trainer.loss())
    assert not trainer.is_finite()


def test_an_infinite_loss_is_seen_also_when_its_epoch_is_over() -> None:
    huge = Parameters.of([[[1e160]]], [[0.0]])
    how = TrainingSettings(optimizer=by("sgd", 1e-200))
    trainer = Trainer(LINE, huge, how, np.array([[1.0]]), np.array([[1.0]]))
    assert trainer.is_finite()
    assert not trainer.is_healthy()
    trainer.run(1)
    assert trainer.progress().epoch_loss == 0.0
    assert not trainer.is_finite()


@pytest.mark.parametrize("rate", [2.5, 300.0, 1e200])
@pytest.mark.parametrize("good", [0, 1, 60])
def test_a_run_goes_back_to_the_very_last_healthy_moment(rate: float, good: int) -> None:
    plain = runaway(rate)
    healthy = next(steps for steps in count() if (plain.run(1), not plain.is_healthy())[1])
    good = min(good, healthy)
    run = runaway(rate)
    run.run(good)
    state = run.parameters(), run.progress()
    run.run(2000)
    run.go_back_to_health(*state)
    assert run.step == healthy
    assert run.is_healthy()
    run.run(1)
    assert not run.is_healthy()

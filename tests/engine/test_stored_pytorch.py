"""Losses, activations, dropout and optimizers against PyTorch's stored numbers: no PyTorch needed."""

import numpy as np
import pytest

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trace import trace
from backprop_gui.engine.trainer import Trainer
from tests.engine.pytorch_cases import GRADIENT_CASES, OPTIMIZERS, STORED, gradient_case, run_case

Stored = dict[str, Floats]


@pytest.fixture(scope="module")
def stored() -> Stored:
    with np.load(STORED) as file:
        return dict(file)


@pytest.mark.parametrize("place", range(len(GRADIENT_CASES)), ids=["-".join(case) for case in GRADIENT_CASES])
def test_gradients_are_pytorchs(stored: Stored, place: int) -> None:
    loss, output, hidden = GRADIENT_CASES[place]
    network, parameters, x, t, masks = gradient_case(output, hidden)
    for dropout in (False, True):
        found = trace(network, parameters, x, t, LOSSES.read("loss", loss), masks if dropout else ())
        theirs = stored["gradients"][place, int(dropout)]
        assert found.loss == pytest.approx(theirs[0], rel=1e-12)
        assert np.abs(found.gradients.flat() - theirs[1:]).max() < 1e-11


@pytest.mark.parametrize("place", range(len(OPTIMIZERS)))
def test_ten_epochs_are_pytorchs(stored: Stored, place: int) -> None:
    network, start, x, t = run_case()
    trainer = Trainer(network, start, TrainingSettings(LOSSES["mse"], OPTIMIZERS[place], batch_size=5), x, t)
    trainer.run(10 * trainer.batches)
    assert trainer.epoch == 10
    assert np.abs(trainer.parameters().flat() - stored["runs"][place]).max() < 1e-9

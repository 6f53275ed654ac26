"""Losses, activations and optimizers against PyTorch, where it is installed (pip install '.[compare]')."""

import numpy as np
import pytest

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.backprop import trace
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network, Parameters
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trainer import Trainer

torch = pytest.importorskip("torch")
F = torch.nn.functional

CALLS = {
    "linear": lambda a: a,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda a: F.leaky_relu(a, 0.01),
    "softplus": lambda a: F.softplus(a, threshold=700),
    "softmax": lambda a: torch.softmax(a, dim=-1),
}
MEASURES = {
    "half_sse": lambda y, t: 0.5 * ((y - t) ** 2).sum(),
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "binary_cross_entropy": F.binary_cross_entropy,
    "cross_entropy": lambda y, t: -(t * torch.log(y)).sum(),
}


def tensors(parameters):
    pairs = zip(parameters.weights, parameters.biases, strict=True)
    return [torch.tensor(np.array(part), requires_grad=True) for pair in pairs for part in pair]


def run(network, parts, x):
    for k, layer in enumerate(network.layers):
        x = CALLS[layer.activation](x @ parts[2 * k] + parts[2 * k + 1])
    return x


PAIRS = [
    (loss, output)
    for loss, one in LOSSES.items()
    for output in ACTIVATIONS
    if not one.probabilities or output in ("sigmoid", "softmax")
]


@pytest.mark.parametrize(("loss", "output"), PAIRS)
@pytest.mark.parametrize("hidden", [name for name in ACTIVATIONS if name != "softmax"])
def test_gradients_are_pytorchs(loss, output, hidden):
    network = Network(3, (Layer(4, hidden), Layer(3, hidden), Layer(2, output)))
    random = np.random.default_rng(1)
    parameters = Parameters.of(
        [random.normal(size=s) for s in ((3, 4), (4, 3), (3, 2))], [random.normal(size=n) for n in (4, 3, 2)]
    )
    x, t = random.normal(size=3), random.uniform(0.1, 0.9, size=2)
    parts = tensors(parameters)
    value = MEASURES[loss](run(network, parts, torch.tensor(x)), torch.tensor(t))
    value.backward()
    found = trace(network, parameters, x, t, loss)
    assert found.loss == pytest.approx(value.item(), rel=1e-12)
    ours = [part for pair in zip(found.gradients.weights, found.gradients.biases, strict=True) for part in pair]
    for mine, theirs in zip(ours, parts, strict=True):
        assert np.abs(mine - theirs.grad.numpy()).max() < 1e-11


OPTIMIZERS = [
    (OptimizerSettings("sgd", 0.2), lambda p: torch.optim.SGD(p, lr=0.2)),
    (OptimizerSettings("sgd", 0.2, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.2, momentum=0.9)),
    (
        OptimizerSettings("sgd", 0.2, momentum=0.9, nesterov=True),
        lambda p: torch.optim.SGD(p, lr=0.2, momentum=0.9, nesterov=True),
    ),
    (OptimizerSettings("rmsprop", 0.01), lambda p: torch.optim.RMSprop(p, lr=0.01)),
    (OptimizerSettings("adagrad", 0.1), lambda p: torch.optim.Adagrad(p, lr=0.1)),
    (OptimizerSettings("adam", 0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
]


@pytest.mark.parametrize(("settings", "make"), OPTIMIZERS)
def test_ten_epochs_are_pytorchs(settings, make):
    network = Network(3, (Layer(5, "tanh"), Layer(2, "sigmoid")))
    random = np.random.default_rng(2)
    x, t = random.normal(size=(23, 3)), random.uniform(size=(23, 2))
    start = initialize(network, "xavier_uniform", 4)
    trainer = Trainer(network, start, TrainingSettings("mse", settings, batch_size=5), x, t)
    trainer.run(10 * trainer.batches)
    parts = tensors(start)
    optimizer = make(parts)
    for _ in range(10):
        for first in range(0, 23, 5):
            optimizer.zero_grad()
            y = run(network, parts, torch.tensor(x[first : first + 5]))
            F.mse_loss(y, torch.tensor(t[first : first + 5])).backward()
            optimizer.step()
    assert trainer.epoch == 10
    ours = trainer.parameters()
    flat = [part for pair in zip(ours.weights, ours.biases, strict=True) for part in pair]
    for mine, theirs in zip(flat, parts, strict=True):
        assert np.abs(mine - theirs.detach().numpy()).max() < 1e-9

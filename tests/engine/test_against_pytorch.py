"""Losses, activations, dropout and optimizers against PyTorch, where it is installed (pip install '.[compare]').

Run as a program, it stores PyTorch's numbers, so that machines without it have them to compare with.
"""

import numpy as np
import pytest

from tests.engine.pytorch_cases import GRADIENT_CASES, OPTIMIZERS, STORED, gradient_case, run_case

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
CLASSES = {
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
}


def tensors(parameters):
    pairs = zip(parameters.weights, parameters.biases, strict=True)
    return [torch.tensor(np.array(part), requires_grad=True) for pair in pairs for part in pair]


def run(network, parts, x, masks=()):
    for k, layer in enumerate(network.layers):
        x = CALLS[layer.activation](x @ parts[2 * k] + parts[2 * k + 1])
        x = x * torch.tensor(masks[k]) if k < len(masks) else x
    return x


def pytorch_gradient(loss, output, hidden, dropout):
    """Return the loss, then its derivative by every parameter, as one vector."""
    network, parameters, x, t, masks = gradient_case(output, hidden)
    parts = tensors(parameters)
    value = MEASURES[loss](run(network, parts, torch.tensor(x), masks if dropout else ()), torch.tensor(t))
    value.backward()
    return np.concatenate([[value.item()], *[part.grad.numpy().ravel() for part in parts]])


def pytorch_run(settings):
    """Return the parameters after ten epochs as one vector."""
    network, start, x, t = run_case()
    parts = tensors(start)
    more = {"momentum": settings.momentum, "nesterov": settings.nesterov} if settings.name == "sgd" else {}
    optimizer = CLASSES[settings.name](parts, lr=settings.learning_rate, **more)
    for _ in range(10):
        for first in range(0, len(x), 5):
            optimizer.zero_grad()
            y = run(network, parts, torch.tensor(x[first : first + 5]))
            F.mse_loss(y, torch.tensor(t[first : first + 5])).backward()
            optimizer.step()
    return np.concatenate([part.detach().numpy().ravel() for part in parts])


def everything():
    gradients = [[pytorch_gradient(*case, dropout) for dropout in (False, True)] for case in GRADIENT_CASES]
    return {"gradients": np.array(gradients), "runs": np.array([pytorch_run(one) for one in OPTIMIZERS])}


def test_the_stored_numbers_are_what_pytorch_computes_here():
    with np.load(STORED) as stored:
        for name, fresh in everything().items():
            assert np.abs(stored[name] - fresh).max() < 1e-12


if __name__ == "__main__":
    np.savez_compressed(STORED, **everything())

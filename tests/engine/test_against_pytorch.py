"""Losses, activations, dropout and optimizers against PyTorch, where it is installed (pip install '.[compare]').

Run as a program, it stores PyTorch's numbers, so that machines without it have them to compare with.
"""

import numpy as np
import pytest

from backprop_gui.engine.losses import LOSSES
from tests.engine.pytorch_cases import GRADIENT_CASES, OPTIMIZERS, STORED, gradient_case, run_case

torch = pytest.importorskip("torch")
F = torch.nn.functional

CALLS = {
    "linear": lambda a: a,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "softplus": lambda a: F.softplus(a, threshold=700),
    "softmax": lambda a: torch.softmax(a, dim=-1),
    "elu": F.elu,
    "silu": F.silu,
    "gelu": F.gelu,
    "softsign": F.softsign,
    "hard_sigmoid": lambda a: F.relu6(a + 3) / 6,  # hardsigmoid's own slope is 1/6 in single precision
    "sine": torch.sin,
}
MEASURES = {
    "half_sse": lambda y, t: 0.5 * ((y - t) ** 2).sum(),
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": lambda y, t, delta=1.0: F.huber_loss(y, t, delta=delta),
    "binary_cross_entropy": F.binary_cross_entropy,
    "cross_entropy": lambda y, t: -(t * torch.log(y)).sum(),
}
CLASSES = {
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def tensors(parameters):
    pairs = zip(parameters.weights, parameters.biases, strict=True)
    return [torch.tensor(np.array(part), requires_grad=True) for pair in pairs for part in pair]


def run(network, parts, x, masks=()):
    for k, layer in enumerate(network.layers):
        card = layer.activation
        x = CALLS[card.name](x @ parts[2 * k] + parts[2 * k + 1], *card.numbers)
        x = x * torch.tensor(masks[k]) if k < len(masks) else x
    return x


def pytorch_gradient(loss, output, hidden, dropout):
    """Return the loss, then its derivative by every parameter, as one vector."""
    network, parameters, x, t, masks = gradient_case(output, hidden)
    parts = tensors(parameters)
    card = LOSSES.read("loss", loss)
    y = run(network, parts, torch.tensor(x), masks if dropout else ())
    value = MEASURES[card.name](y, torch.tensor(t), *card.numbers)
    value.backward()
    return np.concatenate([[value.item()], *[part.grad.numpy().ravel() for part in parts]])


def pytorch_run(settings):
    """Return the parameters after ten epochs as one vector."""
    network, start, x, t = run_case()
    parts = tensors(start)
    method = settings.method
    own = dict(zip((one.name for one in method.settings), method.numbers, strict=True))
    more = {theirs: own[ours] for ours, theirs in (("decay", "alpha"), ("epsilon", "eps")) if ours in own}
    if "beta1" in own:
        more["betas"] = own["beta1"], own["beta2"]
    if method.momentum:
        more |= {"momentum": settings.momentum, "nesterov": settings.nesterov}
    groups = [{"params": parts[::2], "weight_decay": settings.weight_decay}, {"params": parts[1::2], "weight_decay": 0}]
    optimizer = CLASSES[settings.name](groups, lr=settings.learning_rate, **more)
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

"""The same training in libraries that may be installed beside the program; each returns what takes so many updates."""

from collections.abc import Callable

import numpy as np

Way = Callable[[int], None]


def pytorch(
    sizes: tuple[int, ...], hidden: str, output: str, batch: int, rate: float, x: np.ndarray, t: np.ndarray
) -> Way | None:
    """Return PyTorch's usual loop, eager, in float64."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(1)
    units = {"sigmoid": torch.nn.Sigmoid, "tanh": torch.nn.Tanh}
    layers = []
    for place in range(len(sizes) - 1):
        layers.append(torch.nn.Linear(sizes[place], sizes[place + 1], dtype=torch.float64))
        card = output if place == len(sizes) - 2 else hidden
        if card in units:
            layers.append(units[card]())
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    batches = list(zip(torch.from_numpy(x).split(batch), torch.from_numpy(t).split(batch), strict=True))

    def take(steps: int) -> None:
        for step in range(steps):
            inputs, targets = batches[step % len(batches)]
            optimizer.zero_grad()
            y = model(inputs)
            if output == "softmax":
                loss = torch.nn.functional.cross_entropy(y, targets)
            else:
                loss = 0.5 * (y - targets).square().sum() / batch
            loss.backward()
            optimizer.step()

    return take


def scikit_learn(
    sizes: tuple[int, ...], hidden: str, output: str, batch: int, rate: float, x: np.ndarray, t: np.ndarray
) -> Way | None:
    """Return scikit-learn's network, an epoch per call; it has no sigmoid outputs, so they are linear here."""
    try:
        from sklearn.neural_network import MLPRegressor
    except ImportError:
        return None
    if output == "softmax":
        return None
    model = MLPRegressor(
        hidden_layer_sizes=sizes[1:-1],
        activation="logistic" if hidden == "sigmoid" else hidden,
        solver="sgd",
        batch_size=batch,
        alpha=0.0,
        learning_rate_init=rate / 100,
    )
    targets = t[:, 0] if t.shape[1] == 1 else t

    def take(steps: int) -> None:
        for _ in range(max(1, steps * batch // len(x))):
            model.partial_fit(x, targets)

    return take

"""Backpropagation, to be read beside the article of that name from top to bottom.

x are the inputs, h the outputs of a hidden layer, y those of the network, t the targets; a = xw + b is what an
activation is taken of, and delta is dL/da. Vectors are rows. ``w[k]`` are the weights into layer k (the article calls
w[0] "w" and w[1] "u"; here there may be any number of layers): ``w[k][i, j]`` leads from unit i of the layer before to
unit j. The activation is the sigmoid, the loss is L = 1/2 sum_j (y_j - t_j)^2.

The article's last formula gives a hidden delta another factor x_i. That is a misprint: x_i belongs to the gradient,
dL/dw_ij = delta_j x_i, and counting it inside delta_j as well would count it twice.

For other activations and losses, dropout and every quantity on the way see ``trace.py``; for speed, ``kernel.py``.
"""

import numpy as np

from backprop_gui.engine.arrays import Floats


def sigmoid(a: Floats) -> Floats:
    """Return sigma(a) = 1 / (1 + e^-a), of a's shape; its derivative is sigma(a) (1 - sigma(a))."""
    return 1 / (1 + np.exp(-a))


def loss(y: Floats, t: Floats) -> float:
    """Return L = 1/2 sum_j (y_j - t_j)^2; y and t are (outputs,)."""
    return float(0.5 * np.sum((y - t) ** 2))


def forward(x: Floats, w: list[Floats], b: list[Floats]) -> list[Floats]:
    """Return what every layer puts out: first x itself, last y. x is (inputs,)."""
    outputs = [x]
    for layer in range(len(w)):
        x = outputs[layer]  # (units before,): the inputs, then each layer's outputs are the next one's inputs
        a = x @ w[layer] + b[layer]  # (units,): a = xw + b
        outputs.append(sigmoid(a))  # (units,): h = sigma(a), and y = sigma(a) at the last layer
    return outputs


def backward(outputs: list[Floats], t: Floats, w: list[Floats]) -> list[Floats]:
    """Return delta = dL/da of every layer, (units,) each, for the ``outputs`` of ``forward``; t is (outputs,)."""
    deltas = [np.zeros_like(y) for y in outputs[1:]]
    last = len(w) - 1

    # Output layer: delta_j = dL/dy_j dy_j/da_j = (y_j - t_j) y_j (1 - y_j).
    y = outputs[-1]  # (outputs,)
    deltas[last] = (y - t) * y * (1 - y)  # (outputs,)

    # Hidden layers, from the last to the first: delta_j = sum_k delta_k w_jk h_j (1 - h_j).
    for layer in range(last - 1, -1, -1):
        h = outputs[layer + 1]  # (units,)
        delta_after = deltas[layer + 1]  # (units after,)
        error = w[layer + 1] @ delta_after  # (units,): dL/dh_j = sum_k delta_k w_jk, with the weights not yet moved
        deltas[layer] = error * h * (1 - h)  # (units,)
    return deltas


def gradients(outputs: list[Floats], deltas: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Return dL/dw_ij = delta_j x_i, shaped as w, and dL/db_j = delta_j, shaped as b."""
    dw = [np.outer(outputs[layer], deltas[layer]) for layer in range(len(deltas))]  # (units before, units)
    db = [deltas[layer] for layer in range(len(deltas))]  # (units,)
    return dw, db


def step(x: Floats, t: Floats, w: list[Floats], b: list[Floats], eta: float) -> tuple[list[Floats], list[Floats]]:
    """Return the weights and biases after one update from one sample: w <- w - eta dL/dw, b <- b - eta dL/db."""
    outputs = forward(x, w, b)
    dw, db = gradients(outputs, backward(outputs, t, w))
    new_w = [w[layer] - eta * dw[layer] for layer in range(len(w))]
    new_b = [b[layer] - eta * db[layer] for layer in range(len(b))]
    return new_w, new_b

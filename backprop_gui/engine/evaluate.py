"""Outputs of many samples at once, and what they say of classes."""

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Network, Parameters


def outputs_of(network: Network, parameters: Parameters, x: Floats) -> list[Floats]:
    """Return every layer's outputs, (samples, units) each, the inputs first, for x (samples, inputs)."""
    return _pass(network, parameters, x)[0]


def mean_loss(network: Network, parameters: Parameters, x: Floats, t: Floats, loss: Loss) -> float:
    """Return the mean loss of the samples x (samples, inputs) with targets t (samples, outputs)."""
    outputs, a = _pass(network, parameters, x)
    return float(loss.terms(network.layers[-1].activation, a, outputs[-1], t).sum()) / len(x)


def _pass(network: Network, parameters: Parameters, x: Floats) -> tuple[list[Floats], Floats]:
    """Return every layer's outputs, and the last one's pre-activations."""
    found, a = [x], x
    with np.errstate(all="ignore"):
        for layer, w, b in zip(network.layers, parameters.weights, parameters.biases, strict=True):
            a = found[-1] @ w + b
            found.append(layer.activation(a))
    return found, a


def has_classes(targets: Floats) -> bool:
    """Tell whether targets (samples, outputs) name classes: one output of 0 and 1, or exactly one 1 in each row."""
    if not np.isin(targets, (0.0, 1.0)).all():
        return False
    return targets.shape[1] == 1 or bool((targets.sum(axis=1) == 1).all())


def classes_of(values: Floats) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the class of each row of outputs or targets: at least 0.5 of one output, or the largest of several."""
    if values.shape[1] == 1:
        return (values[:, 0] >= 0.5).astype(np.intp)
    return values.argmax(axis=1)


def confusion(outputs: Floats, targets: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.intp]]:
    """Return counts [target class, class of the output], (classes, classes)."""
    count = max(2, targets.shape[1])
    table = np.zeros((count, count), np.intp)
    np.add.at(table, (classes_of(targets), classes_of(outputs)), 1)
    return table


def accuracy(outputs: Floats, targets: Floats) -> float:
    """Return the share of rows whose class is right."""
    return float((classes_of(outputs) == classes_of(targets)).mean())

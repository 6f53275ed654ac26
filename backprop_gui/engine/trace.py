"""One sample's forward and backward pass with any activations and loss, and every quantity on the way.

The same as ``backprop.py``, in general: h = f(a), delta_j = dL/dy_j f'(a_j) at the output and
sum_k delta_k w_jk f'(a_j) before it; softmax and the losses that belong with an output activation have their own
derivative (``activations.Activation.pull_back``, ``pairs.py``), and dropout multiplies hidden outputs by its masks.
"""

from dataclasses import dataclass

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.losses import Loss
from backprop_gui.engine.network import Network, Parameters


@dataclass(frozen=True, slots=True)
class Trace:
    """Every quantity of one sample's forward and backward pass.

    ``outputs[0]`` is x, ``outputs[-1]`` is y; ``pre_activations[l]`` and ``deltas[l]`` belong to
    ``network.layers[l]``, so ``outputs[l + 1] = f(pre_activations[l])``. Gradients have the parameters' shapes.
    With dropout ``masks`` has a row per hidden layer, and ``outputs[l + 1] = masks[l] f(pre_activations[l])``.
    """

    outputs: tuple[Floats, ...]
    pre_activations: tuple[Floats, ...]
    target: Floats
    loss: float
    deltas: tuple[Floats, ...]
    gradients: Parameters
    masks: tuple[Floats, ...] = ()

    def mask(self, layer: int, unit: int) -> float | None:
        """Return what dropout multiplies a unit of ``network.layers[layer]`` by, None where there is no dropout."""
        return float(self.masks[layer][unit]) if layer < len(self.masks) else None

    def delta_terms(self, parameters: Parameters, layer: int) -> Floats:
        """Return delta_k w_jk for each unit j of hidden ``layer`` (rows) and unit k it feeds (columns)."""
        return parameters.weights[layer + 1] * self.deltas[layer + 1]


def forward(
    network: Network, parameters: Parameters, x: Floats, masks: tuple[Floats, ...] = ()
) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Push one sample x (inputs,) through the network; return (outputs, pre_activations) as in ``Trace``."""
    outputs: list[Floats] = [x]
    pre_activations: list[Floats] = []
    for k, (layer, w, b) in enumerate(zip(network.layers, parameters.weights, parameters.biases, strict=True)):
        a = outputs[-1] @ w + b  # a = xw + b
        pre_activations.append(a)
        h = layer.activation(a)  # h = f(a), and y = f(a) at the last layer
        outputs.append(masks[k] * h if k < len(masks) else h)
    return tuple(outputs), tuple(pre_activations)


def trace(
    network: Network, parameters: Parameters, x: Floats, t: Floats, loss: Loss, masks: tuple[Floats, ...] = ()
) -> Trace:
    """Return the whole forward and backward pass of one sample.

    Args:
        network: the shape.
        parameters: weights and biases that fit it.
        x: inputs, (network.inputs,).
        t: targets, (network.outputs,).
        loss: how outputs are measured.
        masks: what dropout multiplies each hidden layer's units by, (units,) each; none without dropout.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        outputs, pre_activations = forward(network, parameters, x, masks)
        y, a, output = outputs[-1], pre_activations[-1], network.layers[-1].activation

        # Output layer: delta_j = dL/dy_j dy_j/da_j, for the article's loss and sigmoid (y_j - t_j) y_j (1 - y_j).
        delta = loss.output_delta(output, a, y, t)
        deltas = [delta]

        # Hidden layers, last to first: delta_j = sum_k delta_k w_jk * dh_j/da_j, all with the old weights.
        for layer in reversed(range(len(network.layers) - 1)):
            through_weights = (parameters.weights[layer + 1] * delta).sum(axis=1)  # dL/dh_j = sum_k delta_k w_jk
            activation, h = network.layers[layer].activation, outputs[layer + 1]
            if masks:  # h_j = m_j f(a_j), so dL/df_j = m_j dL/dh_j, and the slope is that of f, not of h
                through_weights, h = masks[layer] * through_weights, activation(pre_activations[layer])
            delta = activation.pull_back(through_weights, pre_activations[layer], h)
            deltas.insert(0, delta)

        # Every layer: dL/dw_ij = delta_j x_i and dL/db_j = delta_j.
        gradients = Parameters(
            tuple(np.outer(x_before, d) for x_before, d in zip(outputs, deltas, strict=False)), tuple(deltas)
        )
        return Trace(outputs, pre_activations, t, loss.of(output, a, y, t), tuple(deltas), gradients, masks)

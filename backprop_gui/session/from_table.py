"""A session around samples: layers as they are asked for, an output and a loss that suit the targets."""

from dataclasses import replace

import numpy as np

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.cards import spelled_apart
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import LOSSES, Loss
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.session.document import Session

DEFAULT_LAYERS = "6:tanh"
_BATCH = 16


def session_of(samples: Samples, classes: bool, layers: str = DEFAULT_LAYERS) -> Session:
    """Return an untrained session on ``samples``.

    ``layers`` are hidden ones, such as ``6:tanh,4:relu``. The last is the output layer instead where it has as many
    units as there are targets and is not the only one, or is softmax. Else the output is chosen: softmax with
    cross-entropy where the targets are ``classes``, sigmoid with binary cross-entropy where they are 0 and 1, linear
    with half the squared error for other numbers.

    Raises:
        FieldError: layers that are not written like that, or that no network can have.
    """
    outputs = samples.targets.shape[1]
    asked = [_layer(one.strip()) for one in spelled_apart(layers) if one.strip()]
    last = asked[-1] if asked else None
    given = last is not None and last.units == outputs and (len(asked) > 1 or last.activation.whole_layer)
    if last is not None and last.activation.whole_layer and not given:
        accepted = f"{last.activation.name} is for the output layer only, which has {outputs} units, one per target"
        raise FieldError("--layers", f"{last.units}:{last.activation.name}", accepted)
    output = last.activation if given and last is not None else _output(samples, classes)
    hidden = asked[:-1] if given else asked
    network = Network(samples.inputs.shape[1], (*hidden, Layer(outputs, output)))
    batch = min(_BATCH, len(samples))
    training = TrainingSettings(_loss(output, samples), OptimizerSettings(learning_rate=0.1), batch)
    return Session.begin(network, replace(training, shuffle=len(samples) > batch), samples)


def _layer(text: str) -> Layer:
    units, colon, activation = text.partition(":")
    if not (units.isascii() and units.isdigit() and len(units) < 9) or int(units) == 0:
        raise FieldError("--layers", text, "write units and activation of each hidden layer, such as 6:tanh,4:relu")
    return Layer(int(units), ACTIVATIONS.read("--layers", activation.strip() if colon else "tanh"))


def _output(samples: Samples, classes: bool) -> Activation:
    if classes and samples.targets.shape[1] > 1 and np.allclose(samples.targets.sum(axis=1), 1.0):
        return ACTIVATIONS["softmax"]
    zero_one = bool(np.isin(samples.targets, (0.0, 1.0)).all())
    return ACTIVATIONS["sigmoid" if zero_one else "linear"]


def _loss(output: Activation, samples: Samples) -> Loss:
    targets = samples.targets
    shares = bool(((targets >= 0.0) & (targets <= 1.0)).all())
    if output.name == "softmax" and shares:
        return LOSSES["cross_entropy"]
    return LOSSES["binary_cross_entropy" if output.name == "sigmoid" and shares else "half_sse"]

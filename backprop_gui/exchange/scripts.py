"""Weights as programs that run on their own and check their outputs against the ones stored in them."""

from pprint import pformat
from typing import Any

import numpy as np

from backprop_gui.data.samples import Column
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.engine.trace import forward

Columns = tuple[Column, ...]
MOST_CHECKED = 5
"""So many inputs are stored with their outputs."""

_SOFTMAX = '''
def softmax(a):
    """Return e^a, made to add up to 1 in every row."""
    powers = np.exp(a - a.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

'''


def numpy_script(network: Network, parameters: Parameters, inputs: Floats, columns: Columns) -> bytes:
    """Return a NumPy program: ``predict(x)`` for x (samples, inputs)."""
    steps = "\n".join(
        f"    a = x @ WEIGHTS[{k}] + BIASES[{k}]\n    x = {said}" for k, said in enumerate(_said(network, "numpy"))
    )
    body = f'''{_imports(steps)}import numpy as np

{_data(network, parameters, inputs, columns)}
WEIGHTS = [np.array(w) for w in WEIGHTS]
BIASES = [np.array(b) for b in BIASES]
{_helpers(steps)}

def predict(x):
    """Return the outputs for x, one row per sample."""
    x = np.asarray(x, dtype=float)
{steps}
    return x

'''
    return _script("NumPy", body, "predict({})", columns)


def torch_script(network: Network, parameters: Parameters, inputs: Floats, columns: Columns) -> bytes:
    """Return a PyTorch program: ``model`` in double precision."""
    sizes = network.sizes
    layers = "".join(
        f"    nn.Linear({sizes[k]}, {sizes[k + 1]}),\n    Activation(lambda a: {said}),\n"
        for k, said in enumerate(_said(network, "torch"))
    )
    body = f'''import numpy as np
import torch
from torch import nn

{_data(network, parameters, inputs, columns)}

class Activation(nn.Module):
    """A function of the pre-activations, as a layer."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, a):
        return self.f(a)


model = nn.Sequential(
{layers}).double()
linear = [layer for layer in model if isinstance(layer, nn.Linear)]
with torch.no_grad():
    for layer, w, b in zip(linear, WEIGHTS, BIASES):
        layer.weight.copy_(torch.tensor(w, dtype=torch.float64).T)  # PyTorch keeps (outputs, inputs)
        layer.bias.copy_(torch.tensor(b, dtype=torch.float64))

'''
    return _script("PyTorch", body, "model(torch.tensor({}, dtype=torch.float64)).detach().numpy()", columns)


def keras_script(network: Network, parameters: Parameters, inputs: Floats, columns: Columns) -> bytes:
    """Return a Keras program: ``model``, in double precision where the backend is TensorFlow, else in single."""
    layers = "".join(
        f"        keras.layers.Dense({units}, activation=lambda a: {said}),\n"
        for units, said in zip(network.sizes[1:], _said(network, "keras"), strict=True)
    )
    body = f"""{_imports(layers)}import keras
import numpy as np
from keras import ops

{_data(network, parameters, inputs, columns)}
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")  # layers follow this one, predict the one above
model = keras.Sequential(
    [
        keras.Input(({network.inputs},)),
{layers}    ]
)
model.set_weights([np.array(part) for pair in zip(WEIGHTS, BIASES) for part in pair])

"""
    prediction = "model.predict(np.array({}), verbose=0)"
    # On other backends Keras's rules for types turn float64 into float32.
    return _script("Keras", body, prediction, columns, '1e-9 if keras.config.backend() == "tensorflow" else 1e-5')


def sklearn_script(network: Network, parameters: Parameters, inputs: Floats, columns: Columns) -> bytes:
    """Return an estimator in scikit-learn's style, with ``predict``, ready for its pipelines."""
    steps = "\n".join(
        f"        a = x @ self.coefs_[{k}] + self.intercepts_[{k}]\n        x = {said}"
        for k, said in enumerate(_said(network, "numpy"))
    )
    body = f'''{_imports(steps)}import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_array

{_data(network, parameters, inputs, columns)}{_helpers(steps)}

class TrainedNetwork(RegressorMixin, BaseEstimator):
    """The trained network; coefs_ and intercepts_ as in scikit-learn's own multilayer perceptrons."""

    def __init__(self):
        self.coefs_ = [np.array(w) for w in WEIGHTS]
        self.intercepts_ = [np.array(b) for b in BIASES]
        self.n_features_in_ = {network.inputs}
        self.n_outputs_ = {network.outputs}

    def fit(self, x, y=None):
        """Do nothing: it is trained already."""
        return self

    def predict(self, x):
        """Return the outputs for x, one row per sample."""
        x = check_array(x)
{steps}
        return x


model = TrainedNetwork()

'''
    return _script("scikit-learn", body, "model.predict({})", columns)


def _said(network: Network, library: str) -> list[str]:
    """Return how the library writes each layer's activation of ``a``."""
    return [layer.activation.said(library, "activation") for layer in network.layers]


def _imports(steps: str) -> str:
    return "import math\n\n" if "math." in steps else ""


def _helpers(steps: str) -> str:
    return _SOFTMAX if "softmax(" in steps else ""


def _script(library: str, body: str, prediction: str, columns: Columns, tolerance: str = "1e-9") -> bytes:
    sizes = f'"""A network trained with Backprop GUI, for {library}. Running it checks the outputs stored in it."""\n\n'
    if any(column.scaled for column in columns):
        body += f'''
def predict_measured(x):
    """Return the outputs as they would be measured, for measured inputs: the network itself sees scaled numbers."""
    x = (np.asarray(x, dtype=float) - INPUT_SHIFT) / INPUT_SCALE
    return np.asarray({prediction.format("x")}) * OUTPUT_SCALE + OUTPUT_SHIFT

'''
    check = f"""if __name__ == "__main__":
    found = np.asarray({prediction.format("INPUTS")})
    error = float(np.abs(found - np.array(OUTPUTS)).max() / max(1.0, np.abs(OUTPUTS).max()))
    print(found)
    print(f"largest difference from the stored outputs, relative to their size: {{error:.3g}}")
    assert error < ({tolerance}), "the outputs differ from the stored ones"
"""
    return (sizes + body + "\n" + check).encode()


def _data(network: Network, parameters: Parameters, inputs: Floats, columns: Columns) -> str:
    checked = inputs[:MOST_CHECKED] if len(inputs) else np.zeros((1, network.inputs))
    outputs = [forward(network, parameters, x)[0][-1] for x in checked]
    named: dict[str, Any] = {
        "WEIGHTS": [w.tolist() for w in parameters.weights],
        "BIASES": [b.tolist() for b in parameters.biases],
        "INPUTS": checked.tolist(),
        "OUTPUTS": [y.tolist() for y in outputs],
    }
    own = {"INPUT": columns[: network.inputs], "OUTPUT": columns[network.inputs :]}
    if any(column.scaled for column in columns):
        for side, those in own.items():
            named[f"{side}_SHIFT"] = [column.shift for column in those]
            named[f"{side}_SCALE"] = [column.scale for column in those]
    note = "".join(
        f"# {side.capitalize()}s: {', '.join(' '.join(column.name.split()) or '?' for column in those)}\n"
        for side, those in own.items()
        if any(column.name for column in those)
    )  # a name may hold a line break, which must not end the comment
    note += "# WEIGHTS[l][i][j] leads from unit i of layer l to unit j of the next; a = x W + b.\n"
    return note + "".join(f"{name} = {pformat(value, width=110, compact=True)}\n" for name, value in named.items())

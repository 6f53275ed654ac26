"""Makes the ONNX files of this folder with PyTorch and scikit-learn's converter, beside what they compute.

Needs ``pip install '.[compare]'``. The files here were made by PyTorch 2.13, scikit-learn 1.9 and skl2onnx 1.20.
"""

from pathlib import Path

import numpy as np
import onnx
import skl2onnx
import torch
from sklearn.neural_network import MLPClassifier, MLPRegressor

HERE = Path(__file__).parent


def main() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 3)).astype(np.float32)
    expected = {"x": x}
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2), torch.nn.Softmax(dim=-1))
    torch.onnx.export(model.eval(), (torch.zeros(1, 3),), HERE / "pytorch.onnx", dynamo=True, external_data=False)
    exported = onnx.load(HERE / "pytorch.onnx")
    for node in exported.graph.node:
        del node.metadata_props[:]  # stack traces of the machine it was made on
    onnx.save(exported, HERE / "pytorch.onnx")
    expected["pytorch"] = model(torch.tensor(x)).detach().numpy()
    for activation in ("relu", "tanh", "logistic"):
        for kind, learner, y in (
            ("regressor", MLPRegressor, x @ random.normal(size=(3, 2))),
            ("classifier", MLPClassifier, random.integers(0, 3, 60)),
        ):
            fitted = learner(hidden_layer_sizes=(5, 4), activation=activation, max_iter=20, random_state=0).fit(x, y)
            name = f"sklearn-{kind}-{activation}"
            (HERE / f"{name}.onnx").write_bytes(skl2onnx.to_onnx(fitted, x).SerializeToString())
            expected[name] = fitted.predict_proba(x) if kind == "classifier" else fitted.predict(x)
    np.savez_compressed(HERE / "expected.npz", **expected)


if __name__ == "__main__":
    main()

"""``explain --json``: every key of the contract, and numbers that follow from each other."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import WeightRef
from backprop_gui.explain.report import as_data
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.microscope import Microscope
from tests.shapes import by, dense


def data_of(session: Session, sample: int = 0) -> dict[str, Any]:
    scope = Microscope(session)
    return json.loads(json.dumps(as_data(scope.situation(sample), scope.after_alone(sample))))


def test_json_of_the_contract_has_every_key() -> None:
    data = data_of(problem("mazur"))
    assert set(data) == {"sample", "inputs", "targets", "loss", "loss_terms", "layers", "gradients", "after"}
    assert data["loss"] == pytest.approx(0.298371109, abs=5e-10)
    assert sum(data["loss_terms"]) == pytest.approx(data["loss"], rel=1e-15)
    assert data["gradients"]["weights"][0][0][0] == pytest.approx(0.000438568, abs=5e-10)
    assert data["gradients"]["weights"][1][0][0] == pytest.approx(0.082167041, abs=5e-10)
    assert data["after"]["weights"][0][0][0] == pytest.approx(0.149780716, abs=5e-10)
    hidden, output = data["layers"]
    assert hidden["activation"] == "sigmoid"
    assert "delta_terms" not in output
    assert len(hidden["delta_terms"]) == 2
    total = [sum(terms) for terms in hidden["delta_terms"]]
    for delta, back, y, slope in zip(hidden["delta"], total, hidden["output"], hidden["slope"], strict=True):
        assert slope == pytest.approx(y * (1 - y), rel=1e-12)
        assert delta == pytest.approx(back * slope, rel=1e-12)


@pytest.mark.parametrize("batch", [1, 3, "full"])
def test_after_is_one_update_from_the_sample_alone_whatever_comes_next(batch: Any) -> None:
    session = problem("xor")
    training = replace(session.training, batch_size=batch, optimizer=by("sgd", 0.5, momentum=0.9))
    session = edits.set_training(session, training)
    trainer = session.trainer()
    trainer.run(5)
    session = edits.trained(session, trainer.parameters(), trainer.progress())
    velocity = session.progress.slots[0]
    for sample in range(4):
        data = data_of(session, sample)
        for layer, w in enumerate(session.parameters.weights):
            g = np.array(data["gradients"]["weights"][layer])
            expected = w + 0.9 * velocity.weights[layer] - 0.5 * g
            assert np.allclose(data["after"]["weights"][layer], expected, rtol=1e-14, atol=1e-15)


def straight_through(weight: float, activation: str, rate: float) -> Session:
    session = problem("homework")
    for layer in range(2):
        session = edits.set_layer(session, layer, dense(1, activation))
    session = edits.set_training(session, replace(session.training, optimizer=by("sgd", rate)))
    return edits.set_parameter(session, WeightRef(0, 0, 0), weight)


@pytest.mark.parametrize(
    ("weight", "activation", "rate", "named"),
    [
        (1e10, "linear", 1e308, "training.optimizer.learning_rate: 1e+308 is not accepted"),
        (1.7e308, "sigmoid", 0.1, "parameters: 'a number of the pass is not finite' is not accepted"),
    ],
)
def test_numbers_that_json_cannot_say_are_a_sentence(weight: float, activation: str, rate: float, named: str) -> None:
    with pytest.raises(FieldError) as refused:
        data_of(straight_through(weight, activation, rate))
    assert named in str(refused.value)

"""Numbers printed in well-known worked examples, and their one known mistake."""

import pytest

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import WeightRef
from backprop_gui.engine.trace import Trace, trace
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session


def traced(session: Session) -> Trace:
    x, t = session.samples.inputs[0], session.samples.targets[0]
    return trace(session.network, session.parameters, x, t, session.training.loss)


def after(session: Session, steps: int) -> Session:
    trainer = session.trainer()
    trainer.run(steps)
    return edits.trained(session, trainer.parameters(), trainer.progress())


def test_mazurs_error_gradients_and_updated_weights() -> None:
    session = problem("mazur")
    first = traced(session)
    assert first.loss == pytest.approx(0.298371109, abs=5e-10)
    assert first.gradients[WeightRef(1, 0, 0)] == pytest.approx(0.082167041, abs=5e-10)
    assert first.gradients[WeightRef(0, 0, 0)] == pytest.approx(0.000438568, abs=5e-10)
    updated = after(session, 1).parameters
    order = [(0, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1)]
    printed = [0.149780716, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.408666186, 0.511301270, 0.561370121]
    assert [updated[WeightRef(*place)] for place in order] == pytest.approx(printed, abs=5e-9)
    assert [b.tolist() for b in updated.biases] == [[0.35, 0.35], [0.6, 0.6]]


def test_mazurs_errors_after_training_are_those_of_a_right_engine() -> None:
    session = problem("mazur")
    assert traced(after(session, 1)).loss == pytest.approx(0.2910277737, abs=5e-11)
    assert traced(after(session, 9_999)).loss == pytest.approx(0.0000351085, abs=5e-11)


def test_han_and_kamber_outputs_and_errors() -> None:
    found = traced(problem("han-kamber"))
    assert [*found.outputs[1], *found.outputs[2]] == pytest.approx(
        [0.3318122278, 0.5249791875, 0.4738888988], abs=5e-11
    )
    # The book's Err is -dL/da.
    assert -found.deltas[1][0] == pytest.approx(0.1311690782, abs=5e-11)
    assert -found.deltas[0][::-1] == pytest.approx([-0.0065420851, -0.0087245620], abs=5e-11)


def test_the_homework_with_sigmoid_and_with_relu() -> None:
    session = problem("homework")
    assert traced(session).outputs[-1][0] == pytest.approx(0.6086537770, abs=5e-11)
    assert traced(session).loss == pytest.approx(0.0765759331, abs=5e-11)
    assert traced(after(session, 1)).loss == pytest.approx(0.0747746444, abs=5e-11)
    relu = edits.set_activation(edits.set_activation(session, 0, ACTIVATIONS["relu"]), 1, ACTIVATIONS["relu"])
    assert traced(relu).loss == pytest.approx(0.0288, abs=5e-5)
    assert traced(after(relu, 1)).loss == pytest.approx(0.0094, abs=5e-5)

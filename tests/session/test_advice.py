"""What cannot learn is said, once, with remedies that help; what learns is left in peace."""

from dataclasses import replace

import numpy as np
import pytest

from backprop_gui.data.samples import Column, Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.goals import Goal, Stopper
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem, problems
from backprop_gui.session.advice import Advice, Edit, advise, remedies_of, scale_targets
from backprop_gui.session.document import Session
from backprop_gui.session.edits import initialize_again, set_activation, set_samples, set_training
from backprop_gui.session.files import encode_session
from tests.shapes import dense

Targets = list[list[float]]


def with_loss(session: Session, loss: str) -> Session:
    return set_training(session, replace(session.training, loss=LOSSES[loss]))


def made(outputs: Layer, loss: str, targets: Targets, hidden: int = 2) -> Session:
    """Return a session of two inputs, a hidden layer and the given output layer."""
    x = np.random.default_rng(1).uniform(-1, 1, (len(targets), 2))
    network = Network(2, (dense(hidden, "tanh"), outputs))
    return Session.begin(network, TrainingSettings(loss=LOSSES[loss]), Samples.of(x, targets))


def labels(advice: Advice) -> list[str]:
    return [remedy.label for remedy in advice.remedies]


def after_training(session: Session, epochs: int = 400) -> Floats:
    trainer = session.trainer()
    trainer.run(10**9, Stopper(Goal(epoch=epochs), trainer))
    parameters = trainer.parameters()
    return np.array([session.trace(trainer, parameters, k).outputs[-1] for k in range(len(session.samples))])


@pytest.mark.parametrize("name", [one.name for one in problems()])
def test_the_built_in_problems_are_left_in_peace_before_and_after_training(name: str) -> None:
    session = problem(name)
    assert advise(session) == ()
    trainer = session.trainer()
    trainer.run(20)
    assert advise(replace(session, parameters=trainer.parameters())) == ()


@pytest.mark.parametrize("name", ["and", "or"])
def test_cross_entropy_on_one_sigmoid_is_told_with_a_remedy_that_learns(name: str) -> None:
    session = with_loss(problem(name), "cross_entropy")
    (advice,) = advise(session)
    assert advice.place == "loss"
    assert "an output whose target is 0 has no gradient" in advice.sentence
    assert labels(advice) == ["Use binary cross-entropy"]
    assert after_training(session).min() > 0.9  # it learns to say 1 always
    before = encode_session(session)
    mended = advice.remedies[0].edit(session)
    assert encode_session(session) == before
    assert advise(mended) == ()
    assert np.abs(after_training(mended) - session.samples.targets).max() < 0.1


def test_cross_entropy_on_classes_offers_softmax_first() -> None:
    iris = set_activation(problem("iris"), 1, ACTIVATIONS["sigmoid"])
    (advice,) = advise(iris)
    assert labels(advice) == ["Use softmax", "Use binary cross-entropy"]
    assert advice.remedies[0].edit(iris).network == problem("iris").network


def test_cross_entropy_where_several_outputs_may_be_1_offers_no_softmax() -> None:
    (advice,) = advise(made(dense(3, "sigmoid"), "cross_entropy", [[1, 1, 0], [0, 1, 0]]))
    assert labels(advice) == ["Use binary cross-entropy"]


@pytest.mark.parametrize(
    ("loss", "label"),
    [
        ("half_sse", "Use sigmoid"),
        ("binary_cross_entropy", "Use sigmoid"),
        ("cross_entropy", "Use sigmoid and binary cross-entropy"),
    ],
)
def test_softmax_of_one_output_is_told_with_a_remedy_that_is_no_other_trap(loss: str, label: str) -> None:
    session = made(dense(1, "softmax"), loss, [[0.0], [1.0]])
    (advice,) = advise(session)
    assert advice.place == "output"
    assert "always 1" in advice.sentence
    assert labels(advice) == [label]
    mended = advice.remedies[0].edit(session)
    assert advise(mended) == ()
    assert np.abs(after_training(mended, 3000) - session.samples.targets).max() < 0.4


@pytest.mark.parametrize(
    ("activation", "target", "words"),
    [
        ("sigmoid", 5.0, "Outputs of Sigmoid lie between 0 and 1; t₁ = 5 of sample 2 is out of their reach."),
        ("tanh", -1.5, "Outputs of Tanh lie between -1 and 1; t₁ = -1.5 of sample 2 is out of their reach."),
        ("relu", -0.25, "Outputs of ReLU are never below 0; t₁ = -0.25 of sample 2 is out of their reach."),
    ],
)
def test_a_target_that_outputs_cannot_come_near_is_named(activation: str, target: float, words: str) -> None:
    session = made(dense(1, activation), "half_sse", [[0.0], [target]])
    (advice,) = advise(session)
    assert (advice.place, advice.sentence) == ("output", words)
    assert labels(advice) == ["Use linear", "Scale targets to 0 … 1"]
    for remedy in advice.remedies:
        assert advise(remedy.edit(session)) == ()


@pytest.mark.parametrize("activation", ["linear", "leaky_relu", "sigmoid", "tanh"])
def test_targets_within_reach_are_no_matter(activation: str) -> None:
    assert advise(made(dense(1, activation), "half_sse", [[0.0], [1.0]])) == ()


def test_equal_hidden_units_are_told_also_after_training_and_not_under_dropout() -> None:
    session = initialize_again(problem("xor"), "zeros", 3)
    (advice,) = advise(session)
    assert advice.place == "initializer"
    assert advice.sentence == "The 2 units of hidden have equal weights, so they get equal gradients and stay equal."
    trainer = session.trainer()
    trainer.run(500)
    trained = replace(session, parameters=trainer.parameters())
    assert np.ptp(trained.parameters.weights[0], axis=1).max() < 1e-9
    assert [one.place for one in advise(trained)] == ["initializer"]
    mended = advice.remedies[0].edit(trained)
    assert advise(mended) == ()
    assert (mended.training.initializer, mended.training.seed, mended.progress.step) == ("xavier_uniform", 3, 0)
    dropped = set_training(session, replace(session.training, dropout=0.5))
    assert advise(dropped) == ()


def test_one_hidden_unit_is_equal_to_none() -> None:
    assert advise(initialize_again(made(dense(1, "linear"), "mse", [[0.5]], hidden=1), "zeros", 0)) == ()


@pytest.mark.parametrize(("layer", "where"), [(0, "hidden"), (1, "output")])
def test_a_step_that_lets_nothing_learn_is_told(layer: int, where: str) -> None:
    session = set_activation(problem("xor"), layer, ACTIVATIONS["step"])
    (advice,) = advise(session)
    assert advice.sentence.startswith(f"Step in {where} has slope 0 and passes no error back")
    trainer = session.trainer()
    trainer.run(20)
    assert trainer.parameters().weights[layer].tolist() == session.parameters.weights[layer].tolist()
    assert labels(advice) == ["Use sigmoid"]
    assert advice.remedies[0].edit(session).network == problem("xor").network


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"step", "softmax"}))
def test_every_other_activation_lets_something_learn(name: str) -> None:
    session = set_activation(problem("or"), 0, ACTIVATIONS[name])
    assert not any("slope 0" in advice.sentence for advice in advise(session))


def refused(session: Session, edit: Edit) -> list[str]:
    with pytest.raises(FieldError):
        edit(session)
    return [remedy.label for remedy in remedies_of(session, edit)]


def test_a_refused_edit_comes_with_what_it_lacks_in_one() -> None:
    linear = made(dense(2, "linear"), "half_sse", [[0, 1], [1, 0]])
    assert refused(linear, lambda s: with_loss(s, "cross_entropy")) == ["Use softmax"]
    assert refused(linear, lambda s: with_loss(s, "binary_cross_entropy")) == ["Use softmax", "Use sigmoid"]
    chosen = remedies_of(linear, lambda s: with_loss(s, "cross_entropy"))[0].edit(linear)
    assert (chosen.network.layers[-1].activation.name, chosen.training.loss.name) == ("softmax", "cross_entropy")
    entropy = with_loss(problem("xor"), "binary_cross_entropy")
    assert refused(entropy, lambda s: set_activation(s, 1, ACTIVATIONS["tanh"])) == ["Use half squared error"]
    far = Samples.of([[0, 0], [1, 1]], [[0], [7]])
    assert refused(entropy, lambda s: set_samples(s, far)) == ["Use linear and half squared error"]


def test_targets_are_scaled_to_fit_a_loss_and_still_say_what_was_measured() -> None:
    session = made(dense(2, "sigmoid"), "half_sse", [[-3.0, 0.25], [7.0, 1.0], [2.0, 0.5]])
    assert refused(session, lambda s: with_loss(s, "binary_cross_entropy")) == ["Scale targets to 0 … 1"]
    scaled = scale_targets(session)
    assert scaled.samples.targets.tolist() == [[0.0, 0.25], [1.0, 1.0], [0.5, 0.5]]
    assert [scaled.samples.column(2).measured(t) for t in scaled.samples.targets[:, 0]] == [-3.0, 7.0, 2.0]
    assert scaled.samples.column(3) == Column()
    again = scale_targets(replace(scaled, samples=replace(scaled.samples, columns=())))
    assert again.samples.targets.tolist() == scaled.samples.targets.tolist()

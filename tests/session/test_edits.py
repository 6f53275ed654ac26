"""Edits: what stays, what is drawn anew, and that the session edited never changes."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import WeightRef
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import encode_session
from tests.shapes import dense


@pytest.fixture
def article() -> Iterator[Session]:
    session = problem("article")
    before = encode_session(session)
    yield session
    assert encode_session(session) == before


def test_more_units_keep_the_weights_that_have_a_place(article: Session) -> None:
    wider = edits.set_units(article, 0, 5)
    assert wider.parameters.weights[0][:, :3].tolist() == article.parameters.weights[0].tolist()
    assert wider.parameters.weights[1][:3].tolist() == article.parameters.weights[1].tolist()
    assert np.all(wider.parameters.weights[0][:, 3:] != 0.0)
    back = edits.set_units(wider, 0, 3)
    assert back.parameters == article.parameters


def test_another_activation_keeps_everything_else(article: Session) -> None:
    other = edits.set_activation(article, 0, ACTIVATIONS["tanh"])
    assert other.parameters == article.parameters
    assert other.start == article.start


def test_inputs_take_columns_of_the_samples_with_them(article: Session) -> None:
    more = edits.set_inputs(article, 3)
    assert more.samples.inputs.tolist() == [[0.05, 0.1, 0.0]]
    assert edits.set_inputs(more, 1).samples.inputs.tolist() == [[0.05]]


def test_a_layer_put_in_and_taken_out_leaves_the_weights_away_from_it(article: Session) -> None:
    three = edits.insert_layer(article, 1, dense(4, "relu"))
    assert three.network.sizes == (2, 3, 4, 2)
    assert three.parameters.weights[0].tolist() == article.parameters.weights[0].tolist()
    assert three.parameters.biases[2].tolist() == article.parameters.biases[1].tolist()
    two = edits.remove_layer(three, 1)
    assert two.network == article.network
    assert two.parameters.weights[0].tolist() == article.parameters.weights[0].tolist()


def test_moving_a_layer_moves_its_units_and_activation(article: Session) -> None:
    deep = edits.insert_layer(article, 1, dense(4, "relu"))
    moved = edits.move_layer(deep, 1, 0)
    assert moved.network.layers == (dense(4, "relu"), dense(3, "sigmoid"), dense(2, "sigmoid"))


def test_reset_goes_back_to_the_start_weights_and_epoch_0(article: Session) -> None:
    trainer = article.trainer()
    trainer.run(50)
    trained = edits.trained(article, trainer.parameters(), trainer.progress())
    assert edits.reset(trained).parameters == article.parameters
    assert edits.reset(trained).progress.epoch == 0


def test_a_weight_set_before_training_is_a_start_weight_and_after_it_is_not(article: Session) -> None:
    ref = WeightRef(0, 0, 0)
    assert edits.set_parameter(article, ref, 5.0).start[ref] == 5.0
    trainer = article.trainer()
    trainer.run(1)
    trained = edits.trained(article, trainer.parameters(), trainer.progress())
    assert edits.set_parameter(trained, ref, 5.0).start[ref] == 0.1


def test_the_last_layer_cannot_be_removed_nor_a_weight_be_nothing(article: Session) -> None:
    with pytest.raises(FieldError):
        edits.remove_layer(edits.remove_layer(article, 0), 0)
    with pytest.raises(FieldError, match="nan"):
        edits.set_parameter(article, WeightRef(0, 0, 0), float("nan"))


def test_an_edit_that_would_give_a_loss_other_targets_than_it_takes_is_refused(article: Session) -> None:
    training = replace(article.training, loss=LOSSES["binary_cross_entropy"])
    x, t = article.samples.inputs, article.samples.targets.copy()
    t[-1, 1] = 1.5
    wrong = Samples.of(x, t)
    place = f"data.targets[{len(t) - 1}][1]"
    for edit in (
        lambda: edits.set_training(edits.set_samples(article, wrong), training),
        lambda: edits.set_samples(edits.set_training(article, training), wrong),
        lambda: edits.take_samples(edits.set_training(article, training), wrong),
    ):
        with pytest.raises(FieldError) as caught:
            edit()
        assert (caught.value.field, caught.value.value) == (place, 1.5)

"""Samples kept for testing do not change training, are drawn from their seed, and travel with the session."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.data.generators import generate
from backprop_gui.data.samples import Samples, Split
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.trainer import Trainer
from backprop_gui.resources import problem
from backprop_gui.session.edits import set_samples, set_split, take_samples
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.session.microscope import Microscope


@given(st.integers(1, 200), st.floats(0.01, 0.99), st.integers(0, 5))
def test_every_sample_is_on_one_side_and_training_has_one(count: int, share: float, seed: int) -> None:
    samples = Samples(np.zeros((count, 1)), np.zeros((count, 1)), Split(share, seed))
    train, test = samples.rows()
    assert sorted([*train, *test]) == list(range(count))
    assert len(train) >= 1
    assert abs(len(test) - share * count) <= 1
    again, _ = samples.rows()
    assert (train == again).all()


def test_training_is_that_of_the_training_samples_alone() -> None:
    session = take_samples(problem("xor"), generate("moons", 50, 0.1, 0))
    session = set_split(session, Split(0.3, 7))
    train, test = session.samples.rows()
    x, t = session.samples.inputs, session.samples.targets
    trainer = session.trainer()
    trainer.run(100)
    alone = Trainer(session.network, session.parameters, session.training, x[train], t[train])
    alone.run(100)
    assert trainer.parameters() == alone.parameters()
    assert trainer.loss() == alone.loss()
    only_tests = Trainer(session.network, trainer.parameters(), session.training, x[test], t[test])
    assert trainer.test_loss() == only_tests.loss()
    assert trainer.record().test_loss == trainer.test_loss()


def test_the_microscope_names_samples_by_their_place_in_the_table() -> None:
    session = set_split(take_samples(problem("xor"), generate("moons", 10, 0.1, 0)), Split(0.5, 1))
    train, _ = session.samples.rows()
    assert Microscope(session).batch == (int(train[0]),)


def test_a_split_is_kept_through_edits_and_files_and_can_be_taken_away() -> None:
    session = set_split(problem("iris"), Split(0.25, 3))
    other = set_samples(session, Samples.of(session.samples.inputs[:20], session.samples.targets[:20]))
    assert other.samples.split == Split(0.25, 3)
    assert decode_session(encode_session(session)).samples == session.samples
    assert b'"test"' not in encode_session(set_split(session, None))


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_must_leave_something_on_both_sides(share: float) -> None:
    with pytest.raises(FieldError, match=r"data\.test\.share"):
        Split(share)

"""Layers are found among named arrays by the habits of names and by shapes; what is left open is refused."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.arrays import layers_among

RANDOM = np.random.default_rng(5)
W, B = [RANDOM.normal(size=(2, 3)), RANDOM.normal(size=(3, 1))], [RANDOM.normal(size=3), RANDOM.normal(size=1)]
HABITS: dict[str, dict[str, Floats]] = {
    "ours": {"W1": W[0], "b1": B[0], "W2": W[1], "b2": B[1]},
    "from zero": {"W0": W[0], "b0": B[0], "W1": W[1], "b1": B[1]},
    "row biases": {"W1": W[0], "b1": B[0][None], "W2": W[1], "b2": B[1][None]},
    "columns": {"W1": W[0].T, "b1": B[0][:, None], "W2": W[1].T, "b2": B[1][:, None]},
    "words": {"weights1": W[0], "biases1": B[0], "weights2": W[1], "biases2": B[1]},
    "underlined": {"weights_1": W[0], "bias_1": B[0], "weights_2": W[1], "bias_2": B[1]},
    "lists": {"weights.0": W[0], "biases.0": B[0], "weights.1": W[1], "biases.1": B[1]},
    "scikit-learn": {"coefs_0": W[0], "coefs_1": W[1], "intercepts_0": B[0], "intercepts_1": B[1]},
    "PyTorch": {"2.weight": W[1].T, "2.bias": B[1], "0.weight": W[0].T, "0.bias": B[0]},
    "PyTorch, named": {"fc1.weight": W[0].T, "fc1.bias": B[0], "fc2.weight": W[1].T, "fc2.bias": B[1]},
    "Keras": {"dense/kernel:0": W[0], "dense/bias:0": B[0], "dense_1/kernel:0": W[1], "dense_1/bias:0": B[1]},
    "letters": {"Wh": W[0], "bh": B[0], "Wo": W[1], "bo": B[1]},
    "hidden and output": {"hidden_weights": W[0], "hidden_bias": B[0], "output_weights": W[1], "output_bias": B[1]},
    "capitals": {"hiddenWeights": W[0], "hiddenBias": B[0], "outputWeights": W[1], "outputBias": B[1]},
    "Theta": {f"Theta{k + 1}": np.concatenate([B[k][:, None], W[k].T], axis=1) for k in range(2)},
    "without names": {"arr_0": W[0], "arr_1": B[0], "arr_2": W[1], "arr_3": B[1]},
    "without names, rows": {"arr_0": W[0], "arr_1": B[0][None], "arr_2": W[1], "arr_3": B[1][None]},
}


@pytest.mark.parametrize("habit", HABITS)
def test_every_habit_is_read_as_the_same_layers(habit: str) -> None:
    weights, biases, _ = layers_among(HABITS[habit], sizes=(2, 3, 1))
    assert [w.tolist() for w in weights] == [w.tolist() for w in W]
    assert [b.tolist() for b in biases] == [b.tolist() for b in B]


def _encoder_decoder() -> Mapping[str, Floats]:
    return {"decoder.weight": np.ones((4, 2)), "decoder.bias": np.ones(4), "encoder.weight": np.zeros((2, 4))}


def test_several_orders_are_asked_about_and_told_by_name() -> None:
    with pytest.raises(FieldError, match="--order encoder,decoder for 4-2-4") as told:
        layers_among(_encoder_decoder())
    assert "--order decoder,encoder for 2-4-2" in str(told.value)
    for order in (["encoder", "decoder"], ["encoder.weight", "decoder.weight"]):
        weights, biases, remarks = layers_among(_encoder_decoder(), order)
        assert [w.shape for w in weights] == [(4, 2), (2, 4)]
        assert biases[0].tolist() == [0, 0]
        assert "There are no biases for encoder: taken as 0." in remarks


def test_the_present_network_decides_between_orders_that_fit() -> None:
    weights, _, _ = layers_among(_encoder_decoder(), sizes=(2, 4, 2))
    assert weights[0].shape == (2, 4)


def test_square_layers_are_not_sorted_by_alphabet() -> None:
    arrays = {"classifier.weight": np.ones((4, 4)), "hidden.weight": np.zeros((4, 4))}
    with pytest.raises(FieldError, match="hidden,classifier"):
        layers_among(arrays, sizes=(4, 4, 4))


@pytest.mark.parametrize("order", [["encoder"], ["encoder", "encoder"], ["encoder", "none"]])
def test_an_order_names_every_layer_once(order: list[str]) -> None:
    with pytest.raises(FieldError, match=r"--order.*name every layer once"):
        layers_among(_encoder_decoder(), order)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"conv.weight": np.zeros((2, 3, 3, 3))}, "dense layers only"),
        ({"rnn.weight_ih_l0": np.zeros((3, 2)), "rnn.weight_hh_l0": np.zeros((3, 3))}, "recurrent"),
        ({"0.weight": np.zeros((3, 2)), "1.running_mean": np.zeros(3)}, "running_mean.*weights and biases only"),
        ({"0.weight": np.zeros((3, 2)), "1.weight": np.zeros(3)}, "1.weight.*dense layers only"),
        ({"W1": np.zeros((2, 3)), "b2": np.zeros(3)}, "b2.*must have weights beside it"),
        ({"W1": np.zeros((2, 3)), "b1": np.zeros(4)}, "a bias each"),
        ({"W1": np.zeros((2, 3)), "b1": np.zeros((3, 3))}, "must be a row"),
        ({"b.weight": np.zeros((2, 3)), "c.weight": np.zeros((5, 7))}, "there must be an order"),
        ({"W1": np.zeros((0, 3))}, "dense layers only"),
        ({}, "it must hold arrays"),
    ],
)
def test_what_is_no_chain_of_dense_layers_is_refused(arrays: dict[str, Floats], told: str) -> None:
    with pytest.raises(FieldError, match=told):
        layers_among(arrays)


@given(sizes=st.lists(st.integers(1, 5), min_size=2, max_size=14), seed=st.integers(0, 99))
def test_numbers_in_names_are_the_order_whatever_the_file_lists_first(sizes: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    tables: list[Floats] = [random.normal(size=pair) for pair in zip(sizes[1:], sizes, strict=False)]
    arrays: dict[str, Floats] = {f"net.{2 * k}.weight": tables[k] for k in map(int, random.permutation(len(tables)))}
    weights, _, _ = layers_among(arrays)
    assert [w.tolist() for w in weights] == [w.T.tolist() for w in tables]


def test_many_square_layers_are_refused_in_bounded_time() -> None:
    with pytest.raises(FieldError, match="--order"):
        layers_among({f"{chr(97 + k)}x.weight": np.zeros((3, 3)) for k in range(26)})

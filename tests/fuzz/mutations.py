"""Good inputs with something wrong in them, by their structure or by their bytes; the same for the same chance."""

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import safetensors.numpy

_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**53 + 1, 2**63, 2**64, 10**400, -0.0, 1e308, 5e-324, "", "x" * 3000, "a\nb",
    "`$.x[0]`", [], {}, [[]], [0.1, [0.2]], {"name": "elu"}, {"": 1}, "NaN", "<b>bold</b>", "=1+1", "\u202e", "full",
    "\u2028", "\ud800", "__class__", {"name": "elu", "alpha": 10**400}, "elu(alpha=1e999)", "sigmoid(", 1e-320,
)  # fmt: skip
_ARRAYS: tuple[Any, ...] = (
    np.array(3.0), np.zeros((0, 3)), np.zeros((2, 2), complex), np.array(["a"]), np.zeros(3, "datetime64[s]"),
    np.full((2, 3), np.nan), np.zeros((2, 3, 4)), np.zeros((3, 2), bool), np.array([b"x"]), np.zeros((1, 1), "f2"),
    np.zeros((1, 2**20)), np.full(2, 2**63, "u8"), np.zeros(2, "i1"), np.full((2, 2), 1e300), np.zeros((2, 0)),
)  # fmt: skip
_NAMES = ("W9", "b0", "W01", "x", "activations", ".weight", ".bias", "../w", "W1", "b2", "0.weight", "\n", "W" * 500)


def mutated(kind: str, seed: bytes, chance: random.Random) -> bytes:
    """Return a good input of a kind with something wrong in it."""
    structured = _STRUCTURED.get(kind)
    if structured is not None and chance.random() < 0.6:
        changed = structured(seed, chance)
        return _bytes(changed, chance) if chance.random() < 0.05 else changed
    return _bytes(seed, chance)


def _bytes(seed: bytes, chance: random.Random) -> bytes:
    content = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(content)) if content else 0
        match chance.randrange(6):
            case 0 if content:
                content[place] = chance.randrange(256)
            case 1 if content:
                content[place] ^= 1 << chance.randrange(8)
            case 2:
                del content[place : place + chance.choice((1, 2, 8, 64))]
            case 3:
                content[place:place] = chance.choice((b"\0", b"\xff" * 4, b"\n", b'"', b"[" * 500, b"9" * 30, b"1e999"))
            case 4 if len(content) > 4:
                content[place : place + 4] = chance.choice((b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"))
            case _:
                content[place:place] = content[place : place + chance.choice((1, 8, 64))]
    return bytes(content)


def _json(seed: bytes, chance: random.Random) -> bytes:
    document: Any = json.loads(seed)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys: Any = range(len(value)) if isinstance(value, list) else value  # pyright: ignore
        for key in keys if isinstance(value, list | dict) else ():
            places.append((value, key))  # pyright: ignore
            walk(value[key])

    walk(document)
    for _ in range(chance.choice((1, 1, 2, 3))):
        holder, key = chance.choice(places)
        try:
            match chance.randrange(5):
                case 0:
                    del holder[key]
                case 1 if isinstance(holder, dict):
                    holder[str(chance.choice(_ODD))] = chance.choice(_ODD)
                case 2 if isinstance(holder, list):
                    holder.extend(holder[:50])
                case 3:
                    other, at = chance.choice(places)
                    holder[key] = json.loads(json.dumps(other[at]))
                case _:
                    holder[key] = chance.choice(_ODD)
        except (KeyError, IndexError):
            continue
    return json.dumps(document, ensure_ascii=chance.random() < 0.9).encode(errors="surrogatepass")


def _cells(seed: bytes, chance: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(seed.decode(), newline=""), delimiter=chance.choice(",;\t")))
    for _ in range(chance.choice((1, 2, 3))):
        row = chance.choice(rows)
        if row:
            cell = chance.choice((*_ODD, "1_0", "nan", "inf", " 3 ", "1,5", "0", "-1", "1e9", '"', "x" * 140_000))
            row[chance.randrange(len(row))] = str(cell)
        if chance.random() < 0.2:
            rows.append(list(chance.choice(rows)))
        if chance.random() < 0.1:
            rows.remove(chance.choice(rows))
        if not rows:
            break
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=chance.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return text.getvalue().encode(errors="replace")


def _swapped(arrays: dict[str, Any], chance: random.Random) -> None:
    """Take an array away, put another in, or rename one."""
    name = chance.choice(list(arrays))
    match chance.randrange(5):
        case 0:
            del arrays[name]
        case 1:
            arrays[chance.choice(_NAMES)] = chance.choice(_ARRAYS)
        case 2:
            arrays[chance.choice(_NAMES)] = arrays.pop(name)
        case 3 if arrays[name].dtype.kind == "f":
            arrays[name] = arrays[name].astype(chance.choice(("f2", "f4", ">f8", "i4", "u1", "?")))
        case _:
            arrays[name] = chance.choice(_ARRAYS)


def _archive(seed: bytes, chance: random.Random) -> bytes:
    with np.load(io.BytesIO(seed)) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    _swapped(arrays, chance)
    made = io.BytesIO()
    packing = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(made, "w", packing) as out:
        for key, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            out.writestr(f"{key}.npy", member.getvalue())
    return made.getvalue()


def _safetensors(seed: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.4:  # the header by itself, its length kept right
        length = int.from_bytes(seed[:8], "little")
        header = _json(seed[8 : 8 + length], chance)
        return len(header).to_bytes(8, "little") + header + seed[8 + length :]
    arrays = dict(safetensors.numpy.load(seed))
    _swapped(arrays, chance)
    real = {name: one for name, one in arrays.items() if one.dtype.str[1:] in ("f8", "f4", "f2", "i8", "i4", "u1")}
    return bytes(safetensors.numpy.save({name: np.ascontiguousarray(one) for name, one in real.items()}))


_OPERATORS = (
    "Relu", "Tanh", "Sigmoid", "Softmax", "Gemm", "MatMul", "Add", "Mul", "Sub", "Div", "Identity", "Cast", "Reshape",
    "Flatten", "Transpose", "Concat", "Squeeze", "Dropout", "Constant", "LeakyRelu", "Elu", "Softplus", "Erf", "Where",
    "ConstantOfShape", "Loop", "Nonsense",
)  # fmt: skip
_OPTIONS: tuple[tuple[str, Any], ...] = (
    ("axis", 0), ("axis", 1), ("axis", -1), ("transA", 1), ("transB", 1), ("alpha", 0.5), ("alpha", float("nan")),
    ("beta", 2.0), ("to", 1), ("to", 7), ("to", 8), ("perm", [1, 0]), ("perm", [0, 0]), ("value_float", 1.0),
    ("value_string", "x"), ("other", 3), ("allowzero", 1),
)  # fmt: skip


def _onnx(seed: bytes, chance: random.Random) -> bytes:
    model: Any = onnx.load_from_string(seed)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _graph(model, model.graph, chance)
    return bytes(model.SerializeToString())


def _graph(model: Any, graph: Any, chance: random.Random) -> None:
    """Change one thing of a graph."""
    names = [name for node in graph.node for name in (*node.input, *node.output)] + [one.name for one in graph.input]
    names += [one.name for one in graph.initializer]
    node: Any = chance.choice(graph.node) if len(graph.node) else None
    match chance.randrange(10):
        case 0 if node is not None and len(node.input):
            node.input[chance.randrange(len(node.input))] = chance.choice((*names, ""))
        case 1 if node is not None:
            node.op_type = chance.choice(_OPERATORS)
        case 2 if node is not None:
            key, value = chance.choice(_OPTIONS)
            node.attribute.append(onnx.helper.make_attribute(key, value))
        case 3 if node is not None:
            graph.node.remove(node)
        case 4 if node is not None:  # one more in between
            made = onnx.helper.make_node(chance.choice(_OPERATORS), [node.output[0]], [f"z{chance.randrange(9)}"])
            if chance.random() < 0.5:
                made.input.append(chance.choice(names))
            place = list(graph.node).index(node) + 1
            later = list(graph.node)[place:]
            del graph.node[place:]
            graph.node.append(made)
            graph.node.extend(later)
            for one in graph.node[place + 1 :]:
                for at, name in enumerate(one.input):
                    if name == node.output[0]:
                        one.input[at] = made.output[0]
        case 5 if len(graph.initializer):
            tensor = chance.choice(graph.initializer)
            tensor.CopyFrom(onnx.numpy_helper.from_array(_onnx_array(chance), tensor.name))
        case 6 if len(graph.initializer):
            tensor = chance.choice(graph.initializer)
            if chance.random() < 0.5:
                tensor.dims.append(chance.choice((0, 1, -1, 2**40)))
            else:
                tensor.data_type = chance.choice(range(24))
        case 7:
            onnx.helper.set_model_props(
                model, {"backprop-gui.activations": chance.choice(("relu", "sigmoid,tanh", ""))}
            )
        case 8 if len(graph.output):
            graph.output[0].name = chance.choice(names)
        case _:
            model.opset_import[0].version = chance.choice((0, 1, 7, 12, 13, 21, 99))


def _onnx_array(chance: random.Random) -> Any:
    real = [one for one in _ARRAYS if one.dtype.kind in "fiubc"]
    return chance.choice((*real, np.array([-1, 2]), np.ones((1, 2)), np.ones((2, 2)), np.ones(2), np.ones(1)))


_STRUCTURED: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "session": _json,
    ".json": _json,
    ".csv": _cells,
    "table": _cells,
    ".npz": _archive,
    ".safetensors": _safetensors,
    ".onnx": _onnx,
}

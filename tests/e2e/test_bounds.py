"""The largest and the endless: refused in a process that stays under 500 MB."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what a process took at most stands in /proc")

MOST_MB = 500
READ = """
import sys
from pathlib import Path
from backprop_gui.cli import main
from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.resources import problem
from backprop_gui.storage import FileError
code = 2
if sys.argv[1] == "session":
    code = main(["explain", sys.argv[2]])
else:
    try:
        read_weights(Path(sys.argv[2]), problem("article").network)
    except (FieldError, FileError) as error:
        print(error, file=sys.stderr)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
sys.exit(code)
"""
HEAD = b'{"format":"backprop-gui/session","version":1,"a":['
TABLE = b"layer,kind,from,to,name,value\n"


def many(unit: bytes, size: int) -> bytes:
    return HEAD + unit * (size // len(unit)) + unit.rstrip(b",") + b"]}"


def bomb(shape: tuple[int, ...], kind: str, held: int | None = None) -> bytes:
    """Return an archive of one array of zeros, packed; of ``held`` bytes, whatever its shape says."""
    head, file = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": kind, "fortran_order": False, "shape": shape})
    left = int(np.prod(shape)) * np.dtype(kind).itemsize if held is None else held
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("W1.npy", "w") as member:
        member.write(head.getvalue())
        while left > 0:
            left -= member.write(bytes(min(left, 1_000_000)))
    return file.getvalue()


def model(dims: list[int], kind: int, size: int) -> bytes:
    h = onnx.helper
    tensor = onnx.TensorProto(name="W", data_type=kind, dims=dims, raw_data=bytes(size))
    graph = h.make_graph(
        [h.make_node("MatMul", ["x", "W"], ["y"])],
        "g",
        [h.make_tensor_value_info("x", 11, ["n", dims[0]])],
        [h.make_tensor_value_info("y", 11, ["n", dims[1]])],
        [tensor],
    )
    return bytes(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9).SerializeToString())


def halves(size: int) -> bytes:
    """Return a safetensors file of numbers of two bytes."""
    head = b'{"W1":{"dtype":"F16","shape":[%d,2],"data_offsets":[0,%d]}}' % (size // 4, size)
    return len(head).to_bytes(8, "little") + head + bytes(size)


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "numbers": ("s.json", lambda: many(b"1.5,", 63_000_000), "values"),
    "lists": ("s.json", lambda: many(b"[],", 63_000_000), "values"),
    "numbers up to the limit": ("s.json", lambda: many(b"1.5,", 23_900_000), "this key is unknown"),
    "rows up to the limit": ("s.json", lambda: many(b"[1.5],", 7_100_000), "this key is unknown"),
    "objects up to the limit": ("s.json", lambda: many(b'{"a":1},', 4_000_000), "this key is unknown"),
    "a weights file of lists": ("w.json", lambda: many(b"[],", 90_000_000), "values"),
    "an archive of 80 million bytes": ("w.npz", lambda: bomb((8_000, 10_000), "|i1"), "use at most 10,000,000"),
    "an archive of 8 GB, it says": ("w.npz", lambda: bomb((10**9,), "<f8", 8), "archive"),
    "a table of many lines": ("w.csv", lambda: TABLE + b"1,weight,1,1,,0\n" * 5_000_000, "lines"),
    "a table of a layer too large": ("w.csv", lambda: TABLE + b"1,weight,9999,9999999,,0\n", "must stand there once"),
    "a model of small numbers": ("w.onnx", lambda: model([8_000, 10_000], 3, 80_000_000), "use at most 10,000,000"),
    "a model that says too much": ("w.onnx", lambda: model([10**6, 10**6], 11, 8), "must be"),
    "tensors of small numbers": ("w.safetensors", lambda: halves(90_000_000), "use at most 10,000,000"),
}


@pytest.mark.parametrize(("name", "make", "told"), FILES.values(), ids=FILES.keys())
def test_it_is_refused_within_bounds(name: str, make: Callable[[], bytes], told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(make())
    kind = "session" if name == "s.json" else "weights"
    done = subprocess.run(
        [sys.executable, "-c", READ, kind, str(path)], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 2, done.stderr
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    peak = int(done.stdout.split()[-1]) / 1000
    assert peak < MOST_MB, f"{peak:,.0f} MB"

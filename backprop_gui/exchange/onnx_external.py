"""Numbers an ONNX model keeps in files beside it: from its own folder, of bounded size, and from nowhere else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backprop_gui.engine.errors import FieldError

MOST_BYTES = 100_000_000
_EXTERNAL, _DEFAULT = 1, 0


def take_in_external(path: Path, graph: Any) -> None:
    """Put what the graph's tensors keep in other files into the tensors themselves; ``path`` is the model's.

    Raises:
        FieldError: a file that is missing, too large, shorter than told, or not inside the model's folder.
    """
    left = MOST_BYTES
    for tensor in _tensors(graph):
        if tensor.data_location == _EXTERNAL:
            tensor.raw_data = _content(path, tensor, left)
            left -= len(tensor.raw_data)
            tensor.data_location = _DEFAULT
            tensor.ClearField("external_data")


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            for inner in (*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs):
                yield from _tensors(inner)


def _content(path: Path, tensor: Any, most: int) -> bytes:
    told = {one.key: one.value for one in tensor.external_data}
    location = told.get("location", "")
    field = f"weights of {tensor.name}"
    folder = path.parent.resolve()
    try:
        file = (folder / location).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise FieldError(field, location, "name a file in the model's folder") from error
    if not location or Path(location).is_absolute() or not file.is_relative_to(folder):
        raise FieldError(field, location, "they must be in a file inside the model's folder, not in another file")
    if not file.is_file():
        raise FieldError(field, location, "this file is missing beside the model; put it there")
    numbers = [told.get("offset", "0"), told.get("length", "0")]
    if not all(one.isascii() and one.isdigit() and len(one) < 16 for one in numbers):
        raise FieldError(field, ", ".join(numbers), "give offset and length in bytes, whole numbers")
    offset, length = map(int, numbers)
    if (length or max(0, file.stat().st_size - offset)) > most:
        raise FieldError(field, location, f"use at most {MOST_BYTES // 1_000_000} MB of weights beside the model")
    try:
        with file.open("rb") as opened:
            opened.seek(offset)
            content = opened.read(length or most)
    except OSError as error:
        raise FieldError(field, location, f"it must be a file that can be read ({error.strerror})") from error
    if len(content) < length:
        raise FieldError(field, location, f"it must hold {length:,} bytes from byte {offset:,} on")
    return content

"""Session files: JSON as the public contract has it. Unknown keys are errors."""

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from backprop_gui.data.samples import Column, Samples, Split
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import Layer, Network
from backprop_gui.engine.trainer import Progress
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_words
from backprop_gui.session.file_errors import field_error
from backprop_gui.session.json_text import MOST_VALUES, decode_json, json_lines, matrix_of, values_in
from backprop_gui.session.progress_file import (
    ParametersFile,
    ProgressFile,
    read_parameters,
    read_progress,
    write_parameters,
    write_progress,
)
from backprop_gui.session.training_file import read_training, training_schema, write_training
from backprop_gui.storage import FileError, read_whole, write_whole

FORMAT, VERSION = "backprop-gui/session", 1
MOST_BYTES = 64_000_000


class _Layer(msgspec.Struct, forbid_unknown_fields=True):
    units: int
    activation: str | dict[str, Any] = "sigmoid"


class _Network(msgspec.Struct, forbid_unknown_fields=True):
    inputs: int
    layers: list[_Layer]


class _Test(msgspec.Struct, forbid_unknown_fields=True):
    share: float
    seed: int = 0


class _Column(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    shift: float = 0.0
    scale: float = 1.0


class _Data(msgspec.Struct, forbid_unknown_fields=True):
    inputs: list[list[float]]
    targets: list[list[float]]
    test: _Test | None = None
    columns: list[_Column] = msgspec.field(default_factory=list[_Column])
    names: list[str] = msgspec.field(default_factory=list[str])


class _Head(msgspec.Struct):
    format: Any = None
    version: Any = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    network: _Network
    data: _Data
    parameters: ParametersFile | None = None
    start: ParametersFile | None = None
    progress: ProgressFile | None = None
    title: str = ""
    notes: str = ""
    training: msgspec.Struct | msgspec.UnsetType = msgspec.UNSET  # of a schema that depends on the optimizer


def read_session(path: Path) -> Session:
    """Return the session in the file at ``path``.

    Raises:
        FileError: the file cannot be read, is not JSON, or holds something that is not accepted.
    """
    content = read_whole(path, MOST_BYTES)
    try:
        return decode_session(content)
    except FieldError as error:
        raise FileError(f"{path}: {error}") from error


def decode_session(text: bytes) -> Session:
    """Return the session that a file's bytes hold; raises ``FieldError``."""
    raw = decode_json(text)
    head = msgspec.convert(raw, _Head) if isinstance(raw, dict) else _Head()
    if head.format != FORMAT:
        raise FieldError("format", head.format, f'a session file has "{FORMAT}" here')
    if head.version != VERSION:
        raise FieldError("version", head.version, f"this program reads version {VERSION}")
    training: Any = ("training", training_schema(cast("object", raw)), msgspec.UNSET)
    schema = cast("type[_File]", msgspec.defstruct("File", [training], bases=(_File,)))
    inputs, targets, rest = _matrices_apart(cast("dict[str, Any]", raw))
    try:
        file = msgspec.convert(rest, schema)
    except msgspec.ValidationError as error:
        raise field_error(str(error), cast("object", raw), schema) from error
    layers = [
        Layer(one.units, ACTIVATIONS.read(f"network.layers[{k}].activation", one.activation))
        for k, one in enumerate(file.network.layers)
    ]
    network = Network(file.network.inputs, tuple(layers))
    training = read_training(file.training)
    parameters = None if file.parameters is None else read_parameters("parameters", file.parameters, network)
    data = file.data
    samples = Samples.of(data.inputs if inputs is None else inputs, data.targets if targets is None else targets)
    split = None if data.test is None else Split(data.test.share, data.test.seed)
    columns = tuple(Column(one.name, one.shift, one.scale) for one in data.columns)
    samples = replace(samples, split=split, columns=columns, names=tuple(data.names))
    session = set_words(Session.begin(network, training, samples, parameters), file.title, file.notes)
    if file.start is not None:
        session = replace(session, start=read_parameters("start", file.start, network))
    if file.progress is not None:
        session = replace(session, progress=read_progress(file.progress, session))
    return session


def _matrices_apart(raw: dict[str, Any]) -> tuple[Floats | None, Floats | None, dict[str, Any]]:
    """Return inputs and targets where they are rows of numbers, and the rest, to be looked at key by key."""
    data = raw.get("data")
    if not isinstance(data, dict):
        return None, None, raw
    inputs, targets = (matrix_of(cast("dict[str, Any]", data).get(key)) for key in ("inputs", "targets"))
    taken = {key: list[Any]() for key, one in (("inputs", inputs), ("targets", targets)) if one is not None}
    return inputs, targets, {**raw, "data": {**data, **taken}}


def encode_session(session: Session) -> bytes:
    """Return the session file's text: a row of numbers per line, shortest exact; what is not used is left out."""
    data: dict[str, Any] = {"inputs": session.samples.inputs.tolist(), "targets": session.samples.targets.tolist()}
    if (split := session.samples.split) is not None:
        data["test"] = {"share": split.share, "seed": split.seed}
    if session.samples.columns:
        data["columns"] = [
            {"name": one.name, **({"shift": one.shift, "scale": one.scale} if one.scaled else {})}
            for one in session.samples.columns
        ]
    if session.samples.names:
        data["names"] = session.samples.names
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "network": {
            "inputs": session.network.inputs,
            "layers": [{"units": one.units, "activation": one.activation.written} for one in session.network.layers],
        },
        "parameters": write_parameters(session.parameters),
        "training": write_training(session.training),
        "data": data,
    }
    if session.title:
        document["title"] = session.title
    if session.notes:
        document["notes"] = session.notes
    if session.start.flat().tobytes() != session.parameters.flat().tobytes():
        document["start"] = write_parameters(session.start)
    if session.progress != Progress():
        document["progress"] = write_progress(session)
    return json_lines(document) + b"\n"


def write_session(path: Path, session: Session) -> None:
    """Write the session file; raises ``FileError`` and leaves what was there where it cannot."""
    write_whole(path, content_for(path, session))


def content_for(path: Path, session: Session) -> bytes:
    """Return what a session file is to hold; raises ``FileError`` where one of that size could not be opened again."""
    content = encode_session(session)
    if len(content) > MOST_BYTES or values_in(content) > MOST_VALUES:
        raise FileError(
            f"{path}: cannot be written: a session of {len(content) / 1e6:,.0f} MB could not be opened again; "
            f"up to {MOST_BYTES / 1e6:,.0f} MB and {MOST_VALUES:,} numbers can, so use fewer samples or parameters."
        )
    return content

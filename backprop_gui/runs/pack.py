"""Sessions as bytes and back, exact bit for bit. What is large stands apart, once per value, under its digest."""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from hashlib import blake2b
from typing import Any, cast

import msgspec
import numpy as np

from backprop_gui.data.samples import Column, Samples, Split
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.arrays import Floats, frozen
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import BiasRef, Layer, LossRef, Network, Parameters, Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.engine.trainer import Progress
from backprop_gui.runs.seal import opened, sealed
from backprop_gui.session.document import Session, View
from backprop_gui.session.training_file import read_training, training_schema, write_training
from backprop_gui.storage import FileError

VERSION = 1
_REFS: dict[str, type[Ref]] = {"weight": WeightRef, "bias": BiasRef, "unit": UnitRef, "loss": LossRef}
_WORDS = tuple(one.name for one in fields(Session) if one.type is str)
"""Fields of a session that are text."""
_FAULTS = (msgspec.MsgspecError, FieldError, ValueError, TypeError, KeyError, OverflowError)


class UnreadableError(FileError):
    """Packed bytes that do not make what they should; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A large piece of a session: about how many bytes, and what makes them."""

    size: int
    make: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Packed:
    """A session's body, and by their digests the parts it names."""

    body: bytes
    parts: dict[bytes, Part]


class _Progress(msgspec.Struct, array_like=True):
    epoch: int
    batch: int
    step: int
    epoch_loss: float
    slots: list[bytes]
    slot_steps: int


class _View(msgspec.Struct, array_like=True):
    sample: int
    selected: tuple[str, list[int]] | None
    position: int


class _Body(msgspec.Struct):
    version: int
    network: msgspec.Raw
    training: bytes
    parameters: bytes
    start: bytes
    samples: bytes
    progress: msgspec.Raw
    view: _View
    words: dict[str, str]


class _Network(msgspec.Struct, array_like=True):
    inputs: int
    layers: list[tuple[int, str | dict[str, Any]]]


class _Samples(msgspec.Struct, array_like=True):
    shapes: tuple[tuple[int, int], tuple[int, int]]
    inputs: bytes
    targets: bytes
    split: tuple[float, str] | None
    columns: list[tuple[str, float, float]]
    names: list[str]


class Packer:
    """Packs sessions. What it packed lately is known again by identity: from edit to edit most of a session stays."""

    def __init__(self) -> None:
        self._digests: dict[int, tuple[object, bytes]] = {}
        self._packed: dict[int, tuple[Session, Packed]] = {}
        self._older = self._digests, self._packed

    def turn(self) -> None:
        """Forget what was not packed since the turn before the last."""
        self._older = self._digests, self._packed
        self._digests, self._packed = {}, {}

    def pack(self, session: Session) -> Packed:
        """Return the session, packed."""
        known = self._packed.get(id(session)) or self._older[1].get(id(session)) or (session, self._pack(session))
        self._packed[id(session)] = known
        for value in (session.parameters, session.start, session.samples, *session.progress.slots):
            self._digest(value)  # so that these stay known with it
        return known[1]

    def _pack(self, session: Session) -> Packed:
        parts: dict[bytes, Part] = {}

        def apart(value: Parameters | Samples) -> bytes:
            made = self._digest(value)
            parts[made] = Part(_size(value), lambda: _bytes_of(value))
            return made

        now, view, network = session.progress, session.view, session.network
        body = _Body(
            VERSION,
            _raw(_Network(network.inputs, [(one.units, one.activation.written) for one in network.layers])),
            msgspec.json.encode(write_training(session.training)),  # seeds may be larger than MessagePack's integers
            apart(session.parameters),
            apart(session.start),
            apart(session.samples),
            _raw(
                _Progress(now.epoch, now.batch, now.step, now.epoch_loss, list(map(apart, now.slots)), now.slot_steps)
            ),
            _View(view.sample, _ref_packed(view.selected), view.position),
            {name: getattr(session, name) for name in _WORDS},
        )
        return Packed(sealed(msgspec.msgpack.encode(body)), parts)

    def _digest(self, value: Parameters | Samples) -> bytes:
        known = self._digests.get(id(value)) or self._older[0].get(id(value)) or (value, digest(_bytes_of(value)))
        self._digests[id(value)] = known
        return known[1]


class Unpacker:
    """Makes sessions again; ``fetch`` returns the bytes of a part. Equal parts of several sessions become one object,
    as they were when they were packed.
    """

    def __init__(self, fetch: Callable[[bytes], bytes]) -> None:
        self._fetch = fetch
        self._networks: dict[bytes, Network] = {}
        self._trainings: dict[bytes, TrainingSettings] = {}
        self._parameters: dict[bytes, Parameters] = {}
        self._samples: dict[bytes, Samples] = {}
        self._progress: dict[bytes, Progress] = {}
        self._sessions: dict[bytes, Session] = {}

    def unpack(self, body: bytes) -> Session:
        """Return the session of a packed body.

        Raises:
            UnreadableError: damaged bytes, or a card that this program does not have.
        """
        if body not in self._sessions:
            try:
                self._sessions[body] = self._unpack(msgspec.msgpack.decode(opened(body), type=_Body))
            except _FAULTS as error:
                raise UnreadableError(f"what was kept of a session cannot be read: {error}.") from error
        return self._sessions[body]

    def _unpack(self, body: _Body) -> Session:
        if body.version != VERSION:
            raise FieldError("version", body.version, f"this program reads {VERSION}")
        network = _made(self._networks, bytes(body.network), _network)
        view = body.view
        selected = None if view.selected is None else _REFS[view.selected[0]](*view.selected[1])
        return Session(
            network,
            self._numbers(body.parameters),
            self._numbers(body.start),
            _made(self._trainings, body.training, _training),
            _made(self._samples, body.samples, lambda part: samples_of(self._part(part))),
            _made(self._progress, bytes(body.progress), self._place),
            View(view.sample, selected if selected is not None and network.has(selected) else None, view.position),
            **{name: text for name, text in body.words.items() if name in _WORDS},  # pyright: ignore[reportArgumentType]
        )

    def _place(self, packed: bytes) -> Progress:
        now = msgspec.msgpack.decode(packed, type=_Progress)
        slots = tuple(map(self._numbers, now.slots))
        return Progress(now.epoch, now.batch, now.step, now.epoch_loss, slots, now.slot_steps)

    def _numbers(self, part: bytes) -> Parameters:
        return _made(self._parameters, part, lambda one: parameters_of(self._part(one)))

    def _part(self, wanted: bytes) -> bytes:
        found = self._fetch(wanted)
        if digest(found) != wanted:
            raise ValueError("a part of it is damaged")
        return found


def digest(content: bytes) -> bytes:
    """Return the name of a part."""
    return blake2b(content, digest_size=16).digest()


def pack_state(parameters: Parameters, progress: Progress) -> bytes:
    """Return one moment of a run, parameters and progress with the optimizer's memory, as bytes."""
    memory = list(map(_bytes_of, progress.slots))
    now = _Progress(progress.epoch, progress.batch, progress.step, progress.epoch_loss, memory, progress.slot_steps)
    return sealed(msgspec.msgpack.encode((_bytes_of(parameters), now)))


def unpack_state(content: bytes) -> tuple[Parameters, Progress]:
    """Return what ``pack_state`` packed; raises ``UnreadableError``."""
    try:
        numbers, now = msgspec.msgpack.decode(opened(content), type=tuple[bytes, _Progress])
        slots = tuple(map(parameters_of, now.slots))
        return parameters_of(numbers), Progress(now.epoch, now.batch, now.step, now.epoch_loss, slots, now.slot_steps)
    except _FAULTS as error:
        raise UnreadableError(f"a kept moment of a run cannot be read: {error}.") from error


def parameters_of(content: bytes) -> Parameters:
    """Return the parameters of packed bytes; raises ``ValueError`` or ``msgspec.MsgspecError``."""
    sizes, raw = msgspec.msgpack.decode(content, type=tuple[list[int], bytes])
    return Parameters.from_flat(sizes, np.frombuffer(raw, dtype="<f8"))


def samples_of(content: bytes) -> Samples:
    """Return the samples of packed bytes; raises ``ValueError``, ``FieldError`` or ``msgspec.MsgspecError``."""
    one = msgspec.msgpack.decode(content, type=_Samples)
    inputs, targets = (
        frozen(np.frombuffer(raw, dtype="<f8").reshape(shape))
        for raw, shape in zip((one.inputs, one.targets), one.shapes, strict=True)
    )
    split = None if one.split is None else Split(one.split[0], int(one.split[1]))
    return Samples(inputs, targets, split, tuple(Column(*column) for column in one.columns), tuple(one.names))


def _bytes_of(value: Parameters | Samples) -> bytes:
    if isinstance(value, Parameters):
        sizes = [len(value.weights[0]), *(len(one) for one in value.biases)]
        return msgspec.msgpack.encode((sizes, _raw_numbers(value.flat())))
    split = None if value.split is None else (value.split.share, str(value.split.seed))
    columns = [(one.name, one.shift, one.scale) for one in value.columns]
    shapes = cast("Any", (value.inputs.shape, value.targets.shape))
    made = _Samples(shapes, _raw_numbers(value.inputs), _raw_numbers(value.targets), split, columns, list(value.names))
    return msgspec.msgpack.encode(made)


def _size(value: Parameters | Samples) -> int:
    arrays = (*value.weights, *value.biases) if isinstance(value, Parameters) else (value.inputs, value.targets)
    return sum(one.nbytes for one in arrays)


def _raw_numbers(values: Floats) -> bytes:
    return np.ascontiguousarray(values, dtype="<f8").tobytes()


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.msgpack.encode(value))


def _made(known: dict[bytes, Any], packed: bytes, make: Callable[[bytes], Any]) -> Any:
    if packed not in known:
        known[packed] = make(packed)
    return known[packed]


def _network(packed: bytes) -> Network:
    found = msgspec.msgpack.decode(packed, type=_Network)
    layers = [Layer(units, ACTIVATIONS.read("activation", written)) for units, written in found.layers]
    return Network(found.inputs, tuple(layers))


def _training(packed: bytes) -> TrainingSettings:
    raw = msgspec.json.decode(packed)
    return read_training(msgspec.convert(raw, training_schema({"training": raw})))


def _ref_packed(ref: Ref | None) -> tuple[str, list[int]] | None:
    if ref is None:
        return None
    (name,) = (name for name, kind in _REFS.items() if isinstance(ref, kind))
    return name, list(astuple(ref))

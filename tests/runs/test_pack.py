"""Sessions as kept bytes: back bit for bit, and damage is told."""

from dataclasses import fields, replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.data.samples import Column, Samples, Split
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import BiasRef, LossRef, Network, Parameters, UnitRef, WeightRef
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.resources import problem
from backprop_gui.runs.pack import Packed, Packer, Unpacker, UnreadableError, pack_state, unpack_state
from backprop_gui.session.document import Session, View
from backprop_gui.session.edits import trained
from tests.shapes import by, dense

WORDS = st.text(st.characters(codec="utf-8"), max_size=8)
NUMBERS = st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 5e-324, 0.1])


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    names = [name for name, card in ACTIVATIONS.items() if not card.whole_layer]
    layers = [dense(units, draw(st.sampled_from(names))) for units in sizes[1:-1]]
    network = Network(sizes[0], (*layers, dense(sizes[-1], draw(st.sampled_from(["sigmoid", "elu(alpha=0.5)"])))))
    rows = draw(st.integers(1, 5))
    inputs = np.array([[draw(NUMBERS) for _ in range(sizes[0])] for _ in range(rows)])
    targets = np.full((rows, sizes[-1]), draw(st.floats(0, 1)))
    columns = tuple(Column(draw(WORDS), draw(NUMBERS), 0.5) for _ in range(sizes[0] + sizes[-1]))
    samples = replace(
        Samples.of(inputs, targets),
        split=draw(st.none() | st.builds(Split, st.floats(0.01, 0.99), st.integers(0, 10**30))),
        columns=draw(st.sampled_from([(), columns])),
        names=draw(st.sampled_from([(), tuple(draw(WORDS) for _ in range(rows))])),
    )
    losses = [name for name, card in LOSSES.items() if not card.probabilities]
    training = TrainingSettings(
        LOSSES[draw(st.sampled_from(losses))],
        by(
            draw(st.sampled_from([*OPTIMIZERS, "adam(beta1=0.5)"])),
            draw(st.floats(1e-9, 1e9)),
            l1=draw(st.floats(0, 1)),
        ),
        batch_size=draw(st.sampled_from((1, 2, 9, "full"))),
        shuffle=draw(st.booleans()),
        seed=draw(st.integers(0, 10**30)),
        dropout=draw(st.sampled_from([0.0, 0.3])),
    )
    session = Session.begin(network, training, samples)
    trainer = session.trainer()
    trainer.run(draw(st.integers(0, 7)))
    if trainer.is_finite():
        session = trained(session, trainer.parameters(), trainer.progress())
    refs = [None, LossRef(), UnitRef(0, 0), WeightRef(0, 0, 0), BiasRef(0, 0)]
    view = View(draw(st.integers(0, rows - 1)), draw(st.sampled_from(refs)), draw(st.integers(0, 3)))
    return replace(session, view=view)


def unpacked(*packed: Packed) -> list[Session]:
    parts = {name: part for one in packed for name, part in one.parts.items()}
    unpacker = Unpacker(lambda name: parts[name].make())
    return [unpacker.unpack(one.body) for one in packed]


def bits(parameters: Parameters) -> list[bytes]:
    return [one.tobytes() for one in (*parameters.weights, *parameters.biases)]


def everything(session: Session) -> list[object]:
    """Return every field, with numbers as their bits."""
    now, samples = session.progress, session.samples
    place = (now.epoch, now.batch, now.step, now.epoch_loss.hex(), now.slot_steps, [bits(one) for one in now.slots])
    told = (samples.inputs.tobytes(), samples.targets.tobytes(), samples.split, samples.columns, samples.names)
    plain = [
        getattr(session, one.name)
        for one in fields(session)
        if one.name not in ("parameters", "start", "samples", "progress")
    ]
    return [bits(session.parameters), bits(session.start), place, told, *plain]


@settings(max_examples=150)
@given(sessions())
def test_a_session_comes_back_bit_for_bit(session: Session) -> None:
    (again,) = unpacked(Packer().pack(session))
    assert everything(again) == everything(session)
    one, other = session.trainer(), again.trainer()
    one.run(5)
    other.run(5)
    assert bits(one.parameters()) == bits(other.parameters())  # the optimizer goes on where it was


@settings(max_examples=50)
@given(sessions())
def test_a_moment_comes_back_bit_for_bit(session: Session) -> None:
    parameters, progress = unpack_state(pack_state(session.parameters, session.progress))
    assert everything(replace(session, parameters=parameters, progress=progress)) == everything(session)


def test_what_sessions_share_is_packed_once_and_is_one_object_again() -> None:
    session = problem("xor")
    trainer = session.trainer()
    trainer.run(9)
    later = trained(session, trainer.parameters(), trainer.progress())
    packer = Packer()
    first, second = packer.pack(session), packer.pack(later)
    assert len(first.parts.keys() & second.parts.keys()) == 2  # samples, and where training started
    assert packer.pack(session) is first
    one, other = unpacked(first, second)
    assert one.same_run(other)
    assert one.start is one.parameters is other.start


def test_many_samples_stand_apart_and_are_not_packed_anew_for_an_edit() -> None:
    session = problem("xor")
    rows = np.zeros((100_000, 2))
    session = replace(session, samples=Samples(rows, rows[:, :1]))
    packer = Packer()
    first = packer.pack(session)
    rows[0, 0] = 1.0  # would change the digest if it were made again
    second = packer.pack(replace(session, training=replace(session.training, seed=7)))
    assert first.parts.keys() == second.parts.keys()
    assert len(second.body) < 1000


def test_every_field_of_a_session_is_packed() -> None:
    """Text goes by itself; who adds another field packs it, and adds it here."""
    others = {one.name for one in fields(Session) if one.type is not str}
    assert others == {"network", "parameters", "start", "training", "samples", "progress", "view"}
    texts = {one.name: f"some {one.name}" for one in fields(Session) if one.type is str}
    session = replace(problem("xor"), **texts)  # pyright: ignore[reportArgumentType]
    (again,) = unpacked(Packer().pack(session))
    assert {name: getattr(again, name) for name in texts} == texts


def test_damaged_bytes_are_refused_in_a_sentence() -> None:
    packed = Packer().pack(problem("xor"))
    parts = {name: part.make() for name, part in packed.parts.items()}
    broken = {name: content[:-1] + bytes([content[-1] ^ 1]) for name, content in parts.items()}
    lost = dict[bytes, bytes]()
    for body, fetch in (
        (packed.body, broken.__getitem__),
        (packed.body, lost.__getitem__),
        (packed.body[:50], parts.__getitem__),
        (b"\xc1", parts.__getitem__),
        (packed.body.replace(b"sigmoid", b"sigmoix"), parts.__getitem__),
        (packed.body.replace(b"version\x01", b"version\x02"), parts.__getitem__),
    ):
        with pytest.raises(UnreadableError, match=r"^what was kept of a session cannot be read: .+\.$"):
            Unpacker(fetch).unpack(body)
    with pytest.raises(UnreadableError):
        unpack_state(msgspec.msgpack.encode((b"", [1, 2])))

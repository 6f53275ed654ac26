"""Sessions travel whole: where training stands, where it began, title and notes; and going on is going on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backprop_gui.cli import main
from backprop_gui.data.samples import Split
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.engine.trainer import Progress
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import decode_session, encode_session, write_session


def after(session: Session, steps: int) -> Session:
    trainer = session.trainer()
    trainer.run(steps)
    return edits.trained(session, trainer.parameters(), trainer.progress())


def state(session: Session) -> tuple[bytes, bytes, str, bytes]:
    """Return everything that going on depends on, bit for bit."""
    progress = session.progress
    slots = b"".join(one.flat().tobytes() for one in progress.slots)
    counts = repr((progress.epoch, progress.batch, progress.step, progress.epoch_loss, progress.slot_steps))
    return session.parameters.flat().tobytes(), slots, counts, session.start.flat().tobytes()


@st.composite
def trainings(draw: st.DrawFn) -> TrainingSettings:
    method = draw(st.sampled_from([OPTIMIZERS[name] for name in OPTIMIZERS]))
    momentum = draw(st.sampled_from([0.0, 0.5])) if method.momentum else 0.0
    optimizer = OptimizerSettings(
        method,
        learning_rate=draw(st.sampled_from([0.01, 0.1])),
        momentum=momentum,
        nesterov=momentum > 0 and draw(st.booleans()),
        weight_decay=draw(st.sampled_from([0.0, 1e-3])),
        l1=draw(st.sampled_from([0.0, 1e-3])),
    )
    return TrainingSettings(
        optimizer=optimizer,
        batch_size=draw(st.sampled_from([1, 3, "full"])),
        shuffle=draw(st.booleans()),
        reduction=draw(st.sampled_from(["mean", "sum"])),
        train_biases=draw(st.booleans()),
        seed=draw(st.integers(0, 5)),
        schedule=draw(st.sampled_from(["constant", "step", "exponential", "cosine"])),
        schedule_every=7,
        dropout=draw(st.sampled_from([0.0, 0.25])),
    )


@given(trainings(), st.integers(0, 60), st.integers(0, 60), st.booleans())
def test_training_saving_reading_and_training_on_is_training_through(
    training: TrainingSettings, first: int, second: int, split: bool
) -> None:
    session = edits.set_training(problem("xor"), training)
    if split:
        session = edits.set_split(session, Split(0.25, 1))
    half = after(session, first)
    again = decode_session(encode_session(half))
    assert state(again) == state(half)
    assert state(after(again, second)) == state(after(session, first + second))
    assert encode_session(again) == encode_session(half)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_fifty_and_fifty_epochs_on_the_command_line_are_a_hundred(optimizer: str, tmp_path: Path) -> None:
    training = TrainingSettings(optimizer=OptimizerSettings(OPTIMIZERS[optimizer], learning_rate=0.05), shuffle=True)
    session = edits.set_training(problem("xor"), replace(training, batch_size=3, seed=2, dropout=0.25))
    start, half, whole, twice = (tmp_path / f"{name}.json" for name in ("start", "half", "whole", "twice"))
    write_session(start, session)
    histories = [tmp_path / f"{name}.csv" for name in ("whole", "first", "second")]
    for source, target, epochs, history in (
        (start, whole, "100", histories[0]),
        (start, half, "50", histories[1]),
        (half, twice, "50", histories[2]),
    ):
        arguments = ["train", str(source), "--epochs", epochs, "--save", str(target), "--history", str(history)]
        assert main([*arguments, "--quiet"]) == 0
    assert twice.read_bytes() == whole.read_bytes()
    rows = [one.read_text().splitlines() for one in histories]
    assert rows[2][1].split(",")[:2] == rows[1][-1].split(",")[:2]  # the state it began at: epoch 50, and its loss
    assert rows[0] == [*rows[1], *rows[2][2:]]
    assert json.loads(half.read_text())["progress"]["epoch"] == 50


def test_what_is_not_used_is_not_written() -> None:
    document = json.loads(encode_session(problem("xor")))
    assert not {"title", "notes", "start", "progress"} & set(document)
    words = edits.set_words(after(problem("xor"), 4), "My XOR", "line one\nline two")
    document = json.loads(encode_session(words))
    assert document["title"] == "My XOR"
    assert document["notes"] == "line one\nline two"
    assert document["progress"] == {
        "epoch": 1,
        "batch": 0,
        "step": 4,
        "epoch_loss": 0.0,
        "optimizer_steps": 4,
        "optimizer_state": document["progress"]["optimizer_state"],
    }
    again = decode_session(json.dumps(document).encode())
    assert (again.title, again.notes) == ("My XOR", "line one\nline two")
    assert edits.reset(again).parameters == problem("xor").parameters


def test_numbers_that_are_hard_to_write_read_back_bit_for_bit() -> None:
    session = after(
        edits.set_training(problem("xor"), TrainingSettings(optimizer=OptimizerSettings(OPTIMIZERS["adam"]))), 4
    )
    hard = np.array([-0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1 / 3])
    flat = np.resize(hard, session.parameters.flat().size)
    odd = type(session.parameters).from_flat(session.network.sizes, flat)
    session = replace(session, start=odd, progress=replace(session.progress, slots=(odd, odd)))
    again = decode_session(encode_session(session))
    assert again.start.flat().tobytes() == flat.tobytes()
    assert again.progress.slots[1].flat().tobytes() == flat.tobytes()
    plus = replace(session, start=type(odd).from_flat(session.network.sizes, np.abs(flat) * 0.0))
    minus = replace(plus, parameters=type(odd).from_flat(session.network.sizes, -np.abs(flat) * 0.0))
    assert "start" in json.loads(encode_session(minus))  # 0 and -0 are equal, but not the same


def test_a_memory_or_place_that_the_trainer_would_leave_out_is_not_written() -> None:
    adam = edits.set_training(problem("xor"), TrainingSettings(optimizer=OptimizerSettings(OPTIMIZERS["adam"])))
    stray = replace(after(adam, 7), training=problem("xor").training)  # two memories where there are none
    again = decode_session(encode_session(stray))
    assert (again.progress.slots, again.progress.slot_steps, again.progress.batch) == ((), 0, 3)
    assert state(after(again, 9))[:1] == state(after(stray, 9))[:1]
    far = replace(stray, progress=replace(stray.progress, batch=4))
    again = decode_session(encode_session(far))
    assert (again.progress.batch, again.progress.epoch_loss) == (3, 0.0)
    assert state(after(again, 9))[0] == state(after(far, 9))[0]


def test_a_file_with_a_start_and_no_progress_resets_to_it() -> None:
    document = json.loads(encode_session(after(problem("xor"), 40)))
    del document["progress"]
    session = decode_session(json.dumps(document).encode())
    assert session.progress == Progress()
    assert edits.reset(session).parameters == problem("xor").parameters


BAD: list[tuple[list[str | int], Any, str, str]] = [
    (["progress", "epoch"], -1, "progress.epoch", "whole number from 0"),
    (["progress", "epoch"], 1.5, "progress.epoch", "whole number"),
    (["progress", "batch"], 4, "progress.batch", "use 0 to 3"),
    (["progress", "step"], 2**60, "progress.step", "whole number from 0"),
    (["progress", "epoch_loss"], 0.5, "progress.epoch_loss", "use 0"),
    (["progress", "optimizer_steps"], 41, "progress.optimizer_steps", "at most progress.step, which is 40"),
    (["progress", "optimizer_state"], [], "", ""),
    (["progress", "optimizer_state"], [{"weights": [], "biases": []}] * 2, "progress.optimizer_state", "remembers 1"),
    (["progress", "optimizer_state", 0, "biases", 0], [1.0], "progress.optimizer_state[0].biases[0]", "shape"),
    (["progress", "optimizer_state", 0, "weights", 0, 0], [1.0], "progress.optimizer_state[0].weights[0]", "row"),
    (["progress", "slots"], 1, "progress.slots", "unknown"),
    (["start", "weights", 0], [[1.0]], "start.weights[0]", "shape"),
    (["start"], 3, "start", "object"),
    (["title"], "two\nlines", "title", "one line"),
    (["title"], "x" * 201, "title", "200"),
    (["notes"], 5, "notes", "text"),
]


@pytest.mark.parametrize(("optimizer", "squares"), [("rmsprop", 0), ("adagrad", 0), ("adam", 1), ("adamw", 1)])
def test_a_remembered_square_is_never_negative(optimizer: str, squares: int) -> None:
    session = edits.set_training(problem("xor"), TrainingSettings(optimizer=OptimizerSettings(OPTIMIZERS[optimizer])))
    document: Any = json.loads(encode_session(after(session, 8)))
    memories = document["progress"]["optimizer_state"]
    for place, memory in enumerate(memories):
        memory["biases"][0][0] = -0.0 if place == squares else -1e-9
    decode_session(json.dumps(document).encode())
    memories[squares]["biases"][0][0] = -1e-9
    with pytest.raises(FieldError) as caught:
        decode_session(json.dumps(document).encode())
    assert caught.value.field == f"progress.optimizer_state[{squares}]"
    assert caught.value.value == -1e-9


@pytest.mark.parametrize(("place", "value", "field", "accepted"), BAD)
def test_what_is_wrong_is_named(place: list[str | int], value: object, field: str, accepted: str) -> None:
    document: Any = json.loads(encode_session(after(problem("xor"), 40)))
    *way, last = place
    inside = document
    for step in way:
        inside = inside[step]
    inside[last] = value
    text = json.dumps(document).encode()
    if not field:
        assert decode_session(text).progress.slots == ()
        return
    with pytest.raises(FieldError) as caught:
        decode_session(text)
    assert caught.value.field == field
    assert accepted in caught.value.accepted

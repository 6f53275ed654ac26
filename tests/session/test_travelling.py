"""Whatever was done to a session: its file holds it whole, and going on from the file is going on from the session."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.data.samples import Split
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.network import WeightRef
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import decode_session, encode_session
from tests.runs.test_book import train

Edit = Callable[[Session], Session]


def setting(path: str, value: object) -> Edit:
    return lambda session: edits.set_setting(session, path, value)


def samples(rows: int) -> Edit:
    return lambda session: edits.set_samples(session, session.samples.chosen(np.arange(rows) % len(session.samples)))


EDITS: dict[str, Edit] = {
    **{name: setting("optimizer.name", OPTIMIZERS[name]) for name in OPTIMIZERS},
    "rate": setting("optimizer.learning_rate", 0.03),
    "momentum": lambda session: (
        edits.set_setting(session, "optimizer.momentum", 0.5 - session.training.optimizer.momentum / 2)
        if session.training.optimizer.method.momentum
        else session
    ),
    "batch of 3": setting("batch_size", 3),
    "full batch": setting("batch_size", "full"),
    "shuffled": setting("shuffle", True),
    "dropout": setting("dropout", 0.25),
    "decay": setting("optimizer.weight_decay", 0.01),
    "fewer samples": samples(2),
    "more samples": samples(7),
    "tested": lambda session: edits.set_split(session, Split(0.5, 3)),
    "all trained": lambda session: edits.set_split(session, None),
    "weight": lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), -0.0),
    "units": lambda session: edits.set_units(session, 0, 3),
    "a layer": lambda session: edits.insert_layer(session, 0),
    "activation": lambda session: edits.set_activation(session, 0, ACTIVATIONS["tanh"]),
    "new weights": lambda session: edits.initialize_again(session, "xavier_uniform", 3),
    "reset": edits.reset,
    "title": lambda session: edits.set_words(session, "Å title", "and\nnotes"),
}


def everything(session: Session) -> list[object]:
    """Return all that a file is to hold, and what training on makes of it, bit for bit."""
    trainer = session.trainer()
    begun = trainer.parameters(), trainer.progress()
    trainer.run(9)
    found: list[object] = [session.network, session.training, session.samples, session.title, session.notes]
    found.append(session.start.flat().tobytes())
    for parameters, progress in (begun, (trainer.parameters(), trainer.progress())):
        found += [one.flat().tobytes() for one in (parameters, *progress.slots)]
        found.append((progress.epoch, progress.batch, progress.step, progress.epoch_loss.hex(), progress.slot_steps))
    return found


@settings(max_examples=150)
@given(st.lists(st.sampled_from([*EDITS]) | st.integers(1, 9) | st.integers(-9, -1), max_size=8))
def test_every_session_that_can_be_reached_travels_whole(way: list[str | int]) -> None:
    book, session = Book(), problem("xor")
    for move in way:
        if isinstance(move, str):
            session = EDITS[move](session)
        elif move > 0:
            session = train(book, session, move, 2)
        elif (moment := book.nearest(session, max(0, session.progress.step + move))) is not None:
            session = book.with_edits(session, moment)
    again = decode_session(encode_session(session))
    assert everything(again) == everything(replace(session, view=again.view))
    assert encode_session(again) == encode_session(session)

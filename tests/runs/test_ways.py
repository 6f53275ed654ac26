"""In whatever order training, edits, undo and going back come: each way stays as it was, its states and its curve."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.network import WeightRef
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.trainer import Trainer
from backprop_gui.resources import problem
from backprop_gui.runs.book import Book
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from tests.runs.test_book import again, train
from tests.session.test_travelling import EDITS, Edit, setting

Bits = tuple[bytes, list[bytes], tuple[int, int, int, str, int]]


def bits(trainer: Trainer) -> Bits:
    now = trainer.progress()
    memory = [slot.flat().tobytes() for slot in now.slots]
    return (
        trainer.parameters().flat().tobytes(),
        memory,
        (now.epoch, now.batch, now.step, now.epoch_loss.hex(), now.slot_steps),
    )


@dataclass(frozen=True)
class Place:
    """A session, and every state on its way by its step, as training made them one by one."""

    session: Session
    way: dict[int, Bits]

    def edited(self, session: Session) -> "Place":
        if session is self.session:
            return self
        trainer = session.trainer()
        begun = trainer.step == 0 or session.network.sizes != self.session.network.sizes
        way = {} if begun else {step: state for step, state in self.way.items() if step < trainer.step}
        return Place(session, {**way, trainer.step: bits(trainer)})

    def trained(self, book: Book, steps: int) -> "Place":
        trainer, way = self.session.trainer(), dict(self.way)
        for _ in range(steps):
            trainer.run(1)
            way[trainer.step] = bits(trainer)
        return Place(train(book, self.session, steps, 3), way)

    def back(self, book: Book, steps: int) -> "Place":
        step = self.session.progress.step - steps
        base = book.nearest(self.session, step) if step in self.way else None
        if base is None:
            return self
        trainer = again(book, self.session, step)
        moment = (
            edits.trained(base, trainer.parameters(), trainer.progress()) if trainer.step > base.progress.step else base
        )
        return self.edited(book.with_edits(self.session, moment))

    def check(self, book: Book) -> None:
        if self.session.run not in book.runs:
            return
        for step in list(self.way)[:-1]:
            assert bits(again(book, self.session, step)) == self.way[step]
        rows = {place[0]: numbers for numbers, _, place in self.way.values() if place[1] == 0}
        curve = book.curve(self.session)
        for epoch, numbers in zip(curve.epochs.astype(int).tolist(), curve.parameters, strict=True):
            assert rows.get(epoch, numbers.tobytes()) == numbers.tobytes()


def there_and_back(path: str, value: object) -> Edit:
    return lambda session: edits.set_training(setting(path, value)(session), session.training)


MOVES: dict[str, Edit] = {
    **{name: edit for name, edit in EDITS.items() if name != "tested"},
    "a zero": lambda session: edits.set_parameter(session, WeightRef(0, 0, 0), 0.0),
    "batches there and back": there_and_back("batch_size", 2),
    "memory there and back": there_and_back("optimizer.name", OPTIMIZERS["rmsprop"]),
}


@settings(max_examples=120)
@given(
    st.lists(st.sampled_from([*MOVES, "undo", "undo", "undo"]) | st.integers(1, 9) | st.integers(-9, -1), max_size=14)
)
def test_no_way_is_changed_by_what_is_done_later(moves: list[str | int]) -> None:
    book, session = Book(), edits.set_setting(problem("xor"), "optimizer.momentum", 0.5)
    places = [Place(session, {0: bits(session.trainer())})]
    for turn, move in enumerate(moves):
        here = places[-1]
        if move == "undo":
            places.append(places[turn // 2])
        elif isinstance(move, str):
            places.append(here.edited(MOVES[move](here.session)))
        else:
            places.append(here.trained(book, move) if move > 0 else here.back(book, -move))
    for place in places:
        place.check(book)


@pytest.mark.parametrize("name", ["batches there and back", "memory there and back"])
def test_what_an_edit_dropped_stays_dropped_though_another_brings_its_setting_back(name: str) -> None:
    book, session = Book(), edits.set_setting(problem("xor"), "optimizer.momentum", 0.5)
    first = Place(session, {0: bits(session.trainer())}).trained(book, 10)
    second = first.edited(MOVES[name](first.session)).trained(book, 7)
    for place in (first, second):
        place.check(book)
    assert second.way[17] != first.trained(Book(), 7).way[17]


def test_training_again_from_before_an_edit_leaves_the_edited_run_as_it_was() -> None:
    book, session = Book(), problem("xor")
    first = Place(session, {0: bits(session.trainer())}).trained(book, 10)
    second = first.edited(MOVES["weight"](first.session)).trained(book, 10)
    third = second.edited(edits.reset(second.session)).trained(book, 30)
    for place in (first, second, third):
        place.check(book)
    assert third.session.run != second.session.run


def test_an_epoch_that_is_begun_again_keeps_the_row_it_had() -> None:
    book, session = Book(), problem("xor")
    first = Place(session, {0: bits(session.trainer())}).trained(book, 6)
    curve = book.curve(first.session).parameters.copy()
    second = first.edited(edits.set_samples(first.session, session.samples.chosen(np.arange(3)))).trained(book, 6)
    assert (book.curve(first.session).parameters == curve).all()
    assert (book.curve(second.session).parameters[1] != curve[1]).any()
    second.check(book)

"""Where a choice means something else than elsewhere it is said, and there is a row of the definitions for it."""

import re
from dataclasses import replace

import pytest

from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings, TrainingSettings
from backprop_gui.resources import help_text, problem, problems
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_activation, set_training
from backprop_gui.session.notes import notes

SGD = OptimizerSettings()
DECAY = replace(SGD, weight_decay=0.1)
RMSPROP, ADAGRAD = (OptimizerSettings(OPTIMIZERS[name]) for name in ("rmsprop", "adagrad"))
DECOUPLED = OptimizerSettings(OPTIMIZERS.read("optimizer", "adamw(beta1=0.5)"), weight_decay=0.1)


def with_training(training: TrainingSettings) -> Session:
    return set_training(problem("article"), training)


@pytest.mark.parametrize(
    ("training", "place", "row", "words"),
    [
        (TrainingSettings(loss=LOSSES["huber"]), "loss", "hubers-limit", "straight beyond"),
        (TrainingSettings(loss=LOSSES["mae"]), "loss", "kink-of-the-absolute-error", "slope is taken as 0"),
        (TrainingSettings(loss=LOSSES["cross_entropy"]), "loss", "cross-entropy", "not divided by their sum"),
        (TrainingSettings(reduction="sum"), "reduction", "sum-over-a-batch", "a mean over the samples"),
        (
            TrainingSettings(LOSSES["mse"], reduction="sum"),
            "reduction",
            "sum-over-a-batch",
            "a mean over the 2 outputs",
        ),
        (TrainingSettings(schedule="cosine", schedule_every=40), "schedule", "cosine-stays-at-0", "0 from epoch 40 on"),
        (
            TrainingSettings(optimizer=replace(SGD, momentum=0.9), schedule="step"),
            "schedule",
            "momentum-under-a-schedule",
            "not to the momentum gathered",
        ),
        (
            TrainingSettings(optimizer=replace(SGD, weight_decay=0.1)),
            "optimizer.weight_decay",
            "weight-decay",
            "not on biases",
        ),
        (
            TrainingSettings(optimizer=replace(SGD, l1=0.1)),
            "optimizer.l1",
            "l1-penalty",
            "the loss shown is without it",
        ),
        (TrainingSettings(optimizer=OptimizerSettings(OPTIMIZERS["adam"])), "optimizer.name", "adams-epsilon", "ε"),
        (TrainingSettings(optimizer=RMSPROP), "optimizer.name", "rmsprops-constants", "Keras"),
        (TrainingSettings(optimizer=DECOUPLED), "optimizer.weight_decay", "adamws-decay", "beside the step"),
        (TrainingSettings(optimizer=ADAGRAD), "optimizer.name", "adagrads-constants", "Keras"),
    ],
)
def test_a_choice_that_differs_elsewhere_is_told_with_its_row(
    training: TrainingSettings, place: str, row: str, words: str
) -> None:
    (note,) = notes(with_training(training))
    assert (note.place, note.row) == (place, row)
    assert words in note.sentence
    rows = re.findall(r"^\| \*\*(.+?)\*\*", help_text("definitions"), re.MULTILINE)
    assert row in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in rows}


@pytest.mark.parametrize("name", ["article", "xor", "mazur", "iris"])
def test_choices_that_mean_the_same_everywhere_need_no_words(name: str) -> None:
    session = problem(name)
    told = [note.place for note in notes(replace(session, training=replace(session.training, optimizer=SGD)))]
    assert told == []


def test_every_built_in_problem_can_be_told_of() -> None:
    for one in problems():
        assert all(note.sentence.endswith(".") and note.row for note in notes(problem(one.name))), one.name


def test_softmax_outputs_need_no_dividing() -> None:
    session = set_activation(with_training(TrainingSettings(loss=LOSSES["cross_entropy"])), 1, ACTIVATIONS["softmax"])
    assert list(notes(session)) == []

"""The training settings as a table: the form has a row for each, and sentences call them by these labels."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from backprop_gui.engine import cards
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import REDUCTIONS, SCHEDULES, TrainingSettings
from backprop_gui.explain.choices import formula_of
from backprop_gui.ui.widgets.field import read_number, read_whole

Asks = Callable[[TrainingSettings], bool]


def _always(_training: TrainingSettings) -> bool:
    return True


def _takes_momentum(training: TrainingSettings) -> bool:
    return training.optimizer.method.momentum


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting: its path in session files, the words beside it, a sentence on it, when it is shown and usable."""

    path: str
    label: str
    tip: str
    shown: Asks = _always
    usable: Asks = _always

    def value(self, training: TrainingSettings) -> Any:
        """Return what the setting is; of a choice among cards the card's name."""
        head, _, inside = self.path.partition(".")
        found: Any = getattr(training, head)
        if not inside:
            return found.name if isinstance(found, cards.Card) else found
        card = found if isinstance(found, cards.Card) else found.method
        own = dict(zip((one.name for one in card.settings), card.numbers, strict=True))
        return own[inside] if inside in own else getattr(found, inside)


@dataclass(frozen=True, slots=True)
class Item:
    """What can be chosen: its key, what the setting then is, its words, and a line about it."""

    key: str
    value: object
    words: str
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Setting):
    """One of several."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Setting):
    """A number that is typed; ``read`` turns text into it."""

    read: Callable[[str], object] = read_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Setting):
    """On or off, each a value. It stands beside the setting before it, unless it begins a row."""

    on: object = True
    off: object = False
    begins_row: bool = False


def _names(names: Iterable[str]) -> tuple[Item, ...]:
    return tuple(Item(name, name, name.replace("_", " ")) for name in names)


def _cards(known: Iterable[cards.Card]) -> tuple[Item, ...]:
    return tuple(Item(card.name, card, card.title, formula_of(card)) for card in known)


def _numbers_of(path: str, known: Iterable[cards.Card], chosen: Callable[[TrainingSettings], str]) -> Iterator[Number]:
    """Yield a row for each number of each card; those of the card chosen are shown."""
    for card in known:
        for one in card.settings:
            yield Number(
                path=f"{path}.{one.name}",
                label=f"{card.title} {one.label}",
                tip=f"{formula_of(card)}\n{one.label}: {bounds(one)}",
                shown=lambda training, name=card.name: chosen(training) == name,
            )


def bounds(number: cards.Setting) -> str:
    """Return what a card's number may be, in words, and what it is unless it is set."""
    low = f"at least {number.least:g}" if math.isfinite(number.least) else ""
    low = low or (f"above {number.above:g}" if math.isfinite(number.above) else "")
    high = f"below {number.below:g}" if math.isfinite(number.below) else ""
    return f"a number {' and '.join(filter(None, (low, high)))}, {number.default:g} unless set".replace("  ", " ")


SETTINGS: tuple[Setting, ...] = (
    Choice(
        path="loss",
        label="Loss",
        tip="What training makes small: how far outputs are from their targets",
        items=_cards(LOSSES.values()),
    ),
    *_numbers_of("loss", LOSSES.values(), lambda training: training.loss.name),
    Number(
        path="optimizer.learning_rate",
        label="Learning rate η",
        tip="How far a step goes against the gradient: any number above 0",
    ),
    Choice(
        path="optimizer.name",
        label="Optimizer",
        tip="How a gradient becomes a step; gradient descent is the article's rule",
        items=_cards(OPTIMIZERS.values()),
    ),
    *_numbers_of("optimizer", OPTIMIZERS.values(), lambda training: training.optimizer.name),
    Number(
        path="optimizer.momentum",
        label="Momentum μ",
        tip="The share of the last step that goes on in this one: from 0 up to but not 1",
        shown=_takes_momentum,
    ),
    Check(
        path="optimizer.nesterov",
        label="Nesterov",
        tip="Look ahead along the momentum before the step; it needs a momentum above 0",
        shown=_takes_momentum,
        usable=lambda training: training.optimizer.momentum > 0,
    ),
    Choice(
        path="schedule",
        label="Schedule",
        tip="How the learning rate changes from epoch to epoch",
        items=_names(SCHEDULES),
    ),
    Number(
        path="schedule_factor",
        label="Factor",
        tip="What the schedule multiplies the learning rate by: any number above 0",
        shown=lambda training: training.schedule in ("step", "exponential"),
    ),
    Number(
        path="schedule_every",
        label="Every … epochs",
        tip="After how many epochs the schedule has done so once; cosine reaches 0 then",
        read=read_whole,
        shown=lambda training: training.schedule != "constant",
    ),
    Number(
        path="batch_size",
        label="Batch size",
        tip="From how many samples each step takes its gradient",
        read=read_whole,
        usable=lambda training: training.batch_size != "full",
    ),
    Check(path="batch_size", label="Full batch", tip="Every step uses all samples", on="full", off=1),
    Choice(
        path="reduction",
        label="Reduction",
        tip="Whether the gradient of a batch is the mean or the sum over its samples",
        items=_names(REDUCTIONS),
    ),
    Check(path="shuffle", label="Shuffle", tip="Take the samples in another order each epoch", begins_row=True),
    Check(path="train_biases", label="Train biases", tip="Let biases learn; without, they stay as they are"),
    Number(path="dropout", label="Dropout", tip="The chance that a step leaves a hidden unit out; 0 leaves out none"),
    Number(
        path="optimizer.weight_decay",
        label="Weight decay L2",
        tip="Adds this many times each weight to its gradient, so weights shrink; 0 is none",
    ),
    Number(
        path="optimizer.l1",
        label="Penalty L1",
        tip="Adds this number with each weight's sign to its gradient, so small weights go to 0; 0 is none",
    ),
)
LABELS = {f"training.{setting.path}": setting.label for setting in reversed(SETTINGS)}
"""What a setting is called, by its field in errors."""

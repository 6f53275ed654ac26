"""The loop in C over the flat arrays of NumPy's kernel, which stays beside it for everything else."""

import math
from ctypes import byref
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.activations import ACTIVATIONS, Activation
from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.compiled.library import MOST_LAYERS, MOST_SEED_WORDS, Library, Run, Samples, Settings, words_of
from backprop_gui.engine.compiled.library import address as at
from backprop_gui.engine.epochs import Epochs
from backprop_gui.engine.goals import Stopper
from backprop_gui.engine.history import SPIKE, Record, Watch
from backprop_gui.engine.kernel import NumpyKernel
from backprop_gui.engine.loop import Place
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import Network
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import SCHEDULES, TrainingSettings

_ACTIVATIONS = (
    *("linear", "sigmoid", "tanh", "relu", "leaky_relu", "softplus", "softmax", "elu", "silu", "gelu"),
    *("softsign", "hard_sigmoid", "sine", "step"),
)
_LOSSES = (  # with the output activation they belong with, where there is one
    ("half_sse", None),
    ("mse", None),
    ("mae", None),
    ("huber", None),
    ("binary_cross_entropy", "sigmoid"),
    ("cross_entropy", "sigmoid"),
    ("cross_entropy", "softmax"),
)
_OPTIMIZERS = ("sgd", "rmsprop", "adagrad", "adam", "adamw")
_MOST_ROWS, _ROW_NUMBERS = 512, 1_000_000
_FOREVER = np.iinfo(np.int64).max


def speaks(network: Network, settings: TrainingSettings) -> bool:
    """Tell whether the library knows all that this run is made of: cards of other packages it does not."""
    cards = [layer.activation for layer in network.layers]
    method = settings.optimizer.method
    return (
        all(card.name in _ACTIVATIONS and card.f is ACTIVATIONS[card.name].f for card in cards)
        and _loss_of(settings, cards[-1]) in _LOSSES
        and settings.loss.term is LOSSES[settings.loss.name].term
        and method.name in _OPTIMIZERS
        and method.update is OPTIMIZERS[method.name].update
        and len(cards) <= MOST_LAYERS
        and len(words_of(settings.seed)) <= MOST_SEED_WORDS
    )


def _loss_of(settings: TrainingSettings, output: Activation) -> tuple[str, str | None]:
    loss = settings.loss
    return loss.name, output.name if output.name in loss.pairs else None


class Compiled:
    """A ``loop.Loop``: whole stretches of a run in one call of the library.

    Args:
        library: the library.
        network: what ``speaks`` said yes to, with ``settings``.
        kernel: whose parameters and memories are trained.
        epochs: the samples; their order follows from the settings alone.
        tests: inputs (inputs + 1, samples) and targets (outputs, samples) kept for testing, or None.
    """

    engine = "compiled"

    def __init__(
        self,
        library: Library,
        network: Network,
        settings: TrainingSettings,
        kernel: NumpyKernel,
        epochs: Epochs,
        tests: tuple[Floats, Floats] | None,
    ) -> None:
        self._library, self._network, self._settings = library, network, settings
        self._kernel, self._epochs, self._tests = kernel, epochs, tests
        self._kept: list[NDArray[Any]] = []  # what C was told the addresses of

    @cached_property
    def _how(self) -> Settings:
        """The settings as C reads them."""
        network, settings = self._network, self._settings
        optimizer, loss, cards = settings.optimizer, settings.loss, [layer.activation for layer in network.layers]
        numbers = dict(zip((one.name for one in optimizer.method.settings), optimizer.method.numbers, strict=True))
        seed = words_of(settings.seed)
        return Settings(
            layers=len(cards),
            units=self._keep(np.array(network.sizes, np.int64)),
            card=self._keep(np.array([_ACTIVATIONS.index(card.name) for card in cards], np.int64)),
            number=self._keep(np.array([card.numbers[0] if card.numbers else 0.0 for card in cards])),
            loss=_LOSSES.index(_loss_of(settings, cards[-1])),
            loss_number=loss.numbers[0] if loss.numbers else 0.0,
            loss_scale=loss.scale(network.sizes[-1]),
            mean=settings.reduction == "mean",
            optimizer=_OPTIMIZERS.index(optimizer.name),
            momentum=optimizer.momentum,
            decay_rate=numbers.get("decay", 0.0),
            beta1=numbers.get("beta1", 0.0),
            beta2=numbers.get("beta2", 0.0),
            epsilon=numbers.get("epsilon", 0.0),
            nesterov=optimizer.nesterov,
            memories=len(self._kernel.slots),
            weight_decay=optimizer.weight_decay,
            l1=optimizer.l1,
            train_biases=settings.train_biases,
            eta=optimizer.learning_rate,
            schedule=SCHEDULES.index(settings.schedule),
            schedule_factor=settings.schedule_factor,
            schedule_every=settings.schedule_every,
            dropout=settings.dropout,
            shuffle=settings.shuffle,
            seed_words=len(seed),
            seed=self._keep(seed),
            multiply=self._library.multiply,
        )

    @cached_property
    def _run(self) -> Run:
        """The run as C reads and moves it; made when it is first asked for, batches only when it is first trained."""
        epochs, kernel, library, count = self._epochs, self._kernel, self._library, self._network.parameter_count
        run = Run(all=self._samples(epochs.columns), length=epochs.length)
        run.tests = Samples(0, None, None) if self._tests is None else self._samples(self._tests)
        run.theta, run.gradient = at(kernel.theta), at(kernel.gradient_vector)
        memories = *kernel.slots, None, None
        run.first, run.second = at(memories[0]), at(memories[1])
        run.work = self._keep(np.zeros(library.work_numbers(byref(self._how), epochs.length)))
        run.order = self._keep(np.zeros(epochs.samples, np.int64))
        self._rows = np.empty((max(1, min(_MOST_ROWS, _ROW_NUMBERS // count)), 4 + count))
        self._to_article = kernel.article_order()
        run.row = at(self._rows)
        return run

    def _samples(self, columns: tuple[Floats, Floats]) -> Samples:
        x, t = columns
        return Samples(x.shape[1], self._keep(np.ascontiguousarray(x[:-1].T)), self._keep(np.ascontiguousarray(t.T)))

    def _keep(self, array: NDArray[Any]) -> int | None:
        self._kept.append(array)
        return at(array)

    def run(self, place: Place, steps: int, stopper: Stopper | None, watch: Watch | None) -> bool:
        """See ``Loop``."""
        run = self._run
        if run.laid_x is None and not self._settings.shuffle:
            laid = (run.all.x, run.all.t) if run.length == 1 else map(self._keep, self._epochs.in_a_row())
            run.laid_x, run.laid_t = laid
        run.epoch, run.batch, run.epoch_loss = place.epoch, place.batch, place.epoch_loss
        run.updates, run.overflowed, run.reached = self._kernel.updates, place.overflowed, False
        run.stride, run.leap, run.highest = 0, math.inf, math.inf
        if watch:
            run.stride, run.leap, run.highest = watch.stride, SPIKE if watch.leaps else math.inf, watch.highest
        asked = self._ask(stopper)
        reached = False
        while steps > 0 and not reached:
            run.rows, run.most_rows = 0, len(self._rows)
            if asked:
                run.last_epoch = run.epoch + 1  # only Python can tell
            taken = self._library.stretch(byref(self._how), byref(run), steps)
            steps -= taken
            place.epoch, place.batch, place.step = run.epoch, run.batch, place.step + taken
            place.epoch_loss, place.overflowed = run.epoch_loss, bool(run.overflowed)
            self._kernel.updates = run.updates
            if watch:
                watch.highest = run.highest
                watch.records += self._records(run.rows, watch.parameters)
            if stopper:
                stopper.best, stopper.best_epoch = run.best, run.best_epoch
            reached = bool(run.reached) and not (asked and stopper and not stopper.is_reached())
            run.reached = False
        return reached

    def loss(self, tests: bool) -> float:
        """See ``Loop``."""
        return self._library.loss_over(byref(self._how), byref(self._run), tests)

    def _ask(self, stopper: Stopper | None) -> bool:
        """Tell the library when the run ends by itself; return whether it cannot know that."""
        run = self._run
        run.last_epoch, run.judging, run.patience, run.loss_below = -1, False, -1, -math.inf
        run.best, run.best_epoch, run.least_gain = math.inf, 0, 0.0
        if stopper is None:
            return False
        goal = stopper.goal
        run.best, run.best_epoch = stopper.best, stopper.best_epoch
        if goal.accuracy is not None:
            return True
        run.last_epoch = -1 if goal.epoch is None else min(goal.epoch, _FOREVER)
        run.judging = goal.loss_below is not None or goal.patience is not None
        run.least_gain = goal.least_gain
        run.patience = -1 if goal.patience is None else min(goal.patience, _FOREVER)
        run.loss_below = -math.inf if goal.loss_below is None else goal.loss_below
        return False

    def _records(self, count: int, with_parameters: bool) -> list[Record]:
        rows = self._rows[:count]
        parameters = rows[:, 4:][:, self._to_article] if with_parameters else np.empty((count, 0))
        heads = rows[:, :4].tolist()
        return [
            Record(int(epoch), loss, running, flat, tests)
            for (epoch, loss, running, tests), flat in zip(heads, parameters, strict=True)
        ]

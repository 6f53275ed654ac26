"""When a run ends by itself."""

import math
from dataclasses import dataclass
from typing import Protocol

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Goal:
    """When to stop: at the end of epoch ``epoch``, once the loss is below ``loss_below``, once ``accuracy`` of the
    samples (a share) have the right class, or once the loss has not become smaller for ``patience`` epochs. To count
    as smaller it must have fallen by more than the share ``least_gain``: above 0 it is a plateau that ends the run.
    Loss and accuracy are those over the test samples where there are any, else over all.
    """

    epoch: int | None = None
    loss_below: float | None = None
    patience: int | None = None
    least_gain: float = 0.0
    accuracy: float | None = None


class Watched(Protocol):
    """What a stopper looks at: a trainer."""

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        ...

    def accuracy(self) -> float:
        """Return the share of right classes."""
        ...

    def judged_loss(self) -> float:
        """Return the loss that counts: over the test samples where there are any."""
        ...


class Stopper:
    """Asked at the end of each epoch of one run, it says when ``goal`` is reached; it remembers the run's best loss."""

    def __init__(self, goal: Goal, run: Watched) -> None:
        self.goal, self._run = goal, run
        self.best, self.best_epoch = math.inf, run.epoch

    def is_reached(self) -> bool:
        """Tell whether the run has come to its goal."""
        goal, run = self.goal, self._run
        if goal.epoch is not None and run.epoch >= goal.epoch:
            return True
        if goal.accuracy is not None and run.accuracy() >= goal.accuracy - _ROUNDING:
            return True
        if goal.loss_below is None and goal.patience is None:
            return False
        loss = run.judged_loss()
        if loss < self.best * (1.0 - goal.least_gain) or math.isinf(self.best):
            self.best, self.best_epoch = loss, run.epoch
        stale = goal.patience is not None and run.epoch - self.best_epoch >= goal.patience
        return stale or (goal.loss_below is not None and loss < goal.loss_below)

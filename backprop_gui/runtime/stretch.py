"""Training for a stretch of time, for what is made again beside the run itself."""

import time

from backprop_gui.engine.history import Watch
from backprop_gui.engine.trainer import Trainer


def train_towards(trainer: Trainer, step: int, seconds: float, watch: Watch | None = None) -> bool:
    """Train on to ``step`` updates, or for about so many seconds; return whether it is there."""
    end, chunk = time.perf_counter() + seconds, 1
    while trainer.step < step and (now := time.perf_counter()) < end:
        trainer.run(min(chunk, step - trainer.step), None, watch)
        if time.perf_counter() - now < seconds / 8:
            chunk *= 2
    return trainer.step >= step

"""States a run has come through. Training is deterministic: any state between two of them can be made again."""

from bisect import bisect_left, bisect_right, insort

from backprop_gui.engine.network import Parameters
from backprop_gui.engine.trainer import Progress

State = tuple[Parameters, Progress]

MOST_STATES = 4_000
MOST_NUMBERS = 20_000_000


class Keyframes:
    """States by step, in bounded memory: when there are too many every other one goes, and as many of those to come."""

    def __init__(self) -> None:
        self._steps: list[int] = []
        self._states: dict[int, State] = {}
        self._offered, self._stride = 0, 1

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def size(self) -> int:
        """About how many bytes they take in memory."""
        return len(self._steps) * numbers_of(self._states[self._steps[-1]]) * 8 if self._steps else 0

    @property
    def states(self) -> list[State]:
        """The states, earliest first."""
        return [self._states[step] for step in self._steps]

    def add(self, parameters: Parameters, progress: Progress) -> None:
        """Keep a state, if it is its turn."""
        step = progress.step
        if step in self._states:
            self._states[step] = parameters, progress
            return
        self._offered += 1
        if (self._offered - 1) % self._stride:
            return
        insort(self._steps, step)
        self._states[step] = parameters, progress
        if len(self._steps) > max(20, min(MOST_STATES, MOST_NUMBERS // numbers_of((parameters, progress)))):
            self._stride *= 2
            for gone in self._steps[1::2]:
                del self._states[gone]
            self._steps = self._steps[::2]

    def at(self, step: int) -> State | None:
        """Return the state after exactly ``step`` updates, where it is kept."""
        return self._states.get(step)

    def before(self, step: int) -> State | None:
        """Return the latest state after at most ``step`` updates."""
        place = bisect_right(self._steps, step)
        return self._states[self._steps[place - 1]] if place else None

    def forget_from(self, step: int) -> None:
        """Drop the states after ``step`` updates and later."""
        place = bisect_left(self._steps, step)
        for gone in self._steps[place:]:
            del self._states[gone]
        del self._steps[place:]


def same_state(one: State, other: State) -> bool:
    """Tell whether training on from both is the same bit for bit; -0 is another number than 0."""
    return (one[0] is other[0] and one[1] is other[1]) or _bits(*one) == _bits(*other)


def _bits(parameters: Parameters, at: Progress) -> tuple[object, ...]:
    numbers = [values.flat().tobytes() for values in (parameters, *at.slots)]
    return numbers, at.epoch, at.batch, at.step, at.epoch_loss.hex(), at.slot_steps


def numbers_of(state: State) -> int:
    """Return how many numbers a state has: parameters, and as many per memory of the optimizer."""
    parameters, progress = state
    return sum(part.size for one in (parameters, *progress.slots) for part in (*one.weights, *one.biases))

"""A plan: one session, from many start seeds, under every combination of some settings."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from math import prod
from typing import Any

from backprop_gui import __version__
from backprop_gui.engine.checks import whole_number
from backprop_gui.engine.compiled import library
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_words
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.sweep.grid import KEYS, Setup, applied, parted

MOST_RUNS = 100_000
MOST_VALUES = 1_000
MOST_EPOCHS = 2**53


@dataclass(frozen=True, eq=False)
class Plan:
    """Runs numbered from 1, in the order of the grid: the first key slowest, the last faster, seeds fastest.

    ``axes`` are keys with their words. ``points`` is about how many losses of each run are kept on the way (0: none);
    ``keep_all`` says that every run's end is kept, else only the best of those trained together. ``engine`` is what
    trains, numpy or compiled.

    Raises:
        FieldError: by its key or field, what cannot be used, or more than 100,000 runs.
    """

    session: Session
    epochs: int
    seeds: int = 1
    axes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    engine: str = "numpy"
    points: int = 0
    keep_all: bool = False
    _written: dict[str, dict[str, str]] = field(init=False, repr=False, default_factory=dict[str, dict[str, str]])

    def __post_init__(self) -> None:
        whole_number("epochs", self.epochs, 0, MOST_EPOCHS)
        whole_number("seeds", self.seeds, 1, MOST_RUNS)
        runs = self.seeds * prod(len(words) for _, words in self.axes)
        if runs > MOST_RUNS:
            raise FieldError("KEY", f"{runs:,} runs", f"use at most {MOST_RUNS:,}: fewer seeds or values")
        alone = dict(self.axes).get("hidden", ())[:1]  # what may lack a hidden layer gets one
        for key, words in self.axes:
            self._written[key] = {}
            for word in words:
                kept = {"hidden": alone[0]} if alone and key == "activation" else {}
                written = applied(self.session, kept | {key: word})[1][key]
                if written in self._written[key].values():
                    raise FieldError(key, word, "give every value once")
                self._written[key][word] = written

    @classmethod
    def of(
        cls, session: Session, epochs: int, seeds: int, grid: Sequence[str], engine: str = "auto", **more: Any
    ) -> "Plan":
        """Return a plan for a grid in words such as ``learning_rate=0.1,0.5``; raises ``FieldError`` as the class."""
        axes: list[tuple[str, tuple[str, ...]]] = []
        for text in grid:
            key, _, values = text.partition("=")
            key = key.strip()
            if key not in KEYS:
                raise FieldError("KEY", key, "use one of " + ", ".join(KEYS))
            if key in dict(axes):
                raise FieldError(key, text, "give every key once, with all its values")
            axes.append((key, parted(key, values, MOST_VALUES)))
        if engine == "auto":  # the same wherever its runs are trained
            engine = "numpy" if library.load() is None else "compiled"
        return cls(session, epochs, seeds, tuple(axes), engine, **more)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that vary, in the order given."""
        return tuple(key for key, _ in self.axes)

    @cached_property
    def runs(self) -> int:
        """How many runs there are."""
        return self.seeds * self.combinations

    @cached_property
    def combinations(self) -> int:
        """How many combinations of settings there are."""
        return prod(len(words) for _, words in self.axes)

    def place(self, run: int) -> tuple[int, int]:
        """Return the combination (from 0) and the seed of a run (from 1)."""
        return divmod(run - 1, self.seeds)

    def values(self, run: int) -> tuple[str, ...]:
        """Return the value of every key in a run, as its row has it."""
        words = self._words(self.place(run)[0])
        return tuple(self._written[key][words[key]] for key in self.keys)

    def written(self, key: str, word: str) -> str:
        """Return a word of the grid as rows have it."""
        return self._written[key][word]

    def setup(self, combination: int) -> Setup:
        """Return network and training of a combination, before any seed."""
        return _setup(self, combination)

    def session_of(self, run: int) -> Session:
        """Return the session a run begins with: start weights by its seed, at epoch 0."""
        combination, seed = self.place(run)
        network, training = self.setup(combination)
        begun = Session.begin(network, replace(training, seed=seed), self.session.samples)
        return set_words(begun, self.session.title, self.session.notes)

    def encoded(self) -> bytes:
        """Return the plan as data for another process."""
        told = {one: getattr(self, one) for one in ("epochs", "seeds", "axes", "engine", "points", "keep_all")}
        return json.dumps({"session": encode_session(self.session).decode(), **told}).encode()

    @classmethod
    def decoded(cls, data: bytes) -> "Plan":
        """Return the plan that ``encoded`` wrote."""
        told: dict[str, Any] = json.loads(data)
        axes = tuple((key, tuple(words)) for key, words in told.pop("axes"))
        return cls(decode_session(told.pop("session").encode()), axes=axes, **told)

    def digest(self) -> str:
        """Return what two plans share exactly where they give the same rows, with one version of this program."""
        return hashlib.sha256(__version__.encode() + self.encoded()).hexdigest()

    def _words(self, combination: int) -> dict[str, str]:
        words: dict[str, str] = {}
        for key, values in reversed(self.axes):
            combination, place = divmod(combination, len(values))
            words[key] = values[place]
        return words


@lru_cache(maxsize=256)
def _setup(plan: Plan, combination: int) -> Setup:
    return applied(plan.session, plan._words(combination))[0]  # pyright: ignore[reportPrivateUsage]

"""What each column is for, judged by the whole table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from backprop_gui.data.tables.columns import CellColumn, Columns, missing_codes
from backprop_gui.data.tables.dialect import Role
from backprop_gui.data.tables.numerals import YES_NO

MOST_CLASSES = 100
_FEW_NUMBERS, _FEW_WORDS = 10, 20
_CLASS = re.compile(
    r"class(es)?|labels?|species|variety|diagnos[ei]s|categor(y|ies)|kind|type|klasse|art|classe|clase|income|"
    r".*[ _](class|label|species|category)"
)
_TARGET = re.compile(r"t|target|output|out|ziel|medv|(t|target|output|out)[ _]?[0-9]+")
_LATER = re.compile(r"y|y[ _]?[0-9]+")
_NUMBERED = re.compile(r"|id|.*[ _]id|index|idx|no\.?|nr\.?|num|#|row|rownames|unnamed: 0|column 1")


@dataclass(frozen=True, slots=True)
class Facts:
    """What all cells of a column say: how many are numbers, words, missing; how many different words there are.

    ``few`` are its values where they are few whole numbers; ``counts`` tells that it numbers the rows, ``grows`` that
    no value is smaller than the one before.
    """

    numbers: int
    words: int
    missing: int
    different: int
    few: tuple[int, ...]
    counts: bool
    grows: bool
    yes_no: bool

    @property
    def wordy(self) -> bool:
        """Whether the column is one of words."""
        again = self.words >= 2 * self.different and 10 * self.words >= self.numbers  # such as 2, 4, more
        return self.words > self.numbers or (self.words > 0 and again and _like_codes(self.few))

    @property
    def unlike(self) -> bool:
        """Whether words hardly come twice, as names do."""
        if not self.wordy or self.yes_no:
            return False
        return self.different == self.words + self.numbers or 2 * self.different > max(self.words, 2 * _FEW_WORDS)


def facts_of(column: CellColumn) -> Facts:
    """Return what all cells of a column say."""
    values = column.values
    _, codes = column.worded
    missing_words = missing_codes(column)
    times = np.bincount(codes, minlength=len(column.words))
    missing = int(times[missing_words].sum()) if len(times) else 0
    said = (
        [word for word, lost in zip(column.words, missing_words, strict=True) if not lost]
        if len(column.words) < 1000
        else []
    )
    words = len(codes) - missing
    numbers = len(values) - len(codes)
    yes_no = bool(said) and not numbers and {word.lower() for word in said} in ({"yes", "no"}, {"true", "false"})
    few, counts = _whole(values) if numbers else ((), False)
    different = len(column.words) - int(missing_words.sum())
    grows = not len(codes) and bool((values[1:20_000] >= values[:19_999][: len(values) - 1]).all())
    return Facts(numbers, words, missing, different, few, counts and not len(codes), grows, yes_no)


def _whole(values: np.ndarray) -> tuple[tuple[int, ...], bool]:
    """Return the few different whole numbers there are, if so, and whether the values count the rows."""
    known = values[:20_000]
    known = known[~np.isnan(known)]
    if not len(known) or (known != np.floor(known)).any() or np.abs(known).max() > 1e9:
        return (), False
    counts = len(values) == len(known) and bool((np.diff(known) == 1).all()) and known[0] in (0, 1)
    if known.max() - known.min() > 1000:
        return (), counts
    rest = values[~np.isnan(values)]
    if (rest != np.floor(rest)).any():
        return (), counts
    low = rest.min()
    if rest.max() - low > 1000:
        return (), counts
    found = np.flatnonzero(np.bincount((rest - low).astype(np.int64)))
    return (tuple(int(low) + int(one) for one in found) if len(found) <= MOST_CLASSES else ()), counts


def guess_roles(
    columns: Columns, facts: Sequence[Facts], told: Mapping[int, Role], header: bool
) -> tuple[tuple[Role, ...], tuple[str, ...]]:
    """Return a role for every column, and why; ``told`` are those the user or the file gave."""
    names = [name.strip().lower() if header or name != f"column {k}" else "" for k, name in enumerate(columns.names, 1)]
    roles: dict[int, Role] = dict(told)
    why: list[str] = []
    aside: list[Role | None] = [
        _aside(name, one, place, len(facts), len(columns), header)
        for place, (name, one) in enumerate(zip(names, facts, strict=True))
    ]
    if not {"target", "class"} & set(told.values()):
        free = [place for place in range(len(facts)) if place not in told and aside[place] is None]
        free = free or [place for place in range(len(facts)) if place not in told][-1:]
        for place, words in _targets(names, facts, free, header):
            roles[place] = "class" if _is_class(names[place], facts, place, free, len(columns)) else "target"
            what = "a class" if roles[place] == "class" else "the target"
            why.append(f"“{columns.names[place][:30]}” is {what}: {words}.")
    named = "name" in told.values()
    only = "input" in told.values()
    for place, one in enumerate(facts):
        if place in roles:
            continue
        role = aside[place]
        if role is None:
            role = "ignore" if only or (one.wordy and one.different > _FEW_WORDS) else "input"
        roles[place] = "ignore" if role == "name" and named else role
        named = named or role == "name"
    return tuple(roles[place] for place in range(len(facts))), tuple(why)


def _aside(name: str, facts: Facts, place: int, width: int, rows: int, header: bool) -> Role | None:
    """Return what a column is that says nothing about its sample; else None."""
    if facts.numbers + facts.words == 0:
        return "ignore"
    if facts.unlike:
        return "name"
    numbered = bool(_NUMBERED.fullmatch(name)) if header else width > 2 and rows >= 10 and place == 0
    if facts.counts and numbered and width > 2:
        return "ignore"
    if header and re.fullmatch(r"id|.*[ _]id", name) and not facts.wordy and not facts.few and width > 2:
        return "ignore"
    return None


def _targets(names: Sequence[str], facts: Sequence[Facts], free: Sequence[int], header: bool) -> list[tuple[int, str]]:
    """Return which columns are to be learnt, and why."""
    if header:
        for pattern in (_CLASS, _TARGET, _LATER):
            found = [place for place in free if pattern.fullmatch(names[place])]
            if pattern is _CLASS:
                found = [place for place in found if facts[place].wordy or facts[place].few][-1:]
            if found and len(found) < len(free):
                return [(place, "its name says so") for place in found]
    if not free:
        return []
    first, last = free[0], free[-1]
    few, end = facts[first].few, facts[last]
    like_codes = 1 < len(few) <= _FEW_NUMBERS and few == tuple(range(few[0], few[0] + len(few))) and few[0] in (0, 1)
    beside = not end.wordy and not _like_codes(end.few)
    if not header and len(free) > 2 and like_codes and facts[first].grows and beside:
        return [(first, "its few whole numbers stand in order, one after the other")]
    return [(last, "the last column")]


def _like_codes(few: tuple[int, ...]) -> bool:
    """Tell whether whole numbers are as close together as codes of classes are."""
    return 1 < len(few) <= _FEW_NUMBERS and few[-1] - few[0] < 2 * len(few)


def _is_class(name: str, facts: Sequence[Facts], place: int, free: Sequence[int], rows: int) -> bool:
    """Tell whether a target is a class: words, or few whole numbers that come again and again."""
    one = facts[place]
    if one.wordy:
        return True
    if not one.few or len(one.few) < 2 or one.words:
        return False
    if _CLASS.fullmatch(name):
        return len(one.few) <= MOST_CLASSES
    if not _like_codes(one.few) or rows < 2 * len(one.few):
        return False
    if _TARGET.fullmatch(name) or _LATER.fullmatch(name):
        return len(one.few) > 2 and rows >= 5 * len(one.few)
    inputs = [facts[k] for k in free if k != place]
    return not (one.few in ((0, 1), (-1, 1)) and inputs and all(set(k.few) <= {-1, 0, 1} and k.few for k in inputs))


def is_yes_no(column: CellColumn) -> dict[str, float] | None:
    """Return a number for each word of a column that says yes or no throughout, else None."""
    if not facts_of(column).yes_no:
        return None
    return {word: YES_NO[word.lower()] for word in column.words if word.lower() in YES_NO}

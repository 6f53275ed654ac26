"""A table read to its end, with all that is known of its columns."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from backprop_gui.data.tables.columns import Columns, Source, read_columns
from backprop_gui.data.tables.dialect import Role
from backprop_gui.data.tables.roles import Facts, facts_of, guess_roles

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole:
    """Where a table comes from, its columns, and what all cells of each say."""

    source: Source
    columns: Columns
    facts: tuple[Facts, ...]

    def roles(self, told: Mapping[int, Role]) -> tuple[tuple[Role, ...], tuple[str, ...]]:
        """Return what each column is for, and why; ``told`` are those that the user gave, from 0."""
        own: dict[int, Role] = {place: role for place, role in enumerate(self.source.roles) if role}
        if {"target", "class"} & set(told.values()):
            own = {place: role for place, role in own.items() if role not in ("target", "class")}
        header = self.source.dialect is None or self.source.dialect.header
        return guess_roles(self.columns, self.facts, {**own, **told}, header)


def read_whole_table(source: Source) -> Generator[float, None, Whole]:
    """Read all of a table; yields the share done.

    Raises:
        FieldError: from ``read_columns``.
    """
    columns = yield from read_columns(source)
    facts: list[Facts] = []
    for column in columns.columns:
        facts.append(facts_of(column))
        yield 1.0
    return Whole(source, columns, tuple(facts))


def at_once(steps: Generator[float, None, T]) -> T:
    """Run work that comes in pieces to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return cast("T", done.value)

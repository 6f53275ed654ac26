"""Reading tables in tests as the window and the command line do."""

import io
from typing import Any

from backprop_gui.data.tables.dialect import Role, Wishes
from backprop_gui.data.tables.kinds import open_table
from backprop_gui.data.tables.sampling import Plan, Reading, sampling
from backprop_gui.data.tables.whole import Whole, at_once, read_whole_table


def whole(content: str | bytes, **wishes: Any) -> Whole:
    """Return a table read to its end."""
    content = content.encode() if isinstance(content, str) else content
    return at_once(read_whole_table(open_table(io.BytesIO(content), len(content), Wishes(**wishes))))


def reading(table: Whole, told: dict[int, Role] | None = None, **plan: Any) -> Reading:
    """Return the samples of a table whose roles are guessed, but those that are ``told``."""
    roles, _ = table.roles(told or {})
    return at_once(sampling(table.columns, table.facts, Plan(roles, classes=table.source.classes, **plan)))


def read(content: str | bytes, told: dict[int, Role] | None = None, **plan: Any) -> Reading:
    """Return the samples of a table in which everything else is guessed."""
    return reading(whole(content), told, **plan)


def names(found: Reading) -> list[str]:
    """Return what the columns of samples are called."""
    return [column.name for column in found.samples.columns]


def roles_of(content: str | bytes) -> str:
    """Return the first letters of the guessed roles: input, target, class, name, x for ignored."""
    table = whole(content)
    return "".join("x" if role == "ignore" else role[0] for role in table.roles({})[0])

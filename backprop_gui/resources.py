"""The only door to ``resources/``: inside the package in a wheel, beside it in a checkout."""

from functools import cache
from pathlib import Path

import msgspec

from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session


class Problem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A built-in problem: its name on the command line, a title for menus, and a line that says what it is."""

    name: str
    title: str
    description: str


@cache
def folder() -> Path:
    """Return the folder of resources.

    Raises:
        FileNotFoundError: a broken installation.
    """
    package = Path(__file__).parent
    for place in (package / "resources", package.parent / "resources"):
        if (place / "problems" / "index.json").is_file():
            return place
    raise FileNotFoundError("the folder resources/ is missing: install backprop-gui again")


@cache
def problems() -> tuple[Problem, ...]:
    """Return the built-in problems in the order menus show them."""
    return msgspec.json.decode((folder() / "problems" / "index.json").read_bytes(), type=tuple[Problem, ...])


def problem(name: str) -> Session:
    """Return the built-in problem called ``name``, one of ``problems()``."""
    return read_session(folder() / "problems" / f"{name}.json")


def help_text(page: str) -> str:
    """Return a page of help as Markdown: ``article-notes`` or ``definitions``."""
    return (folder() / "help" / f"{page}.md").read_text(encoding="utf-8")


def icon_path(name: str) -> Path:
    """Return the SVG file of an icon."""
    return folder() / "icons" / f"{name}.svg"

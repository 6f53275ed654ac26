"""What README, ARCHITECTURE, CONTRIBUTING and CHANGELOG speak of is there."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")


def words(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files_that_are_there(document: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", words(document)) if not link.startswith("https://")]
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_files_and_folders_they_name_are_there(document: str) -> None:
    named = re.findall(r"`((?:[\w-]+/)+(?:[\w-]+\.\w+)?|\w+\.py)`", words(document))
    assert len(named) > 10
    not_yet = {"htmlcov/", "resources/problems/NAME.json"}
    missing = [one for one in named if one not in not_yet and not list(ROOT.glob(one)) and not package(one)]
    assert missing == []


def package(name: str) -> list[Path]:
    return list((ROOT / "backprop_gui").rglob(name.rstrip("/")))


def test_the_recipes_name_the_entry_points_that_the_example_uses() -> None:
    with (ROOT / "tests" / "extension" / "pyproject.toml").open("rb") as file:
        groups = set(tomllib.load(file)["project"]["entry-points"])
    assert set(re.findall(r"`(backprop_gui\.\w+)`", words("CONTRIBUTING.md"))) == groups
    asked = {
        found
        for path in (ROOT / "backprop_gui").rglob("*.py")
        for found in re.findall(r'"(backprop_gui\.\w+)",\n', path.read_text(encoding="utf-8"))
    }
    assert asked == groups


def test_the_version_is_the_changelogs_newest_or_not_yet_in_it() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", words("CHANGELOG.md"), flags=re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1] == version

"""The recipes of CONTRIBUTING.md for what stands inside the project: a notation, an edit, a built-in problem.

That of a panel is followed in ``tests/e2e/test_layout.py``, those for other packages in ``test_extension.py``.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from backprop_gui import cli, resources
from backprop_gui.engine.network import LossRef, Parameters, UnitRef, WeightRef
from backprop_gui.explain.derivation import derive
from backprop_gui.explain.formula import latex
from backprop_gui.explain.notation import NOTATIONS, Notation
from backprop_gui.explain.situation import Style
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.session.files import write_session
from backprop_gui.session.microscope import Microscope
from backprop_gui.ui.derivation.panel import DerivationPanel
from tests.conftest import Bench
from tests.explain.tex.grammar import problems
from tests.finding import named


class Primer(Notation):
    """Outputs o, pre-activations n, targets d for desired."""

    key, title = "primer", "Primer (o, n, d)"

    def outputs(self, layer: int) -> str:
        return self._of_layer("o", layer)

    def pre_activations(self, layer: int) -> str:
        return self._of_layer("n", layer)

    def targets(self) -> str:
        return "d"


def test_a_notation_is_a_class_and_a_row(qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOTATIONS, Primer.key, Primer)
    session = problem("article")
    now = Microscope(session).situation(0)
    units = [UnitRef(layer, unit) for layer, size in enumerate(session.network.sizes) for unit in range(size)]
    for ref in (*session.network.parameter_refs(), *units, LossRef()):
        found = derive(now, ref, Style("primer"))
        formulas = [latex(line.formula) for section in found.sections for line in section.lines]
        assert formulas
        assert [told for one in formulas for told in problems(one)] == []
    written = " ".join(
        latex(line.formula)
        for section in derive(now, WeightRef(1, 0, 0), Style("primer")).sections
        for line in section.lines
    )
    assert "o^{(1)}_{1}" in written
    assert "d_{1}" in written
    assert "h_{1}" not in written
    panel = DerivationPanel(bench)
    qtbot.addWidget(panel)
    panel.show()
    box = named(panel, QComboBox, "Notation")
    box.setCurrentIndex(box.findData("primer"))
    box.activated.emit(box.currentIndex())
    bench.store.select(WeightRef(1, 0, 0))
    qtbot.waitUntil(lambda: "d₁" in panel.paper.as_text())


def turned(session: Session) -> Session:
    """Give every weight the other sign."""
    weights = [-w for w in session.parameters.weights]
    return replace(session, parameters=Parameters.of(weights, session.parameters.biases))


def test_an_edit_is_a_pure_function_and_an_undo_step(bench: Bench) -> None:
    before = bench.store.session
    kept = before.parameters.flat().copy()
    bench.editor.apply("Turn weights", turned)
    assert (bench.store.session.parameters.weights[0] == -before.parameters.weights[0]).all()
    assert bench.editor.stack.undoText() == "Turn weights"
    assert np.array_equal(before.parameters.flat(), kept)
    bench.editor.undo()
    assert bench.store.session.parameters == before.parameters


@pytest.fixture
def own_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a copy of the resources to add to."""
    copy = tmp_path / "resources"
    shutil.copytree(resources.folder(), copy)
    monkeypatch.setattr(resources, "folder", lambda: copy)
    resources.problems.cache_clear()
    yield copy
    resources.problems.cache_clear()


def test_a_problem_is_a_file_and_an_entry(own_resources: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = own_resources / "problems"
    write_session(folder / "mirror.json", turned(problem("xor")))
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    entry = {"name": "mirror", "title": "XOR, turned", "description": "XOR from the other side"}
    (folder / "index.json").write_text(json.dumps([*index, entry]), encoding="utf-8")
    assert cli.main(["problems"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split(maxsplit=1) == ["mirror", "XOR from the other side"]
    assert cli.main(["explain", "mirror"]) == 0
    assert (
        resources.problem("mirror").parameters.weights[0].tolist() == (-problem("xor").parameters.weights[0]).tolist()
    )

"""What holds where the example package is installed; ``test_extension.py`` runs this with it on the path."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.data.generators import generate
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import LOSSES
from backprop_gui.engine.network import LossRef, UnitRef
from backprop_gui.engine.optimizers import OPTIMIZERS
from backprop_gui.engine.settings import OptimizerSettings
from backprop_gui.engine.trace import trace
from backprop_gui.explain.derivation import derive
from backprop_gui.explain.formula import Topic, latex
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.explain.situation import Style
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.session.microscope import Microscope
from backprop_gui.ui.derivation.gradient_panel import GradientPanel
from backprop_gui.ui.dialogs.generate_dialog import GenerateDialog
from backprop_gui.ui.documents import Documents
from backprop_gui.ui.exports import Exports
from backprop_gui.ui.forms.network_form import NetworkForm
from backprop_gui.ui.forms.training_form import TrainingForm
from tests.conftest import Bench
from tests.explain.tex.grammar import problems
from tests.finding import named, ok_button


def extended(name: str = "xor") -> Session:
    """Return a problem with the package's activation in front and its loss."""
    snake = ACTIVATIONS.read("activation", "snake(alpha=0.5)")
    session = edits.set_activation(edits.set_activation(problem(name), 0, snake), 1, ACTIVATIONS["linear"])
    return edits.set_training(session, replace(session.training, loss=LOSSES["log_cosh"]))


def choose(box: QComboBox, name: str) -> None:
    assert box.findData(name) >= 0
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_backprop_agrees_with_finite_differences() -> None:
    session = extended()
    x, t = session.samples.inputs[1], session.samples.targets[1]

    gradients = trace(session.network, session.parameters, x, t, session.training.loss).gradients
    for ref in session.network.parameter_refs():
        near = [session.parameters.replace(ref, session.parameters[ref] + by) for by in (-1e-6, 1e-6)]
        low, high = (trace(session.network, one, x, t, session.training.loss).loss for one in near)
        assert gradients[ref] == pytest.approx((high - low) / 2e-6, abs=1e-8)


def test_training_is_the_gradient_step_and_a_file_reads_back_bit_for_bit() -> None:
    session = extended()
    x, t = session.samples.inputs[0], session.samples.targets[0]
    gradients = trace(session.network, session.parameters, x, t, session.training.loss).gradients
    trainer = session.trainer()
    trainer.run(1)
    rate = session.training.optimizer.learning_rate
    assert np.abs(trainer.parameters().flat() - (session.parameters.flat() - rate * gradients.flat())).max() < 1e-15
    assert decode_session(encode_session(session)) == session


def test_the_optimizer_moves_as_its_paper_says_and_the_page_shows() -> None:
    session = extended()
    lion = OPTIMIZERS.read("optimizer", "lion(beta1=0.8)")
    optimizer = OptimizerSettings(lion, 0.01)
    session = edits.set_training(session, replace(session.training, optimizer=optimizer, batch_size="full"))
    mean = np.zeros(session.parameters.flat().size)
    trainer = session.trainer()
    for _ in range(5):
        before, gradient = trainer.parameters().flat(), trainer.next_gradient().flat()
        page = Microscope(edits.trained(session, trainer.parameters(), trainer.progress())).situation(0)
        trainer.run(1)
        expected = before - 0.01 * np.sign(0.8 * mean + 0.2 * gradient)
        mean = 0.99 * mean + 0.01 * gradient
        assert np.abs(trainer.parameters().flat() - expected).max() < 1e-15
        for ref in session.network.parameter_refs():
            found = derive(page, ref, Style())
            lines = [line for section in found.sections if section.topic is Topic.UPDATE for line in section.lines]
            assert trainer.parameters()[ref] in [line.value for line in lines if line.ref == ref]
            formulas = [latex(line.formula) for line in lines]
            assert [told for one in formulas for told in problems(one)] == []
            assert any(r"\mathrm{sign}" in one for one in formulas)


@pytest.mark.parametrize("notation", list(NOTATIONS))
def test_each_notation_derives_it(notation: str) -> None:
    session = extended()
    now = Microscope(session).situation(2)
    hidden = derive(now, UnitRef(1, 0), Style(notation))
    assert hidden.value == now.trace.deltas[0][0]
    formulas = [latex(line.formula) for section in hidden.sections for line in section.lines]
    assert any(r"\sin" in one for one in formulas)
    assert [told for one in formulas for told in problems(one)] == []
    loss = derive(now, LossRef(), Style(notation))
    assert sum(loss.terms) == pytest.approx(now.trace.loss)
    for ref in session.network.parameter_refs():
        assert derive(now, ref, Style(notation)).value == now.trace.gradients[ref]


def test_the_forms_offer_both_and_training_follows(qtbot: QtBot, bench: Bench) -> None:
    network, training = NetworkForm(bench), TrainingForm(bench)
    for form in (network, training):
        qtbot.addWidget(form)
        form.show()
    choose(named(network, QComboBox, "Activation of hidden"), "snake")
    assert bench.store.session.network.layers[0].activation == ACTIVATIONS["snake"]
    choose(named(training, QComboBox, "Loss"), "log_cosh")
    assert bench.store.session.training.loss == LOSSES["log_cosh"]
    choose(named(training, QComboBox, "Optimizer"), "lion")
    assert bench.store.session.training.optimizer.method == OPTIMIZERS["lion"]
    rate = named(training, QLineEdit, "Learning rate η")
    rate.selectAll()
    qtbot.keyClicks(rate, "0.01")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    before = bench.controller.snapshot.loss
    bench.controller.step(50)
    qtbot.waitUntil(lambda: not bench.controller.running)
    assert bench.controller.snapshot.loss < before
    for _ in range(5):
        bench.editor.undo()
    assert bench.store.session.network == problem("article").network


def test_the_check_of_all_gradients_agrees(qtbot: QtBot, bench: Bench) -> None:
    bench.store.assign(extended("article"))
    widget = GradientPanel(bench)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.mouseClick(named(widget, QPushButton, "Check all"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "checked" in widget.verdict())
    assert "every gradient agrees" in widget.verdict()


def test_the_dialog_makes_its_samples_again_from_the_seed(qtbot: QtBot) -> None:
    dialog = GenerateDialog()
    qtbot.addWidget(dialog)
    named(dialog, QComboBox, "Kind").setCurrentText("Checkerboard")
    assert ok_button(dialog).isEnabled()
    made = dialog.samples()
    assert made == generate("checkerboard", 200, 0.0, 0)
    assert made is not None
    assert made.inputs.shape == (200, 2)
    assert set(made.targets.ravel()) == {0.0, 1.0}


def test_its_format_is_offered_and_written_or_refused_in_a_sentence(
    qtbot: QtBot, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    exports = Exports(bench, Documents(bench, window), window)
    offered: list[str] = []
    refused: list[str] = []

    def choose_file(_parent: object, _title: str, _place: str, filters: str) -> tuple[str, str]:
        offered.extend(filters.split(";;"))
        return str(tmp_path / "net"), "Octave function (*.m)"

    def read(box: QMessageBox) -> QMessageBox.StandardButton:
        refused.append(box.text())
        return QMessageBox.StandardButton.Ok

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose_file)
    monkeypatch.setattr(QMessageBox, "exec", read)
    exports.weights()
    assert "Octave function (*.m)" in offered
    assert (tmp_path / "net.m").read_text().startswith("function y = net(x)\n")
    (tmp_path / "net.m").unlink()
    bench.store.assign(edits.set_activation(problem("xor"), 0, ACTIVATIONS["gelu"]))
    exports.weights()
    assert refused == ["Activation: “GELU” is not accepted; octave files cannot say it: choose another format."]
    assert not (tmp_path / "net.m").exists()

"""The derivation's panel and the canvas while stepping, through real widgets."""

from typing import Any

import numpy as np
import pytest
import ziamath
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.losses import HALF_SSE, LOSSES
from backprop_gui.engine.network import LossRef, Network, Ref, UnitRef, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.explain.formula import Graph, Line, Part, latex, text
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.resources import problem
from backprop_gui.runtime.stepper import Grain, Stepper
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.derivation.panel import DerivationPanel
from backprop_gui.ui.derivation.step_strip import StepStrip
from backprop_gui.ui.theme import LIGHT
from backprop_gui.ui.typeset import paper as paper_module
from backprop_gui.ui.typeset.paper import Paper
from backprop_gui.ui.typeset.typeset import Box, Placed, Typesetter
from tests.conftest import Bench
from tests.shapes import dense


@pytest.fixture
def panel(qtbot: QtBot, bench: Bench) -> DerivationPanel:
    widget = DerivationPanel(bench)
    qtbot.addWidget(widget)
    widget.resize(360, 700)
    widget.show()
    return widget


@pytest.fixture
def stepper(bench: Bench) -> Stepper:
    return bench.stepper


def shown(qtbot: QtBot, panel: DerivationPanel, ref: Ref) -> str:
    panel.paper.picked.emit(ref)
    qtbot.waitUntil(lambda: panel.derivation is not None)
    panel.paper.finish()
    QGuiApplication.processEvents()  # a scroll bar may take some of the width
    panel.paper.finish()
    return panel.paper.as_text()


def words_of(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def heights_of(paper: Paper, line: Line) -> list[int]:
    """Return the heights at which a line of the paper stands, every few pixels."""
    return [y for y in range(0, paper.height(), 4) if paper.line_at(QPointF(0, y)) is line]


def test_mazurs_derivative_is_read_off_the_panel(qtbot: QtBot, bench: Bench, panel: DerivationPanel) -> None:
    bench.store.assign(problem("mazur"))
    bench.preferences.set("digits", "10")
    bench.preferences.set("number_style", "significant")
    found = shown(qtbot, panel, WeightRef(0, 0, 0))
    assert "0.0004385677345" in found
    assert "0.1497807161" in found
    bench.preferences.set("number_style", "fixed")
    bench.preferences.set("digits", "3")
    qtbot.waitUntil(lambda: "0.000439" in panel.paper.as_text())  # a gradient keeps significant digits


def test_results_come_out_where_the_user_asks_for_enough_digits(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    bench.store.assign(problem("mazur"))
    bench.preferences.set("digits", "3")
    found = shown(qtbot, panel, UnitRef(1, 0))
    rounded = next(line for line in found.splitlines() if "·" in line and "≈" in line)
    box = next(one for one in panel.findChildren(QCheckBox) if one.accessibleName().startswith("Enough digits"))
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert bench.preferences.comes_out
    qtbot.waitUntil(lambda: rounded not in panel.paper.as_text())
    found = panel.paper.as_text()
    assert not [line for line in found.splitlines() if "·" in line and "≈" in line]
    assert f"= {rounded.rpartition('≈ ')[2]}" in found
    bench.preferences.set("comes_out", False)
    assert not box.isChecked()


def test_the_notation_is_chosen_in_the_panel_and_changes_names_on_the_canvas(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    canvas = NetworkCanvas(bench)
    qtbot.addWidget(canvas)
    shown(qtbot, panel, WeightRef(1, 1, 0))
    box = next(one for one in panel.findChildren(QComboBox) if one.accessibleName() == "Notation")
    box.setFocus()
    for _ in NOTATIONS:
        qtbot.keyClick(box, Qt.Key.Key_Down)
        if box.currentData() == "nielsen":
            break
    box.activated.emit(box.currentIndex())
    qtbot.waitUntil(lambda: "w³₁₂" in panel.paper.as_text())
    assert canvas.describe(WeightRef(1, 1, 0)).startswith("w³₁₂")


def test_hovering_a_term_lights_its_edge_and_the_other_way_round(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    hovered: list[Ref | None] = []
    bench.store.hovered.connect(hovered.append)
    shown(qtbot, panel, UnitRef(1, 0))
    paper = panel.paper
    line = next(line for line in paper.lines() if line.ref == WeightRef(1, 0, 1))
    qtbot.mouseMove(paper, QPoint(paper.width() - 4, heights_of(paper, line)[0]))
    qtbot.waitUntil(lambda: WeightRef(1, 0, 1) in hovered)
    before = paper.grab().toImage()
    bench.store.hover(WeightRef(0, 1, 0))
    assert paper.grab().toImage() != before


def test_numbers_tell_their_exact_value_and_formulas_are_copied(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    shown(qtbot, panel, WeightRef(1, 0, 0))
    paper = panel.paper
    gradient = bench.controller.snapshot.trace.gradients[WeightRef(1, 0, 0)]
    line = next(line for line in paper.lines() if line.value == gradient)
    heights = heights_of(paper, line)
    tips = {paper.tip_at(QPointF(x, y)) for x in range(0, paper.width(), 6) for y in heights}
    assert repr(gradient) in tips
    menu = paper.copy_menu(QPoint(paper.width() // 2, heights[0]))
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy line as LaTeX"].trigger()
    assert QGuiApplication.clipboard().text() == latex(line.formula)
    actions["Copy line as text"].trigger()
    assert QGuiApplication.clipboard().text() == text(line.formula)


def test_the_panel_says_what_to_do_and_waits_while_training_runs(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    assert "Click a weight" in words_of(panel)
    shown(qtbot, panel, LossRef())
    bench.controller.play()
    qtbot.waitUntil(lambda: "follow when it pauses" in words_of(panel))
    bench.controller.pause()
    qtbot.waitUntil(lambda: panel.derivation is not None)
    assert panel.derivation.value == bench.controller.snapshot.trace.loss


def test_lines_are_broken_to_the_width_they_have(qtbot: QtBot, bench: Bench, panel: DerivationPanel) -> None:
    shown(qtbot, panel, WeightRef(0, 0, 0))
    for width in (280, 600):
        panel.resize(width, 700)
        QGuiApplication.processEvents()
        panel.paper.finish()
        picture = panel.paper.grab().toImage()
        edge = {
            picture.pixelColor(x, y).name()
            for x in (picture.width() - 2, picture.width() - 1)
            for y in range(picture.height())
        }
        assert edge == {bench.theme.roles.surface.name()}


def ink(latex_text: str) -> tuple[int, Box]:
    image = QImage(400, 80, QImage.Format.Format_RGB32)
    image.fill(LIGHT.surface)
    typesetter = Typesetter(16, LIGHT)
    part = Part(latex_text)
    box = typesetter.box(part)
    painter = QPainter(image)
    typesetter.draw(painter, Placed(part, 10, 50, box))
    painter.end()
    return sum(image.pixelColor(x, y).lightness() < 128 for x in range(400) for y in range(80)), box


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{\partial L}{\partial w_{11}}",
        r"\delta^{(2)}_{1}\,u_{11}",
        r"\mathrm{net}_{h1}",
        r"\hat{m}=\frac{m}{1-0.9^{3}}",
        r"\sqrt{s}+\varepsilon",
        r"\begin{pmatrix}0.1&0.2\\0.3&0.4\end{pmatrix}",
        r"\max(0,\,a^{(1)}_{1})",
        r"-1.43\cdot10^{-5}",
        "0.59327",
        r"\leftarrow",
    ],
)
def test_formulas_leave_ink_where_they_claim_room(qtbot: QtBot, formula: str) -> None:
    dark, box = ink(formula)
    assert dark > 8  # QtSvg paints next to nothing of SVG 2
    assert box.width > 4


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_dropouts_mask_stands_in_every_formula_of_its_unit(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel, activation: str
) -> None:
    session = edits.set_activation(edits.set_units(problem("article"), 0, 8), 0, ACTIVATIONS[activation])
    bench.store.assign(edits.set_training(session, TrainingSettings(dropout=0.5, seed=2)))
    masks = bench.controller.snapshot.trace.masks[0]
    for mask, said in ((0.0, "leaves this unit out"), (2.0, "keeps this unit")):
        unit = masks.tolist().index(mask)
        symbol = "₁₂₃₄₅₆₇₈"[unit]
        shown(qtbot, panel, UnitRef(1, unit))
        qtbot.waitUntil(lambda begins=f"h{symbol}": panel.derivation.title.startswith(begins))
        written = panel.paper.as_text()
        panel.grab()
        assert [said in one.remark for one in panel.derivation.sections].count(True) == 2  # activation and slope
        assert f"r⁽¹⁾{symbol}" in written
        assert panel.derivation.factors[1] == pytest.approx(mask * _slope_at(bench, activation, unit))


def _slope_at(bench: Bench, activation: str, unit: int) -> float:
    a = bench.controller.snapshot.trace.pre_activations[0][unit : unit + 1]
    return float(ACTIVATIONS[activation].slopes(a, ACTIVATIONS[activation](a))[0])


def test_the_canvas_is_blank_where_stepping_has_not_come_yet(qtbot: QtBot, bench: Bench, stepper: Stepper) -> None:
    canvas = NetworkCanvas(bench)
    qtbot.addWidget(canvas)
    stepper.set_grain(Grain.PHASE)
    stepper.forward()
    assert "not computed yet" in canvas.describe(UnitRef(2, 0))
    assert "0.511" in canvas.describe(UnitRef(1, 0))
    stepper.forward()
    assert "0.614" in canvas.describe(UnitRef(2, 0))


def test_the_panel_tells_no_more_than_stepping_has_come_to(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel, stepper: Stepper
) -> None:
    stepper.set_grain(Grain.UNIT)

    def headings() -> list[str]:
        blocks = panel.paper.as_text().split("\n\n")
        return [block.splitlines()[0].partition(":")[0] for block in blocks if block.strip()]

    stepper.forward()
    qtbot.waitUntil(lambda: headings() == ["Pre-activation"])
    stepper.forward()
    qtbot.waitUntil(lambda: headings() == ["Pre-activation", "Activation"])
    while bench.controller.snapshot.reached is None or not bench.controller.snapshot.reached.knows_delta(2, 0):
        stepper.forward()
    qtbot.waitUntil(lambda: headings()[-1] == "Delta")


def test_the_strip_tells_each_step_and_jumps_to_phases(qtbot: QtBot, bench: Bench, stepper: Stepper) -> None:
    strip = StepStrip(bench)
    qtbot.addWidget(strip)
    assert strip.isHidden()
    stepper.set_grain(Grain.TERM)
    stepper.forward()
    assert strip.caption() == "x₁ w₁₁ = 0.0500 · 0.1000 = 0.0050"
    box = next(one for one in strip.findChildren(QComboBox) if one.accessibleName() == "Jump to")
    titles = [box.itemText(k) for k in range(box.count())]
    assert titles == [
        "forward: hidden",
        "forward: output",
        "loss",
        "backward: output",
        "backward: hidden",
        "update: into hidden",
        "update: into output",
    ]
    box.activated.emit(titles.index("backward: hidden"))
    assert strip.caption() == "δ⁽²⁾₁ u₁₁ = 0.1432 · 0.1000 = 0.01432"
    stepper.back()
    assert box.currentText() == "backward: output"


@pytest.mark.parametrize(("output", "dropout"), [("sigmoid", 0.0), ("softmax", 0.0), ("sigmoid", 0.5)])
def test_every_step_of_an_update_has_a_caption_that_reads(
    qtbot: QtBot, bench: Bench, stepper: Stepper, output: str, dropout: float
) -> None:
    session = edits.set_activation(problem("article"), 1, ACTIVATIONS[output])
    bench.store.assign(edits.set_training(session, TrainingSettings(LOSSES["cross_entropy"], dropout=dropout)))
    strip = StepStrip(bench)
    qtbot.addWidget(strip)
    stepper.set_grain(Grain.TERM)
    captions: list[str] = []
    while bench.store.session.progress.step == 0:
        stepper.forward()
        if bench.store.session.progress.step == 0:
            captions.append(strip.caption())
            strip.grab()
    assert len(captions) == bench.controller.microscope.plan.length - 1
    assert not [one for one in captions if "\\" in one or "{" in one or not set("=≈→:") & set(one)]


def test_the_panel_shows_the_loss_where_an_output_meets_its_target(
    qtbot: QtBot, bench: Bench, panel: DerivationPanel
) -> None:
    shown(qtbot, panel, UnitRef(2, 1))
    graphs = [section.graph for section in panel.derivation.sections]
    y, t = bench.controller.snapshot.trace.outputs[-1][1], bench.controller.snapshot.trace.target[1]
    assert Graph(HALF_SSE, y, t) in graphs


def test_the_scroll_bar_follows_the_theme(qtbot: QtBot, bench: Bench) -> None:
    bench.preferences.set("theme", "light")
    panel = DerivationPanel(bench)
    qtbot.addWidget(panel)
    panel.resize(260, 300)
    panel.show()
    bench.preferences.set("theme", "dark")
    QApplication.processEvents()
    bars = [area.verticalScrollBar() for area in panel.findChildren(QScrollArea)]
    assert bars
    assert all(bar.palette().base().color() == QApplication.palette().base().color() for bar in bars)


@pytest.fixture
def wide(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A network whose formulas are long, and what of them is typeset; a slice is the shortest there is."""
    random = np.random.default_rng(5)
    network = Network(31, (dense(29, "sigmoid"), dense(27, "sigmoid")))
    samples = Samples.of(random.normal(size=(1, 31)), random.uniform(size=(1, 27)))
    bench.controller.open(Session.begin(network, TrainingSettings(), samples))
    library: Any = ziamath
    made, engine = list[str](), library.Latex

    def typeset(latex: str, *arguments: Any, **named: Any) -> Any:
        made.append(latex)
        return engine(latex, *arguments, **named)

    monkeypatch.setattr(library, "Latex", typeset)
    monkeypatch.setattr(paper_module, "SLICE_SECONDS", 0.0)
    return made


def test_a_long_page_is_shown_before_all_of_it_is_typeset_and_nothing_is_typeset_twice(
    qtbot: QtBot, bench: Bench, wide: list[str]
) -> None:
    panel = DerivationPanel(bench)
    qtbot.addWidget(panel)
    panel.resize(360, 700)
    panel.show()
    empty = panel.paper.grab().toImage()
    bench.store.select(UnitRef(1, 23))
    qtbot.waitUntil(lambda: panel.derivation is not None)
    assert 1 <= len(wide) <= 4
    assert panel.paper.grab().toImage() != empty
    bottom = panel.paper.minimumHeight()
    panel.paper.finish()
    qtbot.wait(50)  # there is a scroll bar now
    panel.paper.finish()
    assert len(wide) > 40
    assert len(wide) == len(set(wide))
    assert panel.paper.minimumHeight() > bottom + 100
    whole, height = panel.paper.grab().toImage(), panel.paper.minimumHeight()
    wide.clear()
    bench.store.select(None)
    bench.store.select(UnitRef(1, 23))
    qtbot.wait(50)
    assert not wide
    assert (panel.paper.grab().toImage(), panel.paper.minimumHeight()) == (whole, height)


def test_a_page_that_is_not_seen_is_not_typeset(qtbot: QtBot, bench: Bench, wide: list[str]) -> None:
    panel = DerivationPanel(bench)
    qtbot.addWidget(panel)
    panel.show()
    bench.store.select(UnitRef(2, 19))
    qtbot.waitUntil(lambda: panel.derivation is not None)
    panel.hide()
    before = len(wide)
    qtbot.wait(100)
    assert len(wide) == before
    panel.show()
    qtbot.waitUntil(lambda: len(wide) > before + 10)

"""A student's walk through the real window: type a network and inputs, train, watch, export, read back."""

import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSpinBox,
    QTabBar,
    QTableView,
    QTextBrowser,
)
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.data.samples import Samples
from backprop_gui.engine.activations import SIGMOID
from backprop_gui.engine.goals import Goal
from backprop_gui.engine.network import Layer, Network, WeightRef
from backprop_gui.engine.settings import TrainingSettings
from backprop_gui.explain.notation import NOTATIONS
from backprop_gui.resources import folder, help_text, problem
from backprop_gui.runtime.stepper import Grain
from backprop_gui.session import edits
from backprop_gui.session.document import Session
from backprop_gui.session.files import read_session, write_session
from backprop_gui.ui.canvas.canvas import NetworkCanvas
from backprop_gui.ui.dialogs.help_pages import PAGES
from backprop_gui.ui.dialogs.help_window import HelpWindow
from backprop_gui.ui.docks import LEFT_WIDTH
from backprop_gui.ui.plots.loss_plot import LossPlot
from backprop_gui.ui.welcome import Welcome
from tests.e2e.conftest import Launch
from tests.e2e.hands import idle, menu_action, press, save_as
from tests.finding import named
from tests.shapes import dense


def test_the_first_start_opens_the_article_ready_to_step(launch: Launch) -> None:
    application = launch()
    assert application.window.windowTitle() == "article[*] – Backprop GUI"
    assert application.store.session.network.sizes == (2, 3, 2)
    assert not application.controller.running


def welcome(application: Application) -> str:
    (frame,) = application.window.findChildren(Welcome)
    return " ".join(label.text() for label in frame.findChildren(QLabel)) if frame.isVisible() else ""


def test_the_welcome_tells_of_the_network_that_is_there_until_it_is_put_away(
    launch: Launch, qtbot: QtBot, tmp_path: Path
) -> None:
    network = Network(1, (Layer(1, SIGMOID),))
    write_session(tmp_path / "s.json", Session.begin(network, TrainingSettings(), Samples.of([[1]], [[0]])))
    application = launch(read_session(tmp_path / "s.json"), tmp_path / "s.json")
    assert "This is a network of 1 input, no hidden units and 1 output." in welcome(application)
    assert "article" not in welcome(application)
    application.window.files.open_problem("article")
    assert "the article's network: two inputs, three hidden units, two outputs" in welcome(application)
    application.editor.apply("units", lambda session: edits.set_units(session, 0, 1))
    assert "2 inputs, 1 hidden unit and 2 outputs" in welcome(application)
    qtbot.mouseClick(named(application.window, QPushButton, "Got it"), Qt.MouseButton.LeftButton)
    assert welcome(application) == ""


def test_closing_while_it_trains_keeps_the_session_for_the_next_start(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    press(qtbot, application, "Play")
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > 100)
    application.window.close()
    assert not application.controller.running
    trained = application.store.session.parameters
    again = launch()
    assert again.store.session.parameters == trained
    assert again.window.isWindowModified()


def test_keys_step_reset_and_play(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    window = application.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.centralWidget().setFocus()
    qtbot.keyClick(window, Qt.Key.Key_Right)
    idle(qtbot, application)
    assert application.store.session.progress.step == 1
    qtbot.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: application.controller.snapshot.progress.step > 10)
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert not application.controller.running
    qtbot.keyClick(window, Qt.Key.Key_Home)
    assert application.store.session.progress.step == 0


def test_every_control_has_an_accessible_name(launch: Launch) -> None:
    application = launch()
    nameless = [
        widget
        for kind in (QLineEdit, QComboBox, QAbstractSpinBox, QTableView)
        for widget in application.window.findChildren(kind)
        if not widget.accessibleName()
        and not isinstance(widget.parent(), QComboBox | QAbstractSpinBox)
        and widget.objectName() != "qt_spinbox_lineedit"
    ]
    assert nameless == []


def test_a_student_types_a_network_and_samples_trains_and_takes_the_weights(
    launch: Launch, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    window = application.window
    units = named(window, QSpinBox, "Units of hidden")
    units.selectAll()
    qtbot.keyClicks(units, "4")
    qtbot.keyClick(units, Qt.Key.Key_Return)
    qtbot.mouseClick(named(window, QPushButton, "Add sample"), Qt.MouseButton.LeftButton)
    table = named(window, QTableView, "Inputs and targets")
    table.setCurrentIndex(table.model().index(0, 0))
    QGuiApplication.clipboard().setText("0\t1\t1\t0\n1\t0\t0\t1")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    rate = named(window, QLineEdit, "Learning rate η")
    rate.selectAll()
    qtbot.keyClicks(rate, "1.5")
    qtbot.keyClick(rate, Qt.Key.Key_Return)
    session = application.store.session
    assert session.network.sizes == (2, 4, 2)
    assert session.samples.inputs.tolist() == [[0.0, 1.0], [1.0, 0.0]]

    plot = window.findChild(LossPlot)
    press(qtbot, application, "Play")
    qtbot.waitUntil(lambda: len(plot.points()[0]) > 20)
    grown = len(plot.points()[0])
    qtbot.waitUntil(lambda: plot.points()[0][-1] > 500 and len(plot.points()[0]) > grown)
    press(qtbot, application, "Play")
    assert not application.controller.running
    assert plot.points()[1][-1] < plot.points()[1][0]

    path = tmp_path / "weights.json"
    save_as(monkeypatch, path)
    menu_action(application, "Export weights…").trigger()
    layers = json.loads(path.read_text(encoding="utf-8"))["layers"]
    canvas = window.findChild(NetworkCanvas)
    for layer, exported in enumerate(layers):
        for source, row in enumerate(exported["weights"]):
            for target, value in enumerate(row):
                assert repr(value) in canvas.describe(WeightRef(layer, source, target))


def test_a_built_in_problem_opens_from_its_menu(launch: Launch) -> None:
    application = launch()
    menu_action(application, "XOR").trigger()
    assert application.store.session.network.sizes == (2, 2, 1)
    assert application.window.windowTitle().startswith("xor")


def test_panels_closed_stay_closed_and_can_come_back(launch: Launch) -> None:
    application = launch()
    dock = application.window.findChild(QDockWidget, "loss")
    dock.close()
    application.window.close()
    again = launch()
    dock = again.window.findChild(QDockWidget, "loss")
    assert dock.isHidden()
    dock.toggleViewAction().trigger()
    assert not dock.isHidden()
    dock.close()
    again.window.default_layout()
    assert not dock.isHidden()


def test_the_theme_can_be_switched(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    menu_action(application, "Dark").trigger()
    assert application.theme.roles.dark
    qtbot.waitUntil(lambda: application.window.palette().window().color() == application.theme.roles.window)
    menu_action(application, "Light").trigger()
    assert not application.theme.roles.dark


def test_tabs_of_panels_say_their_whole_names_on_a_small_screen(launch: Launch, qtbot: QtBot) -> None:
    window = launch().window
    window.resize(1024, 768)
    titles = {dock.windowTitle() for dock in window.findChildren(QDockWidget)}

    def bars() -> list[QTabBar]:
        return window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    qtbot.waitUntil(lambda: {bar.elideMode() for bar in bars()} == {Qt.TextElideMode.ElideNone})
    for bar in bars():
        for tab in range(bar.count()):
            assert bar.tabText(tab) in titles
            assert bar.tabRect(tab).width() > bar.fontMetrics().horizontalAdvance(bar.tabText(tab))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_no_panel_makes_the_window_wider_than_a_small_screen(launch: Launch, qtbot: QtBot, notation: str) -> None:
    session = edits.insert_layer(problem("digits"), 1, dense(16, "leaky_relu"))
    application = launch(session)
    window, preferences = application.window, application.desk.preferences
    for key, value in (("notation", notation), ("number_style", "significant"), ("digits", "10")):
        preferences.set(key, value)
    window.resize(1024, 768)
    window.default_layout()
    application.store.select(WeightRef(0, 63, 15))
    docks = {dock.windowTitle(): dock for dock in window.findChildren(QDockWidget)}
    for dock in docks.values():
        dock.raise_()
        qtbot.wait(30)
        assert window.minimumSizeHint().width() <= 1024, dock.windowTitle()
    assert (window.width(), window.height()) == (1024, 768)
    assert named(window, QLabel, "loss").isVisible()
    window.resize(1280, 800)
    window.default_layout()
    qtbot.wait(30)
    assert all(docks[title].width() >= LEFT_WIDTH - 4 for title in ("Network", "Training", "Samples"))


def test_closing_ends_a_walk_through_an_update(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    application.stepper.set_grain(Grain.TERM)
    application.stepper.walk()
    qtbot.waitUntil(lambda: application.store.session.view.position > 1)
    application.window.close()
    assert not application.stepper.walking


def test_the_arrow_keys_step_right_after_a_grain_was_chosen(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    window = application.window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    box = named(window, QComboBox, "Step by")
    box.setFocus()
    assert box.hasFocus()
    qtbot.keyClick(box, Qt.Key.Key_End)  # the finest
    assert application.stepper.grain is Grain.TERM
    for key, position in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1)):
        qtbot.keyClick(box, key)
        assert application.store.session.view.position == position


def test_what_was_said_of_a_moment_goes_with_it(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    application.controller.play(Goal(epoch=4))
    idle(qtbot, application)
    status = application.window.statusBar()
    qtbot.waitUntil(lambda: status.currentMessage().startswith("Done: epoch 4"))
    qtbot.wait(100)
    assert status.currentMessage().startswith("Done: epoch 4")
    press(qtbot, application, "Step sample")
    idle(qtbot, application)
    qtbot.waitUntil(lambda: status.currentMessage() == "")


def test_the_list_of_keys_does_not_name_what_would_be_undone(launch: Launch, qtbot: QtBot) -> None:
    application = launch()
    application.controller.step(1)
    idle(qtbot, application)
    application.controller.settle()
    assert any(one.text() == "Undo Training" for one in application.window.findChildren(QAction))
    listed = HelpWindow(application.window)
    qtbot.addWidget(listed)
    words = listed.findChild(QTextBrowser).toPlainText()
    assert "Undo" in words
    assert "Redo" in words
    assert "Training" not in words


def test_menu_entries_that_are_spoken_of_are_there(launch: Launch) -> None:
    texts = [help_text(name) for name in PAGES]
    root = folder().parent
    texts += [(root / name).read_text(encoding="utf-8") for name in ("README.md", "CHANGELOG.md")]
    spoken = {found for text in texts for found in re.findall(r"\*(\w+\s>[^*]+)\*", text)}
    application = launch()
    entries = {
        (menu.title().replace("&", ""), action.text().replace("&", "").removesuffix("…"))
        for menu in application.window.menuBar().findChildren(QMenu)
        for action in menu.actions()
    }
    assert len(spoken) > 4
    for path in spoken:
        menu, entry = (" ".join(one.split()).rstrip("…") for one in path.split(">")[-2:])
        assert any(title == menu and text.startswith(entry) for title, text in entries), f"{menu} > {entry}"

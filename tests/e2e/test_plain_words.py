"""Words of files stay words: wherever the window shows them they are read letter for letter, never as HTML."""

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from backprop_gui.app import Application
from backprop_gui.engine.goals import Goal
from backprop_gui.resources import problem
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.ui.dialogs.import_dialog import ImportDialog
from backprop_gui.ui.panels import PANELS
from tests.e2e.conftest import Launch
from tests.meeting import Meetings
from tests.ui.words import words_of

MARK = "Pas5word"
TAG = f'<img src="x.png" width=300><h1>{MARK}</h1>&amp;<a href="file:///etc">'


def hostile() -> bytes:
    """Return XOR with tags for every word a session file can have."""
    document = json.loads(encode_session(problem("xor")))
    document["data"]["columns"] = [{"name": TAG}, {"name": f"b{TAG}", "shift": 1.0, "scale": 2.0}, {"name": f"t{TAG}"}]
    document["data"]["names"] = [TAG, f"b{TAG}", "c", "d"]
    document["title"], document["notes"] = TAG, TAG
    return json.dumps(document).encode()


def check(*roots: QWidget) -> list[str]:
    """Hold every mark in sight to be part of its whole tag; return where the marks are."""
    found = [(where, words) for root in roots for where, words in words_of(root) if MARK in words]
    wrong = [(where, words) for where, words in found if TAG[-12:] not in words and "…" not in words]
    wrong += [(where, words) for where, words in found if "<h1>" not in words]
    assert not wrong, wrong
    return [where for where, _ in found]


@pytest.fixture
def opened(launch: Launch, tmp_path: Path) -> Application:
    path = tmp_path / "s.json"
    path.write_bytes(hostile())
    return launch(decode_session(hostile()), path)


def test_every_panel_shows_them_as_words(opened: Application, qtbot: QtBot) -> None:
    window = opened.window
    for panel in PANELS:
        dock = window.findChild(QWidget, panel.name)
        assert dock is not None
        dock.raise_()
        qtbot.wait(1)
    opened.controller.play(Goal(epoch=5))
    qtbot.waitUntil(lambda: not opened.controller.running)
    book = opened.controller.book
    for run in book.runs.values():
        run.name, run.note = TAG, TAG
    opened.controller.runs_changed.emit()
    qtbot.waitUntil(lambda: any(where.endswith(" Runs") for where in check(window)))
    places = check(window)
    assert any("Inputs and targets" in where for where in places)
    assert len(places) > 8


MENUS = [
    ("&Data", "&Generate samples…"),
    ("&Run", "Run until…"),
    ("&File", "Export worked &sheet…"),
    ("&Help", "&About"),
]


@pytest.mark.parametrize(("menu", "entry"), MENUS)
def test_every_dialog_shows_them_as_words(opened: Application, in_dialog: Meetings, menu: str, entry: str) -> None:
    bar = opened.window.menuBar()
    actions = next(one for one in bar.findChildren(QMenu) if one.title() == menu).actions()
    action = next((one for one in actions if one.text().startswith(entry)), None)
    assert action is not None, [one.text() for one in actions]
    met: list[QWidget] = []

    def meet(dialog: QWidget) -> None:
        check(dialog)
        met.append(dialog)

    in_dialog(QDialog, meet)
    action.trigger()
    assert met


def test_a_table_to_be_imported_shows_its_cells_and_heads_as_words(qtbot: QtBot) -> None:
    quoted = '"' + TAG.replace('"', '""') + '"'
    dialog = ImportDialog(f"{TAG}.csv", f"{quoted},t\n1,0\n{quoted},1\n2,{quoted}\n".encode())
    qtbot.addWidget(dialog)
    assert len(check(dialog)) > 3


@pytest.mark.parametrize("ending", [".json", ".csv", ".npz", ".onnx"])
def test_what_is_refused_is_told_in_words(
    opened: Application, in_dialog: Meetings, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"{TAG.replace('/', '')}{ending}"
    path.write_bytes(json.dumps({TAG: TAG}).encode())
    told: list[str] = []

    def meet(box: QMessageBox) -> None:
        told.append(box.text())
        wrong = [words for _, words in words_of(box) if MARK in words and "<h1>" not in words]
        assert not wrong

    take = opened.window.files.open_path if ending == ".json" else opened.window.files.import_path
    in_dialog(QMessageBox, meet)
    take(path)
    assert MARK in told[0]


def test_leaving_without_saving_asks_in_words(opened: Application, in_dialog: Meetings) -> None:
    files = opened.window.files
    files.name_session(TAG, None)
    opened.editor.stack.resetClean()
    met: list[str] = []

    def meet(box: QWidget) -> None:
        met.extend(check(box))

    in_dialog(QMessageBox, meet)
    files.open_problem("article")
    assert met

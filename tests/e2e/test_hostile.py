"""Files that are none, or far too much: one sentence, at once, on the command line and in the window."""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from backprop_gui.cli import main
from backprop_gui.engine import network
from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.exchange.results_csv import write_results
from backprop_gui.exchange.weights import export_weights
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.storage import FileError
from backprop_gui.ui.forms.network_form import NetworkForm
from tests.e2e.conftest import Launch
from tests.finding import named
from tests.meeting import Meetings

ARTICLE = json.loads(encode_session(problem("article")))
unix = pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders and no /dev")


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.json")
    return folder / "pipe.json"


def device(folder: Path) -> Path:
    (folder / "zero.json").symlink_to("/dev/zero")
    return folder / "zero.json"


def written(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def layers(count: int) -> bytes:
    network = {"inputs": 1, "layers": [{"units": 1}] * count}
    return json.dumps({**ARTICLE, "network": network, "parameters": None}).encode()


def large(folder: Path) -> Path:
    path = folder / "large.json"
    with path.open("wb") as file:
        file.truncate(64_000_001)
    return path


SESSIONS: list[tuple[str, Callable[[Path], Path], str]] = [
    ("a pipe", pipe, "no file but a pipe"),
    ("a device", device, "no file but a pipe"),
    ("a folder", lambda folder: folder, "cannot be read"),
    ("brackets", written("deep.json", b"[" * 100_000), "hundreds deep"),
    ("deep objects", written("deep.json", b'{"a":' * 5_000 + b"1" + b"}" * 5_000), "hundreds deep"),
    ("layers", written("layers.json", layers(200_000)), "'200,000 layers' is not accepted; use at most 200"),
    ("larger", large, "larger than 64 MB"),
    ("not a number", written("nan.json", json.dumps({**ARTICLE, "title": float("nan")}).encode()), "'NaN'"),
    ("binary", written("b.json", bytes(range(256))), "must be JSON in UTF-8"),
    ("UTF-16", written("u.json", json.dumps(ARTICLE).encode("utf-16")), "must be JSON in UTF-8"),
    (
        "a large whole number",
        written("big.json", json.dumps({**ARTICLE, "version": 10**4000}).encode()),
        "4,000 digits",
    ),
    ("an odd key", written("odd.json", json.dumps({**ARTICLE, "`\n - at `$.x`": 1}).encode()), "this key is unknown"),
    ("an empty key", written("empty.json", json.dumps({**ARTICLE, "": 1}).encode()), "this key is unknown"),
]


@unix
@pytest.mark.parametrize(("make", "told"), [one[1:] for one in SESSIONS], ids=[one[0] for one in SESSIONS])
def test_as_a_session_each_is_one_sentence_and_exit_code_2(
    make: Callable[[Path], Path], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(make(tmp_path))]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_name_of_thousands_of_letters_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("x" * 5000, "x" * 5000 + ".json", "a\0b.json"):
        assert main(["explain", name]) == 2
        error = capsys.readouterr().err
        assert len(error.splitlines()) == 1
        assert len(error) < 1000


def test_a_byte_order_mark_is_accepted() -> None:
    assert decode_session(b"\xef\xbb\xbf" + encode_session(problem("xor"))).network == problem("xor").network


def test_whole_numbers_beyond_64_bits_are_numbers_where_numbers_stand() -> None:
    document = json.loads(json.dumps(ARTICLE))
    document["data"]["inputs"][0][1] = 2**64
    assert decode_session(json.dumps(document).encode()).samples.inputs[0, 1] == 2.0**64
    document["data"]["inputs"][0][1] = 10**400
    with pytest.raises(FieldError) as caught:
        decode_session(json.dumps(document).encode())
    assert "data.inputs" in caught.value.field


def bomb(size: int, members: int) -> bytes:
    """Return an archive that unpacks to so many arrays of ``size`` bytes each."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (size // 8,)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for k in range(members):
            with archive.open(f"W{k + 1}.npy", "w", force_zip64=True) as member:
                member.write(head.getvalue())
                for _ in range(size // 1_000_000):
                    member.write(bytes(1_000_000))
    return file.getvalue()


TABLE = "layer,kind,from,to,name,value\n"
WEIGHTS: list[tuple[str, str, bytes, str]] = [
    ("an archive of 120 MB", "w.npz", bomb(120_000_000, 1), "120 MB of arrays"),
    ("an archive of many", "w.npz", bomb(1_000_000, 100), "100 MB of arrays"),
    ("layer 10^9", "w.csv", f"{TABLE}1000000000,weight,1,1,w,0.5\n".encode(), "from 1 to 200"),
    ("unit 10^9", "w.csv", f"{TABLE}1,weight,1,1000000000,w,0.5\n".encode(), "from 1 to 10,000,000"),
    ("12,000 x 12,000", "w.csv", f"{TABLE}1,weight,12000,12000,w,1\n".encode(), "must stand there once"),
    ("unit 0", "w.csv", f"{TABLE}1,weight,0,1,w,0.5\n".encode(), "'0' is not accepted"),
    ("unit -1", "w.csv", f"{TABLE}1,weight,-1,1,w,0.5\n".encode(), "'-1' is not accepted"),
    ("a typo", "w.csv", f"{TABLE}1,wieght,1,1,w,0.5\n".encode(), "use weight or bias"),
    ("twice", "w.csv", f"{TABLE}1,weight,1,1,w,1\n1,weight,1,1,w,2\n".encode(), "there already"),
    ("a gap", "w.csv", f"{TABLE}1,weight,1,1,w,1\n1,bias,,1,b,2\n3,weight,1,1,w,1\n".encode(), "has none"),
    ("a long cell", "w.csv", f"{TABLE}1,weight,1,1,{'x' * 200_000},1\n".encode(), "must be CSV"),
    ("another format", "w.json", b'{"format": "other", "version": 99, "layers": []}', 'has "backprop-gui/weights"'),
    ("another version", "w.json", b'{"format": "backprop-gui/weights", "version": 2, "layers": []}', "reads version 1"),
    (
        "numbers as text",
        "w.json",
        b'{"format": "backprop-gui/weights", "version": 1, "layers": '
        b'[{"activation": "relu", "weights": [["0.1"]], "biases": [0]}]}',
        "use a number",
    ),
]


@pytest.mark.parametrize(("name", "content", "told"), [one[1:] for one in WEIGHTS], ids=[one[0] for one in WEIGHTS])
def test_as_weights_each_is_one_sentence(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises((FieldError, FileError)) as caught:
        read_weights(tmp_path / name, problem("article").network)
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@unix
@pytest.mark.parametrize("kind", ["session", "weights", "table"])
def test_the_window_says_it_in_a_message_and_goes_on(
    launch: Launch, in_dialog: Meetings, tmp_path: Path, kind: str
) -> None:
    application = launch()
    before, told = application.store.session, list[str]()
    path = pipe(tmp_path)

    in_dialog(QMessageBox, lambda box: told.append(box.text()))
    window = application.window
    {"session": window.files.open_path, "weights": window.files.import_path, "table": window.data.import_path}[kind](
        path
    )
    assert "no file but a pipe" in told[0]
    assert application.store.session is before


def test_words_that_a_spreadsheet_would_compute_are_words(tmp_path: Path) -> None:
    document = json.loads(json.dumps(ARTICLE))
    names = ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-x"]
    document["data"]["columns"] = [{"name": one} for one in names]
    document["data"]["names"] = ["=HYPERLINK(1)"]
    write_results(tmp_path / "r.csv", decode_session(json.dumps(document).encode()))
    head, row = (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()
    assert not any(cell.startswith(("=", "@", "+", "-")) for cell in head.split(","))
    assert row.split(",")[1] == "'=HYPERLINK(1)"


FINDS = sorted((Path(__file__).parents[1] / "fuzz" / "corpus").iterdir())


def test_in_the_window_every_find_is_told_in_a_message_and_nothing_is_thrown(
    launch: Launch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = launch()
    window, before = application.window, application.store.session
    told: list[str] = []

    def answer() -> None:
        if isinstance(dialog := QApplication.activeModalWidget(), QDialog):
            if isinstance(dialog, QMessageBox):
                told.append(dialog.text())
            dialog.reject()

    timer = QTimer(window)
    timer.timeout.connect(answer)
    timer.start(5)
    for path in FINDS:
        doors = {".json": [window.files.open_path, window.files.import_path], ".csv": [window.data.import_path]}
        for door in (*doors.get(path.suffix, []), window.files.import_path):
            told.clear()
            door(path)
            refused = door != window.data.import_path and path.name != "unused_dense.onnx"
            assert not refused or len(told) == 1, path.name
            assert all(len(one.splitlines()) == 1 for one in told if refused), told
    timer.stop()
    assert application.store.session.samples is before.samples
    qtbot.waitUntil(lambda: window.findChildren(QDialog) == [])


def test_no_door_lets_more_layers_in_than_a_network_may_have(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(network, "MOST_LAYERS", 3)
    application = launch()
    form = application.window.findChild(NetworkForm)
    assert form is not None
    add = named(form, QPushButton, "Add layer")
    add.click()
    assert len(application.store.session.network.layers) == 3
    add.click()
    assert len(application.store.session.network.layers) == 3
    assert any("use at most 3" in label.text() for label in form.findChildren(QLabel) if not label.isHidden())
    more = edits.reset(application.store.session)
    with pytest.raises(FieldError, match="use at most 3"):
        edits.insert_layer(more, 1)


def test_a_byte_order_mark_before_weights_is_accepted(tmp_path: Path) -> None:
    article, path = problem("article"), tmp_path / "w.json"
    export_weights(path, article.network, article.parameters, article.samples.inputs)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_weights(path, article.network).parameters == article.parameters

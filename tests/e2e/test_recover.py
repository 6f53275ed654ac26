"""``backprop-gui recover`` in a fresh process."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from backprop_gui.runs.recorder import Recorder
from backprop_gui.session.files import read_session
from tests.runs.keeping import XOR, end, kept, trained_for


def recover(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    variables = {name: str(home) for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA")}
    return subprocess.run(
        [sys.executable, "-m", "backprop_gui", "recover", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **variables},
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    return sentence


def test_what_was_left_is_listed_and_written_and_stays_until_it_is_discarded(tmp_path: Path) -> None:
    folder = tmp_path / "backprop-gui" / "backprop-gui"
    assert recover(tmp_path).stdout == "Nothing was left unsaved.\n"
    assert json.loads(recover(tmp_path, "--json").stdout) == []
    older, newer = trained_for(XOR, 40), replace(XOR, training=replace(XOR.training, seed=5))
    for session, title in ((older, "xor"), (newer, "s.json")):
        recorder = Recorder(folder, pause=0.0)
        recorder.keep(session, tmp_path / title if title == "s.json" else None, title, dirty=True)
        assert recorder.flush(10)
        end(recorder)
    done = recover(tmp_path, "--json")
    assert done.returncode == 0
    assert done.stderr == ""
    listed = json.loads(done.stdout)
    assert [list(one) for one in listed] == [["number", "title", "file", "epoch", "saved_at"]] * 2
    assert [(one["number"], one["title"], one["file"], one["epoch"]) for one in listed] == [
        (1, "s.json", str(tmp_path / "s.json"), 0),
        (2, "xor", None, 10),
    ]
    assert all(datetime.fromisoformat(one["saved_at"]).tzinfo is not None for one in listed)
    assert len(recover(tmp_path).stdout.splitlines()) == 2
    output = tmp_path / "out.json"
    done = recover(tmp_path, "--save", 2, output)
    assert (done.returncode, done.stdout) == (0, f"wrote {output}\n")
    assert read_session(output).parameters == older.parameters
    assert json.loads(recover(tmp_path, "--json").stdout) == listed
    code = "import sys; from backprop_gui.cli import main; main(['recover']); assert 'PySide6' not in sys.modules"
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment, timeout=60).returncode == 0


def test_what_cannot_be_done_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "backprop-gui" / "backprop-gui"
    assert refused(recover(tmp_path, "--save", 1, tmp_path / "s.json")).endswith("nothing was left unsaved.")
    recorder = kept(Recorder(folder, pause=0.0))
    assert refused(recover(tmp_path, "--save", 1, tmp_path / "s.json")).endswith("nothing was left unsaved.")
    end(recorder)
    for number in (0, 2, "one", "1.0"):
        assert "use 1 to 1" in refused(recover(tmp_path, "--save", number, tmp_path / "s.json"))
    assert "no folder" in refused(recover(tmp_path, "--save", 1, tmp_path / "missing" / "s.json"))
    (folder / "runs.db").write_bytes(b"not a store " * 100)
    assert "the store of runs cannot be used" in refused(recover(tmp_path, "--json"))
    assert (folder / "runs.db").read_bytes() == b"not a store " * 100

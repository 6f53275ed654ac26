"""Faults of ours: told once, logged in bounded space, with a report that says what helps and holds no data."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from backprop_gui import __version__, faults
from backprop_gui.faults import Fault, Faults, data_folder, describe_session
from backprop_gui.resources import problem
from backprop_gui.session.document import Session

HERE = str(Path(__file__).parent)


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def caught(message: str = "broken", kind: type[Exception] = ValueError) -> Exception:
    try:
        raise kind(message)
    except Exception as error:
        return error


def lines(log: Faults) -> list[str]:
    return [line for line in log.path.read_text(encoding="utf-8").splitlines() if " ERROR " in line or "WARN" in line]


def test_a_fault_is_told_once_and_its_repetitions_are_counted(tmp_path: Path) -> None:
    clock = Clock()
    log = Faults(tmp_path / "made" / "for it", clock)
    first = log.note(caught())
    assert first is not None
    for _ in range(3_800):
        clock.now += 1 / 3_800
        assert log.note(caught()) is None
    assert first.times == 3_801
    assert len(lines(log)) == 4  # itself, then the 10th, the 100th and the 1000th time
    assert lines(log)[-1].endswith("Again, 1,000 times by now: ValueError: broken")


def test_the_same_fault_is_told_again_once_it_has_been_quiet(tmp_path: Path) -> None:
    clock = Clock()
    log = Faults(tmp_path, clock)
    first = log.note(caught())
    clock.now = faults.QUIET_SECONDS - 0.1
    assert log.note(caught()) is None
    clock.now += faults.QUIET_SECONDS - 0.1
    assert log.note(caught()) is None, "each repetition begins the quiet time anew"
    clock.now += faults.QUIET_SECONDS + 0.1
    assert log.note(caught()) is first
    clock.now += 100.0
    assert first is not None
    log.rest(first)
    assert log.note(caught()) is None


def test_another_place_or_kind_is_another_fault_and_another_message_is_not(tmp_path: Path) -> None:
    log = Faults(tmp_path, Clock())
    assert log.note(caught("weight 1")) is not None
    assert log.note(caught("weight 2")) is None
    assert log.note(caught("weight 1", KeyError)) is not None
    with pytest.raises(ValueError, match="weight 1") as elsewhere:
        raise ValueError("weight 1")
    assert log.note(elsewhere.value) is not None


def test_the_sentence_names_the_kind_the_message_and_our_innermost_line(tmp_path: Path) -> None:
    log = Faults(tmp_path)
    assert log.note(caught()).sentence == "ValueError: broken"
    with pytest.raises(AttributeError) as raised:
        describe_session(cast("Session", None))
    sentence = log.note(raised.value).sentence
    assert sentence.startswith("AttributeError: 'NoneType' object has no attribute 'network' (faults.py, line ")


def test_the_report_says_what_ran_where_and_what_the_session_is_but_no_data(tmp_path: Path) -> None:
    session = problem("xor")
    log = Faults(tmp_path)
    log.describe = lambda: describe_session(session)
    report = log.note(caught()).report
    assert f"Backprop GUI {__version__}, Python {sys.version.split()[0]}, PySide6-Essentials " in report
    assert "numpy " in report
    loss, optimizer = session.training.loss.name, session.training.optimizer.name
    assert f"Session: 2-2-1 (sigmoid, sigmoid), loss {loss}, {optimizer}, batch 1, 4 samples, epoch 0, " in report
    assert "Thread: main" in report
    assert report.rstrip().endswith("ValueError: broken")
    assert "Traceback (most recent call last):" in report
    assert str(session.parameters.weights[0][0, 0]) not in report


def test_the_report_does_not_name_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", HERE)
    monkeypatch.setenv("USERPROFILE", HERE)
    report = Faults(tmp_path).note(caught()).report
    assert 'File "~' in report
    assert HERE not in report


def test_a_session_that_cannot_be_described_does_not_hide_the_fault(tmp_path: Path) -> None:
    log = Faults(tmp_path)
    log.describe = lambda: describe_session(cast("Session", None))
    assert "Session: cannot be described (AttributeError)" in log.note(caught()).report


def test_qts_words_before_a_message_are_left_out_however_often_they_stand_there(tmp_path: Path) -> None:
    words = (
        "Error calling Python override of QWidget::event(): Error calling Python override of QWidget::1:sizeHint(): "
    )
    fault = Faults(tmp_path).note(caught(words + "hint"))
    assert fault.sentence == "ValueError: hint"
    assert "override" not in fault.report


def test_what_an_error_says_cannot_be_endless_nor_stop_the_log(tmp_path: Path) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    log = Faults(tmp_path)
    assert log.note(caught("x" * 1_000_000)).sentence == "ValueError: " + "x" * 299 + "…"
    assert log.path.stat().st_size < 50_000
    assert log.note(caught("two\nlines", KeyError)).sentence == "KeyError: 'two\\nlines'"
    assert log.note(caught("", MuteError)).sentence == "MuteError"


def test_the_log_turns_over_and_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "MOST_BYTES", 20_000)
    clock = Clock()
    log = Faults(tmp_path, clock)
    for turn in range(1_000):
        clock.now = turn * 10.0
        log.note(caught())
        log.notice(f"warning {turn}")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["backprop-gui.log", "backprop-gui.log.1", "backprop-gui.log.2"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 62_000
    assert "warning 999" in log.path.read_text(encoding="utf-8")


def test_warnings_are_logged_once_and_at_powers_of_ten(tmp_path: Path) -> None:
    log = Faults(tmp_path)
    for _ in range(250):
        log.notice("QPainter::begin: Paint device returned engine == 0")
    assert [line.split(" WARNING ")[1] for line in lines(log)] == [
        "QPainter::begin: Paint device returned engine == 0" + end
        for end in ("", " (10 times by now)", " (100 times by now)")
    ]


def test_a_log_that_cannot_be_written_is_said_and_no_second_fault(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    log = Faults(tmp_path / "file")
    assert log.place == f"Details: {log.path}"
    assert log.note(caught()) is not None
    assert log.place == f"The log could not be written to {log.path}."
    assert capfd.readouterr() == ("", "")
    (tmp_path / "file").unlink()
    log.notice("there again")
    assert log.place == f"Details: {log.path}"


def test_threads_may_note_the_same_fault_at_once(tmp_path: Path) -> None:
    log = Faults(tmp_path, Clock())
    told: list[Fault | None] = []
    threads = [threading.Thread(target=lambda: told.append(log.note(caught()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (fault,) = [one for one in told if one is not None]
    assert fault.times == 8
    assert "Thread: background" in fault.report


def test_the_log_is_in_the_folder_that_qt_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for data_home in (tmp_path / "data", "", "relative"):
        monkeypatch.setenv("XDG_DATA_HOME", str(data_home))
        code = (
            "from PySide6.QtCore import QCoreApplication as A, QStandardPaths as P; "
            "A.setApplicationName('backprop-gui'); A.setOrganizationName('backprop-gui'); "
            "print(P.writableLocation(P.StandardLocation.AppLocalDataLocation), end='')"
        )
        qt = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert str(data_folder()) == qt.stdout


def test_an_error_that_python_met_because_another_was_open_is_the_other_one(tmp_path: Path) -> None:
    log = Faults(tmp_path)
    outer = caught("returned a result with an exception set", SystemError)
    outer.__cause__ = caught("the real one")
    fault = log.note(outer)
    assert fault is not None
    assert fault.sentence == "ValueError: the real one"
    assert log.note(caught("the real one")) is None

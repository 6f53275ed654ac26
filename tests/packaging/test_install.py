"""A wheel and a checkout both find their resources; the pinned Qt keeps its references."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from backprop_gui.engine.compiled import library

ROOT = Path(__file__).parents[2]


def listing(paths: list[Path], folder: Path) -> str:
    """Return what ``problems`` prints in a fresh process that looks for the package in ``paths``."""
    code = f"import sys; sys.path[:0] = {[str(p) for p in paths]!r}; import backprop_gui.cli as c; c.main(['problems'])"
    code += "; import backprop_gui; print(backprop_gui.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_a_wheel_carries_its_resources(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT],
        check=True,
        capture_output=True,
        timeout=100,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "site")
    assert "backprop_gui/resources/problems/xor.json" in names
    assert "backprop_gui/resources/icons/play.svg" in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    built = library.load() is not None
    assert any(Path(name).name.startswith("stretch-") for name in names) is built
    assert wheel.name.endswith("-py3-none-any.whl") is not built
    printed = listing([tmp_path / "site"], tmp_path)
    assert "encoder-8-3-8" in printed
    assert str(tmp_path / "site") in printed


def test_the_editable_install_finds_the_checkout(tmp_path: Path) -> None:
    printed = listing([], tmp_path)
    assert "encoder-8-3-8" in printed
    assert str(ROOT / "backprop_gui") in printed


def test_resources_hold_data_only() -> None:
    assert list((ROOT / "resources").rglob("*.py")) == []


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="True and None are immortal there")
def test_signals_and_setters_drop_no_references(qapp: QApplication) -> None:
    class Sender(QObject):
        sent = Signal(int)

    sender, timer = Sender(), QTimer()
    before = sys.getrefcount(True), sys.getrefcount(None)
    for number in range(2_000):
        sender.sent.emit(number)
        timer.setInterval(number)
    after = sys.getrefcount(True), sys.getrefcount(None)
    assert all(abs(one - other) < 200 for one, other in zip(before, after, strict=True))

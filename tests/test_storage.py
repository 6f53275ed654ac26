"""Files are written whole or not at all, with the permissions they had or the ones new files get."""

import os
import sys
from pathlib import Path

import pytest

from backprop_gui.storage import FileError, check_writable, write_whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.json"


@pytest.mark.parametrize("failing", [(Path, "replace"), (os, "fsync"), (Path, "chmod")])
def test_a_write_that_fails_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, failing: tuple[object, str]
) -> None:
    write_whole(path, b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left")

    monkeypatch.setattr(*failing, full)
    with pytest.raises(FileError, match=r"s\.json: cannot be written: No space left"):
        write_whole(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(path.parent.iterdir()) == [path]


def test_what_is_written_is_on_the_disk_before_it_takes_the_old_ones_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(path, b"before")
    done: list[str] = []
    sync, move = os.fsync, Path.replace

    def note_sync(number: int) -> None:
        done.append("sync")
        sync(number)

    def note_move(self: Path, target: Path) -> Path:
        done.append(self.read_bytes().decode())
        return move(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_move)
    write_whole(path, b"after")
    assert done == ["sync", "after"]
    assert path.read_bytes() == b"after"


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others there")
def test_permissions_are_the_systems_for_a_new_file_and_stay_for_an_old_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    umask = os.umask
    before = umask(0o027)
    try:
        monkeypatch.delattr(os, "umask")  # the process's mask belongs to all threads: nobody may touch it meanwhile
        write_whole(path, b"one")
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o600)
        write_whole(path, b"two")
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        umask(before)


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path, "it is a folder"), (tmp_path / "no" / "s.json", "(there is no folder|No such file)")):
        with pytest.raises(FileError, match=told):
            check_writable(path)
        with pytest.raises(FileError, match=told):
            write_whole(path, b"")
    assert not list(tmp_path.iterdir())

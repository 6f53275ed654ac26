"""Files are written whole or not at all: behind links, with the rights they had, and with nothing left beside them."""

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backprop_gui import storage
from backprop_gui.cli import main
from backprop_gui.storage import FileError, ReadOnlyError, check_writable, made_writable, write_whole

OLD, NEW = b"before, and longer than what comes", b"after"
posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are others there")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.json"


class Faults:
    """The ``os`` that ``storage`` sees: its ``fails``-th call raises, and where ``on`` is set every one after it."""

    def __init__(self, fails: int, code: int, on: bool = False) -> None:
        self.fails, self.code, self.on = fails, code, on
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> object:
        real = getattr(os, name)
        return self.counted(name, real) if callable(real) and not isinstance(real, type) else real

    def counted(self, name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            here = len(self.calls)
            self.calls.append(name)
            if here == self.fails or (self.on and here > self.fails):
                raise OSError(self.code, os.strerror(self.code))
            return real(*arguments, **named)

        return call


@posix
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("kind", ["new", "file", "link", "hard link"])
def test_every_call_that_can_fail_leaves_a_whole_file_and_nothing_beside_it(
    tmp_path: Path, kind: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: set[str] = set()
    for fails in range(200):
        folder = tmp_path / str(fails)
        folder.mkdir()
        path, other = folder / "s.json", folder / "other"
        if kind != "new":
            other.write_bytes(OLD)
            {"file": other.rename, "link": path.symlink_to, "hard link": path.hardlink_to}[kind](
                path if kind == "file" else other
            )
        before = sorted(folder.iterdir())
        faults = Faults(fails, code)
        with monkeypatch.context() as patch:
            patch.setattr(storage, "os", faults)
            patch.setattr("fcntl.flock", faults.counted("flock", lambda *_: None))
            told = ""
            try:
                write_whole(path, NEW)
            except FileError as error:
                told = str(error)
        if len(faults.calls) <= fails:
            break
        name = faults.calls[fails]
        failed.add(name)
        if told:
            assert told.startswith(f"{path}: cannot be written: ")
            assert not path.exists() if kind == "new" else path.read_bytes() == OLD, name
            assert sorted(folder.iterdir()) == before, name
        else:
            assert path.read_bytes() == NEW, name
            stray = {one for one in folder.iterdir() if one.name.startswith(".")}
            assert not stray or name == "unlink"
        if kind == "hard link":
            assert path.samefile(other)
        assert path.is_symlink() == (kind == "link")
    else:
        pytest.fail("it never ended")
    assert {"stat", "open", "fsync", "write", "flock"} <= failed


def test_where_a_hard_linked_file_can_not_even_be_put_back_the_whole_content_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(OLD)
    (path.parent / "other").hardlink_to(path)
    faults = Faults(10**9, errno.EIO)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "os", faults)
        write_whole(path, NEW)
    path.write_bytes(OLD)
    faults = Faults(faults.calls.index("ftruncate"), errno.EIO, on=True)
    monkeypatch.setattr(storage, "os", faults)
    with pytest.raises(FileError, match="was damaged while it was written; the whole content is in") as caught:
        write_whole(path, NEW)
    (kept,) = path.parent.glob(".backprop-gui-*")
    assert str(kept) in str(caught.value)
    assert kept.read_bytes() == NEW


def test_what_is_written_is_on_the_disk_before_it_takes_the_old_ones_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(path, OLD)
    faults = Faults(10**9, 0)
    monkeypatch.setattr(storage, "os", faults)
    write_whole(path, NEW)
    calls = [one for one in faults.calls if one in ("write", "chmod", "fsync", "replace")]
    assert calls == ["write", "chmod", "fsync", "replace", "fsync"]  # the file, its place, its folder


@posix
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


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_stays(path: Path) -> None:
    path.write_bytes(OLD)
    os.chown(path, 1000, 1001)
    write_whole(path, NEW)
    assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    wrong = [
        (tmp_path, "it is a folder"),
        (tmp_path / "no" / "s.json", "there is no folder"),
        (tmp_path / ("x" * 300), "File name too long"),
        (tmp_path / "a\0b", "embedded null"),
    ]
    for path, told in wrong:
        for act in (lambda path=path: check_writable(path), lambda path=path: write_whole(path, b"")):
            with pytest.raises(FileError, match=told):
                act()
    assert not list(tmp_path.iterdir())


@posix
def test_what_is_no_file_is_refused_and_stays(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to("/dev/null")
    for path in (pipe, link, Path("/dev/null")):
        for act in (lambda path=path: check_writable(path), lambda path=path: write_whole(path, b"")):
            with pytest.raises(FileError, match="it is no file but a pipe, a device or the like"):
                act()
    assert pipe.is_fifo()
    assert link.is_symlink()
    assert Path("/dev/null").is_char_device()
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(FileError, match="symbolic links"):
        write_whole(circle, b"")


@posix
def test_links_stay_and_what_they_lead_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link, hard = tmp_path / "far" / "real.json", tmp_path / "link.json", tmp_path / "hard.json"
    link.symlink_to("far/real.json")
    write_whole(link, OLD)  # a link that leads to nothing yet
    assert target.read_bytes() == OLD
    hard.hardlink_to(target)
    for content in (NEW, OLD, b""):
        write_whole(link, content)
        assert link.is_symlink()
        assert hard.samefile(target)
        assert hard.read_bytes() == content
    assert sorted(tmp_path.rglob("*")) == sorted([target, link, hard, tmp_path / "far"])


def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    for content in (OLD, NEW):
        write_whole(path, content)
    assert path.read_bytes() == NEW


@posix
def test_a_read_only_file_is_asked_about_and_stays_read_only(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(OLD)
    path.chmod(0o444)
    for act in (lambda: check_writable(path), lambda: write_whole(path, NEW)):
        with pytest.raises(ReadOnlyError, match=r"s\.json: cannot be written: it is read-only\."):
            act()
    assert main(["train", "xor", "--epochs", "1", "--save", str(path), "--quiet"]) == 2
    assert capsys.readouterr().err == f"backprop-gui: {path}: cannot be written: it is read-only.\n"
    assert path.read_bytes() == OLD
    with made_writable(path):
        write_whole(path, NEW)
    assert path.read_bytes() == NEW
    assert path.stat().st_mode & 0o777 == 0o444


WRITER = """
import sys
from backprop_gui import storage
from pathlib import Path
real = storage.os.fsync
def stay(number):
    print("there", flush=True)
    sys.stdin.read()
    real(number)
storage.os.fsync = stay
storage.write_whole(Path(sys.argv[1]), b"theirs")
"""


@posix
def test_what_a_killed_writer_left_goes_at_the_next_write_and_a_living_ones_stays(path: Path) -> None:
    def writer() -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdin=pipe, stdout=pipe, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        return process

    def beside() -> list[Path]:
        return list(path.parent.glob(".backprop-gui-*"))

    write_whole(path, OLD)
    with writer() as killed:
        killed.send_signal(signal.SIGKILL)
    left = beside()
    assert len(left) == 1
    write_whole(path.with_name("another.json"), NEW)
    assert beside() == left  # another file's are not touched
    with writer() as living:
        (own,) = beside()
        assert own not in left
        write_whole(path, NEW)
        assert beside() == [own]
        living.communicate("", timeout=30)
        assert living.returncode == 0
    assert path.read_bytes() == b"theirs"
    assert not list(path.parent.glob(".backprop-gui-*"))


@pytest.mark.parametrize("hard", [False, True])
def test_many_writers_at_once_leave_one_of_their_contents_whole(path: Path, hard: bool) -> None:
    write_whole(path, b"")
    if hard:
        path.with_name("other").hardlink_to(path)
    contents = [bytes([65 + k]) * (1000 * (k + 1)) for k in range(4)]
    faults: list[BaseException] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(20):
                write_whole(path, content)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=[one]) for one in contents]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not faults
    assert path.read_bytes() in contents
    assert not list(path.parent.glob(".backprop-gui-*"))

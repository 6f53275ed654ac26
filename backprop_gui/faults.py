"""Faults of ours: each is written to a log that cannot grow without bound; the same one again is only counted.

Knows nothing of Qt, so that the command line logs where the window does. ``ui/net.py`` tells the user.
"""

import faulthandler
import os
import platform
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from logging import Formatter, Logger, LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from backprop_gui import __version__
from backprop_gui.session.document import Session

LOG_NAME = "backprop-gui.log"
CRASH_NAME = "backprop-gui-crash.log"
"""What a crash leaves stands here until the next start, for the log itself is not open meanwhile."""
MOST_BYTES, OLD_LOGS = 500_000, 2
QUIET_SECONDS = 3.0
"""The same fault this soon after the last time is not told again."""
_MOST_MESSAGE, _MOST_REPORT, _MOST_NOTICES = 300, 20_000, 1_000
_PACKAGES = ("PySide6-Essentials", "numpy", "pyqtgraph", "msgspec", "ziamath")
_PACKAGE_FOLDER = str(Path(__file__).parent) + os.sep
_OVERRIDES = re.compile(r"(?:Error calling Python override of \S+: )+")
"""What PySide puts before the message of an exception that comes through a virtual method, once per call."""


@dataclass(slots=True)
class Fault:
    """What went wrong, in a sentence and as a report to send, and how often so far."""

    sentence: str
    report: str
    times: int = 1
    last: float = field(default=0.0, repr=False)


class Faults:
    """Keeps the log in ``folder``, or where the user's local data is. Any thread may call it.

    ``describe`` tells what the program was working on, for the report; it may fail.
    """

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = (data_folder() if folder is None else folder) / LOG_NAME
        self.describe: Callable[[], str] = lambda: ""
        self._clock = clock
        self._lock = threading.RLock()
        self._known: dict[object, Fault] = {}
        self._notices: dict[str, int] = {}
        self._log = _Log(self.path)
        self._logger = Logger("backprop-gui")
        self._logger.addHandler(self._log)

    @property
    def place(self) -> str:
        """Where the details are, as the end of a sentence."""
        return f"The log could not be written to {self.path}." if self._log.failed else f"Details: {self.path}"

    def note(self, error: BaseException) -> Fault | None:
        """Log ``error`` and return its fault; None where the user has just been told of the same one."""
        with self._lock:
            root = _root(error)
            now, key = self._clock(), _identity(root)
            fault = self._known.get(key)
            if fault is None:
                fault = Fault(_sentence(root), self._report(error), last=now)
                self._known[key] = fault
                self._logger.error("%s\n%s", fault.sentence, fault.report)
                return fault
            recent = now - fault.last < QUIET_SECONDS
            fault.times += 1
            fault.last = now
            if not recent or _is_power_of_ten(fault.times):
                self._logger.error("Again, %s times by now: %s", f"{fault.times:,}", fault.sentence)
            return None if recent else fault

    def say(self, fault: Fault, error: BaseException) -> None:
        """Tell the terminal in one sentence; with ``BACKPROP_GUI_DEBUG`` set, the traceback too."""
        print(f"backprop-gui: a fault of the program: {fault.sentence}. {self.place}", file=sys.stderr)
        if os.environ.get("BACKPROP_GUI_DEBUG"):
            traceback.print_exception(error)

    def rest(self, fault: Fault) -> None:
        """Begin the quiet time anew: the user has just put the fault away."""
        with self._lock:
            fault.last = self._clock()

    def notice(self, message: str) -> bool:
        """Log a warning of a library, the same one again only at its 10th, 100th and so on; return whether it was."""
        with self._lock:
            times = self._notices.get(message, 0) + 1
            if times == 1 and len(self._notices) >= _MOST_NOTICES:
                return False
            self._notices[message] = times
            if times > 1 and not _is_power_of_ten(times):
                return False
            again = "" if times == 1 else f" ({times:,} times by now)"
            self._logger.warning("%s%s", message[:_MOST_REPORT], again)
            return True

    @contextmanager
    def crashes_kept(self) -> Generator[None]:
        """Log what the last crash outside Python left, and see to it that another inside leaves where threads stood.

        Where the interpreter tells of crashes already (``PYTHONFAULTHANDLER``), it goes on telling there.
        """
        path = self.path.with_name(CRASH_NAME)
        with ExitStack() as stack:
            with suppress(OSError):  # without it the window is as good as before
                path.parent.mkdir(parents=True, exist_ok=True)
                file = stack.enter_context(path.open("ab+"))
                file.seek(0)
                if left := file.read(_MOST_REPORT).decode(errors="replace").rstrip():
                    left = left.replace(str(Path.home()), "~")
                    self._logger.error("The program crashed:\n%s\n\n%s\n", _versions(), left)
                    file.truncate(0)
                if not faulthandler.is_enabled():
                    faulthandler.enable(file)
                    stack.callback(faulthandler.disable)
            yield

    def _report(self, error: BaseException) -> str:
        try:
            doing = self.describe()
        except Exception as second:  # whatever failed may have left nothing to describe
            doing = f"cannot be described ({type(second).__name__})"
        trace = _OVERRIDES.sub("", "".join(traceback.format_exception(error)).rstrip())
        if len(trace) > _MOST_REPORT:
            trace = f"{trace[: _MOST_REPORT // 2]}\n…\n{trace[-_MOST_REPORT // 2 :]}"
        here = "main" if threading.current_thread() is threading.main_thread() else "background"
        report = f"{_versions()}\nSession: {doing or 'none'}\nThread: {here}\n\n{trace}\n"
        return report.replace(str(Path.home()), "~")  # who sends it need not tell their name


class _Log(RotatingFileHandler):
    """The file; opened only to write, and a place that cannot be written is no second fault."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=OLD_LOGS, encoding="utf-8", delay=True)
        self.setFormatter(Formatter("%(asctime)s %(levelname)s %(message)s"))
        self.failed = False

    def emit(self, record: LogRecord) -> None:
        """Write one record and close the file, so that another window may turn it over."""
        try:
            Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            self.failed = True
            return
        self.failed = False
        super().emit(record)
        self.close()  # the next record opens it again

    def handleError(self, record: LogRecord) -> None:  # noqa: ARG002, N802
        """Remember that it failed."""
        self.failed = True


def data_folder() -> Path:
    """Return the user's folder for local data of this program, the same that Qt names: log and store of runs."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        chosen = Path(os.environ.get("XDG_DATA_HOME", ""))
        base = chosen if chosen.is_absolute() else Path.home() / ".local" / "share"
    return base / "backprop-gui" / "backprop-gui"


def describe_session(session: Session) -> str:
    """Return the shape of a session in a line: nothing of its data, its names, its numbers."""
    activations = ", ".join(layer.activation.name for layer in session.network.layers)
    training = session.training
    return (
        f"{'-'.join(map(str, session.network.sizes))} ({activations}), loss {training.loss.name}, "
        f"{training.optimizer.name}, batch {training.batch_size}, {len(session.samples)} samples, "
        f"epoch {session.progress.epoch}, step {session.progress.step}"
    )


def _root(error: BaseException) -> BaseException:
    """Return what really failed: Python code that Qt calls while an error is open fails with a SystemError."""
    while isinstance(error, SystemError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _sentence(error: BaseException) -> str:
    try:
        message = _OVERRIDES.sub("", str(error)).partition("\n")[0]
    except Exception:  # an error whose words fail too
        message = ""
    if len(message) > _MOST_MESSAGE:
        message = message[: _MOST_MESSAGE - 1] + "…"
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(_PACKAGE_FOLDER)]
    if not own:
        return what
    name = own[-1].filename.removeprefix(_PACKAGE_FOLDER).replace(os.sep, "/")
    return f"{what} ({name}, line {own[-1].lineno})"


def _identity(error: BaseException) -> tuple[object, ...]:
    """Return what makes two faults the same: the kind and the innermost places, ours and all; never the message."""
    own = last = None
    trace = error.__traceback__
    while trace is not None:
        last = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        own = last if last[0].startswith(_PACKAGE_FOLDER) else own
        trace = trace.tb_next
    return type(error), own, last


def _versions() -> str:
    def installed(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} not installed"

    packages = ", ".join(map(installed, _PACKAGES))
    return f"Backprop GUI {__version__}, Python {platform.python_version()}, {packages}\nOn {platform.platform()}"


def _is_power_of_ten(number: int) -> bool:
    return number >= 10 and str(number).strip("0") == "1"

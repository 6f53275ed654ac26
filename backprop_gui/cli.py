"""The command line. Imports Qt only where a window is asked for, and all else that takes long where it is used."""

import argparse
import gc
import json
import math
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
from threadpoolctl import threadpool_limits

from backprop_gui import __version__
from backprop_gui.engine.choose import ENGINES, check_engine
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.goals import Goal, Stopper
from backprop_gui.engine.history import Watch
from backprop_gui.engine.trainer import Trainer
from backprop_gui.exchange.history_csv import write_history
from backprop_gui.exchange.weights import EXPORTERS, Export, export_weights, exported
from backprop_gui.extensions import unusable
from backprop_gui.faults import Faults, data_folder
from backprop_gui.resources import problem, problems
from backprop_gui.session.document import Session
from backprop_gui.session.edits import trained
from backprop_gui.session.files import read_session, write_session
from backprop_gui.storage import FileError, check_writable

COMMANDS = ("train", "sweep", "import", "convert", "explain", "shot", "problems", "recover")
_STRETCH_SECONDS = 0.05


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    0: done; 1: a fault of ours, said in one sentence that names the log; 2: bad input, said in one sentence; 130:
    interrupted, and 128 more than a signal's number where one ended a window.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = arguments[0] if arguments and arguments[0] in COMMANDS else None
    try:
        with threadpool_limits(limits=1, user_api="blas"):  # small matrices: more threads only wait for each other
            if command is None:
                return _window(_window_parser().parse_args(arguments))
            parsed = _command_parser(command).parse_args(arguments[1:])
            run = {"train": _train, "sweep": _sweep, "explain": _explain, "shot": _shot}
            run |= {"problems": _problems, "recover": _recover, "import": _import, "convert": _convert}
            return run[command](parsed)
    except (FieldError, FileError) as error:
        print(f"backprop-gui: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("backprop-gui: interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # no fault: who read the output, such as ``head``, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left has nowhere to go
        return 141
    except Exception as error:
        log = Faults()
        if (fault := log.note(error)) is not None:
            log.say(fault, error)
        return 1
    finally:
        for told in unusable():
            print(f"backprop-gui: {told}", file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; how the command is used is told by --help."""

    def error(self, message: str) -> NoReturn:
        """End with 2."""
        self.exit(2, f"{self.prog}: {message}\n")


def _window_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        "backprop-gui",
        description="A desktop microscope for backpropagation.",
        epilog=f"Other commands: backprop-gui {'|'.join(COMMANDS)} (each with --help).",
        allow_abbrev=False,
    )
    parser.add_argument("session", nargs="?", metavar="SESSION", help="a session file or a built-in problem")
    parser.add_argument("--version", action="version", version=f"backprop-gui {__version__}")
    return parser


def _command_parser(command: str) -> argparse.ArgumentParser:
    parser = _Parser(f"backprop-gui {command}", allow_abbrev=False)
    if command == "problems":
        parser.description = "List the built-in problems."
        return parser
    if command == "recover":
        parser.description = "List what the last runs left unsaved, or write one of it as a session."
        parser.add_argument("--json", action="store_true", help="as data for scripts")
        parser.add_argument("--save", nargs=2, metavar=("K", "S.json"), help="write number K as a session file")
        return parser
    if command == "import":
        from backprop_gui.session.table_command import add_options as add_table_options

        add_table_options(parser)
        return parser
    if command == "convert":
        from backprop_gui.exchange.convert import add_options as add_convert_options

        add_convert_options(parser)
        return parser
    parser.add_argument("session", metavar="SESSION", help="a session file or a built-in problem")
    if command == "train":
        parser.description = "Train without a window."
        parser.add_argument("--epochs", type=_count, required=True, metavar="N", help="how many more epochs")
        parser.add_argument("--history", type=Path, metavar="H.csv", help="write the loss of every epoch")
        told = "write the weights: " + ", ".join(EXPORTERS)
        parser.add_argument("--export", type=Path, action="append", default=[], metavar="FILE", help=told)
        parser.add_argument("--save", type=Path, metavar="S.json", help="write the trained session")
        parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
        parser.add_argument("--engine", choices=ENGINES, default="auto", help="what trains (default auto: the fastest)")
    elif command == "sweep":
        from backprop_gui.sweep.command import add_options

        add_options(parser, _count)
    elif command == "explain":
        from backprop_gui.explain.notation import NOTATIONS
        from backprop_gui.explain.sheet import BLANKS

        parser.description = "Show one forward and backward pass, every number of it."
        parser.add_argument("--sample", type=_count, default=1, metavar="K", help="which sample, from 1 (default 1)")
        parser.add_argument("--json", action="store_true", help="as data for scripts")
        parser.add_argument("--notation", choices=tuple(NOTATIONS), default="article")
        parser.add_argument("--sheet", type=Path, metavar="OUT", help="write a worked sheet: .pdf, .html or .tex")
        parser.add_argument(
            "--blank",
            action="append",
            default=[],
            choices=BLANKS,
            help="leave this blank on the sheet, for students; may be given several times",
        )
    else:
        parser.description = "Write a picture of the window; needs no screen."
        parser.add_argument("--output", type=Path, required=True, metavar="P.png")
        parser.add_argument("--epochs", type=_count, default=0, metavar="N")
        parser.add_argument("--size", type=_size, default=(1280, 800), metavar="WxH")
        parser.add_argument("--theme", choices=("light", "dark"), default="light")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; use a whole number of at least 0")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    digits = text.isascii() and width.isdigit() and height.isdigit()
    if not (digits and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise argparse.ArgumentTypeError(f"{text!r} is not accepted; use width x height in pixels, such as 1280x800")
    return int(width), int(height)


def _find(name: str) -> tuple[Session, Path | None]:
    """Return the session of a file or built-in problem, and its path where it is a file."""
    names = [one.name for one in problems()]
    there = name != "" and os.path.lexists(name)
    if name in names and not there:
        return problem(name), None
    if there or name.endswith(".json"):
        return read_session(Path(name)), Path(name)
    import difflib

    close = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    raise FieldError("SESSION", name, "use a session file or a built-in problem: " + ", ".join(names) + hint)


def _window(arguments: argparse.Namespace) -> int:
    session, path = (None, None) if arguments.session is None else _find(arguments.session)
    gc.disable()  # nothing made on the way to the window goes again; from then on ``runtime/collecting.py`` does it
    from backprop_gui.app import run_window

    return run_window(session, path, arguments.session)


def _shot(arguments: argparse.Namespace) -> int:
    session, _ = _find(arguments.session)
    if arguments.output.suffix.lower() != ".png":
        raise FieldError("--output", str(arguments.output), "let the name end in .png")
    check_writable(arguments.output)
    from backprop_gui.app import take_picture

    name = Path(arguments.session).name
    return take_picture(session, name, arguments.output, arguments.epochs, arguments.size, arguments.theme)


def _explain(arguments: argparse.Namespace) -> int:
    from backprop_gui.explain.numbers import NumberFormat
    from backprop_gui.explain.report import as_data, as_text
    from backprop_gui.explain.sheet import check_sheet_ending
    from backprop_gui.explain.situation import Style
    from backprop_gui.session.microscope import Microscope

    session, _ = _find(arguments.session)
    if not 1 <= arguments.sample <= len(session.samples):
        raise FieldError("--sample", arguments.sample, f"use 1 to {len(session.samples)}, as many as there are")
    if arguments.blank and arguments.sheet is None:
        raise FieldError("--blank", arguments.blank[0], "it needs --sheet")
    microscope = Microscope(session)
    now = microscope.situation(arguments.sample - 1)
    if not math.isfinite(now.trace.loss):
        raise FieldError("parameters", "the loss is not finite", "use smaller weights")
    if arguments.sheet is not None:
        check_sheet_ending(arguments.sheet)
        check_writable(arguments.sheet)
    data = as_data(now, microscope.after_alone(now.sample)) if arguments.json else None
    if arguments.sheet is not None:
        from backprop_gui.app import write_sheet

        sheet_style = Style(arguments.notation, NumberFormat("significant", 6))
        write_sheet(arguments.sheet, session, arguments.sample - 1, sheet_style, frozenset(arguments.blank))
        print(f"wrote {arguments.sheet}", file=sys.stderr if arguments.json else sys.stdout)
    if data is not None:
        print(json.dumps(data, indent=2, allow_nan=False))
    elif arguments.sheet is None:
        print(as_text(now, Style(arguments.notation, NumberFormat("significant", 9))), end="")
    return 0


def _problems(_arguments: argparse.Namespace) -> int:
    width = max(len(one.name) for one in problems())
    for one in problems():
        print(f"{one.name:{width}}  {one.description}")
    return 0


def _recover(arguments: argparse.Namespace) -> int:
    from backprop_gui.runs.left import left_over, session_of

    folder = data_folder()
    found = left_over(folder)
    if arguments.save is not None:
        number, path = arguments.save[0], Path(arguments.save[1])
        numbers = [str(left.number) for left in found]
        if number not in numbers:
            accepted = f"use 1 to {len(found)}" if found else "nothing was left unsaved"
            raise FieldError("--save", number, accepted)
        check_writable(path)
        write_session(path, session_of(folder, found[numbers.index(number)]))
        print(f"wrote {path}", file=sys.stderr if arguments.json else sys.stdout)
    if arguments.json:
        print(json.dumps([left.told for left in found], indent=2))
    elif arguments.save is None:
        print("\n".join(left.line for left in found) or "Nothing was left unsaved.")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from backprop_gui.session.table_command import import_table

    return import_table(arguments)


def _convert(arguments: argparse.Namespace) -> int:
    from backprop_gui.exchange.convert import convert

    return convert(arguments, None if arguments.session is None else _find(arguments.session)[0])


def _sweep(arguments: argparse.Namespace) -> int:
    from backprop_gui.sweep.command import sweep

    return sweep(_find(arguments.session)[0], arguments)


def _train(arguments: argparse.Namespace) -> int:
    session, _ = _find(arguments.session)
    inputs, columns = session.samples.inputs, session.samples.columns
    for path in arguments.export:
        exported(Export(path, session.network, session.parameters, inputs, columns))  # better refused now than late
    outputs: list[Path] = [*arguments.export, *filter(None, (arguments.history, arguments.save))]
    for place, path in enumerate(outputs):
        check_writable(path)
        if os.path.realpath(path) in map(os.path.realpath, outputs[:place]):  # perhaps by links
            raise FieldError("output", str(path), "give every output a file of its own")
    check_engine(arguments.engine)
    trainer = session.trainer(arguments.engine)
    before = trainer.loss()
    begun = session.progress
    rows = [] if begun.batch else [(begun.epoch, before, math.nan)]
    healthy = _run(trainer, arguments.epochs, None if arguments.history is None else rows, arguments.quiet)
    after = trained(session, trainer.parameters(), trainer.progress())
    if not healthy:
        from backprop_gui.session.diagnosis.diagnose import diagnose

        none = np.empty(0)
        raise diagnose(after, none, none, diverged=True)[0].as_error()
    if arguments.history is not None:
        write_history(arguments.history, rows)
    for path in arguments.export:
        export_weights(path, session.network, after.parameters, inputs, columns)
    if arguments.save is not None:
        write_session(arguments.save, after)
    if not arguments.quiet:
        print(f"loss {before!r} -> {trainer.loss()!r} after {arguments.epochs:,} epoch{'s' * (arguments.epochs != 1)}")
        for path in outputs:
            print(f"wrote {path}")
    return 0


@contextmanager
def _progress(epochs: int, quiet: bool) -> Generator[Callable[[int], object]]:
    """Yield what takes how many epochs more are done; a terminal shows them as a bar."""
    if quiet or not sys.stderr.isatty():
        yield lambda _more: None
        return
    from tqdm import tqdm

    with tqdm(total=epochs, unit="epoch") as bar:
        yield bar.update


def _run(trainer: Trainer, epochs: int, rows: list[tuple[int, float, float]] | None, quiet: bool) -> bool:
    """Train; return whether the numbers held. Where they did not, the trainer stands at its last healthy moment."""

    watch = None if rows is None else Watch(leaps=False, parameters=False)
    good, steps = (trainer.parameters(), trainer.progress()), 1
    with _progress(epochs, quiet) as advance:
        begun = shown = trainer.epoch
        end = Stopper(Goal(epoch=begun + epochs), trainer)
        while epochs:
            start = time.perf_counter()
            reached = trainer.run(steps, end, watch)
            if watch and rows is not None:
                rows += [(one.epoch, one.loss, one.running_loss) for one in watch.records]
                watch.records.clear()
            advance(trainer.epoch - shown)
            shown = trainer.epoch
            if reached or not trainer.is_healthy():
                break
            good = trainer.parameters(), trainer.progress()
            if time.perf_counter() - start < _STRETCH_SECONDS:
                steps *= 2
    if trainer.is_healthy():
        return True
    trainer.go_back_to_health(*good)
    return False

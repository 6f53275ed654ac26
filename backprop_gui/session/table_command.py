"""The command ``import``: a table into a session, with the guesses of the window."""

import argparse
import csv
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backprop_gui.data.tables.dialect import DECIMALS, DELIMITERS, Role, Wishes
from backprop_gui.data.tables.kinds import MOST_BYTES, open_table
from backprop_gui.data.tables.sampling import MISSING_WAYS, SCALINGS, Plan, Reading, sampling
from backprop_gui.data.tables.whole import Whole, at_once, read_whole_table
from backprop_gui.engine.errors import FieldError
from backprop_gui.session.files import write_session
from backprop_gui.session.from_table import DEFAULT_LAYERS, session_of
from backprop_gui.session.json_text import MOST_VALUES
from backprop_gui.storage import FileError, check_writable, open_regular

_ROLE_OPTIONS: tuple[tuple[str, Role, str], ...] = (
    ("inputs", "input", "what the network sees"),
    ("targets", "target", "what it learns, as numbers"),
    ("class", "class", "what it learns, one output for each of its values"),
    ("name", "name", "what samples are called"),
    ("ignore", "ignore", "what is left out"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command to ``parser``."""
    parser.description = "Make a session of a table. What is not said is guessed, as in the window."
    parser.add_argument("table", type=Path, metavar="TABLE", help="CSV and the like, .xlsx, ARFF, JSON, .pat, libsvm")
    parser.add_argument("--save", type=Path, required=True, metavar="S.json", help="write the session")
    for option, _, words in _ROLE_OPTIONS:
        meta = "COLUMN" if option in ("class", "name") else "A,B"
        parser.add_argument(f"--{option}", metavar=meta, help=f"{words}: columns by name, or by number from 1")
    parser.add_argument("--delimiter", metavar="D", help=f"one character, or {', '.join(DELIMITERS)}")
    parser.add_argument("--decimal", choices=tuple(DECIMALS), help="what stands before decimals")
    parser.add_argument("--header", choices=("yes", "no"), help="whether columns are named by the table")
    parser.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be used")
    told = "stop at a missing input (unless --skip-bad), skip its row, or take the column's mean (default stop)"
    parser.add_argument("--missing", choices=MISSING_WAYS, default="stop", help=told)
    parser.add_argument("--scale", choices=SCALINGS, default="none", help="bring inputs to one scale")
    parser.add_argument("--scale-targets", choices=SCALINGS, default="none", help="bring targets to one scale")
    told = f"hidden layers, and the output layer if wished (default {DEFAULT_LAYERS})"
    parser.add_argument("--layers", default=DEFAULT_LAYERS, metavar="6:tanh,...", help=told)
    parser.add_argument("--json", action="store_true", help="print what was guessed, as data for scripts")


def import_table(arguments: argparse.Namespace) -> int:
    """Do the command; return its exit code.

    Raises:
        FieldError: an option that does not fit the table.
        FileError: what cannot be read, used or written; the sentence names the file.
    """
    path, save = arguments.table, arguments.save
    check_writable(save)
    if os.path.realpath(path) == os.path.realpath(save):
        raise FieldError("--save", str(save), "give the session a file of its own")
    delimiter = arguments.delimiter
    wishes = Wishes(
        None if delimiter is None else DELIMITERS.get(delimiter.lower(), "\t" if delimiter == "\\t" else delimiter),
        None if arguments.decimal is None else DECIMALS[arguments.decimal],
        None if arguments.header is None else arguments.header == "yes",
    )
    with open_regular(path, MOST_BYTES) as file:
        try:
            table = at_once(read_whole_table(open_table(file, os.fstat(file.fileno()).st_size, wishes)))
        except FieldError as error:
            raise FileError(f"{path}: {error}") from error
        except OSError as error:
            raise FileError(f"{path}: cannot be read: {error.strerror}.") from error
    roles, _ = table.roles(_told_roles(table, arguments))
    plan = Plan(roles, arguments.scale, arguments.scale_targets, arguments.missing, table.source.classes)
    try:
        found = at_once(sampling(table.columns, table.facts, plan))
    except FieldError as error:
        raise FileError(f"{path}: {error}") from error
    wrong = found.in_the_way(arguments.missing)
    if wrong and not arguments.skip_bad:
        many = "1 row" if len(wrong) == 1 else f"{len(wrong) + found.untold:,} rows"
        raise FileError(
            f"{path}: {many} cannot be used, first {wrong[0]}; mend it, or leave such rows out with --skip-bad."
        )
    size = found.samples.inputs.size + found.samples.targets.size
    if size > MOST_VALUES:
        told = f"{size:,} numbers are more than a session holds; use at most {MOST_VALUES:,}: fewer rows or columns."
        raise FileError(f"{path}: {told}")
    write_session(save, session_of(found.samples, "class" in roles, arguments.layers))
    if arguments.json:
        print(json.dumps(_told(table, roles, found), ensure_ascii=False, indent=2))
    else:
        _print(table, roles, found, save)
    return 0


def _told_roles(table: Whole, arguments: argparse.Namespace) -> dict[int, Role]:
    """Return the roles that options give, by column."""
    told: dict[int, Role] = {}
    for option, role, _ in _ROLE_OPTIONS:
        text: str | None = getattr(arguments, option)
        for place in _places(f"--{option}", text, table.source.names) if text else ():
            if place in told:
                raise FieldError(f"--{option}", table.source.names[place], "give every column one role")
            told[place] = "class" if role == "target" and table.facts[place].wordy else role
    return told


def _places(option: str, text: str, names: Sequence[str]) -> list[int]:
    """Return which columns are meant: by name, else by number from 1."""
    if text in names:
        return [names.index(text)]
    places: list[int] = []
    for one in next(csv.reader([text], skipinitialspace=True), list[str]()):
        name = one.strip()
        if name in names:
            places.append(names.index(name))
        elif name.isascii() and name.isdigit() and len(name) < 9 and 1 <= int(name) <= len(names):
            places.append(int(name) - 1)
        else:
            shown = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
            raise FieldError(option, name, f"use the columns of the table: {shown}")
    return places


def _told(table: Whole, roles: Sequence[Role], found: Reading) -> dict[str, Any]:
    dialect = table.source.dialect
    return {
        "delimiter": (dialect.delimiter if dialect else "") or None,
        "decimal": "comma" if dialect and dialect.decimal == "," else "point",
        "header": dialect is None or dialect.header,
        "columns": [{"name": name, "role": role} for name, role in zip(table.source.names, roles, strict=True)],
        "samples": len(found.samples),
        "skipped": [{"line": bad.line, "reason": f"{bad.column}: {bad.reason}"} for bad in found.bad],
    }


def _print(table: Whole, roles: Sequence[Role], found: Reading, save: Path) -> None:
    _, why = table.roles(dict(enumerate(roles)))
    for line in (*table.source.why, *why):
        print(line)
    for role in dict.fromkeys(roles):
        named = [name for name, one in zip(table.source.names, roles, strict=True) if one == role]
        print(f"{role}: {', '.join(named[:12])}{f' and {len(named) - 12} more' if len(named) > 12 else ''}")
    inputs, targets = found.samples.inputs.shape[1], found.samples.targets.shape[1]
    print(f"{len(found.samples):,} samples, inputs {inputs}, targets {targets}")
    for bad in found.bad[:20]:
        print(f"left out: {bad}", file=sys.stderr)
    if (more := len(found.bad) + found.untold - 20) > 0:
        print(f"left out: {more:,} more", file=sys.stderr)
    print(f"wrote {save}")

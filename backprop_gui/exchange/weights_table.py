"""Weights from a table: a row per parameter with the columns layer, kind, from, to, name and value."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, MOST_PARAMETERS

_COLUMNS = ("layer", "kind", "from", "to", "value")
_DIGITS = 9
MOST_ROWS = 1_000_000
"""What can be read in seconds."""


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    layer: int
    weight: bool
    source: int
    target: int
    value: float


def read_weights_table(path: Path, content: bytes) -> tuple[list[Floats], list[Floats]]:
    """Return weights and biases, layer by layer; every parameter stands in the table once.

    Raises:
        FieldError: not such a table, a number that is none, or a parameter that is missing or there twice.
    """
    rows = max(content.count(b"\n"), content.count(b"\r"))
    if rows > MOST_ROWS:
        raise FieldError(
            "file", f"{rows:,} lines", f"use at most {MOST_ROWS:,}, or another format for so large a network"
        )
    by_layer: dict[int, list[_Entry]] = {}
    for entry in _entries(path, content):
        by_layer.setdefault(entry.layer, []).append(entry)
    if not by_layer:
        raise FieldError("file", path.name, "it must have a row per weight and bias")
    if (last := max(by_layer)) != len(by_layer):
        missing = next(layer for layer in range(1, last + 1) if layer not in by_layer)
        raise FieldError("layer", missing, f"every layer from 1 to {last} must have rows; this one has none")
    layers = [_layer(by_layer[layer]) for layer in range(1, last + 1)]
    return [w for w, _ in layers], [b for _, b in layers]


def _entries(path: Path, content: bytes) -> list[_Entry]:
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    entries: list[_Entry] = []
    try:
        head = [one.strip() for one in next(rows, list[str]())]
        if missing := [one for one in _COLUMNS if one not in head]:
            told = f"it must be a table with the columns layer, kind, from, to, name, value; {missing[0]} is not there"
            raise FieldError("file", path.name, told)
        places = [head.index(one) for one in _COLUMNS]
        for cells in rows:
            if not any(cells):
                continue
            if len(cells) <= max(places):
                raise FieldError(
                    f"line {rows.line_num}", f"{len(cells)} cells", f"use {len(head)}, as the first line has"
                )
            entries.append(_entry(rows.line_num, [cells[place].strip() for place in places]))
    except UnicodeDecodeError as error:
        raise FieldError("file", path.name, "it must be text in UTF-8") from error
    except csv.Error as error:
        raise FieldError(f"line {rows.line_num}", path.name, f"it must be CSV ({error})") from error
    return entries


def _entry(line: int, cells: list[str]) -> _Entry:
    layer, kind, source, target, value = cells
    if kind not in ("weight", "bias"):
        raise FieldError(f"line {line}, kind", kind, "use weight or bias")
    weight = kind == "weight"
    return _Entry(
        line,
        _count(line, "layer", layer, MOST_LAYERS),
        weight,
        _count(line, "from", source, MOST_PARAMETERS) if weight else 0,
        _count(line, "to", target, MOST_PARAMETERS),
        _number(line, value),
    )


def _count(line: int, column: str, text: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and 1 <= int(text) <= most:
        return int(text)
    raise FieldError(f"line {line}, {column}", text, f"use a whole number from 1 to {most:,}")


def _number(line: int, text: str) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FieldError(f"line {line}, value", text, "use a finite number")
    return value


def _layer(entries: list[_Entry]) -> tuple[Floats, Floats]:
    """Return weights and biases of one layer; its size is known to be affordable before it is made."""
    before, after = max(one.source for one in entries), max(one.target for one in entries)
    wanted = (before + 1) * after
    if not before:
        raise FieldError(f"layer {entries[0].layer}", "biases alone", "give its weights as well")
    if wanted != len(entries):
        told = (
            f"every parameter must stand there once: {before} x {after} weights and {after} biases are {wanted:,} rows"
        )
        raise FieldError(f"layer {entries[0].layer}", f"{len(entries):,} rows", told)
    table = np.full((before + 1, after), np.nan)
    for one in entries:
        if not np.isnan(table[one.source, one.target - 1]):
            raise FieldError(f"line {one.line}", "a parameter that is there already", "give every parameter once")
        table[one.source, one.target - 1] = one.value
    return table[1:], table[0]

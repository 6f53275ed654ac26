"""Every reader of files from outside, and what may come of bytes given to it: a sentence, or what reads back equal."""

import csv
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from backprop_gui.data.tables import Choice, Reading, encoding_of, guess_format, head_of, read_table, reading
from backprop_gui.engine.errors import FieldError
from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.exchange.weights import Export, exported
from backprop_gui.resources import problem
from backprop_gui.session.files import decode_session, encode_session
from backprop_gui.storage import FileError

LONGEST_SENTENCE = 2_500
ACCEPTED, REFUSED = "accepted", "refused"


def give(kind: str, content: bytes, folder: Path) -> str:
    """Give bytes to the reader of a kind; return whether they were accepted.

    Raises whatever is wrong: an exception of another kind, words that are no single sentence, what does not read back.
    """
    try:
        _KINDS[kind](content, folder)
    except (FieldError, FileError) as error:
        told = str(error)
        assert 10 < len(told) < LONGEST_SENTENCE, told
        assert len(told.splitlines()) == 1, told
        assert told.endswith("."), told
        return REFUSED
    return ACCEPTED


def _session(content: bytes, folder: Path) -> None:
    del folder
    session = decode_session(content)
    text = encode_session(session)
    assert encode_session(decode_session(text)) == text
    if session.network.parameter_count < 10_000 and len(session.samples) < 1000:
        with np.errstate(all="ignore"):
            session.trainer().run(3)


def _weights(ending: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        path = folder / f"w{ending}"
        path.write_bytes(content)
        present = problem("article").network
        found = read_weights(path, present)
        path.write_bytes(exported(Export(path, found.network, found.parameters, np.zeros((1, found.network.inputs)))))
        again = read_weights(path, found.network)
        assert again.network == found.network
        assert again.parameters.flat().tobytes() == found.parameters.flat().tobytes()

    return read


def _table(content: bytes, folder: Path) -> None:
    del folder
    encoding = encoding_of(content)
    head = head_of(content, encoding)
    form = guess_format(head)
    table = read_table(head, form)
    assert all(len(name.splitlines()) == 1 for name in table.names)
    last = len(table.names) - 1
    steps = reading(content, encoding, form, table, Choice(tuple(range(last)), (last,)))
    found: list[Reading] = []

    def collect() -> Iterator[float]:
        found.append((yield from steps))

    for share in collect():
        assert 0 <= share <= 1
    assert all(len(str(bad).splitlines()) == 1 for bad in found[0].bad)


_KINDS: dict[str, Callable[[bytes, Path], None]] = {
    "session": _session,
    **{ending: _weights(ending) for ending in (".json", ".npz", ".csv", ".safetensors", ".onnx")},
    "table": _table,
}
KINDS = tuple(_KINDS)


def seeds(kind: str) -> list[bytes]:
    """Return good inputs of a kind, to begin from."""
    sessions = [problem(name) for name in ("article", "xor", "mazur")]
    if kind == "session":
        trainer = sessions[1].trainer()
        trainer.run(6)
        return [encode_session(one) for one in sessions]
    if kind == "table":
        return [b"a,b,c\n1,2,3\n4,5,6\n7,8,x\n", b"1;2,5;yes\n3;4,5;no\n", b"x\ty\n1\t2\n\n3\t4\n"]
    return [exported(Export(Path(f"w{kind}"), one.network, one.parameters, one.samples.inputs)) for one in sessions]


_ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, -0.0, 1e308, 5e-324, "", "x" * 3000, "a\nb", "`$.x[0]`",
    [], {}, [[]], [0.1, [0.2]], {"name": "elu"}, {"": 1}, "NaN", "<b>bold</b>", "=1+1", "\u202e", "full",
)  # fmt: skip


def mutated(kind: str, seed: bytes, chance: random.Random) -> bytes:
    """Return a good input with something wrong in it, by its structure or by its bytes."""
    if chance.random() < 0.5:
        if kind in ("session", ".json"):
            return _json(seed, chance)
        if kind in (".csv", "table"):
            return _cells(seed, chance)
        if kind == ".npz":
            return _archive(seed, chance)
    return _bytes(seed, chance)


def _bytes(seed: bytes, chance: random.Random) -> bytes:
    content = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(content)) if content else 0
        match chance.randrange(5):
            case 0 if content:
                content[place] = chance.randrange(256)
            case 1 if content:
                content[place] ^= 1 << chance.randrange(8)
            case 2:
                del content[place : place + chance.choice((1, 2, 8, 64))]
            case 3:
                content[place:place] = chance.choice((b"\0", b"\xff" * 4, b"\n", b'"', b"[" * 500, b"9" * 30, b"1e999"))
            case _:
                content[place:place] = content[place : place + chance.choice((1, 8, 64))]
    return bytes(content)


def _json(seed: bytes, chance: random.Random) -> bytes:
    document: Any = json.loads(seed)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        keys: Any = range(len(value)) if isinstance(value, list) else value  # pyright: ignore
        for key in keys if isinstance(value, list | dict) else ():
            places.append((value, key))  # pyright: ignore
            walk(value[key])

    walk(document)
    for _ in range(chance.choice((1, 1, 2, 3))):
        holder, key = chance.choice(places)
        try:
            match chance.randrange(4):
                case 0:
                    del holder[key]
                case 1 if isinstance(holder, dict):
                    holder[str(chance.choice(_ODD))] = chance.choice(_ODD)
                case 2 if isinstance(holder, list):
                    holder.extend(holder[:50])
                case _:
                    holder[key] = chance.choice(_ODD)
        except (KeyError, IndexError):
            continue
    return json.dumps(document).encode(errors="surrogatepass")


def _cells(seed: bytes, chance: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(seed.decode(), newline=""), delimiter=chance.choice(",;\t")))
    for _ in range(chance.choice((1, 2, 3))):
        row = chance.choice(rows)
        if row:
            row[chance.randrange(len(row))] = str(
                chance.choice((*_ODD, "1_0", "nan", "inf", " 3 ", "1,5", "0", "-1", "1e9"))
            )
        if chance.random() < 0.2:
            rows.append(list(chance.choice(rows)))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=chance.choice(("\n", "\r\n", "\r"))).writerows(rows)
    return text.getvalue().encode(errors="replace")


def _archive(seed: bytes, chance: random.Random) -> bytes:
    with np.load(io.BytesIO(seed)) as file:
        arrays: dict[str, Any] = {name: file[name] for name in file.files}
    name = chance.choice(list(arrays))
    odd = (
        np.array(3.0), np.zeros((0, 3)), np.zeros((2, 2), complex), np.array(["a"]), np.zeros(3, "datetime64[s]"),
        np.full((2, 3), np.nan), np.zeros((2, 3, 4)), np.zeros((3, 2), bool), np.array([b"x"]), np.zeros((1, 1), "f2"),
    )  # fmt: skip
    match chance.randrange(4):
        case 0:
            del arrays[name]
        case 1:
            arrays[chance.choice(("W9", "b0", "W01", "x", "activations", ".weight", "../w"))] = chance.choice(odd)
        case _:
            arrays[name] = chance.choice(odd)
    made = io.BytesIO()
    with zipfile.ZipFile(
        made, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    ) as out:
        for key, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
            out.writestr(f"{key}.npy", member.getvalue())
    return made.getvalue()

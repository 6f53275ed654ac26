"""Every reader of files from outside, and what may come of bytes given to it: a sentence, or what reads back equal."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnxruntime
import openpyxl

from backprop_gui.cli import main
from backprop_gui.data.samples import Column, Split
from backprop_gui.data.tables.dialect import Wishes
from backprop_gui.data.tables.kinds import open_table
from backprop_gui.data.tables.sampling import MISSING_WAYS, Plan, sampling
from backprop_gui.data.tables.whole import at_once, read_whole_table
from backprop_gui.engine.activations import ACTIVATIONS
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.engine.network import Network, Parameters
from backprop_gui.exchange.read_weights import read_weights
from backprop_gui.exchange.weights import Export, exported
from backprop_gui.resources import problem
from backprop_gui.session import edits
from backprop_gui.session.document import Session
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
        _check_sentence(str(error))
        return REFUSED
    return ACCEPTED


def _check_sentence(told: str) -> None:
    assert 10 < len(told) < LONGEST_SENTENCE, told
    assert len(told.splitlines()) == 1, told
    assert told.endswith("."), told


def _session(content: bytes, folder: Path) -> None:
    del folder
    session = decode_session(content)
    text = encode_session(session)
    again = decode_session(text)
    assert encode_session(again) == text
    assert again.parameters.flat().tobytes() == session.parameters.flat().tobytes()
    assert again.samples.inputs.tobytes() == session.samples.inputs.tobytes()
    assert (again.training, again.network) == (session.training, session.network)
    if session.network.parameter_count < 10_000 and len(session.samples) < 1000:
        with np.errstate(all="ignore"):
            session.trainer().run(3)


def _command(content: bytes, folder: Path) -> None:
    """Give bytes to the command line, which must end with 0, or with 2 and a sentence."""
    path = folder / "s.json"
    path.write_bytes(content)
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        code = main(["explain", str(path)])
    if code == 0:
        assert not errors.getvalue()
        return
    assert code == 2, errors.getvalue()
    told = errors.getvalue().removesuffix("\n")
    assert told.startswith("backprop-gui: "), told
    raise FileError(told)


def _weights(ending: str) -> Callable[[bytes, Path], None]:
    def read(content: bytes, folder: Path) -> None:
        path = folder / f"w{ending}"
        path.write_bytes(content)
        present = problem("article").network
        try:
            found = read_weights(path, present)
        except FileError as error:
            told = str(error)
            assert told.startswith(f"{path}: "), told
            raise
        if ending == ".onnx":
            _check_computed(content, found.network, found.parameters)
        path.write_bytes(exported(Export(path, found.network, found.parameters, np.zeros((1, found.network.inputs)))))
        again = read_weights(path, found.network)
        assert again.network == found.network
        assert again.parameters.flat().tobytes() == found.parameters.flat().tobytes()

    return read


def _check_computed(content: bytes, network: Network, parameters: Parameters) -> None:
    """Let onnxruntime compute the model, where it takes it: it must say what the network that was read says."""
    x = np.random.default_rng(3).normal(size=(5, network.inputs))
    try:
        options = cast("Any", onnxruntime.SessionOptions())
        options.log_severity_level, options.intra_op_num_threads = 4, 1
        runner: Any = onnxruntime.InferenceSession(content, options)
        given: Any = runner.get_inputs()[0]
        single = "double" not in given.type
        theirs = np.asarray(runner.run(None, {given.name: x.astype(np.float32 if single else np.float64)})[0])
    except Exception:
        return  # it has fewer types and operators in double precision
    with np.errstate(all="ignore"):
        ours = outputs_of(network, parameters, x)[-1]
    if theirs.shape != ours.shape or not np.isfinite(ours).all():
        return
    assert np.allclose(theirs, ours, rtol=1e-4, atol=1e-4 * np.abs(ours).max(initial=1.0)), "another network"


def _table(content: bytes, folder: Path) -> None:
    """Read a table as the window does, with everything guessed, in each way of dealing with gaps."""
    del folder
    table = at_once(read_whole_table(open_table(io.BytesIO(content), len(content), Wishes())))
    assert all(len(name.splitlines()) == 1 for name in table.source.names)
    assert all(len(why.splitlines()) == 1 for why in table.source.why)
    roles, why = table.roles({})
    assert all(len(told.splitlines()) == 1 for told in why)
    for missing in MISSING_WAYS:
        plan = Plan(roles, missing=missing, classes=table.source.classes)
        found = at_once(sampling(table.columns, table.facts, plan))
        assert all(len(str(bad).splitlines()) == 1 for bad in found.bad)
        samples = found.samples
        assert np.isfinite(samples.inputs).all()
        assert np.isfinite(samples.targets).all()
        assert len(samples.columns) == samples.inputs.shape[1] + samples.targets.shape[1]
        assert len(samples) == len(samples.targets)


_KINDS: dict[str, Callable[[bytes, Path], None]] = {
    "session": _session,
    "command": _command,
    **{ending: _weights(ending) for ending in (".json", ".npz", ".csv", ".safetensors", ".onnx")},
    "table": _table,
    "other table": _table,
}
KINDS = tuple(_KINDS)


def seeds(kind: str) -> list[bytes]:
    """Return good inputs of a kind, to begin from."""
    if kind in ("session", "command"):
        return [encode_session(one) for one in (*map(problem, ("article", "xor", "mazur")), _rich())]
    if kind == "table":
        return [b"a,b,c\n1,2,3\n4,5,6\n7,8,x\n", b"1;2,5;yes\n3;4,5;no\n", b"x\ty\n1\t2\n\n3\t4\n", b"a b\n1 2\n"]
    if kind == "other table":
        return _other_tables()
    made = [(one.network, one.parameters) for one in map(problem, ("article", "xor", "mazur"))]
    made.append((_rich().network, _rich().parameters))
    return [exported(Export(Path(f"w{kind}"), network, parameters, np.zeros((1, 2)))) for network, parameters in made]


def _other_tables() -> list[bytes]:
    """Return tables of other kinds of files, and text of other encodings."""
    book: Any = openpyxl.Workbook()
    for row in (["a", "b", "kind"], [1, 2.5, "x"], [3, None, "y"], [True, "1,5", "x"]):
        book.active.append(row)
    workbook = io.BytesIO()
    book.save(workbook)
    return [
        b"@relation r\n@attribute a numeric\n@attribute 'b c' real\n@attribute k {p,q}\n"
        b"@data\n1,2,p\n3,?,q\n{0 5,2 q}\n",
        b"SNNS pattern definition file V3.2\nx\nNo. of patterns : 2\nNo. of input units : 2\nNo. of output units : 1\n"
        b"# 1\n0 0\n1\n# 2\n1 1\n0\n",
        b"2 2 1\n0 0\n1\n1 1\n0\n",
        b"+1 1:0.5 3:1\n-1 2:0.25\n+1 1:1 2:3\n",
        b'[{"x": 1, "y": 2.5, "t": "a"}, {"x": null, "y": 3, "t": "b"}]',
        b'{"x": [1, 2, 3], "t": [0.5, 1, 2]}',
        "größe;t\n1,5;2\n3;4\n".encode("utf-16"),
        b'sep=;\na;t\n1.200;"x\ny"\n2.350;z\n1.400;z\n',
        b"# made by hand\n# a b t\n 1.5D+01  2% (3)\n 1 2 3\n",
        workbook.getvalue(),
    ]


def _rich() -> Session:
    """Return a session that uses every key, in the middle of an epoch."""
    xor = problem("xor")
    columns = (Column("a", 1.0, 2.0), Column("b"), Column("t"))
    samples = replace(xor.samples, columns=columns, names=("p", "q", "r", "s"), split=Split(0.25, 3))
    session = replace(xor, samples=samples)
    for card in ("elu", "gelu"):
        session = edits.insert_layer(session, len(session.network.layers) - 1)
        place = len(session.network.layers) - 2
        card_there = ACTIVATIONS[card].with_numbers({"alpha": 0.25} if card == "elu" else {}, "activation")
        session = edits.set_activation(session, place, card_there)
    session = edits.set_words(session, "A title", "and\nnotes")
    trainer = session.trainer()
    trainer.run(4)
    return edits.trained(session, trainer.parameters(), trainer.progress())

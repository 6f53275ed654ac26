"""The session file: exact round trips, every bad field named, nothing half-written."""

import copy
import json
from pathlib import Path

import pytest

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.losses import HALF_SSE
from backprop_gui.resources import problem, problems
from backprop_gui.session.files import decode_session, encode_session, read_session, write_session
from backprop_gui.storage import FileError

ARTICLE = json.loads(encode_session(problem("article")))


def changed(place: list[str | int], value: object) -> bytes:
    document = copy.deepcopy(ARTICLE)
    *way, last = place
    inside = document
    for step in way:
        inside = inside[step]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize("name", [one.name for one in problems()])
def test_a_trained_session_reads_back_bit_for_bit(name: str) -> None:
    session = problem(name)
    trainer = session.trainer()
    trainer.run(17)
    text = encode_session(session)
    again = decode_session(text)
    assert (again.network, again.parameters, again.training, again.samples) == (
        session.network,
        session.parameters,
        session.training,
        session.samples,
    )
    assert encode_session(again) == text


def test_dropout_reads_back_and_is_written_only_where_there_is_some() -> None:
    session = decode_session(changed(["training", "dropout"], 0.25))
    assert session.training.dropout == 0.25
    assert decode_session(encode_session(session)).training == session.training
    assert b"dropout" not in encode_session(problem("article"))


def test_names_and_scaling_read_back_and_must_fit() -> None:
    columns = [{"name": "a", "shift": 2.0, "scale": 0.5}, {"name": "b"}, {"name": "c"}, {"name": "d"}]
    names = [f"s{k}" for k in range(len(ARTICLE["data"]["inputs"]))]
    document = {**ARTICLE, "data": {**ARTICLE["data"], "columns": columns, "names": names}}
    session = decode_session(json.dumps(document).encode())
    assert session.samples.column(0).measured(1.0) == 2.5
    assert decode_session(encode_session(session)).samples == session.samples
    for key, value in (("columns", columns[:3]), ("names", [*names, "more"]), ("columns", [{"scale": 0.0}] * 4)):
        document["data"][key] = value
        with pytest.raises(FieldError) as caught:
            decode_session(json.dumps(document).encode())
        assert caught.value.field.startswith(f"data.{key}")
        document["data"][key] = {"columns": columns, "names": names}[key]


@pytest.mark.parametrize("spelled", ["elu(alpha=0.5)", " elu( alpha = 0.5 ) ", {"name": "elu", "alpha": 0.5}])
def test_a_cards_numbers_are_read_in_both_forms_and_written_where_they_are_not_the_defaults(spelled: object) -> None:
    session = decode_session(changed(["network", "layers", 0, "activation"], spelled))
    assert session.network.layers[0].activation.own_numbers == {"alpha": 0.5}
    again = encode_session(session)
    assert json.loads(again)["network"]["layers"][0]["activation"] == {"name": "elu", "alpha": 0.5}
    assert decode_session(again).network == session.network
    plain = decode_session(changed(["network", "layers", 0, "activation"], {"name": "elu", "alpha": 1}))
    assert json.loads(encode_session(plain))["network"]["layers"][0]["activation"] == "elu"
    assert hash(plain.network) != hash(session.network)
    huber = decode_session(changed(["training", "loss"], {"name": "huber", "delta": 2.0}))
    assert json.loads(encode_session(huber))["training"]["loss"] == {"name": "huber", "delta": 2.0}
    assert decode_session(encode_session(huber)).training == huber.training


def test_an_optimizers_own_numbers_stand_beside_its_name_where_they_are_not_the_defaults() -> None:
    written = {"name": "adam", "learning_rate": 0.01, "momentum": 0.0, "beta1": 0.95}
    session = decode_session(changed(["training", "optimizer"], written))
    assert session.training.optimizer.method.own_numbers == {"beta1": 0.95}
    assert json.loads(encode_session(session))["training"]["optimizer"] == written
    assert decode_session(encode_session(session)).training == session.training
    plain = decode_session(changed(["training", "optimizer"], {"name": "adamw", "beta1": 0.9, "weight_decay": 1}))
    rest = {"learning_rate": 0.5, "momentum": 0.0, "weight_decay": 1.0}
    assert json.loads(encode_session(plain))["training"]["optimizer"] == {"name": "adamw", **rest}


def test_an_error_in_an_optimizer_tells_its_own_keys_too() -> None:
    with pytest.raises(FieldError, match=r"name, learning_rate, momentum, .*, decay, epsilon"):
        decode_session(changed(["training", "optimizer"], {"name": "rmsprop", "rho": 0.9}))


def test_without_parameters_initializer_and_seed_make_them() -> None:
    session = decode_session(changed(["parameters"], ...))
    assert session.parameters == initialize(session.network, "xavier_uniform", 0)


def test_only_network_and_data_must_be_given() -> None:
    document = {key: ARTICLE[key] for key in ("format", "version", "network", "data")}
    session = decode_session(json.dumps(document).encode())
    assert session.training.loss == HALF_SSE
    assert session.training.optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        (["colour"], "red", "colour"),
        (["training", "optimizer", "lr"], 3, "training.optimizer.lr"),
        (["network", "layers", 1, "act"], "tanh", "network.layers[1].act"),
        (["network"], ..., "network"),
        (["data"], ..., "data"),
        (["version"], 2, "version"),
        (["network", "inputs"], True, "network.inputs"),
        (["network", "layers"], [], "network.layers"),
        (["network", "layers", 1, "units"], "three", "network.layers[1].units"),
        (["network", "layers", 1, "units"], 0, "network.layers[1].units"),
        (["network", "layers", 0, "activation"], "softmax", "network.layers[0].activation"),
        (["network", "layers", 0, "activation"], "swish", "network.layers[0].activation"),
        (["network", "layers", 0, "activation"], 3, "network.layers[0].activation"),
        (["network", "layers", 0, "activation"], None, "network.layers[0].activation"),
        (["network", "layers", 0, "activation"], {"alpha": 1.0}, "network.layers[0].activation.name"),
        (["network", "layers", 0, "activation"], {"name": "elu", "beta": 1}, "network.layers[0].activation.beta"),
        (["network", "layers", 0, "activation"], {"name": "tanh", "beta": 1}, "network.layers[0].activation.beta"),
        (["network", "layers", 0, "activation"], {"name": "elu", "alpha": "a"}, "network.layers[0].activation.alpha"),
        (["network", "layers", 0, "activation"], {"name": "elu", "alpha": -1}, "network.layers[0].activation.alpha"),
        (["network", "layers", 1, "activation"], "elu(alpha=x)", "network.layers[1].activation.alpha"),
        (["network", "layers", 1, "activation"], "elu(0.5)", "network.layers[1].activation.0.5"),
        (["training", "loss"], {"name": "huber", "delta": 0}, "training.loss.delta"),
        (["training", "loss"], ["huber"], "training.loss"),
        (["parameters", "weights", 0, 1, 2], "x", "parameters.weights[0][1][2]"),
        (["parameters", "weights", 0, 1], [1.0], "parameters.weights[0]"),
        (["parameters", "biases"], [[1, 2], [3, 4]], "parameters.biases[0]"),
        (["training", "loss"], "sse", "training.loss"),
        (["training", "batch_size"], "half", "training.batch_size"),
        (["training", "batch_size"], 0, "training.batch_size"),
        (["training", "reduction"], "max", "training.reduction"),
        (["training", "seed"], -1, "training.seed"),
        (["training", "optimizer"], {"name": "adamant"}, "training.optimizer.name"),
        (["training", "optimizer"], {"name": 3}, "training.optimizer.name"),
        (["training", "optimizer"], ["adam"], "training.optimizer"),
        (["training", "optimizer"], {"name": "adam", "beta3": 0.9}, "training.optimizer.beta3"),
        (["training", "optimizer"], {"name": "sgd", "beta1": 0.9}, "training.optimizer.beta1"),
        (["training", "optimizer"], {"name": "adam", "beta1": 1.0}, "training.optimizer.beta1"),
        (["training", "optimizer"], {"name": "adam", "beta1": "x"}, "training.optimizer.beta1"),
        (["training", "optimizer"], {"name": "adam", "nesterov": True, "momentum": 0.5}, "training.optimizer.nesterov"),
        (["training"], None, "training"),
        (["training", "optimizer", "learning_rate"], 0, "training.optimizer.learning_rate"),
        (["training", "optimizer", "momentum"], 1, "training.optimizer.momentum"),
        (["training", "optimizer", "nesterov"], True, "training.optimizer.nesterov"),
        (["training", "dropout"], 1.0, "training.dropout"),
        (["training", "dropout"], -0.1, "training.dropout"),
        (["data", "inputs"], [], "data.inputs"),
        (["data", "inputs"], [[1.0]], "data.inputs"),
        (["data", "inputs"], [[1.0, 2.0], [3.0]], "data.inputs[1]"),
        (["data", "targets", 0, 0], None, "data.targets[0][0]"),
    ],
)
def test_what_is_not_accepted_is_named(place: list[str | int], value: object, field: str) -> None:
    with pytest.raises(FieldError) as caught:
        decode_session(changed(place, value))
    assert caught.value.field == field
    assert caught.value.accepted in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "it must be JSON in UTF-8"),
        (b"{", "it must be JSON in UTF-8"),
        (b'{"a": [1.5, -1e999]}', "file: '-1e999' is not accepted; use numbers up to 1.797"),
        (b"\xff\xfe", "it must be JSON in UTF-8"),
        (b"[1]", 'format: None .* "backprop-gui/session"'),
        (b"null", 'format: None .* "backprop-gui/session"'),
        (b'{"format": 1}', 'format: 1 .* "backprop-gui/session"'),
    ],
)
def test_what_is_no_session_at_all_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(FieldError, match=words):
        decode_session(text)


def test_a_loss_of_probabilities_needs_an_output_that_gives_them() -> None:
    document = json.loads(changed(["training", "loss"], "cross_entropy"))
    document["network"]["layers"][1]["activation"] = "linear"
    with pytest.raises(FieldError, match=r"training\.loss: 'cross_entropy' .* sigmoid or softmax, not linear"):
        decode_session(json.dumps(document).encode())


def with_targets(loss: str, activation: str, targets: list[list[float]]) -> bytes:
    """Return a session file of one input and as many outputs as the targets have."""
    document = {
        "format": "backprop-gui/session",
        "version": 1,
        "network": {"inputs": 1, "layers": [{"units": len(targets[0]), "activation": activation}]},
        "training": {"loss": loss},
        "data": {"inputs": [[1.0]] * len(targets), "targets": targets},
    }
    return json.dumps(document).encode()


@pytest.mark.parametrize("value", [2.0, -1.0, 5.0, 1.0000000000000002, -5e-324])
@pytest.mark.parametrize(
    ("loss", "activation"),
    [
        ("binary_cross_entropy", "sigmoid"),
        ("binary_cross_entropy", "softmax"),
        ("cross_entropy", "softmax"),
        ("cross_entropy", "sigmoid"),
    ],
)
def test_a_target_outside_the_losss_range_is_named_as_the_file_counts(loss: str, activation: str, value: float) -> None:
    text = with_targets(loss, activation, [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [1.0, value], [value, 0.0]])
    with pytest.raises(FieldError) as caught:
        decode_session(text)
    assert caught.value.field == "data.targets[3][1]"
    assert caught.value.value == value
    assert str(caught.value) == (
        f"data.targets[3][1]: {value!r} is not accepted; the loss {loss} takes targets from 0 to 1."
    )


@pytest.mark.parametrize("targets", [[[0.3, 0.3]], [[1.0, 1.0]], [[0.0, 0.0]], [[-0.0, 1.0]]])
def test_a_row_of_targets_need_not_sum_to_1(targets: list[list[float]]) -> None:
    assert decode_session(with_targets("cross_entropy", "softmax", targets)).samples.targets.tolist() == targets


@pytest.mark.parametrize("loss", ["half_sse", "mse", "mae", "huber"])
def test_other_losses_take_any_target(loss: str) -> None:
    assert decode_session(with_targets(loss, "sigmoid", [[-7.0]])).samples.targets[0, 0] == -7.0


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.json: cannot be read"):
        read_session(tmp_path / "none.json")
    with pytest.raises(FileError, match="it is a folder"):
        write_session(tmp_path, problem("xor"))


def test_a_session_that_could_not_be_opened_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, session = tmp_path / "s.json", problem("iris")
    write_session(path, problem("xor"))
    before = path.read_bytes()
    for name in ("MOST_BYTES", "MOST_VALUES"):
        with monkeypatch.context() as small:
            small.setattr(f"backprop_gui.session.files.{name}", 50)
            with pytest.raises(FileError, match="could not be opened again"):
                write_session(path, session)
    assert path.read_bytes() == before

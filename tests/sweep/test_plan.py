"""What a plan makes of its words, and how it refuses."""

import re
from dataclasses import replace

import pytest

from backprop_gui.engine.compiled import library
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.initializers import initialize
from backprop_gui.engine.network import Network
from backprop_gui.resources import problem
from backprop_gui.session.document import Session
from backprop_gui.session.edits import set_words
from backprop_gui.sweep.plan import Plan
from tests.shapes import by, dense

XOR = problem("xor")


def test_the_last_key_is_faster_and_seeds_are_fastest() -> None:
    plan = Plan.of(XOR, 10, 2, ["learning_rate=0.1,1", "hidden=2,4-4"])
    assert plan.runs == 8
    seen = [(plan.place(run)[1], *plan.values(run)) for run in range(1, 9)]
    assert seen == [(s, eta, hidden) for eta in ("0.1", "1.0") for hidden in ("2", "4-4") for s in (0, 1)]


def test_a_run_begins_with_its_settings_and_the_start_weights_of_its_seed() -> None:
    words = ["batch_size=full", "hidden=3-5", "activation=elu(alpha=0.5)", "optimizer=adam(beta1=0.8)"]
    plan = Plan.of(set_words(XOR, "Mine", "Words"), 10, 4, [*words, "initializer=he_normal", "learning_rate=0.01"])
    session = plan.session_of(4)
    assert session.network == Network(
        2, (dense(3, "elu(alpha=0.5)"), dense(5, "elu(alpha=0.5)"), XOR.network.layers[-1])
    )
    assert session.start == session.parameters == initialize(session.network, "he_normal", 3)
    training = session.training
    assert (training.batch_size, training.seed, training.initializer) == ("full", 3, "he_normal")
    assert training.optimizer == by("adam(beta1=0.8)", 0.01, momentum=0.9)
    assert (session.title, session.notes, session.progress.epoch) == ("Mine", "Words", 0)


def test_nesterov_goes_where_there_is_no_momentum() -> None:
    looking = replace(XOR, training=replace(XOR.training, optimizer=by("sgd", momentum=0.9, nesterov=True)))
    plan = Plan.of(looking, 1, 1, ["momentum=0,0.5", "optimizer=sgd,adam"])
    assert [plan.session_of(run).training.optimizer.nesterov for run in (1, 2, 3, 4)] == [False, False, True, False]


def test_new_hidden_layers_take_the_activation_of_the_last_one_or_sigmoid() -> None:
    layers = (dense(2, "tanh"), dense(2, "relu"), dense(1, "sigmoid"))
    session = Session.begin(Network(2, layers), XOR.training, XOR.samples)
    made = Plan.of(session, 1, 1, ["hidden=4-4-4"]).session_of(1)
    assert [one.activation.name for one in made.network.layers] == ["tanh", "relu", "relu", "sigmoid"]
    flat = Session.begin(Network(2, (dense(1, "sigmoid"),)), XOR.training, XOR.samples)
    made = Plan.of(flat, 1, 1, ["activation=tanh", "hidden=2"]).session_of(1)
    assert [one.activation.name for one in made.network.layers] == ["tanh", "sigmoid"]


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ("speed=1", "KEY: 'speed' is not accepted; use one of learning_rate, momentum,"),
        ("learning_rate=abc", "learning_rate: 'abc' is not accepted; use a number such as"),
        ("learning_rate=0", "learning_rate: '0' is not accepted; use a positive number"),
        ("learning_rate=nan", "learning_rate: 'nan' is not accepted"),
        ("learning_rate=1e999", "learning_rate: '1e999' is not accepted; use a positive number"),
        ("learning_rate=", "learning_rate: '' is not accepted; give values with commas"),
        ("learning_rate", "learning_rate: '' is not accepted; give values with commas"),
        ("learning_rate=0.1,,1", "learning_rate: '0.1,,1' is not accepted; give values with commas"),
        ("learning_rate=0.1,0.10", "learning_rate: '0.10' is not accepted; give every value once"),
        ("momentum=1", "momentum: '1' is not accepted; use a number of at least 0 and below 1"),
        ("batch_size=0", "batch_size: '0' is not accepted; use a whole number of at least 1"),
        ("batch_size=1.5", "batch_size: '1.5' is not accepted; use a whole number of at least 1"),
        ("optimizer=lbfgs", "optimizer: 'lbfgs' is not accepted; use one of sgd,"),
        ("optimizer=adam(beta1=2)", "optimizer: 'adam(beta1=2)' is not accepted; use a number of at least 0"),
        ("initializer=luck", "initializer: 'luck' is not accepted; use one of zeros,"),
        ("activation=softmax", "activation: 'softmax' is not accepted; softmax is for the output layer only"),
        ("activation=elu(alpha=1", "activation: 'elu(alpha=1' is not accepted; give values with commas"),
        ("loss=guess", "loss: 'guess' is not accepted; use one of half_sse,"),
        ("hidden=4-", "hidden: '4-' is not accepted; use the units of each hidden layer"),
        ("hidden=0", "hidden: '0' is not accepted; use a whole number of at least 1"),
        ("hidden=99999-99999", "hidden: '99999-99999' is not accepted; use at most 10,000,000 weights"),
        ("hidden=" + "-".join(["1"] * 300), "is not accepted; use at most 200"),
        ("batch_size=" + ",".join(map(str, range(1, 1003))), "is not accepted; use at most 1,000 values"),
    ],
)
def test_a_bad_key_or_value_is_refused_by_its_name(grid: str, told: str) -> None:
    with pytest.raises(FieldError, match=re.escape(told)):
        Plan.of(XOR, 10, 2, [grid])


def test_a_loss_that_does_not_fit_the_outputs_or_the_targets_is_refused() -> None:
    linear = Session.begin(Network(2, (dense(1, "linear"),)), XOR.training, XOR.samples)
    with pytest.raises(FieldError, match="loss: 'cross_entropy' is not accepted; it needs outputs between 0 and 1"):
        Plan.of(linear, 10, 2, ["loss=cross_entropy"])
    with pytest.raises(FieldError, match="activation: 'tanh' is not accepted; there is no hidden layer"):
        Plan.of(linear, 10, 2, ["activation=tanh"])


@pytest.mark.parametrize("there", [False, True])
def test_what_trains_is_settled_when_the_plan_is_made(monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    monkeypatch.setattr(library, "load", lambda: object() if there else None)
    assert Plan.of(XOR, 1, 1, []).engine == ("compiled" if there else "numpy")
    assert Plan.of(XOR, 1, 1, [], "numpy").engine == "numpy"
    monkeypatch.setattr(library, "load", lambda: None)
    assert Plan.of(XOR, 1, 1, [], "compiled").digest() != Plan.of(XOR, 1, 1, [], "numpy").digest()


def test_keys_come_once_and_runs_are_bounded() -> None:
    with pytest.raises(FieldError, match=r"momentum: .* give every key once"):
        Plan.of(XOR, 10, 2, ["momentum=0", "momentum=0.5"])
    with pytest.raises(FieldError, match="'200,000 runs' is not accepted; use at most 100,000"):
        Plan.of(XOR, 10, 100_000, ["momentum=0,0.5"])
    for seeds in (0, 100_001):
        with pytest.raises(FieldError, match=r"seeds: .* use a whole number from 1 to 100,000"):
            Plan.of(XOR, 10, seeds, [])


def test_a_plan_travels_as_bytes() -> None:
    plan = Plan.of(XOR, 10, 3, ["learning_rate=0.1,1", "activation=elu(alpha=0.5),tanh"], points=5, keep_all=True)
    again = Plan.decoded(plan.encoded())
    assert again.encoded() == plan.encoded()
    assert again.digest() == plan.digest()
    assert (again.points, again.keep_all, again.runs) == (5, True, 12)
    for run in range(1, 13):
        assert again.values(run) == plan.values(run)
        assert again.session_of(run).training == plan.session_of(run).training
    assert (
        Plan.of(XOR, 11, 3, ["learning_rate=0.1,1"]).digest() != Plan.of(XOR, 10, 3, ["learning_rate=0.1,1"]).digest()
    )

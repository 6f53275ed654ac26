"""The atoms of an update: every stop forward is a stop back, and what is known grows in the right order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from backprop_gui.engine.network import Network, WeightRef
from backprop_gui.explain.steps import Atom, Granularity, Kind, Plan, Reached, parameter
from tests.shapes import dense


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    output = draw(st.sampled_from(["sigmoid", "softmax"]))
    layers = [dense(units, "tanh") for units in sizes[1:-1]] + [dense(sizes[-1], output)]
    return Plan(Network(sizes[0], tuple(layers)), draw(st.integers(1, 3)))


def forward(plan: Plan, by: Granularity) -> list[int]:
    stops = [0]
    while stops[-1] < plan.length:
        stops.append(plan.next_position(stops[-1], by))
    return stops


@given(plans(), st.sampled_from(Granularity))
@settings(deadline=None)
def test_stepping_back_meets_every_stop_of_stepping_forward(plan: Plan, by: Granularity) -> None:
    stops = forward(plan, by)
    assert stops[-1] == plan.length
    back = [plan.length]
    while back[-1] > 0:
        back.append(plan.previous_position(back[-1], by))
    assert back[::-1] == stops


@given(plans())
@settings(deadline=None)
def test_coarse_stops_are_fine_stops(plan: Plan) -> None:
    term, unit, phase = (set(forward(plan, by)) for by in (Granularity.TERM, Granularity.UNIT, Granularity.PHASE))
    assert phase <= unit <= term == set(range(plan.length + 1))


@given(plans())
@settings(deadline=None)
def test_every_term_is_computed_once_per_sample_and_every_weight_moved_once(plan: Plan) -> None:
    network = plan.network
    moments = [moment for position in range(1, plan.length + 1) if (moment := plan.moment(position))]
    assert len(moments) == plan.length
    refs = list(network.parameter_refs())
    for atom, times in ((Atom.GRADIENT, plan.samples), (Atom.UPDATE, 1)):
        used = [parameter(moment, network) for moment in moments if moment.atom is atom]
        assert sorted(map(repr, used)) == sorted(map(repr, refs * times))
    products = [parameter(m, network) for m in moments if m.atom in (Atom.TERM, Atom.BIAS)]
    assert sorted(map(repr, products)) == sorted(map(repr, refs * plan.samples))
    errors = [m for m in moments if m.atom is Atom.ERROR and m.phase.layer < len(network.layers)]
    hidden = [ref for ref in refs if isinstance(ref, WeightRef) and ref.layer > 0]
    assert sorted(repr(parameter(m, network)) for m in errors) == sorted(map(repr, hidden * plan.samples))


@given(plans())
@settings(deadline=None)
def test_nothing_is_known_before_what_it_is_computed_from(plan: Plan) -> None:
    network, depth = plan.network, len(plan.network.layers)
    for position in range(plan.sample_length + 1):
        now = Reached(plan, position)
        for layer in range(1, depth + 1):
            for unit in range(network.sizes[layer]):
                if now.knows_output(layer, unit):
                    assert now.knows_pre_activation(layer, unit)
                    assert all(now.knows_output(layer - 1, i) for i in range(network.sizes[layer - 1]))
                if now.knows_delta(layer, unit):
                    assert now.knows_loss()
                    if layer < depth:
                        assert all(now.knows_delta(layer + 1, k) for k in range(network.sizes[layer + 1]))
        if now.knows_loss():
            assert all(now.knows_output(depth, j) for j in range(network.sizes[depth]))
        assert not any(now.updated(ref) for ref in network.parameter_refs())
    now = Reached(plan, plan.sample_length)
    assert all(now.knows_delta(layer, 0) for layer in range(1, depth + 1))
    end = Reached(plan, plan.length)
    assert all(end.updated(ref) and end.knows_gradient(ref) for ref in network.parameter_refs())


def test_the_phases_of_the_article() -> None:
    plan = Plan(Network(2, (dense(3, "sigmoid"), dense(2, "sigmoid"))), 1)
    assert [(phase.kind, phase.layer) for phase, _ in plan.phases(0)] == [
        (Kind.FORWARD, 1),
        (Kind.FORWARD, 2),
        (Kind.LOSS, 2),
        (Kind.BACKWARD, 2),
        (Kind.BACKWARD, 1),
        (Kind.UPDATE, 1),
        (Kind.UPDATE, 2),
    ]

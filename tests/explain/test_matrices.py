"""The pass as matrices: each under its notation's symbol, each cell lit by what it is computed from."""

import pytest

from backprop_gui.explain.matrices import Cell, Group, Quantity, matrices, terms
from backprop_gui.explain.notation import symbols_of
from backprop_gui.session.document import Session
from tests.explain.tex.alphabet import LOSS, NOTATIONS, wholes
from tests.explain.tex.cases import session_of, sessions
from tests.explain.tex.values import Pass
from tests.explain.tex.words import strangers, text_of

KINDS = {
    Quantity.OUTPUT: "output",
    Quantity.WEIGHTS: "weight",
    Quantity.BIAS: "bias",
    Quantity.PRE_ACTIVATION: "pre",
    Quantity.MASK: "mask",
    Quantity.TARGET: "target",
    Quantity.DELTA: "delta",
    Quantity.WEIGHT_GRADIENT: "weight",
    Quantity.BIAS_GRADIENT: "bias",
}


def groups_of(session: Session, notation: str, sample: int = 0) -> tuple[Group, ...]:
    network, trace = session.network, Pass(session, sample).trace
    return matrices(network, session.parameters, trace, session.training.loss, symbols_of(notation, network))


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_matrix_has_the_symbol_of_its_layer(notation: str) -> None:
    for session, sample in sessions(3, 12):
        sizes = session.network.sizes
        symbols = {(q.kind, q.layer): text_of(latex) for latex, q in wholes(notation, sizes).items()}
        for group in groups_of(session, notation, sample):
            for one in group.matrices:
                symbol = symbols[KINDS[one.quantity], one.layer]
                gradient = one.quantity in (Quantity.WEIGHT_GRADIENT, Quantity.BIAS_GRADIENT)
                assert one.title == (f"∂{LOSS[notation]}/∂{symbol}" if gradient else symbol)
                assert one.transposed == (notation == "nielsen")
            for words in (group.title, group.formula):
                assert strangers(words, notation, sizes, whole_letters=True) == [], words


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("loss", ["half_sse", "binary_cross_entropy", "cross_entropy"])
def test_softmax_has_no_slope_of_its_own(loss: str, notation: str) -> None:
    backward = groups_of(session_of((2, 3, 3), "tanh", "softmax", loss), notation)[2]
    assert backward.title == "Backward: output"
    assert "f" not in backward.formula
    assert "⊙" not in backward.formula


@pytest.mark.parametrize("loss", ["half_sse", "binary_cross_entropy", "cross_entropy"])
def test_a_softmax_delta_is_lit_by_every_output_and_a_sigmoid_one_by_its_own(loss: str) -> None:
    for output, expected in (("softmax", {0, 1, 2}), ("sigmoid", {1})):
        network = session_of((2, 3, 3), "tanh", output, loss).network
        lit = list(terms(Cell(Quantity.DELTA, 2, 0, 1), network, dropout=False))
        assert {cell.column for cell in lit if cell.quantity is Quantity.OUTPUT} == expected
        assert {cell.column for cell in lit if cell.quantity is Quantity.TARGET} == expected
        assert {cell.layer for cell in lit} == {2}


def test_where_numbers_alone_name_the_weights_their_order_is_told() -> None:
    session = session_of((3, 2, 1), "tanh", "linear", "half_sse")
    titles = [group.title for group in groups_of(session, "mazur") if group.title.startswith("Forward")]
    assert titles == ["Forward: hidden · w₁…₆ by column", "Forward: output"]
    assert "by column" not in "".join(group.title for group in groups_of(session, "article"))

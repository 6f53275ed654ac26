"""What is written is held against the numbers: true lines pass, each kind of untruth is found."""

import re

import pytest

from backprop_gui.engine.network import ParameterRef, WeightRef
from backprop_gui.explain.numbers import NumberFormat
from backprop_gui.resources import problem
from tests.explain.tex.cases import session_of
from tests.explain.tex.claims import Page
from tests.explain.tex.values import Pass, values
from tests.shapes import by

SIX = NumberFormat("significant", 6)
MAZUR = Pass(problem("mazur"), 0)  # its numbers are published: see the engine's tests
HALF = r"\frac{1}{2}"
MISS = [rf"\mathrm{{out}}_{{o{k}}}-\mathrm{{target}}_{{o{k}}}" for k in (1, 2)]
NET = r"\mathrm{net}_{h1} = w_{1}\,i_{1}+w_{2}\,i_{2}+b_{h1}"
RULE = [
    r"w_{5} \leftarrow w_{5}-\eta\,\delta_{o1}\,\mathrm{out}_{h1}",
    r"= 0.4-0.5\cdot0.138499\cdot0.59327 = 0.358916",
]


def faults(
    *lines: str,
    of: Pass = MAZUR,
    notation: str = "mazur",
    number_format: NumberFormat = SIX,
    ref: ParameterRef | None = None,
) -> list[str]:
    page = Page(of, notation, number_format, ref)
    page.lines(lines)
    return [fault.kind for fault in page.faults]


@pytest.mark.parametrize(
    "lines",
    [
        [NET, r"= 0.15\cdot0.05+0.2\cdot0.1+0.35 = 0.3775"],
        [r"\mathrm{out}_{h1} = \frac{1}{1+e^{-\mathrm{net}_{h1}}}", r"= \frac{1}{1+e^{-0.3775}} = 0.59327"],
        [r"\mathrm{out}_{h1} = 0.59327", r"\mathrm{out}_{h1} \approx 0.59327"],
        [rf"E = {HALF}({MISS[0]})^{{2}}+{HALF}({MISS[1]})^{{2}}"],
        [r"\frac{\partial E}{\partial w_{5}} = \delta_{o1}\,\mathrm{out}_{h1} = 0.138499\cdot0.59327 \approx 0.082167"],
        [r"\delta_{h1} = (\delta_{o1}\,w_{5}+\delta_{o2}\,w_{7})\,\mathrm{out}_{h1}\,(1-\mathrm{out}_{h1})"],
        RULE,
        [r"w_{1} : 0.15 \to 0.149781"],
        [r"i_{1} = 0.05 \quad i_{2} = 0.1"],
        [r"\begin{pmatrix}w_{1}&w_{3}\\w_{2}&w_{4}\end{pmatrix} = \begin{pmatrix}0.15&0.25\\0.2&0.3\end{pmatrix}"],
        [r"b_{h} = \begin{pmatrix}0.35&0.35\end{pmatrix}"],
        [r"E = \underline{\hspace{6em}}"],
    ],
)  # fmt: skip
def test_true_lines_pass(lines: list[str]) -> None:
    assert faults(*lines, ref=WeightRef(1, 0, 0) if lines is RULE else None) == []


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("value", [r"\mathrm{net}_{h1} = w_{1}\,i_{1}+w_{3}\,i_{2}+b_{h1}"]),
        ("value", [NET, r"= 0.15\cdot0.05+0.2\cdot0.1+0.25 = 0.3775"]),
        ("value", [r"\mathrm{out}_{h1} = \frac{1}{1+e^{\mathrm{net}_{h1}}}"]),
        ("value", [r"\mathrm{out}_{h1} = 0.59328"]),
        ("sign", [r"\frac{\partial E}{\partial w_{5}} = 0.138499\cdot0.59327 = 0.082167"]),
        ("sign", [r"\mathrm{net}_{h1} = 0.15\cdot0.05+0.2\cdot0.1+0.35 \approx 0.3775"]),
        ("sign", [r"\delta_{o1} \approx \frac{\partial E}{\partial \mathrm{net}_{o1}}"]),
        ("value", [r"\delta_{h1} = (\delta_{o1}\,w_{5}+\delta_{o2}\,w_{6})\,\mathrm{out}_{h1}\,(1-\mathrm{out}_{h1})"]),
        ("value", [r"w_{5} \leftarrow w_{5}+\eta\,\delta_{o1}\,\mathrm{out}_{h1}"]),
        ("value", [r"w_{5} \leftarrow w_{5}-\eta\,\delta_{o1}\,\mathrm{out}_{h1}", r"w_{5} = 0.4"]),
        ("value", [r"w_{1} : 0.15 \to 0.15"]),
        ("value", [r"\begin{pmatrix}w_{1}&w_{2}\end{pmatrix} = \begin{pmatrix}0.15&0.25\end{pmatrix}"]),
        ("value", [r"b_{h} = \begin{pmatrix}0.35\\0.35\end{pmatrix}"]),
        ("alphabet", [r"h_{1} = 0.59327"]),
        ("reading", [r"\mathrm{net}_{h1} = \sum+b_{h1} = 0.3775"]),
        ("reading", [r"= 0.3775"]),
        ("grammar", [r"1-\mathrm{out}_{h1}^{2}^{2}"]),
        ("value", [r"E = \frac{1}{2}-(\mathrm{target}_{o1}-\mathrm{out}_{o1})"]),
    ],
)  # fmt: skip
def test_an_untruth_is_found(kind: str, lines: list[str]) -> None:
    assert kind in faults(*lines, ref=WeightRef(1, 0, 0) if r"\leftarrow" in lines[0] else None)


def adam() -> Pass:
    return Pass(session_of((2, 2, 1), "tanh", "linear", "mse", by("adam", 0.01), steps=3), 3)


ADAM = [
    r"g = \frac{\partial L}{\partial w_{11}}",
    r"m \leftarrow 0.9\,m+0.1\,g",
    r"s \leftarrow 0.999\,s+0.001\,g^{2}",
    r"\hat{m} = \frac{m}{1-0.9^{4}}",
    r"\hat{s} = \frac{s}{1-0.999^{4}}",
    r"w_{11} \leftarrow w_{11}-\frac{\eta\,\hat{m}}{\sqrt{\hat{s}}+\varepsilon}",
]


def test_a_memory_is_the_old_one_until_it_is_assigned() -> None:
    assert faults(*ADAM, of=adam(), notation="article", ref=WeightRef(0, 0, 0)) == []
    turned = [ADAM[0], ADAM[3], *ADAM[1:3], *ADAM[4:]]
    assert faults(*turned, of=adam(), notation="article", ref=WeightRef(0, 0, 0)) == ["value"]
    assert faults(*ADAM[1:], of=adam(), notation="article", ref=WeightRef(0, 0, 0)).count("value") >= 1


def test_memories_of_several_parameters_have_their_names() -> None:
    bias = "b^{(2)}_{1}"
    lines = [re.sub(r"\\hat\{([ms])\}|\b([gms])\b", rf"\g<0>_{{{bias}}}", one).replace("w_{11}", bias) for one in ADAM]
    assert lines[1] == r"m_{b^{(2)}_{1}} \leftarrow 0.9\,m_{b^{(2)}_{1}}+0.1\,g_{b^{(2)}_{1}}"
    assert faults(*lines, of=adam(), notation="article") == []
    assert "value" in faults(
        *(one.replace("m_{b^{(2)}_{1}}", "m_{w_{11}}") for one in lines), of=adam(), notation="article"
    )


def test_one_symbol_has_one_value() -> None:
    of = Pass(session_of((2, 2, 1), "tanh", "linear", "mse", batch=2, steps=0), 3)
    ref = WeightRef(0, 0, 0)
    shown, used = of.trace.gradients[ref], of.scope.gradient[ref]
    lines = [
        rf"\frac{{\partial L}}{{\partial w_{{11}}}} \approx {shown:.6g}",
        rf"\frac{{\partial \bar{{L}}}}{{\partial w_{{11}}}} \approx {used:.6g}",
    ]
    assert faults(*lines, of=of, notation="article", ref=ref) == []
    assert faults(lines[1].replace(r"\bar{L}", "L"), of=of, notation="article", ref=ref) == ["value"]
    mean = r"\frac{\partial \bar{L}}{\partial w_{11}} = \frac{1}{2}\sum_{n}\frac{\partial L_{n}}{\partial w_{11}}"
    assert faults(mean, of=of, notation="article", ref=ref) == []


def test_every_symbol_of_the_pass_has_its_number() -> None:
    found = values(problem("mazur"), 0, "mazur")
    assert found["E"] == pytest.approx(0.298371109, abs=1e-9)
    assert found[r"\frac{\partial E}{\partial w_{5}}"] == pytest.approx(0.082167041, abs=1e-9)
    assert found[r"\frac{\partial E}{\partial w_{1}}"] == pytest.approx(0.000438568, abs=1e-9)
    assert found[r"\mathrm{net}_{h1}"] == pytest.approx(0.3775)
    assert found["w_{8}"] == 0.55
    assert found[r"\frac{\partial \mathrm{out}_{o1}}{\partial \mathrm{net}_{o1}}"] == pytest.approx(
        0.186815602, abs=1e-9
    )

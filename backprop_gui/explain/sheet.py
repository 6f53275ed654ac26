"""A worked sheet: one sample's whole pass as a document, complete for teachers or with blanks for students."""

from dataclasses import dataclass, replace
from pathlib import Path

from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import BiasRef, LossRef, ParameterRef, UnitRef
from backprop_gui.explain.derivation import MISPRINT, derive
from backprop_gui.explain.formula import Formula, Line, Part, Section, formula, latex
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.situation import Situation, Style

BLANKS = ("forward", "loss", "deltas", "gradients", "updates")
"""The parts a student's copy may leave blank."""
ENDINGS = (".pdf", ".html", ".tex")
BLANK = Part(r"\underline{\hspace{6em}}")
MOST_PARAMETERS = 400
"""A sheet of a larger network would be a book."""
_BLANK_FROM = ("=", r"\leftarrow")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document: its title, a line of facts, and sections; ``blanks`` are the parts left blank."""

    title: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    blanks: frozenset[str]


def check_sheet_ending(path: Path) -> None:
    """Raise ``FieldError`` unless a sheet can be written under this name."""
    if path.suffix.lower() not in ENDINGS:
        raise FieldError("--sheet", str(path), f"let the name end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")


def make_sheet(now: Situation, style: Style, blanks: frozenset[str] = frozenset()) -> Sheet:
    """Return the worked sheet of a pass and the update that follows.

    Raises:
        FieldError: the network has more parameters than a sheet has room for.
    """
    network, training = now.network, now.training
    if network.parameter_count > MOST_PARAMETERS:
        raise FieldError(
            "network", f"{network.parameter_count:,} parameters", f"a sheet has room for up to {MOST_PARAMETERS}"
        )
    optimizer = training.optimizer
    facts = (
        f"Network {'-'.join(map(str, network.sizes))}: "
        + ", ".join(f"{layer_title(network, k + 1)} {one.activation.spelled}" for k, one in enumerate(network.layers)),
        f"Loss {training.loss.name.replace('_', ' ')}, optimizer {optimizer.name}, learning rate {now.rate:g}"
        + (f", momentum {optimizer.momentum:g}" if optimizer.momentum else "")
        + (f", dropout {training.dropout:g}" if training.dropout else ""),
    )
    parts = (
        _given(now, style),
        *_forward(now, style, "forward" in blanks),
        _loss(now, style, "loss" in blanks),
        *_deltas(now, style, "deltas" in blanks),
        *_gradients(now, style, "gradients" in blanks),
        *_updates(now, style, "updates" in blanks),
    )
    title = f"Backpropagation by hand: sample {now.sample + 1}"
    return Sheet(title, facts, parts, blanks)


def blanked(line: Line) -> Line:
    """Return the line with its result, or all of its numbers, to be filled in by hand."""
    places = [k for k, part in enumerate(line.formula) if part.latex in _BLANK_FROM]
    if not places or not any(part.value is not None for part in line.formula):
        return line
    numbered = next(k for k, part in enumerate(line.formula) if part.value is not None)
    cut = max((k for k in places if k < numbered), default=-1)  # -1: numbers from the start, so nothing stays
    return replace(line, formula=(*line.formula[: cut + 1], BLANK), value=None)


def _section(title: str, lines: list[Line], blank: bool, remark: str = "") -> Section:
    return Section(title, tuple(blanked(line) if blank else line for line in lines), remark)


def _given(now: Situation, style: Style) -> Section:
    s, n = style.symbols(now.network), style.writer
    last = len(now.network.layers)
    lines = [
        Line(_row([s.output(0, k) for k in range(now.network.inputs)], now.trace.outputs[0].tolist(), style)),
        Line(_row([s.target(k) for k in range(now.network.outputs)], now.trace.target.tolist(), style)),
    ]
    for layer in range(last):
        weights = now.parameters.weights[layer]
        rows = weights.T if s.columns else weights
        body = r"\\".join("&".join(n.number(float(value)).latex for value in row) for row in rows)
        biases = "&".join(n.number(float(value)).latex for value in now.parameters.biases[layer])
        lines.append(Line(formula(s.bold("W", layer + 1), "=", rf"\begin{{pmatrix}}{body}\end{{pmatrix}}")))
        lines.append(Line(formula(s.bold("b", layer + 1), "=", rf"\begin{{pmatrix}}{biases}\end{{pmatrix}}"), indent=1))
    for layer, mask in enumerate(now.trace.masks):
        values = "&".join(n.number(float(value)).latex for value in mask)
        lines.append(Line(formula(s.bold("m", layer + 1), "=", rf"\begin{{pmatrix}}{values}\end{{pmatrix}}"), indent=1))
    told = "Entry (i, j) of a weight matrix leads from unit i to unit j of the next layer."
    turned = "Entry (j, k) of a weight matrix leads to unit j from unit k of the layer before."
    dropped = " m is dropout's mask: what each hidden unit's output is multiplied by." if now.trace.masks else ""
    return Section("Given", tuple(lines), (turned if s.columns else told) + dropped)


def _row(names: list[str], values: list[float], style: Style) -> Formula:
    pieces: list[Part | str] = []
    for name, value in zip(names, values, strict=True):
        pieces += [name, "=", style.writer.number(value), r"\quad"]
    return formula(*pieces[:-1])


def _forward(now: Situation, style: Style, blank: bool) -> list[Section]:
    found: list[Section] = []
    for layer in range(1, len(now.network.sizes)):
        lines: list[Line] = []
        for unit in range(now.network.sizes[layer]):
            pre, activation = derive(now, UnitRef(layer, unit), style).sections[:2]
            lines += [pre.lines[0], _sum_line(now, UnitRef(layer, unit), style), *activation.lines]
        found.append(_section(f"Forward: {layer_title(now.network, layer)}", lines, blank))
    return found


def _sum_line(now: Situation, ref: UnitRef, style: Style) -> Line:
    """Return a's sum with numbers in one line."""
    n = style.writer
    before = ref.layer - 1
    x, w = now.trace.outputs[before], now.parameters.weights[before][:, ref.unit]
    pieces: list[Part | str] = ["="]
    for i in range(len(x)):
        pieces += [n.factor(float(x[i])), r"\cdot", n.factor(float(w[i])), "+"]
    total = float(now.trace.pre_activations[before][ref.unit])
    bias = now.parameters[BiasRef(before, ref.unit)]
    return Line(formula(*pieces, n.factor(bias), "=", n.number(total)), total, 1)


def _loss(now: Situation, style: Style, blank: bool) -> Section:
    section = derive(now, LossRef(), style).sections[0]
    return _section("Loss", list(section.lines), blank)


def _deltas(now: Situation, style: Style, blank: bool) -> list[Section]:
    found: list[Section] = []
    depth = len(now.network.layers)
    for layer in range(depth, 0, -1):
        lines: list[Line] = []
        for unit in range(now.network.sizes[layer]):
            for section in derive(now, UnitRef(layer, unit), style).sections[2:]:
                lines += section.lines
        remark = MISPRINT if layer == depth - 1 else ""
        found.append(_section(f"Backward: deltas of {layer_title(now.network, layer)}", lines, blank, remark))
    return found


def _refs(now: Situation, layer: int) -> list[ParameterRef]:
    return [ref for ref in now.network.parameter_refs() if ref.layer == layer]


def _gradients(now: Situation, style: Style, blank: bool) -> list[Section]:
    s, n = style.symbols(now.network), style.writer
    found: list[Section] = []
    for layer in range(len(now.network.layers)):
        lines: list[Line] = []
        for ref in _refs(now, layer):
            value = now.trace.gradients[ref]
            unit = ref.unit if isinstance(ref, BiasRef) else ref.target
            delta = float(now.trace.deltas[layer][unit])
            head = formula(rf"\frac{{\partial {s.loss}}}{{\partial {s.of(ref)}}}", "=", s.delta(layer + 1, unit))
            if isinstance(ref, BiasRef):
                lines.append(Line(formula(head, "=", n.number(value)), value))
            else:
                x = float(now.trace.outputs[layer][ref.source])
                numbers = formula("=", n.factor(delta), r"\cdot", n.factor(x), "=", n.number(value))
                lines.append(Line(formula(head, r"\,", s.output(layer, ref.source), numbers), value))
        title = f"Gradients: {layer_title(now.network, layer)} → {layer_title(now.network, layer + 1)}"
        found.append(_section(title, lines, blank))
    return found


def _updates(now: Situation, style: Style, blank: bool) -> list[Section]:
    s, n = style.symbols(now.network), style.writer
    plain = now.training.optimizer.name == "sgd" and not now.training.optimizer.momentum
    plain = plain and not (now.training.optimizer.weight_decay or now.training.optimizer.l1)
    found: list[Section] = []
    for layer in range(len(now.network.layers)):
        lines: list[Line] = []
        for ref in _refs(now, layer):
            new, symbol = now.after[ref], s.of(ref)
            kept = isinstance(ref, BiasRef) and not now.training.train_biases
            if plain and not kept:
                rate = n.number(now.rate)
                step = formula(n.number(now.parameters[ref]), "-", rate, r"\cdot", n.factor(now.gradient[ref]))
                lines.append(Line(formula(symbol, r"\leftarrow", step, "=", n.number(new)), new))
            elif not kept:
                lines += derive(now, ref, style).sections[-1].lines
        title = f"Update: {layer_title(now.network, layer)} → {layer_title(now.network, layer + 1)}"
        batch = f"The gradient is that of the batch of {len(now.batch)} samples." if len(now.batch) > 1 else ""
        found.append(_section(title, lines, blank, batch if lines else ""))
    return [section for section in found if section.lines]


_ESCAPES = str.maketrans({"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "→": r"$\to$", "½": r"$\frac{1}{2}$"})
_SYMBOLS = {"∂": r"\partial ", "δ": r"\delta ", "·": r"\cdot ", "η": r"\eta "}
_TEX_MISPRINT = (
    r"The article's last formula writes this delta with an extra $x_i$ at its end. That is a misprint: $x_i$ belongs "
    r"to the gradient, $\partial L/\partial w_{ij} = \delta_j x_i$, and would be counted twice."
)


def as_tex(sheet: Sheet, figure: str) -> str:
    """Return the sheet as a LaTeX document; ``figure`` is LaTeX for the picture of the network."""
    body = [rf"\section*{{{_tex(sheet.title)}}}", *(_tex(fact) + r"\\" for fact in sheet.facts), figure]
    for section in sheet.sections:
        body.append(rf"\subsection*{{{_tex(section.title)}}}")
        body += [
            rf"\noindent\hspace*{{{1.5 * line.indent}em}}$\displaystyle {latex(line.formula)}$\par\smallskip"
            for line in section.lines
        ]
        if section.remark:
            body.append(_TEX_MISPRINT if section.remark == MISPRINT else _tex(section.remark))
    packages = "\n".join(rf"\usepackage{{{name}}}" for name in ("amsmath", "tikz"))
    return (
        "\\documentclass[a4paper,11pt]{article}\n\\usepackage[margin=22mm]{geometry}\n"
        f"{packages}\n\\allowdisplaybreaks\n\\setlength{{\\parindent}}{{0pt}}\n\\begin{{document}}\n"
        + "\n".join(body)
        + "\n\\end{document}\n"
    )


def tikz(now: Situation, style: Style) -> str:
    """Return the network as a TikZ picture."""
    s, sizes = style.symbols(now.network), now.network.sizes
    drawn = [r"\begin{center}\begin{tikzpicture}[every node/.style={draw,circle,minimum size=10mm,inner sep=0pt}]"]
    for layer, units in enumerate(sizes):
        for unit in range(units):
            x, y = 3.6 * layer, 1.5 * ((units - 1) / 2 - unit)
            drawn.append(rf"\node (n{layer}-{unit}) at ({x:.2f},{y:.2f}) {{${s.output(layer, unit)}$}};")
    for layer, after in enumerate(sizes[1:]):
        for source in range(sizes[layer]):
            drawn += [rf"\draw[->] (n{layer}-{source}) -- (n{layer + 1}-{target});" for target in range(after)]
    for unit in range(sizes[-1]):
        x, y = 3.6 * (len(sizes) - 1) + 1.8, 1.5 * ((sizes[-1] - 1) / 2 - unit)
        drawn.append(rf"\node[rectangle] (t{unit}) at ({x:.2f},{y:.2f}) {{${s.target(unit)}$}};")
        drawn.append(rf"\draw[dotted] (n{len(sizes) - 1}-{unit}) -- (t{unit});")
    return "\n".join([*drawn, r"\end{tikzpicture}\end{center}"])


def _tex(words: str) -> str:
    written = words.translate(_ESCAPES)
    for symbol, command in _SYMBOLS.items():
        written = written.replace(symbol, f"${command}$")
    return written

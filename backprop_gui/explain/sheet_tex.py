"""A worked sheet as a LaTeX document, with the network drawn by TikZ."""

import re
from itertools import pairwise, product

from backprop_gui.engine.network import WeightRef
from backprop_gui.explain.derivation import MISPRINT
from backprop_gui.explain.formula import Line, latex
from backprop_gui.explain.sheet import Sheet
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.writing import Quantity

MOST_LABELS = 12
"""With more edges between two layers their numbers would stand on each other; they are in the tables."""
_LABEL = "draw=none,rectangle,minimum size=0pt,inner sep=1pt,fill=white,font=\\scriptsize"
_NAMES = """alpha beta gamma delta varepsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau varphi chi psi omega
    Gamma Delta Theta Lambda Phi Psi Omega"""
_GREEK = dict(zip("αβγδεζηθκλμνξπρστφχψωΓΔΘΛΦΨΩ", _NAMES.split(), strict=True))
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₍₎", "0123456789aehijklmnoprstuvx+-()", strict=True))
_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻ˡ", "0123456789()+-l", strict=True))
_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "$": r"\$",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "→": r"$\to$",
        "½": r"$\frac{1}{2}$",
        "−": r"$-$",
        "…": r"\ldots{}",
        "∂": r"$\partial$",
        "·": r"$\cdot$",
        "≤": r"$\leq$",
        "≥": r"$\geq$",
        **{sign: f"${sign}$" for sign in "|<>"},
        "≠": r"$\neq$",
        "Σ": r"$\sum$",
        "√": r"$\surd$",
        "∞": r"$\infty$",
        "⊙": r"$\odot$",
        "ᵀ": r"$^{\top}$",
        **{letter: rf"$\{name}$" for letter, name in _GREEK.items()},
        **{small: f"$_{{{letter}}}$" for small, letter in _SUBSCRIPTS.items()},
        **{small: f"$^{{{letter}}}$" for small, letter in _SUPERSCRIPTS.items()},
    }
)
_RAISED, _LOWERED = str.maketrans(_SUPERSCRIPTS), str.maketrans(_SUBSCRIPTS)
_BASES = str.maketrans({letter: rf"\{name}" for letter, name in _GREEK.items()})
_SYMBOL = re.compile(
    rf"([A-Za-z]+|[{''.join(_GREEK)}])(?=[{''.join(_SUPERSCRIPTS)}{''.join(_SUBSCRIPTS)}])"
    rf"([{''.join(_SUPERSCRIPTS)}]*)((?:[{''.join(_SUBSCRIPTS)}]|,(?=[{''.join(_SUBSCRIPTS)}]))*)"
)
_TEX_MISPRINT = (
    r"The article's last formula writes this delta with an extra $x_i$ at its end. That is a misprint: $x_i$ belongs "
    r"to the gradient, $\partial L/\partial w_{ij} = \delta_j x_i$, and would be counted twice."
)
_HEAD = r"""\documentclass[a4paper,11pt]{article}
\usepackage[margin=22mm]{geometry}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage{tikz}
\allowdisplaybreaks
\setcounter{MaxMatrixCols}{400}
\setlength{\parindent}{0pt}
\raggedright \relpenalty=0 \binoppenalty=0 \lineskip=4pt \lineskiplimit=4pt
\newsavebox{\wide}
\newcommand{\fit}[1]{\sbox{\wide}{#1}%
\ifdim\dimexpr\ht\wide+\dp\wide\relax>.8\textheight\sbox{\wide}{\resizebox*{!}{.8\textheight}{\usebox{\wide}}}\fi
\ifdim\wd\wide>\hsize\resizebox{\hsize}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
\begin{document}
"""


def as_tex(sheet: Sheet, figure: str) -> str:
    """Return the sheet as a LaTeX document; ``figure`` is LaTeX for the picture of the network."""
    body = [rf"\section*{{{_tex(sheet.title)}}}", *(_tex(fact) + r"\par" for fact in sheet.facts)]
    if sheet.hidden:
        body.append(r"\medskip Name: \underline{\hspace{14em}}\quad Date: \underline{\hspace{8em}}\par")
    body.append(figure)
    for section in sheet.sections:
        body.append(rf"\subsection*{{{_tex(section.title)}}}")
        body += [_line(line) for line in section.lines]
        if section.remark:
            remark = section.remark.replace(MISPRINT, "\0")
            body.append(_tex(remark).replace("\0", _TEX_MISPRINT) + r"\par")
    return _HEAD + "\n".join(body) + "\n\\end{document}\n"


def _line(line: Line) -> str:
    """Return a line as a paragraph that TeX may break at its signs; a table is made to fit."""
    written = latex(line.formula)
    room = f"{1.5 * line.indent:g}em"
    if "pmatrix" in written:
        return rf"\fit{{\hspace*{{{room}}}$\displaystyle {written}$}}\par\smallskip"
    return rf"{{\leftskip={room} $\displaystyle {written}$\par}}\smallskip"


def tikz(now: Situation, style: Style) -> str:
    """Return the network as a TikZ picture, with the weights on its edges where there is room for them."""
    s, n, sizes = style.symbols(now.network), style.writer, now.network.sizes
    roomy = all(before * after <= MOST_LABELS for before, after in pairwise(sizes))
    gap, down = (5.4, 1.9) if roomy else (3.6, 1.5)
    drawn = [r"\begin{tikzpicture}[every node/.style={draw,circle,minimum size=10mm,inner sep=0pt}]"]
    for layer, units in enumerate(sizes):
        for unit in range(units):
            x, y = gap * layer, down * ((units - 1) / 2 - unit)
            drawn.append(rf"\node (n{layer}-{unit}) at ({x:.2f},{y:.2f}) {{${s.output(layer, unit)}$}};")
    labels: list[str] = []  # last, so that no edge runs through a number
    for layer, after in enumerate(sizes[1:]):
        for source, target in product(range(sizes[layer]), range(after)):
            weight = WeightRef(layer, source, target)
            number = n.number(Quantity("", now.parameters[weight])).latex
            at = 0.26 if source % 2 == 0 else 0.56  # labels of edges that cross stand side by side
            ends = f"(n{layer}-{source})", f"(n{layer + 1}-{target})"
            drawn.append(rf"\draw[->] {ends[0]} -- {ends[1]};")
            if roomy:
                labels.append(rf"\path {ends[0]} -- node[{_LABEL},pos={at}] {{${number}$}} {ends[1]};")
    for unit in range(sizes[-1]):
        x, y = gap * (len(sizes) - 1) + 1.8, down * ((sizes[-1] - 1) / 2 - unit)
        drawn.append(rf"\node[rectangle,inner sep=3pt] (t{unit}) at ({x:.2f},{y:.2f}) {{${s.target(unit)}$}};")
        drawn.append(rf"\draw[dotted] (n{len(sizes) - 1}-{unit}) -- (t{unit});")
    return "\n".join([r"\begin{center}\fit{", *drawn, *labels, r"\end{tikzpicture}}\end{center}"])


def _tex(words: str) -> str:
    """Return words as LaTeX; a symbol with its small characters becomes one formula."""
    pieces: list[str] = []
    end = 0
    for found in _SYMBOL.finditer(words):
        base, above, below = found.groups()
        letter = base.translate(_BASES) if len(base) == 1 else rf"\mathrm{{{base}}}"
        raised = f"^{{{above.translate(_RAISED)}}}" if above else ""
        lowered = f"_{{{below.translate(_LOWERED)}}}" if below else ""
        pieces += [words[end : found.start()].translate(_ESCAPES), f"${letter}{raised}{lowered}$"]
        end = found.end()
    return "".join([*pieces, words[end:].translate(_ESCAPES)])

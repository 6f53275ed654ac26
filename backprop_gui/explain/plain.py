"""LaTeX, as far as this program writes it, as a line of plain text: ``\\delta^{(2)}_{1}`` becomes ``δ⁽²⁾₁``."""

import re
from functools import lru_cache

_SUBSCRIPTS = str.maketrans("0123456789,aehijklmnoprstuvx+-()", "₀₁₂₃₄₅₆₇₈₉,ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₍₎")
_SUPERSCRIPTS = str.maketrans("0123456789()+-−L", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁺⁻⁻ᴸ")
_NAMES = {
    r"\leftarrow": "←",
    r"\partial": "∂",
    r"\delta": "δ",
    r"\Delta": "Δ",
    r"\sigma": "σ",
    r"\lambda": "λ",
    r"\beta": "β",
    r"\alpha": "α",
    r"\kappa": "κ",
    r"\tau": "τ",
    r"\Phi": "Φ",
    r"\pi": "π",
    r"\epsilon": "ε",
    r"\varepsilon": "ε",
    r"\nabla": "∇",
    r"\eta": "η",
    r"\mu": "μ",
    r"\rho": "ρ",
    r"\sum": "Σ",
    r"\cdot": "·",
    r"\odot": "⊙",
    r"\times": "×",
    r"\leq": "≤",
    r"\neq": "≠",
    r"\approx": "≈",
    r"\to": "→",
    r"\infty": "∞",
    r"\top": "ᵀ",
    r"\ln": "ln",
    r"\tanh": "tanh",
    r"\sin": "sin",
    r"\cos": "cos",
    r"\max": "max",
    r"\min": "min",
    r"\ldots": "…",
    r"\quad": "   ",
    r"\left": "",
    r"\right": "",
    r"\,": " ",
    r"\ ": " ",
    r"\;": " ",
    r"\{": "{",
    r"\}": "}",
}
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|[,; {}])")
_FRACTION = re.compile(r"\\frac\{([^{}]*)\}\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\{([^{}]*)\}")
_WORDS = re.compile(r"\\(?:mathrm|mathbf|text|operatorname)\{([^{}]*)\}")
_HAT = re.compile(r"\\hat\{([^{}]*)\}")
_BAR = re.compile(r"\\bar\{([^{}]*)\}")
_SCRIPT = re.compile(r"([_^])(?:\{([^{}]*)\}|(\w))")


@lru_cache(maxsize=4096)
def to_text(latex: str) -> str:
    """Return ``latex`` as text that reads the same in a chat or a plain file."""
    text = _COMMAND.sub(lambda found: _NAMES.get(found[0], found[0]), latex)
    before = ""
    while text != before:  # from the innermost braces outwards
        before = text
        text = _WORDS.sub(r"\1", text)
        text = _BAR.sub("\\1\u0304", _HAT.sub("\\1\u0302", text))
        text = _SCRIPT.sub(_script, text)
        text = _ROOT.sub(r"√(\1)", text)
        text = _FRACTION.sub(_fraction, text)
    text = text.replace("{", "").replace("}", "").replace("-", "−").replace("∂ ", "∂")
    return re.sub(r" {2,}", " ", text).replace("( ", "(").replace(" )", ")").replace("(− ", "(−").strip()


def _script(found: re.Match[str]) -> str:
    body = found[2] if found[2] is not None else found[3]
    small = body.translate(_SUBSCRIPTS if found[1] == "_" else _SUPERSCRIPTS)
    if any(one == other and one not in ",ᵀ…" for one, other in zip(body, small, strict=True)):
        return body if body == "ᵀ" else f"{'_' if found[1] == '_' else '^'}({body})"
    return small


def _fraction(found: re.Match[str]) -> str:
    pieces = (part.strip().replace("∂ ", "∂") for part in found.groups())
    above, below = (piece if re.fullmatch(r"[^ +−-]+", piece) else f"({piece})" for piece in pieces)
    return f"{above}/{below}"

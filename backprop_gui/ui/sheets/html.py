"""A worked sheet as one HTML file: formulas and figure as SVG inside it, made to be printed too."""

import re
from html import escape

from backprop_gui.explain.formula import Line, latex
from backprop_gui.explain.sheet import BLANK, Sheet
from backprop_gui.ui.typeset.typeset import svg_of

SIZE = 17.0
_STYLE = """
body { font: 15px/1.5 sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f27; }
h1 { font-size: 1.7rem; margin-bottom: .3rem; }
h2 { font-size: 1.05rem; margin: 1.6rem 0 .5rem; break-after: avoid; }
p { margin: .2rem 0; }
p.remark { color: #5c6573; font-size: .85rem; }
div.line { margin: .45rem 0; break-inside: avoid; }
div.line svg { vertical-align: middle; max-width: 100%; height: auto; }
span.blank { display: inline-block; width: 9rem; border-bottom: 1px solid #5c6573; height: 1.2rem; }
figure { margin: 1rem 0; text-align: center; } figure svg { max-width: 100%; height: auto; }
@page { size: A4; margin: 20mm; } @media print { body { margin: 0; max-width: none; } }
"""


def sheet_html(sheet: Sheet, figure: str) -> str:
    """Return the sheet as an HTML document; ``figure`` is an SVG document of the network."""
    body = [f"<h1>{escape(sheet.title)}</h1>", *(f"<p>{escape(fact)}</p>" for fact in sheet.facts)]
    if sheet.hidden:
        body.append("<p>Name: <span class='blank'></span> Date: <span class='blank'></span></p>")
    body.append(f"<figure>{_inline(figure)}</figure>")
    for section in sheet.sections:
        body.append(f"<h2>{escape(section.title)}</h2>")
        body += [_line(line) for line in section.lines]
        if section.remark:
            body.append(f"<p class='remark'>{escape(section.remark)}</p>")
    return (
        "<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<title>{escape(sheet.title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _line(line: Line) -> str:
    written = latex(tuple(part for part in line.formula if part != BLANK))
    blank = "<span class='blank'></span>" if BLANK in line.formula else ""
    if not written:
        return f"<div class='line'>{blank}</div>"
    label = escape(written, quote=True)
    indent = f" style='margin-left: {1.6 * line.indent:g}rem'" if line.indent else ""
    svg = svg_of(written, SIZE).replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    return f"<div class='line'{indent}>{svg}{blank}</div>"


def _inline(svg: str) -> str:
    """Return an SVG document as an element: without declaration, at the width of the page."""
    element = svg[svg.index("<svg") :]
    return re.sub(r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", element, count=1)

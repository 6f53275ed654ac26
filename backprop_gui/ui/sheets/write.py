"""Writes a worked sheet in the format its name asks for."""

from pathlib import Path

from backprop_gui.explain.formula import Source
from backprop_gui.explain.sheet import Sheet, check_sheet_ending, make_sheet
from backprop_gui.explain.sheet_tex import as_tex, tikz
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.steps import Kind, plan_of
from backprop_gui.runtime.snapshot import Snapshot
from backprop_gui.storage import write_whole
from backprop_gui.ui.canvas.picture import Picture
from backprop_gui.ui.canvas.scene import NetworkScene
from backprop_gui.ui.scene_pictures import scene_svg
from backprop_gui.ui.sheets.html import sheet_html
from backprop_gui.ui.sheets.pdf import sheet_pdf
from backprop_gui.ui.theme import LIGHT

FIGURE_ASPECT = 2.4


def write_sheet(path: Path, snapshot: Snapshot, now: Situation, style: Style, blanks: frozenset[str]) -> None:
    """Write the sheet of ``now`` as PDF, HTML or LaTeX, all or nothing.

    Raises:
        FieldError: an unknown ending, or too large a network.
        FileError: the file cannot be written.
    """
    check_sheet_ending(path)
    sheet = make_sheet(now, style, blanks)
    ending = path.suffix.lower()
    if ending == ".tex":
        write_whole(path, as_tex(sheet, tikz(now, style)).encode())
        return
    scene = _figure(snapshot, style, sheet)
    if ending == ".pdf":
        write_whole(path, sheet_pdf(sheet, scene, scene.bounds))
    else:
        svg = scene_svg(scene, scene.bounds, LIGHT.surface, "Network").decode()
        write_whole(path, sheet_html(sheet, svg).encode())


def _figure(snapshot: Snapshot, style: Style, sheet: Sheet) -> NetworkScene:
    """Return the network as a figure; what the sheet leaves blank is left out there too."""
    if Source.FORWARD in sheet.hidden:
        snapshot = snapshot.inside(0)
    elif sheet.hidden & {Source.LOSS, Source.DELTA}:
        plan = plan_of(snapshot.network, 1)
        snapshot = snapshot.inside(next(one.start for one in plan.sample_phases if one.kind is Kind.LOSS))
    picture = Picture(snapshot, LIGHT, style.number_format, "auto", style.notation)
    scene = NetworkScene(picture)
    scene.arrange(FIGURE_ASPECT)
    return scene

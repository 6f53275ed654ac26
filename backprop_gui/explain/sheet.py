"""A worked sheet: one sample's whole pass as a document, complete for teachers or with blanks for students."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from backprop_gui.engine.cards import Card
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import LossRef, ParameterRef, Parameters, UnitRef
from backprop_gui.explain.derivation import derive, gradient_line, misprint
from backprop_gui.explain.facts import Facts, card_numbers, described
from backprop_gui.explain.formula import Formula, Line, Part, Section, Source, Topic, formula
from backprop_gui.explain.names import layer_title
from backprop_gui.explain.situation import Situation, Style
from backprop_gui.explain.updates import BECOMES, batch_section, update_section
from backprop_gui.explain.writing import ABOUT, EQUALS, Quantity

BLANKS = ("forward", "loss", "deltas", "gradients", "updates")
"""The parts a student's copy may leave blank."""
GIVES_AWAY: dict[Source, tuple[Source, ...]] = {
    Source.FORWARD: (Source.LOSS, Source.DELTA, Source.GRADIENT, Source.UPDATE),
    Source.DELTA: (Source.GRADIENT, Source.UPDATE),
    Source.GRADIENT: (Source.UPDATE,),
}
"""What is computed from a part, and so would let one compute it back: an update gives its gradient away."""
ENDINGS = (".pdf", ".html", ".tex")
BLANK = Part(r"\underline{\hspace{6em}}")
MOST_PARAMETERS = 400
"""A sheet of a larger network would be a book."""
_SIGNS = (EQUALS, ABOUT, BECOMES)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document: its title, a line of facts, and sections; ``hidden`` are the kinds of numbers that are left blank."""

    title: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]
    hidden: frozenset[Source]


def check_sheet_ending(path: Path) -> None:
    """Raise ``FieldError`` unless a sheet can be written under this name."""
    if path.suffix.lower() not in ENDINGS:
        raise FieldError("--sheet", str(path), f"let the name end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")


def hidden_by(blanks: Iterable[str]) -> frozenset[Source]:
    """Return the kinds of numbers that are blank where these parts are: they, and all that would give them away."""
    chosen = [Source(part) for part in blanks]
    return frozenset([*chosen, *(one for source in chosen for one in GIVES_AWAY.get(source, ()))])


def make_sheet(now: Situation, style: Style, blanks: frozenset[str] = frozenset()) -> Sheet:
    """Return the worked sheet of a pass and the update that follows.

    Raises:
        FieldError: the network has more parameters than a sheet has room for, or a number that was to be blank would
            stand on the sheet.
    """
    network, training = now.network, now.training
    if network.parameter_count > MOST_PARAMETERS:
        raise FieldError(
            "network", f"{network.parameter_count:,} parameters", f"a sheet has room for up to {MOST_PARAMETERS}"
        )
    optimizer = training.optimizer
    facts, cost = Facts(now, style), described(training.loss.title, card_numbers(training.loss))
    activations = (f"{layer_title(network, k)} {facts.described(k)}" for k in range(1, facts.depth + 1))
    told = (
        f"Network {'-'.join(map(str, network.sizes))}: {', '.join(activations)}",
        f"Loss {cost}, optimizer {_all_numbers(optimizer.method)}, learning rate {now.rate:g}"
        + (f", momentum {optimizer.momentum:g}" if optimizer.momentum else "")
        + (f", weight decay {optimizer.weight_decay:g}" if optimizer.weight_decay else "")
        + (f", L1 penalty {optimizer.l1:g}" if optimizer.l1 else "")
        + (f", dropout {training.dropout:g}" if training.dropout else ""),
    )
    parts = style.whole_page(lambda one: _parts(Facts(now, one)))
    hidden = hidden_by(blanks)
    sections = tuple(_hiding(section, hidden) for section in parts if section.lines)
    sheet = Sheet(f"Backpropagation by hand: sample {now.sample + 1}", told, sections, hidden)
    if leaked := leaks(sheet):
        raise FieldError("blank", ", ".join(sorted(blanks)), f"the sheet would still tell {leaked[0].latex}")
    return sheet


def _parts(facts: Facts) -> list[Section]:
    layers = range(1, facts.depth + 1)
    return [
        _given(facts),
        *(_forward(facts, layer) for layer in layers),
        _loss(facts),
        *(_deltas(facts, layer) for layer in reversed(layers)),
        *(_gradients(facts, layer) for layer in layers),
        *(_updates(facts, layer) for layer in layers),
    ]


def leaks(sheet: Sheet) -> list[Part]:
    """Return the numbers on the sheet that were to be blank."""
    parts = (part for section in sheet.sections for line in section.lines for part in line.formula)
    return [part for part in parts if part.sources & sheet.hidden]


def blanked(line: Line) -> Line:
    """Return the line with its numbers left to be filled in by hand."""
    numbered = next((k for k, part in enumerate(line.formula) if part.value is not None), None)
    if numbered is None:
        return line
    cut = max((k for k in range(numbered) if line.formula[k].latex in _SIGNS), default=-1)
    kept = [Part(EQUALS) if part.latex == ABOUT else part for part in line.formula[: cut + 1]]
    return replace(line, formula=(*kept, BLANK), value=None)


def _hiding(section: Section, hidden: frozenset[Source]) -> Section:
    """Return the section without the numbers, and without remarks on numbers, that are to be blank."""
    lines = tuple(
        blanked(line) if any(part.sources & hidden for part in line.formula) else line for line in section.lines
    )
    if lines == section.lines:
        return section
    told = section.remark if section.topic is Topic.UPDATE else ""  # which samples an update uses, and no number
    return replace(section, lines=lines, remark=told)


def _given(facts: Facts) -> Section:
    now, s = facts.now, facts.symbols
    lines = [
        Line(_row([facts.output(0, unit) for unit in range(now.network.inputs)], facts)),
        Line(_row([facts.target(unit) for unit in range(now.network.outputs)], facts)),
    ]

    def table(symbol: str, rows: list[list[float]], indent: int = 0, small: bool = False) -> Line:
        n = facts.style.writer
        body = r"\\".join("&".join(n.number(Quantity("", value, small=small)).latex for value in row) for row in rows)
        return Line(formula(symbol, EQUALS, rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"), indent=indent)

    def vector(values: list[float]) -> list[list[float]]:
        return [[value] for value in values] if s.columns else [values]

    for layer in range(facts.depth):
        weights = now.parameters.weights[layer]
        lines.append(table(s.weight_table(layer), (weights.T if s.columns else weights).tolist()))
        lines.append(table(s.biases(layer), vector(now.parameters.biases[layer].tolist()), 1))
    for layer, mask in enumerate(now.trace.masks, start=1):
        lines.append(table(s.masks(layer), vector(mask.tolist()), 1))
    for letter, memory in _memories(facts):
        for layer in range(facts.depth):
            weights = memory.weights[layer]
            lines.append(
                table(s.weight_table(layer, letter), (weights.T if s.columns else weights).tolist(), small=True)
            )
            if now.training.train_biases:
                symbol = f"{letter}_{{{s.biases(layer)}}}"
                lines.append(table(symbol, vector(memory.biases[layer].tolist()), 1, small=True))
    told = "Entry (i, j) of a table of weights leads from unit i to unit j of the next layer."
    if s.columns:
        told = "Entry (j, k) of a weight matrix leads to unit j from unit k of the layer before; vectors are columns."
    dropped = " r is dropout's mask: what each hidden unit's output is multiplied by." if now.trace.masks else ""
    return Section(Topic.GIVEN, "Given", tuple(lines), told + dropped + _memory(facts))


def _memory_letters(facts: Facts) -> tuple[str, ...]:
    optimizer = facts.now.training.optimizer
    return optimizer.method.memories if optimizer.method.settings or optimizer.momentum else ()


def _memories(facts: Facts) -> list[tuple[str, Parameters]]:
    """Return what the optimizer remembers of every parameter, by letter; nothing where all of it is still 0."""
    slots = facts.now.slots
    return list(zip(_memory_letters(facts), slots, strict=False)) if any(one.flat().any() for one in slots) else []


def _memory(facts: Facts) -> str:
    """Return what there is to say of the optimizer's memory and of the number of this update."""
    now, letters = facts.now, _memory_letters(facts)
    if not letters:
        return ""
    if _memories(facts):
        told = "is what the optimizer remembers" if len(letters) == 1 else "are what the optimizer remembers"
        return f" {' and '.join(letters)} {told} of each; this is update {now.slot_steps + 1}."
    begins = " and ".join(letters) + (" begins" if len(letters) == 1 else " begin")
    return f" This is update {now.slot_steps + 1}: {begins} at 0."


def _all_numbers(card: Card) -> str:
    inside = ", ".join(f"{one.label} {value:g}" for one, value in zip(card.settings, card.numbers, strict=True))
    return f"{card.title} ({inside})" if inside else card.title


def _row(quantities: list[Quantity], facts: Facts) -> Formula:
    pieces: list[Part | Formula | str] = []
    for quantity in quantities:
        pieces += [facts.style.writer.value(quantity.latex, quantity), r"\quad"]
    return formula(*pieces[:-1])


def _forward(facts: Facts, layer: int) -> Section:
    lines: list[Line] = []
    for unit in range(facts.now.network.sizes[layer]):
        derivation = derive(facts.now, UnitRef(layer, unit), facts.style)
        lines += [next(derivation.lines(Topic.PRE_ACTIVATION)), _sum_line(facts, layer, unit)]
        lines += derivation.lines(Topic.ACTIVATION)
    return Section(Topic.ACTIVATION, f"Forward: {layer_title(facts.now.network, layer)}", tuple(lines))


def _sum_line(facts: Facts, layer: int, unit: int) -> Line:
    """Return a's sum with numbers in one line."""
    first, *others = facts.pre_activation_terms(layer, unit)
    a = facts.pre_activation(layer, unit)
    for other in others:
        first = first + other
    return Line(facts.style.writer.result(first, a), a.value, 1)


def _loss(facts: Facts) -> Section:
    (section,) = derive(facts.now, LossRef(), facts.style).sections
    return replace(section, title="Loss")


def _deltas(facts: Facts, layer: int) -> Section:
    lines: list[Line] = []
    for unit in range(facts.now.network.sizes[layer]):
        lines += derive(facts.now, UnitRef(layer, unit), facts.style).lines(Topic.ERROR, Topic.SLOPE, Topic.DELTA)
    remark = misprint(facts) if layer == facts.depth - 1 else ""
    title = f"Backward: deltas of {layer_title(facts.now.network, layer)}"
    return Section(Topic.DELTA, title, tuple(lines), remark)


def _per_parameter(facts: Facts, layer: int, write: Callable[[ParameterRef], Iterable[Line]]) -> tuple[Line, ...]:
    refs = (ref for ref in facts.now.network.parameter_refs() if ref.layer == layer - 1)
    return tuple(line for ref in refs for line in write(ref))


def _between(facts: Facts, layer: int) -> str:
    return f"{layer_title(facts.now.network, layer - 1)} → {layer_title(facts.now.network, layer)}"


def _gradients(facts: Facts, layer: int) -> Section:
    lines = _per_parameter(facts, layer, lambda ref: [gradient_line(facts, ref)])
    return Section(Topic.TOGETHER, f"Gradients: {_between(facts, layer)}", lines)


def _updates(facts: Facts, layer: int) -> Section:
    remarks: dict[str, None] = {}

    def write(ref: ParameterRef) -> Iterable[Line]:
        update = update_section(facts, ref, named=True)
        if update.remark:  # it stays
            remarks[update.remark] = None
            return
        if (batch := batch_section(facts, ref)) is not None:
            remarks[batch.remark] = None
            yield from batch.lines
        if len(update.lines) == 2:  # the plain rule, in one line
            rule, numbers = update.lines
            yield replace(numbers, formula=(*rule.formula[:2], *numbers.formula[1:]), indent=0)
        else:
            yield from update.lines

    lines = _per_parameter(facts, layer, write)
    return Section(Topic.UPDATE, f"Update: {_between(facts, layer)}", lines, " ".join(remarks))

"""What the network says of every sample as a table, in the numbers that were measured."""

from pathlib import Path

from backprop_gui.data.cells import plain_cell, table_of
from backprop_gui.engine.evaluate import outputs_of
from backprop_gui.session.document import Session
from backprop_gui.storage import write_whole


def write_results(path: Path, session: Session) -> None:
    """Write a row per sample as CSV, all or nothing: its number, name, use, inputs, targets, outputs.

    Columns carry the samples' names for them, or x1, t1; outputs are ``y1`` or ``y of`` their target's name. Scaling
    is undone. ``use`` is ``train`` or ``test``. Words that a spreadsheet would compute get an apostrophe before them.

    Raises:
        FileError: the file cannot be written.
    """
    samples, network = session.samples, session.network
    width, own = network.inputs, [samples.column(place) for place in range(network.inputs + network.outputs)]
    plain = [f"x{k + 1}" for k in range(width)] + [f"t{k + 1}" for k in range(network.outputs)]
    names = [column.name or short for column, short in zip(own, plain, strict=True)]
    said = [f"y of {column.name}" if column.name else f"y{k + 1}" for k, column in enumerate(own[width:])]
    outputs = outputs_of(network, session.parameters, samples.inputs)[-1]
    tests = set(samples.rows()[1].tolist())
    heads = map(plain_cell, (*names, *said))
    table: list[list[object]] = [["sample", *(["name"] if samples.names else []), "use", *heads]]
    for row in range(len(samples)):
        seen = [*samples.inputs[row], *samples.targets[row], *outputs[row]]
        measured = [column.measured(float(value)) for column, value in zip([*own, *own[width:]], seen, strict=True)]
        use = "test" if row in tests else "train"
        name = [plain_cell(samples.name(row))] if samples.names else []
        table.append([row + 1, *name, use, *map(repr, measured)])
    write_whole(path, table_of(table))

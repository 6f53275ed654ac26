"""The command ``convert``: weights of any readable format into any writable one."""

import argparse
import sys
from pathlib import Path

import numpy as np

from backprop_gui.exchange.read_weights import ENDINGS, read_weights
from backprop_gui.exchange.weights import EXPORTERS, export_weights
from backprop_gui.session.document import Session


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command to ``parser``."""
    parser.description = "Convert weights. Activations are the file's, else the session's, else sigmoid."
    parser.add_argument("weights", type=Path, metavar="FROM", help="read these: " + ", ".join(ENDINGS))
    parser.add_argument("output", type=Path, metavar="TO", help="write these: " + ", ".join(EXPORTERS))
    parser.add_argument("--session", metavar="S", help="lends activations: a session file or a built-in problem")
    parser.add_argument(
        "--order", metavar="NAME,NAME,...", help="the layers in their order, where shapes leave it open"
    )


def convert(arguments: argparse.Namespace, session: Session | None) -> int:
    """Do what the command asks for and return the exit code; what was guessed goes to stderr.

    Raises:
        FieldError: an ending no format has, an order that does not fit, or a network the format cannot say.
        FileError: a file that cannot be read exactly, or not be written.
    """
    order = [] if arguments.order is None else [name.strip() for name in arguments.order.split(",")]
    found = read_weights(arguments.weights, None if session is None else session.network, order)
    inputs, columns = np.full((1, found.network.inputs), 0.5), ()
    if session is not None and (session.network.inputs, session.network.outputs) == (
        found.network.inputs,
        found.network.outputs,
    ):
        inputs, columns = session.samples.inputs, session.samples.columns
    export_weights(arguments.output, found.network, found.parameters, inputs, columns)
    for remark in found.remarks:
        print(f"backprop-gui: {remark}", file=sys.stderr)
    print(f"wrote {arguments.output}")
    return 0

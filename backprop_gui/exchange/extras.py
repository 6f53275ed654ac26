"""Packages that only some formats need."""

import importlib
from typing import Any

from backprop_gui.engine.errors import FieldError

INSTALL = "pip install 'backprop-gui[exchange]'"


def need(module: str, path: object) -> Any:
    """Return an optional package.

    Raises:
        FieldError: it is not installed; the message gives the line that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise FieldError("file", str(path), f"this format needs the package {package}: {INSTALL}") from error

"""NumPy archives: what is in them is looked at before anything is unpacked."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backprop_gui.engine.arrays import Floats
from backprop_gui.engine.errors import FieldError
from backprop_gui.engine.network import MOST_LAYERS, MOST_PARAMETERS

MOST_UNPACKED = 8 * MOST_PARAMETERS + 1_000_000
NAMES = "activations"


def read_npz(path: Path, content: bytes) -> tuple[dict[str, Floats], tuple[str, ...]]:
    """Return the arrays of numbers by name, and the names of activations where there are any.

    Raises:
        FieldError: not an archive of arrays, larger than any network, or arrays of something else than numbers.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _arrays(archive)
    except FieldError:
        raise
    except Exception as error:  # a damaged archive shows in as many ways as it has parts
        told = " ".join(str(error).split())[:100]
        raise FieldError("file", path.name, f"it must be a NumPy archive of arrays ({told})") from error


def _arrays(archive: zipfile.ZipFile) -> tuple[dict[str, Floats], tuple[str, ...]]:
    members = archive.infolist()
    if len(members) > 2 * MOST_LAYERS + 1:
        raise FieldError("file", f"{len(members):,} arrays", f"use at most {2 * MOST_LAYERS + 1}")
    size = sum(one.file_size for one in members)
    if size > MOST_UNPACKED:
        raise FieldError("file", f"{size / 1e6:,.0f} MB of arrays", f"use at most {MOST_UNPACKED / 1e6:,.0f} MB")
    arrays: dict[str, Floats] = {}
    names: tuple[str, ...] = ()
    count = 0
    for member in members:
        name = member.filename.removesuffix(".npy")
        with archive.open(member) as file:
            raw = file.read(member.file_size + 1)  # what a member says of its size binds it
        if len(raw) != member.file_size or not raw.startswith(b"\x93NUMPY"):
            raise FieldError(name, "no array", "every member must be an array as numpy.savez writes it")
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(raw), allow_pickle=False)
        if name == NAMES:
            names = _names(array)
        elif array.dtype.kind in "fiu":
            count += array.size  # before it takes eight bytes a number
            if count > MOST_PARAMETERS:
                raise FieldError("file", f"{count:,} numbers", f"use at most {MOST_PARAMETERS:,}")
            arrays[name] = np.asarray(array, dtype=np.float64)
        else:
            raise FieldError(name, f"an array of {array.dtype}", "use real numbers")
    return arrays, names


def _names(array: NDArray[Any]) -> tuple[str, ...]:
    if array.ndim != 1 or array.dtype.kind != "U" or len(array) > MOST_LAYERS:
        raise FieldError(NAMES, f"an array of {array.dtype}, {array.ndim}-dimensional", "use a row of names")
    return tuple(str(one) for one in array)

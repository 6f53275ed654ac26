"""The compiled library: found beside its source, held against NumPy, and used only where it agrees."""

import ctypes
import functools
import hashlib
import sys
from collections.abc import Callable
from ctypes import POINTER, Structure, c_char_p, c_double, c_int64, c_uint32, c_void_p
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FOLDER: Final = Path(__file__).parent
LEVELS: Final = (("x86-64-v4", "AVX512_SKX"), ("x86-64-v3", "AVX2"), ("plain", None))
"""What a library may be built for, best first, and what of a machine that needs (as NumPy names it)."""
MOST_LAYERS: Final = 64
MOST_SEED_WORDS: Final = 64


class Settings(Structure):
    """``settings_t`` of ``stretch.h``."""

    _fields_ = (
        ("layers", c_int64),
        ("units", c_void_p),
        ("card", c_void_p),
        ("number", c_void_p),
        ("loss", c_int64),
        ("loss_number", c_double),
        ("loss_scale", c_double),
        ("mean", c_int64),
        ("optimizer", c_int64),
        ("momentum", c_double),
        ("decay_rate", c_double),
        ("beta1", c_double),
        ("beta2", c_double),
        ("epsilon", c_double),
        ("nesterov", c_int64),
        ("memories", c_int64),
        ("weight_decay", c_double),
        ("l1", c_double),
        ("train_biases", c_int64),
        ("eta", c_double),
        ("schedule", c_int64),
        ("schedule_factor", c_double),
        ("schedule_every", c_int64),
        ("dropout", c_double),
        ("shuffle", c_int64),
        ("seed_words", c_int64),
        ("seed", c_void_p),
        ("multiply", c_void_p),
    )


class Samples(Structure):
    """``samples_t`` of ``stretch.h``."""

    _fields_ = (("count", c_int64), ("x", c_void_p), ("t", c_void_p))


class Run(Structure):
    """``run_t`` of ``stretch.h``."""

    _fields_ = (
        ("all", Samples),
        ("tests", Samples),
        ("length", c_int64),
        ("laid_x", c_void_p),
        ("laid_t", c_void_p),
        ("theta", c_void_p),
        ("gradient", c_void_p),
        ("first", c_void_p),
        ("second", c_void_p),
        ("work", c_void_p),
        ("order", c_void_p),
        ("epoch", c_int64),
        ("batch", c_int64),
        ("updates", c_int64),
        ("epoch_loss", c_double),
        ("overflowed", c_int64),
        ("stride", c_int64),
        ("leap", c_double),
        ("highest", c_double),
        ("most_rows", c_int64),
        ("rows", c_int64),
        ("row", c_void_p),
        ("last_epoch", c_int64),
        ("judging", c_int64),
        ("patience", c_int64),
        ("loss_below", c_double),
        ("least_gain", c_double),
        ("best", c_double),
        ("best_epoch", c_int64),
        ("reached", c_int64),
    )


class Library:
    """A loaded library.

    Raises:
        OSError: it cannot be loaded.
        ValueError: it was built from another source, or does not draw the numbers NumPy draws.
    """

    def __init__(self, path: Path, digest: str) -> None:
        loaded = ctypes.CDLL(str(path))
        loaded.source_digest.restype = c_char_p
        if loaded.source_digest() != digest.encode():
            raise ValueError("it was built from another source")
        whole, pointer = c_int64, c_void_p
        loaded.stretch.argtypes, loaded.stretch.restype = (POINTER(Settings), POINTER(Run), whole), whole
        loaded.work_numbers.argtypes, loaded.work_numbers.restype = (POINTER(Settings), whole), whole
        loaded.loss_over.argtypes, loaded.loss_over.restype = (POINTER(Settings), POINTER(Run), whole), c_double
        for draw in (loaded.order_of_epoch, loaded.units_of_epoch):
            draw.argtypes, draw.restype = (POINTER(c_uint32), whole, whole, pointer, whole), None
        self.stretch: Callable[..., int] = loaded.stretch
        self.loss_over: Callable[..., float] = loaded.loss_over
        self.work_numbers: Callable[..., int] = loaded.work_numbers
        self._order, self._units = loaded.order_of_epoch, loaded.units_of_epoch
        self.level = path.stem.removeprefix("stretch-")
        self.multiply = _blas()
        for seed, epoch in ((0, 0), (12345678901234567890, 3), (7, 2**32 + 1)):
            self._check_draws(seed, epoch)

    def _check_draws(self, seed: int, epoch: int) -> None:
        """Another version of NumPy may shuffle otherwise: then epochs.py's orders would not be these."""
        count, words = 61, words_of(seed)
        order, units = np.empty(count, np.int64), np.empty(count)
        start = words.ctypes.data_as(POINTER(c_uint32))
        self._order(start, len(words), epoch, order.ctypes.data, count)
        self._units(start, len(words), epoch, units.ctypes.data, count)
        numpys = np.random.Generator(np.random.PCG64([seed, epoch])).permutation(np.arange(count, dtype=np.int64))
        drawn = np.random.Generator(np.random.PCG64([seed, epoch, 1])).random(count)
        if not (np.array_equal(order, numpys) and np.array_equal(units, drawn)):
            raise ValueError("it does not shuffle as this version of NumPy does")


def words_of(seed: int) -> NDArray[np.uint32]:
    """Return a seed as ``SeedSequence`` takes it apart: 32 bits each, the lowest first."""
    return np.frombuffer(seed.to_bytes(max(4, -(-seed.bit_length() // 32) * 4), "little"), "<u4").astype(np.uint32)


def source_digest() -> str:
    """Return what identifies the source here; a library says from which one it was built."""
    parts = sorted(path for path in FOLDER.iterdir() if path.suffix in (".c", ".h"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()


def usable() -> list[str]:
    """Return for which of ``LEVELS`` this machine has what it takes, best first."""
    features: dict[str, bool] = getattr(np._core._multiarray_umath, "__cpu_features__", {})  # pyright: ignore
    return [level for level, needed in LEVELS if needed is None or features.get(needed)]


@functools.cache
def load() -> Library | None:
    """Return the best library this machine can use; None where there is none."""
    ending = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    digest = source_digest()
    for level in usable():
        path = FOLDER / f"stretch-{level}{ending}"
        if path.exists():
            try:
                return Library(path, digest)
            except (OSError, ValueError, AttributeError):
                continue
    return None


def _blas() -> int | None:
    """Return the address of ``cblas_dgemm`` with 64-bit sizes in what NumPy brought along, or None."""
    flags, sizes, matrix = (ctypes.c_int,) * 3, (c_int64,) * 3, (c_void_p, c_int64)
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("libscipy_openblas64_*"):
        try:
            found = ctypes.CDLL(str(path)).scipy_cblas_dgemm64_
        except (OSError, AttributeError):
            continue
        found.argtypes, found.restype = (*flags, *sizes, c_double, *matrix, *matrix, c_double, *matrix), None
        a, b, c = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4), np.zeros((2, 4))
        found(101, 111, 111, 2, 4, 3, 1.0, a.ctypes.data, 3, b.ctypes.data, 4, 0.0, c.ctypes.data, 4)
        if np.array_equal(c, a @ b):
            return ctypes.cast(found, c_void_p).value
    return None


def address(array: NDArray[Any] | None) -> int | None:
    """Return where an array's numbers begin; they must be in one piece."""
    if array is None:
        return None
    assert array.flags.c_contiguous
    return array.ctypes.data

"""How hot loops are compiled: one decorator, and one cache that never serves what was compiled from older code.

numba notices that a function's own file changed, but not the files of what it calls. So the cache's folder is named
after the sources of everything that is compiled.
"""

import hashlib
import importlib.metadata
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
import platformdirs
from numba import carray  # type: ignore[attr-defined]
from numba.core import cgutils, config, types
from numba.extending import intrinsic

__all__ = ["CACHE", "SOURCES", "Array", "array_at", "compiled", "directory"]

Array: TypeAlias = Any
"""An array, or a record of one, inside a compiled function: numba infers what it holds; mypy knows no fields of it."""

LOGGER = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

PACKAGES = ("ledger", "habits", "features", "controls", "models", "scoring")
"""Where compiled functions live, and what they go by."""


def _sources_digest() -> str:
    here = Path(__file__).parent
    digest = hashlib.blake2b(importlib.metadata.version("numba").encode(), digest_size=8)
    digest.update(Path(__file__).read_bytes())
    for package in PACKAGES:
        for path in sorted((here / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


SOURCES = _sources_digest()
"""Digest of the sources of all that is compiled."""


def _usable(folder: Path) -> Path:
    """Return a folder that can be written to: this one, or else one of this process alone.

    numba would go on without a word and keep what it compiles beside the sources, where it does not notice that a
    function which is called has changed.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        instead = Path(tempfile.mkdtemp(prefix="wisebook-ml-"))
        LOGGER.warning(
            "%s cannot be written (%s), so every process compiles anew, into %s; set NUMBA_CACHE_DIR to another folder",
            folder,
            error.strerror,
            instead,
        )
        return instead


CACHE = _usable(
    Path(os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path("wisebook-ml") / "compiled") / SOURCES
)
"""Where compiled functions are kept."""

# Read when functions are decorated, so it is set before any of them is.
config.CACHE_DIR = str(CACHE)  # type: ignore[attr-defined]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function at its first call, or load what an earlier process compiled.

    The function runs without Python's global lock, so that partitions are scored side by side. Arithmetic follows
    NumPy: whole numbers wrap around, a division by zero is infinite. Only arrays of whole numbers, floats and records,
    and scalars, go in and out.
    """
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@intrinsic
def _to_pointer(typing_context: Any, address: Any) -> Any:
    """Return a whole number as a pointer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


_pointer: Callable[[int], Any] = cast(Any, _to_pointer)


def directory(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Return where arrays lie: address and length of each, for `array_at`.

    Whoever makes it keeps the arrays alive, and makes another one when they are replaced.
    """
    return np.array([(array.ctypes.data, len(array)) for array in arrays], dtype=np.int64)


def array_at(place: int, dtype: npt.DTypeLike, items: int = 0) -> Callable[[Array], Array]:
    """Return a compiled function that returns one array of a directory.

    A compiled function that takes dozens of arrays passes all their shapes and strides on to each it calls, which
    costs more than what they do with them, and takes minutes to compile. So state goes as its directory.

    Parameters
    ----------
    place : int
        Position in the directory.
    dtype : data-type
        Of the array's items.
    items : int
        Columns of an array of two dimensions; 0 for one dimension.
    """
    itemtype = np.dtype(dtype)

    if items:

        @compiled
        def table(directory: Array) -> Array:
            return carray(_pointer(directory[place, 0]), (directory[place, 1], items), itemtype)

        return table

    @compiled
    def column(directory: Array) -> Array:
        return carray(_pointer(directory[place, 0]), (directory[place, 1],), itemtype)

    return column

"""How hot loops are compiled: one decorator, and one cache that never serves what was compiled from older code.

numba notices that a function's own file changed, but not the files of what it calls. So the cache's folder is named
after the sources of everything that is compiled.
"""

import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy.typing as npt
import platformdirs
from numba.core import config

__all__ = ["Array", "compiled"]

Array = npt.NDArray[Any]
"""An array inside a compiled function: numba infers what it holds, mypy need not."""

P = ParamSpec("P")
R = TypeVar("R")

PACKAGES = ("ledger", "habits", "models", "scoring")
"""Where compiled functions live."""


def _sources_digest() -> str:
    here = Path(__file__).parent
    digest = hashlib.blake2b(importlib.metadata.version("numba").encode(), digest_size=8)
    for package in PACKAGES:
        for path in sorted((here / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


# Read when functions are decorated, so it is set before any of them is.
config.CACHE_DIR = str(platformdirs.user_cache_path("wisebook-ml") / "compiled" / _sources_digest())  # type: ignore[attr-defined]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function at its first call, or load what an earlier process compiled.

    The function runs without Python's global lock, so that partitions are scored side by side. Arithmetic follows
    NumPy: whole numbers wrap around, a division by zero is infinite. Only arrays of whole numbers, floats and records,
    and scalars, go in and out.
    """
    return cast(Callable[P, R], numba.njit(cache=True, nogil=True, error_model="numpy")(function))

"""How hot loops are compiled: one decorator, and one cache that never serves what was compiled from older code.

numba notices that a function's own file changed, but not the files of what it calls. So each module's functions are
kept in a folder that is named after its source and those of all that it imports of the core.
"""

import ast
import hashlib
import importlib.metadata
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeAlias, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
import platformdirs
from numba import carray  # type: ignore[attr-defined]
from numba.core import cgutils, config, types
from numba.extending import intrinsic

__all__ = [
    "CACHE",
    "SOURCES",
    "Array",
    "array_at",
    "cache_folder",
    "compiled",
    "directory",
    "is_compiled",
    "place_of",
    "used_folders",
]

Array: TypeAlias = Any
"""An array, or a record of one, inside a compiled function: numba infers what it holds; mypy knows no fields of it."""

LOGGER = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

PACKAGES = ("ledger", "habits", "features", "controls", "models", "subjects", "scoring")
"""Where compiled functions live, and what they go by: the core."""


def _sources_digest() -> str:
    here = Path(__file__).parent
    digest = hashlib.blake2b(importlib.metadata.version("numba").encode(), digest_size=8)
    digest.update(Path(__file__).read_bytes())
    for package in PACKAGES:
        for path in sorted((here / package).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


SOURCES = _sources_digest()
"""Digest of the sources of the core."""


@cache
def _imported(source: Path) -> frozenset[Path]:
    """Return the files of the core that a file imports itself.

    Read once in a process: to parse them anew for each module that rests on them took half of its start.
    """
    here = Path(__file__).parent
    files = set[Path]()
    for node in ast.walk(ast.parse(source.read_bytes())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            root, _, rest = name.partition(".")
            if root == here.name and rest.split(".")[0] in PACKAGES:
                path = here / rest.replace(".", "/")
                files.update(file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file())
    return frozenset(files)


@cache
def cache_folder(source: Path) -> Path:
    """Return where what is compiled of a file is kept: named after it and all that it rests on."""
    found, waiting = {source}, [source]
    while waiting:
        for path in _imported(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting.append(path)
    digest = hashlib.blake2b(importlib.metadata.version("numba").encode(), digest_size=8)
    digest.update(Path(__file__).read_bytes())
    for path in sorted(found):
        digest.update(path.read_bytes())
    return CACHE / digest.hexdigest()


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


CACHE = _usable(Path(os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_path("wisebook-ml") / "compiled"))
"""Where the folders of compiled functions are."""

_used: set[Path] = set()


def used_folders() -> frozenset[Path]:
    """Return the folders of the modules that were imported."""
    return frozenset(_used)


def is_compiled() -> bool:
    """Return whether the passes over entries, which call nearly all that is compiled, were compiled before."""
    here = Path(__file__).parent
    tops = (here / "habits" / "meet.py", here / "scoring" / "judge.py")
    # numba makes folders when functions are decorated, and files when they are compiled.
    return all(any(path.is_file() for path in cache_folder(top).rglob("*")) for top in tops)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function at its first call, or load what an earlier process compiled.

    The function runs without Python's global lock, so that partitions are scored side by side. Arithmetic follows
    NumPy: whole numbers wrap around, a division by zero is infinite. Only arrays of whole numbers, floats and records,
    and scalars, go in and out.
    """
    folder = cache_folder(Path(function.__code__.co_filename))
    _used.add(folder)
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # numba reads it when it decorates
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
    return np.array([place_of(array) for array in arrays], dtype=np.int64)


def place_of(array: npt.NDArray[Any]) -> tuple[int, int]:
    """Return the row of a directory for an array: its address and its length."""
    # Not `ctypes.data`, which makes an object of `ctypes` for each: ten times as slow.
    return array.__array_interface__["data"][0], len(array)


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
    # numba calls a function by its name and a number that it counts in each process. One that was loaded, and counted
    # in another process, and one that is new here must not be taken for each other.
    shape = hashlib.blake2b(repr((itemtype.descr, itemtype.itemsize)).encode(), digest_size=6).hexdigest()
    name = f"array_{place}_{items}_{shape}"

    if items:

        def table(directory: Array) -> Array:
            return carray(_pointer(directory[place, 0]), (directory[place, 1], items), itemtype)

        table.__qualname__ = name
        return compiled(table)

    def column(directory: Array) -> Array:
        return carray(_pointer(directory[place, 0]), (directory[place, 1],), itemtype)

    column.__qualname__ = name
    return compiled(column)

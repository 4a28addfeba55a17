"""What the fold of sketches rests on: what could make the same sketches mean something else."""

import hashlib
import importlib.metadata
import platform
from pathlib import Path

import schemas

__all__ = ["DRIFT_FOLD"]

LIBRARIES = ("numpy", "scipy", "river", "msgspec")

HERE = Path(__file__).parent


def _digest() -> str:
    digest = hashlib.blake2b(platform.python_version().encode(), digest_size=8)
    for path in (*sorted(HERE.glob("*.py")), *sorted((HERE.parent / "drift").glob("*.py"))):
        digest.update(path.read_bytes())
    digest.update((Path(schemas.__file__).parent / "measures.py").read_bytes())
    for name in LIBRARIES:
        digest.update(importlib.metadata.version(name).encode())
    return f"drift {digest.hexdigest()}"


DRIFT_FOLD = _digest()
"""Digest of all that a state is a function of, besides the sketches and the references of versions."""

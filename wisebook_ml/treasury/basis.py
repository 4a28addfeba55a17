"""What the fold of positions rests on: what could make the same positions mean something else."""

import hashlib
import importlib.metadata
import platform
from pathlib import Path

import schemas

__all__ = ["TREASURY_FOLD"]

LIBRARIES = ("numpy", "scipy", "scikit-learn", "holidays", "msgspec")


def _digest() -> str:
    digest = hashlib.blake2b(platform.python_version().encode(), digest_size=8)
    for folder in (Path(__file__).parent, Path(schemas.__file__).parent):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(importlib.metadata.version(name).encode())
    return f"treasury {digest.hexdigest()}"


TREASURY_FOLD = _digest()
"""Digest of all that a state is a function of, besides the positions."""

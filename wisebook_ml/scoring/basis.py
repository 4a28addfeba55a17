"""What scoring rests on besides its own sources: what could make the same entries mean something else."""

import hashlib
import importlib.metadata
import sys
import unicodedata
from pathlib import Path

import schemas
import wisebook_ml
from wisebook_ml.compiled import SOURCES

__all__ = ["FOLD"]

LIBRARIES = ("msgspec", "numpy", "holidays")
"""What decides which records fit, how floats are computed, and which days are off."""

BESIDE_THE_CORE = ("pipeline/scoring.py", "messaging/events.py", "entry_columns.py", "pipeline/opinions.py")
"""What decides which records reach the core, and what models read and say that it asks."""


def _digest() -> str:
    digest = hashlib.blake2b(SOURCES.encode(), digest_size=8)
    folder = Path(wisebook_ml.__file__).parent
    for path in (*sorted(Path(schemas.__file__).parent.glob("*.py")), *(folder / name for name in BESIDE_THE_CORE)):
        digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(importlib.metadata.version(name).encode())
    digest.update(_time_zones().encode())
    digest.update(f"{unicodedata.unidata_version} {sys.version_info[:2]}".encode())
    return digest.hexdigest()


def _time_zones() -> str:
    """Return the version of the rules of French time, or what they say where no version is told."""
    from wisebook_ml.ledger.paris import paris_offsets

    return " ".join(hashlib.blake2b(table.tobytes(), digest_size=8).hexdigest() for table in paris_offsets())


FOLD = _digest()
"""Digest of all that a state is a function of, besides the events, the models and the settings."""

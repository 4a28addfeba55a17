"""What predicting rests on: what could make the same entries and artefacts mean something else."""

import hashlib
import importlib.metadata
from pathlib import Path

import wisebook_ml
from wisebook_ml.scoring.basis import FOLD

__all__ = ["PREDICTION_FOLD"]

FOLDERS = ("datasets", "prediction", "services")
LIBRARIES = ("pandas", "scikit-learn")


def _digest() -> str:
    digest = hashlib.blake2b(FOLD.encode(), digest_size=8)
    folder = Path(wisebook_ml.__file__).parent
    for path in sorted(path for name in FOLDERS for path in (folder / name).rglob("*.py")):
        digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(importlib.metadata.version(name).encode())
    return f"prediction {digest.hexdigest()}"


PREDICTION_FOLD = _digest()
"""Digest of all that a state is a function of, besides the events and the models."""

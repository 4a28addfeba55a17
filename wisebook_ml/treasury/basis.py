"""What the fold of positions rests on: what could make the same positions mean something else."""

import hashlib
import importlib.metadata
import platform
from pathlib import Path

import schemas

__all__ = ["TREASURY_FOLD"]

LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "holidays",
    "msgspec",
    "prophet",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
)
"""Those of the extra `train` count as none where they are not installed."""

SERVICES = ("base", "parameters", "series", "prophet", "lstm", "lstm_network", "lstm_forward")
"""Modules of `wisebook_ml.services` that promoted versions are learnt with."""


HERE = Path(__file__).parent


def _digest() -> str:
    digest = hashlib.blake2b(platform.python_version().encode(), digest_size=8)
    paths = [path for folder in (HERE, Path(schemas.__file__).parent) for path in sorted(folder.rglob("*.py"))]
    paths += [HERE.parent / "services" / f"{name}.py" for name in SERVICES]
    paths.append(HERE.parent / "business_calendar.py")
    for path in paths:
        digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(_version(name).encode())
    return f"treasury {digest.hexdigest()}"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"


TREASURY_FOLD = _digest()
"""Digest of all that a state is a function of, besides the positions."""

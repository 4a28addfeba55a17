"""What scoring rests on besides its own sources: what could make the same entries mean something else."""

import hashlib
import importlib.metadata
import sys
import unicodedata
from pathlib import Path

import schemas
import topics.events
import wisebook_ml
from wisebook_ml.compiled import SOURCES

__all__ = ["FOLD"]

LIBRARIES = ("msgspec", "numpy", "holidays", "pandas", "scipy", "scikit-learn")
"""What decides which records fit, how floats are computed, which days are off, and what models that are asked say."""

BESIDE_THE_CORE = ("pipeline/scoring.py", "messaging/events.py", "entry_columns.py", "number_texts.py")
"""What decides which records reach the core, what models read, and how reasons write numbers."""

COUNTED = (
    *("pipeline/tallied.py", "messaging/times.py", "tally/counts.py", "tally/sketches.py"),
    *(f"drift/{name}.py" for name in ("sketch", "layout", "grid", "reference", "variables")),
)
"""What is counted along the way, whose state lies beside that of the core."""

ASKED = (
    *(f"pipeline/{name}.py" for name in ("opinions", "account_opinion", "attribute_names")),
    "datasets/lines.py",
    *(f"services/{name}.py" for name in ("gradient_boosting", "svm", "random_forest")),
    *(f"services/{name}.py" for name in ("account_history", "account_pairs", "chart", "line_keys")),
    *(f"services/{name}.py" for name in ("base", "catalogue", "pair_forest", "parameters")),
    *(f"services/{name}.py" for name in ("training_rows", "vote_calibration")),
)
"""What the models that are asked about entries in doubt rest on: what they say is counted in the state, too."""


def _digest() -> str:
    digest = hashlib.blake2b(SOURCES.encode(), digest_size=8)
    folder = Path(wisebook_ml.__file__).parent
    beside = (folder / name for name in (*BESIDE_THE_CORE, *COUNTED, *ASKED))
    contract = (*sorted(Path(schemas.__file__).parent.glob("*.py")), Path(topics.events.__file__))
    for path in (*contract, *beside):
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

"""Evaluation: how good what the models say is, on ledgers and tables that they have not seen.

One file a part; `python -m bench.evaluate` (``make evaluate``) runs them. A part that needs data is passed over with a
line that says so where the folder does not have it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.results import Results

__all__ = ["Evaluation", "Part"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a part works with.

    Parameters
    ----------
    results : Results
        Where its lines go.
    data : Path, optional
        Folder with real ledgers (`fec/`), receivables (`risk/`) and series (`treasury/`); see `docs/evaluation.md`.
    seed : int
        Seed of every random choice.
    quick : bool
        Fewer and smaller, for a look while tuning.
    pictures : Path, optional
        Folder that pictures are drawn into.
    """

    results: Results
    data: Path | None
    seed: int
    quick: bool = False
    pictures: Path | None = None


Part = Callable[[Evaluation], None]
"""A part adds its lines to `results`."""

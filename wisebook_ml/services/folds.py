"""Which lines are seen from which others while the forest learns to weigh evidence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.services.line_keys import LineKeys

__all__ = ["Fold", "entry_numbers", "folds_of"]

Ints = npt.NDArray[np.int64]

LARGE, FEW_BLOCKS = 20_000, 4
"""Lines from which on fewer blocks do, since each costs a pass over all lines."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that are learnt from, and rows that are asked about; `by_time` where these are a block of time."""

    seen: Ints
    asked: Ints
    by_time: bool


def folds_of(frame: pd.DataFrame, keys: LineKeys, blocks: int, most: int, seed: int) -> list[Fold]:
    """Return the rows that are learnt from and the rows that are asked about, never the same entry in both.

    Each block of time is seen from all others, and once more from the earlier ones alone. Each line is also seen from
    those with another third party and label, and from those with other accounts beside them: what a new supplier, or
    the first closing of the books, is like.

    Parameters
    ----------
    frame : DataFrame
        Lines in the order of time.
    keys : LineKeys
        Theirs.
    blocks : int
        How many blocks of each kind.
    most : int
        Rows that are asked about, at most, of all folds together.
    seed : int
        Of the choice of these.
    """
    blocks = min(blocks, FEW_BLOCKS) if len(frame) > LARGE else blocks
    entries = entry_numbers(frame)
    by_time = entries * blocks // (int(entries.max()) + 1)
    folds = [(np.flatnonzero(by_time != one), np.flatnonzero(by_time == one)) for one in range(blocks)]
    folds += [(np.flatnonzero(by_time < one), np.flatnonzero(by_time == one)) for one in range(1, blocks)]
    of_time = len(folds)
    for kinds in (keys.views["party"] ^ keys.views["label"], keys.views["others_roots_both_sides"]):
        drawn = (kinds >> np.uint64(20)) % np.uint64(blocks)
        for one in range(blocks):
            asked = drawn == one
            folds.append((np.flatnonzero(~asked & ~np.isin(entries, entries[asked])), np.flatnonzero(asked)))
    wanted = sum(len(asked) for _, asked in folds)
    scale = min(1.0, most / wanted)
    rng = np.random.default_rng(seed)
    made = []
    for number, (seen, asked) in enumerate(folds):
        size = round(len(asked) * scale)
        if len(seen) and size:
            some = np.sort(rng.choice(asked, size, replace=False)) if size < len(asked) else asked
            made.append(Fold(seen, some, number < of_time))
    return made


def entry_numbers(frame: pd.DataFrame) -> Ints:
    """Return for each row the number of its entry; each row is one where the frame does not say."""
    if "ecriture_id" not in frame.columns:
        return np.arange(len(frame))
    which = [name for name in ("societe_id", "ecriture_id") if name in frame.columns]
    numbers: Ints = frame.groupby(which, sort=False).ngroup().to_numpy(np.int64)
    return numbers

"""Training of a company's Isolation Forest."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from schemas import Ecriture, Parametres
from wisebook_ml.controls import View, approval_limits
from wisebook_ml.features import FEATURE_NAMES, feature_matrix
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import observe
from wisebook_ml.ledger.batch import EntryBatch, Floats
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.vocabulary import vocabulary
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest

__all__ = ["MIN_ENTRIES", "NotEnoughData", "entry_features", "train_isolation_forest"]

MIN_ENTRIES = 200
"""Fewer entries than a tree's subsample teach it nothing that the online detector does not know."""

WARM_UP = 200
"""First entries of a ledger that are left out where there are plenty: they met no habits yet."""

CHUNK = 5_000
"""Entries flattened at once; keeps memory flat."""


class NotEnoughData(ValueError):
    """Too few entries to train on."""


def entry_features(
    entries: Sequence[Ecriture], parametres: Parametres, du: dt.date | None = None, au: dt.date | None = None
) -> Floats:
    """Return the features of a company's entries as scoring saw them: each against the habits of its moment.

    Parameters
    ----------
    entries : sequence of Ecriture
        All of a company's, from the first on, in the order of publication.
    parametres : Parametres
        The company's settings.
    du, au : date, optional
        First and last `ecriture_date` of the rows; earlier entries still form the habits.

    Returns
    -------
    ndarray of float64, shape (rows, features)
        One row an entry on its first arrival; deleted entries left out.
    """
    habits, rows = new_store(), []
    limits, words = approval_limits(parametres), vocabulary(tuple(parametres.mots_cles))
    first = dt.date.min if du is None else du
    last = dt.date.max if au is None else au
    for start in range(0, len(entries), CHUNK):
        batch = EntryBatch.from_entries(entries[start : start + CHUNK])
        met = observe(batch, facts_of(batch, words), habits, limits)
        day = met.batch.day
        wanted = met.first & ~met.facts.deleted & (day >= first.toordinal()) & (day <= last.toordinal())
        rows.append(feature_matrix(View(met.batch, met.facts, met.habits, parametres))[wanted])
    matrix = np.concatenate(rows) if rows else np.zeros((0, len(FEATURE_NAMES)))
    return matrix[WARM_UP:] if len(matrix) >= 2 * WARM_UP + MIN_ENTRIES else matrix


def train_isolation_forest(
    entries: Sequence[Ecriture],
    parametres: Parametres,
    *,
    seed: int,
    du: dt.date | None = None,
    au: dt.date | None = None,
) -> tuple[IsolationForest, int]:
    """Train on a company's entries; return the forest and the number of rows.

    Raises
    ------
    NotEnoughData
        With fewer than `MIN_ENTRIES` rows.
    """
    matrix = entry_features(entries, parametres, du, au)
    if len(matrix) < MIN_ENTRIES:
        raise NotEnoughData(f"needs {MIN_ENTRIES} entries in the range, has {len(matrix)}")
    return fit_isolation_forest(matrix, FEATURE_NAMES, seed=seed), len(matrix)

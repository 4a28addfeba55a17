"""Entries as rows with what became of them: what Gradient Boosting and the SVM learn from."""

import pandas as pd

from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import between, first_arrivals
from wisebook_ml.datasets.judgements import entry_labels
from wisebook_ml.datasets.reclassifications import reclassified

__all__ = ["verdict_frame"]


def verdict_frame(collected: Collected) -> pd.DataFrame:
    """Return the entries with what is known of them.

    Parameters
    ----------
    collected : Collected
        A company's entries and verdicts.

    Returns
    -------
    DataFrame
        The columns of `wisebook_ml.datasets.entries.EntryFeatures`, as of each entry's first arrival: what a later
        revision changed is not in them; and the labels of `wisebook_ml.datasets.judgements.entry_labels`:
        `corrigee`, `classe` and `avis` (missing, None and False where nobody said anything).
    """
    rows, keys = first_arrivals(collected.entries)
    rows = rows.join(entry_labels(keys, collected.avis, reclassified(collected.entries)), on="ecriture_id")
    rows["classe"] = rows["classe"].astype(object).where(rows["classe"].notna(), None)
    rows["avis"] = rows["avis"].eq(True)
    return between(rows, collected.du, collected.au)

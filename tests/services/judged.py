"""Rows with verdicts, small and made up: what services that learn from verdicts are tested on."""

import numpy as np
import pandas as pd

from wisebook_ml.entry_columns import ENTRY_COLUMNS


def judged_rows(number: int, seed: int = 1, *, unknown: float = 0.0) -> pd.DataFrame:
    """Return rows of which some are wrong: by their strengths of two controls, one of input errors, one to review."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.random((number, len(ENTRY_COLUMNS))) * 0.3, columns=list(ENTRY_COLUMNS))
    kind = rng.choice(["CORRECTE", "ERREUR_SAISIE", "A_REVOIR"], number, p=[0.7, 0.15, 0.15])
    frame["force_SENS_INVERSE"] += np.where(kind == "ERREUR_SAISIE", 0.2 + rng.random(number), 0.0)
    frame["force_ANTIDATEE"] += np.where(kind == "A_REVOIR", 0.2 + rng.random(number), 0.0)
    frame["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(number), unit="h")
    hidden = rng.random(number) < unknown
    frame["classe"] = np.where(hidden, None, kind)
    frame["corrigee"] = np.where(hidden, np.nan, (kind != "CORRECTE").astype(float))
    frame["avis"] = ~hidden
    return frame

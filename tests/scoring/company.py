"""One company's stream, scored as tests ask for it."""

import numpy as np

from schemas import Detection, Ecriture, Parametres
from wisebook_ml.controls import CONTROLS, SettingsTable
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.models.half_space_trees import grow_splits
from wisebook_ml.scoring.core import ONLINE, Model, Scored, score_batch
from wisebook_ml.scoring.state import ScoringState

SPLITS = grow_splits(1, len(FEATURE_NAMES))
DEFAULTS = Parametres(societe_id=0)


class Company:
    """A state, and the entries that are posted to it."""

    def __init__(self, parametres: Parametres = DEFAULTS, model: Model | None = None) -> None:
        self.state = ScoringState()
        self.table = SettingsTable.of([parametres], CONTROLS)
        self.models = [] if model is None else [model]

    def post(self, *entries: Ecriture) -> Scored:
        """Score the next entries, in one batch."""
        model_of = np.full(len(entries), 0 if self.models else ONLINE, np.int64)
        batch = EntryBatch.from_entries(entries)
        same = np.zeros(len(batch), np.int64)
        return score_batch(batch, self.state, self.models, model_of, self.table, same, SPLITS)

    def found(self, *entries: Ecriture) -> list[Detection]:
        """Return what is found in the next entries."""
        return [detection for _, detection in self.post(*entries).detections]

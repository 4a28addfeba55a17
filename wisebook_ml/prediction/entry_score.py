"""Gradient Boosting: how likely an entry is to be corrected or rejected."""

from collections.abc import Iterator

import pandas as pd

from schemas import Objet, TypeModele, TypeObjet
from wisebook_ml.prediction.base import Predictor, Said, entry_subject, rounded
from wisebook_ml.prediction.rows import ENTRIES

__all__ = ["EntryScore"]


class EntryScore(Predictor):
    """The predictive score of each entry, from 0 to 1."""

    type_modele = TypeModele.GRADIENT_BOOSTING
    rows = ENTRIES

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        scores = answers["probabilite"].tolist()
        keys = zip(frame["societe_id"].tolist(), frame["ecriture_id"].tolist(), scores, strict=True)
        for row, (societe_id, ecriture_id, score) in enumerate(keys):
            yield Said(
                row=row,
                sujet=entry_subject(societe_id, ecriture_id, "SCORE"),
                objet=Objet(type=TypeObjet.ECRITURE, id=ecriture_id),
                valeurs={"score": rounded(score)},
            )

    def subjects(self, societe_id: int, ecriture_id: str, lignes: int) -> list[str]:
        """See the base class."""
        return [entry_subject(societe_id, ecriture_id, "SCORE")]

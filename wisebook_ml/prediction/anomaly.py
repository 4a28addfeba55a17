"""Isolation Forest: what a challenger of the scoring role's champion says of an entry, in shadow."""

from collections.abc import Iterator

import pandas as pd

from schemas import Objet, RoleModele, TypeModele, TypeObjet
from wisebook_ml.prediction.base import Predictor, Said, entry_subject, rounded
from wisebook_ml.prediction.rows import ENTRIES

__all__ = ["Anomaly"]


class Anomaly(Predictor):
    """The anomaly score of each entry by a challenger; the champion takes part in the score itself (`detections`)."""

    type_modele = TypeModele.ISOLATION_FOREST
    rows = ENTRIES
    roles = frozenset({RoleModele.CHALLENGER})

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        keys = zip(frame["societe_id"].tolist(), frame["ecriture_id"].tolist(), answers["score"].tolist(), strict=True)
        for row, (societe_id, ecriture_id, score) in enumerate(keys):
            yield Said(
                row=row,
                sujet=entry_subject(societe_id, ecriture_id, "ANOMALIE"),
                objet=Objet(type=TypeObjet.ECRITURE, id=ecriture_id),
                valeurs={"score": rounded(score)},
            )

    def subjects(self, societe_id: int, ecriture_id: str, lignes: int) -> list[str]:
        """See the base class."""
        return [entry_subject(societe_id, ecriture_id, "ANOMALIE")]

"""DBSCAN: which segment a third party behaves like."""

from collections.abc import Iterator

import pandas as pd

from schemas import TypeModele
from wisebook_ml.prediction.base import Predictor, Said, party_subject
from wisebook_ml.prediction.rows import PARTIES

__all__ = ["Segments"]


class Segments(Predictor):
    """The segment of each third party, or that it fits none.

    How far it is from others changes with each of its entries, and is left out: what is published is published when it
    changes.
    """

    type_modele = TypeModele.DBSCAN
    rows = PARTIES
    known_by = "tiers"

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        keys = zip(frame["societe_id"].tolist(), frame["tiers"].tolist(), answers["classe"].tolist(), strict=True)
        for row, (societe_id, tiers, classe) in enumerate(keys):
            sujet, objet = party_subject(societe_id, tiers, "SEGMENT")
            yield Said(row=row, sujet=sujet, objet=objet, valeurs={classe: 1.0}, classe=classe)

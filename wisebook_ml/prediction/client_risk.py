"""XGBoost: how likely a client is to pay late."""

from collections.abc import Iterator

import pandas as pd

from schemas import TypeModele
from wisebook_ml.prediction.base import Predictor, Said, party_subject, rounded
from wisebook_ml.prediction.rows import CLIENTS

__all__ = ["ClientRisk"]

DECIMALS = 4
"""Of the risk: a hundredth of a percent, so that not every day's rounding is news."""


class ClientRisk(Predictor):
    """The risk of each client that has open invoices, whenever an invoice, a payment or a lettering changes it."""

    type_modele = TypeModele.XGBOOST
    rows = CLIENTS
    known_by = "client"

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        keys = zip(
            frame["societe_id"].tolist(),
            frame["client"].tolist(),
            answers["probabilite"].tolist(),
            answers["classe"].tolist(),
            strict=True,
        )
        for row, (societe_id, client, late, classe) in enumerate(keys):
            sujet, objet = party_subject(societe_id, client, "RISQUE")
            yield Said(
                row=row,
                sujet=sujet,
                objet=objet,
                valeurs={"retard": rounded(late, DECIMALS)},
                classe=str(classe),
            )

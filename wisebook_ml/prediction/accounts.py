"""Random Forest: the accounts that fit a line, and how likely the one is that was used."""

from collections.abc import Iterator

import pandas as pd

from schemas import Objet, TypeModele, TypeObjet
from wisebook_ml.prediction.base import Predictor, Said, entry_subject, rounded
from wisebook_ml.prediction.rows import LINES

__all__ = ["Accounts"]

MOST = 3
"""Accounts that are recommended: so many a person compares at a glance."""


class Accounts(Predictor):
    """The three most likely accounts of each line, and the probability of the one used."""

    type_modele = TypeModele.RANDOM_FOREST
    rows = LINES

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        answered = zip(
            frame["societe_id"].tolist(),
            frame["ecriture_id"].tolist(),
            frame["ligne"].tolist(),
            frame["compte_num"].tolist(),
            *(
                zip(answers[f"compte_{k}"].tolist(), answers[f"probabilite_{k}"].tolist(), strict=True)
                for k in range(1, MOST + 1)
            ),
            answers["probabilite_utilise"].tolist(),
            strict=True,
        )
        for row, (societe_id, ecriture_id, line, used, *best, likely) in enumerate(answered):
            yield Said(
                row=row,
                sujet=entry_subject(societe_id, ecriture_id, f"LIGNE/{line}"),
                objet=Objet(type=TypeObjet.ECRITURE, id=ecriture_id),
                ligne=line,
                valeurs={account: rounded(share) for account, share in best if account},
                utilise={used: rounded(likely)},
            )

    def subjects(self, societe_id: int, ecriture_id: str, lignes: int) -> list[str]:
        """See the base class."""
        return [entry_subject(societe_id, ecriture_id, f"LIGNE/{line}") for line in range(1, lignes + 1)]

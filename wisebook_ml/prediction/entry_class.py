"""SVM: whether an entry is correct, an input error, or to be reviewed."""

from collections.abc import Iterator

import pandas as pd

from schemas import ClasseEcriture, Objet, TypeModele, TypeObjet
from wisebook_ml.prediction.base import Predictor, Said, entry_subject, rounded
from wisebook_ml.prediction.rows import ENTRIES

__all__ = ["EntryClass"]


class EntryClass(Predictor):
    """The class of each entry, and the probability of each class."""

    type_modele = TypeModele.SVM
    rows = ENTRIES

    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """See the base class."""
        classes = [classe.value for classe in ClasseEcriture]
        shares = answers[[f"probabilite_{name}" for name in classes]].to_numpy().tolist()
        keys = zip(frame["societe_id"].tolist(), frame["ecriture_id"].tolist(), answers["classe"].tolist(), strict=True)
        for row, (societe_id, ecriture_id, classe) in enumerate(keys):
            yield Said(
                row=row,
                sujet=entry_subject(societe_id, ecriture_id, "CLASSE"),
                objet=Objet(type=TypeObjet.ECRITURE, id=ecriture_id),
                valeurs={name: rounded(share) for name, share in zip(classes, shares[row], strict=True)},
                classe=str(classe),
            )

    def subjects(self, societe_id: int, ecriture_id: str, lignes: int) -> list[str]:
        """See the base class."""
        return [entry_subject(societe_id, ecriture_id, "CLASSE")]

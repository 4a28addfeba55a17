"""What people said of entries, by word (verdicts) or by deed (corrections)."""

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from schemas import Avis, ClasseEcriture, DomaineApplication, Objet, TypeObjet, Verdict, detection_id
from wisebook_ml.feedback.standing import standing

__all__ = ["entry_labels", "verdicts_of"]


def verdicts_of(identifiers: Sequence[tuple[int, str]], avis: Sequence[Avis]) -> dict[str, Avis]:
    """Return the verdict that stands on each entry: the first on a revision, unless one replaces it on purpose.

    Parameters
    ----------
    identifiers : sequence of (int, str)
        Company and id of the entries.
    avis : sequence of Avis
        In the order of their publication. One on something else than an entry is passed over.
    """
    if not avis:
        return {}
    stands = standing(avis)
    found = {}
    for societe, name in identifiers:
        objet = Objet(type=TypeObjet.ECRITURE, id=name)
        one = stands.get((societe, detection_id(societe, DomaineApplication.ECRITURES_COMPTABLES, objet)))
        if one is not None:
            found[name] = one
    return found


def entry_labels(keys: pd.DataFrame, avis: Sequence[Avis], reclassees: Collection[str] = ()) -> pd.DataFrame:
    """Return what is known of each entry.

    Parameters
    ----------
    keys : DataFrame
        `wisebook_ml.datasets.entries.KEYS` of all revisions of one company's entries, in the order of publication.
    avis : sequence of Avis
        The verdicts, in the order of publication.
    reclassees : collection of str
        Entries that later ones corrected to another account (`wisebook_ml.datasets.reclassifications`).

    Returns
    -------
    DataFrame
        One row an entry about which anything is known, indexed by `ecriture_id`:

        * `corrigee`: 1 where it was confirmed as wrong, reclassified, missed, withdrawn, or corrected by a later
          revision of its date, accounts or amounts, or by a later entry to another account; 0 where a person said that
          it is right.
        * `classe`: a `ClasseEcriture`. An input error is what was reclassified, corrected or withdrawn; what was
          confirmed and left as it is, is to be reviewed.
        * `avis`: whether a person gave a verdict.

        What was done outweighs what was said. An entry that was changed after a revision had validated it is left
        out: the entry as it arrived was accepted, and a verdict is about the change.
    """
    first = keys[keys["premiere"]]
    said = verdicts_of(list(zip(first["societe_id"].tolist(), first["ecriture_id"].tolist(), strict=True)), avis)
    corrected, tampered = _changed(keys)
    corrected |= set(first["ecriture_id"]) & set(reclassees)
    rows = {}
    for name in (set(said) | corrected) - tampered:
        verdict = said.get(name)
        rows[name] = (_classe(verdict, name in corrected).value, verdict is not None)
    names = sorted(rows)
    classes = np.array([rows[name][0] for name in names], dtype=object)
    return pd.DataFrame(
        {
            "corrigee": (classes != ClasseEcriture.CORRECTE.value).astype(np.float64),
            "classe": classes,
            "avis": np.array([rows[name][1] for name in names], dtype=np.bool_),
        },
        index=pd.Index(names, name="ecriture_id", dtype="str"),
    )


def _classe(verdict: Avis | None, corrected: bool) -> ClasseEcriture:
    if corrected or verdict is None or verdict.verdict is Verdict.RECLASSEE:
        return ClasseEcriture.ERREUR_SAISIE
    if verdict.verdict is Verdict.FAUX_POSITIF:
        return ClasseEcriture.CORRECTE
    # One that was missed, too, may come with the account that is right.
    return ClasseEcriture.A_REVOIR if verdict.compte_num is None else ClasseEcriture.ERREUR_SAISIE


def _changed(keys: pd.DataFrame) -> tuple[set[str], set[str]]:
    """Return the entries that were corrected or withdrawn, and those changed after a revision had validated them."""
    revised = keys["ecriture_id"][~keys["premiere"].to_numpy()].unique()
    some = keys[keys["ecriture_id"].isin(revised)]
    groups = some.groupby("ecriture_id", sort=False)
    before, frozen = groups["contenu"].shift(), groups["validee"].shift() > 0
    since_arrival = ~(groups["validee"].transform("first") > 0)
    changed = ~some["premiere"] & (some["supprimee"] | (some["contenu"] != before))
    tampered = changed & frozen & since_arrival
    return set(some.loc[changed, "ecriture_id"]), set(some.loc[tampered, "ecriture_id"])

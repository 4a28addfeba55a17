"""Labels follow from what was said and done; rows are of the first arrival, whatever came later."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

from schemas import (
    Avis,
    DomaineApplication,
    Ecriture,
    Ligne,
    Objet,
    Operation,
    TypeObjet,
    Verdict,
    detection_id,
)
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.verdicts import verdict_frame
from wisebook_ml.entry_columns import ENTRY_COLUMNS
from wisebook_ml.generator import generate_ledger, judge_ledger


def entry(name: str = "A", revision: int = 1, **changes: object) -> Ecriture:
    made = Ecriture(
        societe_id=1,
        ecriture_id=name,
        revision=revision,
        operation=Operation.CREATION if revision == 1 else Operation.MODIFICATION,
        journal_code="HA",
        ecriture_num="HA-77",
        ecriture_date=dt.date(2024, 3, 4),
        lignes=[Ligne(compte_num="606400", debit="120.00"), Ligne(compte_num="401000", credit="120.00")],
    )
    return replace(made, **changes)


def avis(verdict: Verdict, name: str = "A", *, societe: int = 1, compte_num: str | None = None) -> Avis:
    missed = verdict is Verdict.MANQUEE
    objet = Objet(type=TypeObjet.ECRITURE, id=name)
    return Avis(
        societe_id=societe,
        detection_id=None if missed else detection_id(societe, DomaineApplication.ECRITURES_COMPTABLES, objet),
        ecriture_id=name if missed else None,
        verdict=verdict,
        compte_num=compte_num,
        auteur="marie",
    )


def labels(entries: list[Ecriture], said: list[Avis]) -> dict[str, tuple[float, str | None, bool]]:
    frame = verdict_frame(Collected(entries, said))
    return {
        row.ecriture_id: (row.corrigee, row.classe, row.avis)
        for row in frame[["ecriture_id", "corrigee", "classe", "avis"]].itertuples()
    }


ON_PURPOSE = replace(avis(Verdict.FAUX_POSITIF), remplace=True)
MOVED = replace(
    entry("B"),
    journal_code="OD",
    ecriture_date=dt.date(2024, 4, 2),
    lignes=[
        Ligne(compte_num="606300", debit="120.00", ecriture_lib="Reclassement HA-77"),
        Ligne(compte_num="606400", credit="120.00", ecriture_lib="Reclassement HA-77"),
    ],
)
DEARER = [Ligne(compte_num="606400", debit="121.00"), Ligne(compte_num="401000", credit="121.00")]
LETTERED = [
    Ligne(compte_num="606400", debit="120.00"),
    Ligne(compte_num="401000", credit="120.00", ecriture_let="AA", date_let=dt.date(2024, 4, 1)),
]


@pytest.mark.parametrize(
    ("entries", "said", "expected"),
    [
        ([entry()], [avis(Verdict.FAUX_POSITIF)], (0.0, "CORRECTE", True)),
        ([entry()], [avis(Verdict.CONFIRMEE)], (1.0, "A_REVOIR", True)),
        ([entry()], [avis(Verdict.MANQUEE)], (1.0, "A_REVOIR", True)),
        ([entry()], [avis(Verdict.MANQUEE, compte_num="606300")], (1.0, "ERREUR_SAISIE", True)),
        ([entry()], [avis(Verdict.RECLASSEE, compte_num="606300")], (1.0, "ERREUR_SAISIE", True)),
        ([entry()], [avis(Verdict.CONFIRMEE), avis(Verdict.FAUX_POSITIF)], (1.0, "A_REVOIR", True)),
        ([entry()], [avis(Verdict.CONFIRMEE), ON_PURPOSE], (0.0, "CORRECTE", True)),
        ([entry()], [avis(Verdict.CONFIRMEE), ON_PURPOSE, avis(Verdict.CONFIRMEE)], (0.0, "CORRECTE", True)),
        ([entry()], [avis(Verdict.MANQUEE), avis(Verdict.FAUX_POSITIF)], (0.0, "CORRECTE", True)),
        ([entry(), MOVED], [], (1.0, "ERREUR_SAISIE", False)),
        ([entry(), MOVED], [avis(Verdict.FAUX_POSITIF)], (1.0, "ERREUR_SAISIE", True)),
        ([entry(), entry(revision=2, lignes=DEARER)], [], (1.0, "ERREUR_SAISIE", False)),
        ([entry(), entry(revision=2, lignes=DEARER)], [avis(Verdict.CONFIRMEE)], (1.0, "ERREUR_SAISIE", True)),
        ([entry(), entry(revision=2, lignes=DEARER)], [avis(Verdict.FAUX_POSITIF)], (1.0, "ERREUR_SAISIE", True)),
        ([entry(), entry(revision=2, operation=Operation.SUPPRESSION)], [], (1.0, "ERREUR_SAISIE", False)),
        ([entry(), entry(revision=2, lignes=LETTERED)], [avis(Verdict.FAUX_POSITIF)], (0.0, "CORRECTE", True)),
    ],
)
def test_a_label_follows_from_word_and_deed(
    entries: list[Ecriture], said: list[Avis], expected: tuple[float, str, bool]
) -> None:
    assert labels(entries, said)["A"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry()], []),
        ([entry(), entry(revision=2, lignes=LETTERED)], []),
        ([entry()], [avis(Verdict.CONFIRMEE, "B")]),
        ([entry()], [avis(Verdict.CONFIRMEE, societe=2)]),
        # Accepted by a validation, and changed after it: what is wrong is the change, not the entry as it arrived.
        (
            [
                entry(),
                entry(revision=2, operation=Operation.VALIDATION, valid_date=dt.date(2024, 4, 20)),
                entry(revision=3, lignes=DEARER, valid_date=dt.date(2024, 4, 20)),
            ],
            [avis(Verdict.CONFIRMEE)],
        ),
    ],
)
def test_nobody_said_anything_of_the_entry_as_it_arrived(entries: list[Ecriture], said: list[Avis]) -> None:
    ((corrigee, classe, given),) = labels(entries, said).values()
    assert np.isnan(corrigee)
    assert classe is None
    assert not given


def test_an_entry_of_a_closed_year_that_is_published_again_is_corrected() -> None:
    closed = dt.date(2024, 12, 31)
    entries = [entry(valid_date=closed), entry(revision=2, valid_date=closed, lignes=DEARER)]
    assert labels(entries, [])["A"] == (1.0, "ERREUR_SAISIE", False)


def test_rows_do_not_know_what_came_later() -> None:
    ledger = generate_ledger(entries=500, seed=4, anomaly_rate=0.05)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=4, share=0.3)
    assert judged.corrections
    events = [*ledger.events, *(one.ecriture for one in judged.corrections)]
    known = verdict_frame(Collected(events, [one.avis for one in judged.avis]))
    arrivals = [one for one in ledger.events if one.revision == 1]
    unknown = verdict_frame(Collected(ledger.events))
    columns = ["ecriture_id", "date", *ENTRY_COLUMNS]
    pd.testing.assert_frame_equal(known[columns], unknown[columns])
    assert known["ecriture_id"].tolist() == [one.ecriture_id for one in arrivals]
    half = verdict_frame(Collected(ledger.events[: len(ledger.events) // 2]))
    pd.testing.assert_frame_equal(half[columns], unknown[columns].iloc[: len(half)])


def test_all_verdicts_of_a_generated_ledger_find_their_entries() -> None:
    ledger = generate_ledger(entries=500, seed=4, anomaly_rate=0.05)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=4, share=0.3)
    frame = verdict_frame(Collected(ledger.events, [one.avis for one in judged.avis]))
    assert frame["avis"].sum() == pytest.approx(len(judged.avis), abs=3)  # but those changed after validation
    assert set(frame.loc[frame["avis"], "classe"]) == {"CORRECTE", "ERREUR_SAISIE", "A_REVOIR"}

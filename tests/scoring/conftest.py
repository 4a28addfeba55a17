"""A ledger with planted anomalies and revisions, a forest trained on it, and small entries of our own."""

import datetime as dt
from collections.abc import Callable

import pytest

from schemas import Ecriture, Ligne, from_minor
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.generator import generate_ledger
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.services.isolation_forest import IsolationForestService


class Books(list[Ecriture]):
    """Events that a failing property does not print by the hundred."""

    def __repr__(self) -> str:
        return f"<{len(self)} events>"


@pytest.fixture(scope="session")
def ledger() -> Books:
    """Return some 600 events of company 1: anomalies, look-alikes, changes, validations, and strange ones at the end.

    The strange ones come after the online detector has warmed up: each is unbalanced, so that it is found, and each
    is unlike anything before, so that a model has its say.
    """
    events = generate_ledger(entries=420, seed=11, anomaly_rate=0.08, twin_rate=0.05).events
    return Books([*events, *(_strange(k) for k in range(12))])


def _strange(k: int) -> Ecriture:
    lines = [
        Ligne(compte_num=f"{2 + n % 6}{n:02}00{k}", comp_aux_num=f"X{k}{n}", debit=from_minor(10**8 * (k + 1)))
        for n in range(20 + k)
    ]
    return Ecriture(
        societe_id=1,
        ecriture_id=f"strange-{k}",
        journal_code="OD",
        ecriture_date=dt.date(2024, 12, 29),
        saisie_par="nobody",
        saisie_le=dt.datetime(2025, 6, 29, 2, k, tzinfo=dt.UTC),
        lignes=lines,
    )


@pytest.fixture(scope="session")
def neighbour() -> Books:
    """Return the ledger of company 2, whose entries bear the same ids."""
    return Books(generate_ledger(entries=200, seed=12, societe_id=2, anomaly_rate=0.10).events)


@pytest.fixture(scope="session")
def forest(ledger: Books) -> IsolationForest:
    """Return a forest of the ledger."""
    return IsolationForestService(seed=1).fit(entry_frame(Collected(entries=ledger))).forest


@pytest.fixture(scope="session")
def entry() -> Callable[..., Ecriture]:
    """Build an entry that nothing is wrong with, but for what a test names; `gap` unbalances it."""

    def build(
        ecriture_id: str = "E1",
        *,
        euros: float = 137.42,
        gap: float = 0.0,
        label: str = "Fournitures de bureau",
        societe_id: int = 1,
        **fields: object,
    ) -> Ecriture:
        lines = [
            Ligne(compte_num="606400", piece_ref="F1", ecriture_lib=label, debit=from_minor(round(euros * 100))),
            Ligne(
                compte_num="512000",
                piece_ref="F1",
                ecriture_lib=label,
                credit=from_minor(round((euros - gap) * 100)),
            ),
        ]
        common = {"journal_code": "BQ", "ecriture_date": dt.date(2024, 3, 5), "lignes": lines}
        return Ecriture(societe_id=societe_id, ecriture_id=ecriture_id, **(common | fields))  # type: ignore[arg-type]

    return build

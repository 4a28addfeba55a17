"""Small entries of our own."""

import datetime as dt
from collections.abc import Callable

import pytest

from schemas import Ecriture, Ligne, from_minor

BuildEntry = Callable[..., Ecriture]


@pytest.fixture(scope="session")
def invoice() -> BuildEntry:
    """Build a supplier's invoice; what a test does not name is ordinary."""

    def build(
        ecriture_id: str,
        *,
        day: str = "2024-03-05",
        supplier: str = "DURAND",
        euros: float = 120.0,
        piece: str = "",
        label: str = "Facture",
        account: str = "606300",
        **fields: object,
    ) -> Ecriture:
        cents = round(euros * 100)
        return Ecriture(
            societe_id=1,
            ecriture_id=ecriture_id,
            journal_code="AC",
            ecriture_date=dt.date.fromisoformat(day),
            lignes=[
                Ligne(compte_num=account, piece_ref=piece, ecriture_lib=label, debit=from_minor(cents)),
                Ligne(
                    compte_num="401000",
                    comp_aux_num=supplier,
                    piece_ref=piece,
                    ecriture_lib=label,
                    credit=from_minor(cents),
                ),
            ],
            **fields,  # type: ignore[arg-type]
        )

    return build

"""Codes of journals as counts have them, however long they are and whatever characters they have."""

import datetime as dt

import numpy as np
import pytest

from schemas import Ecriture, Ligne
from wisebook_ml.ledger.batch import EntryBatch


@pytest.mark.parametrize("codes", [["AC", "V", "BQ1"], ["AC", "É" * 12], ["OD", "A\0"], ["AC"]])
def test_all_texts_are_read(codes: list[str]) -> None:
    day = dt.date(2024, 3, 1)
    lines = [Ligne(compte_num="471000", debit="1.00"), Ligne(compte_num="512000", credit="1.00")]
    batch = EntryBatch.from_entries(
        [
            Ecriture(societe_id=1, ecriture_id=f"E{k}", journal_code=code, ecriture_date=day, lignes=lines)
            for k, code in enumerate(codes)
        ]
    )
    rows = np.arange(len(codes))
    assert batch.texts("journal_code", rows) == [code.encode() for code in codes]
    assert batch.texts("journal_code", rows[:0]) == []

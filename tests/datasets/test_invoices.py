import datetime as dt

import numpy as np
import pandas as pd
import pytest

from bench.evaluate.risk import entries_of_table
from schemas import TypeModele
from wisebook_ml.datasets.catalogue import DATASETS
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.invoices import COLUMNS, OUTCOMES, frame_from_table, invoice_frame
from wisebook_ml.datasets.payment_history import VARIABLES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.xgboost import XGBoostService


def invoices(count=300, clients=12, seed=5):
    """A table of invoices of clients that pay late by habit."""
    rng = np.random.default_rng(seed)
    client = rng.integers(0, clients, count)
    date = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(rng.integers(0, 600, count)), "D")
    paid = date + pd.to_timedelta(np.maximum(0, 30 + (client - clients / 2) * 4 + rng.normal(0, 5, count)).round(), "D")
    return pd.DataFrame(
        {
            "client": [f"C{one:02d}" for one in client],
            "date": date,
            "echeance": date + pd.Timedelta(days=30),
            "montant": rng.lognormal(5, 0.5, count).round(2),
            "reglement": paid,
            "litige": rng.random(count) < 0.2,
            "papier": rng.choice(["oui", "non"], count),
            "pays": rng.choice(["FR", "BE", "DE"], count),
        }
    )


def test_a_ledger_and_a_table_that_tell_the_same_have_the_same_rows():
    table = invoices()
    end = table["reglement"].max()
    from_entries = invoice_frame(Collected(entries_of_table(table)))
    from_table = frame_from_table(table.drop(columns=["litige", "papier", "pays"]), tolerance=4)
    from_table = from_table[from_table["date"] + pd.Timedelta(days=34) < end]
    order = ["date", "client", "montant_log"]
    left, right = (
        frame.sort_values(order, ignore_index=True)[["client", *VARIABLES, "retard"]]
        for frame in (from_entries, from_table)
    )
    pd.testing.assert_frame_equal(left, right)


def test_a_row_does_not_change_by_what_came_later():
    table = invoices()
    whole = frame_from_table(table)
    cut = pd.Timestamp("2023-10-01")
    earlier = table[table["date"] <= cut]
    known = earlier.assign(reglement=earlier["reglement"].where(earlier["reglement"] < cut))
    then = frame_from_table(pd.concat([known, table[table["date"] > cut].iloc[:0]]))
    shared = then.index[then["date"] < cut]
    compared = [name for name in whole.columns if name not in OUTCOMES]
    pd.testing.assert_frame_equal(then.loc[shared, compared], whole.loc[shared, compared])


def test_an_outcome_counts_from_the_day_after_it_was_known():
    def last(settled):
        table = pd.DataFrame(
            {
                "client": "A",
                "date": pd.to_datetime(["2024-01-01", "2024-02-10"]),
                "echeance": pd.to_datetime(["2024-01-31", "2024-03-11"]),
                "montant": 100.0,
                "reglement": pd.to_datetime([settled, "2024-03-20"]),
            }
        )
        return frame_from_table(table).iloc[-1]

    assert last("2024-02-09")["ecart_dernier"] == 9
    assert last("2024-02-09")["encours_factures"] == 0
    # Settled on the day itself: it was still open, and late by what had passed.
    assert last("2024-02-10")["ecart_dernier"] == 10
    assert last("2024-02-10")["echu_factures"] == 1
    assert last("2024-01-20")["ecart_dernier"] == -11


def test_what_is_not_decided_yet_is_left_out():
    dates = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-03-01", "2024-03-02"])
    table = pd.DataFrame(
        {
            "client": ["A", "B", "C", "D"],
            "date": dates,
            "echeance": dates + pd.Timedelta(days=30),
            "montant": 100.0,
            "reglement": pd.to_datetime(["2024-01-20", None, "2024-03-05", None]),
        }
    )
    frame = frame_from_table(table)
    assert dict(zip(frame["client"], frame["retard"], strict=True)) == {"A": 0, "B": 1}


def test_whether_an_invoice_is_disputed_is_an_input_only_where_it_is_known():
    table = invoices()
    assert "attribut_litige" not in frame_from_table(table).columns
    known = frame_from_table(table, litige_connu=True)
    assert known["attribut_litige"].tolist() == table.loc[known.index, "litige"].astype(float).tolist()
    assert {"passe_litige", "passe_papier", "attribut_papier", "attribut_pays"} <= set(known.columns)


def test_a_table_without_a_column_is_refused():
    with pytest.raises(ValueError, match="missing: echeance"):
        frame_from_table(invoices().drop(columns="echeance"))


def test_the_frame_of_a_ledger_is_what_the_model_learns_from():
    ledger = generate_ledger(entries=2500, seed=4, years=1)
    frame = DATASETS[TypeModele.XGBOOST].build(Collected(ledger.events))
    assert list(frame.columns) == list(COLUMNS)
    assert {*XGBoostService.columns, XGBoostService.label} <= set(frame.columns)
    assert frame["date"].is_monotonic_increasing
    assert 0.05 < frame["retard"].mean() < 0.6
    first, last = dt.date(2024, 3, 1), dt.date(2024, 6, 30)
    part = invoice_frame(Collected(ledger.events, du=first, au=last))
    inside = frame["date"].between(pd.Timestamp(first), pd.Timestamp(last))
    pd.testing.assert_frame_equal(part, frame[inside].reset_index(drop=True))


def test_no_entries_give_no_rows():
    frame = invoice_frame(Collected())
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 0

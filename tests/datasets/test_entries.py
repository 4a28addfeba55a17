"""Rows of entries are what scoring sees, however the stream is cut, and know nothing of what comes later."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace

from schemas import Ecriture, Ligne, Operation, Origine, Parametres
from wisebook_ml.controls import CONTROLS, SettingsTable, View
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import KEYS, MIN_ROWS, WARM_UP, EntryFeatures, entry_frame
from wisebook_ml.entry_columns import ATTRIBUTES, ENTRY_COLUMNS, STRENGTHS, VALUES
from wisebook_ml.features import FEATURE_NAMES, feature_matrix
from wisebook_ml.generator import generate_ledger
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import observe
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.scoring.fusion import strengths


@pytest.fixture(scope="module")
def events() -> list[Ecriture]:
    return generate_ledger(entries=420, seed=8, anomaly_rate=0.05).events


def entry(
    name: str, revision: int = 1, *, amount: str = "120.00", operation: Operation = Operation.CREATION
) -> Ecriture:
    return Ecriture(
        societe_id=1,
        ecriture_id=name,
        revision=revision,
        operation=operation,
        journal_code="HA",
        ecriture_date=dt.date(2024, 3, 4),
        origine=Origine.MANUELLE,
        lignes=[
            Ligne(compte_num="606400", debit=amount, ecriture_lib="PAPIER"),
            Ligne(compte_num="401000", comp_aux_num="F1", credit=amount, ecriture_lib="PAPIER"),
        ],
    )


def test_rows_are_what_scoring_measures(events: list[Ecriture]) -> None:
    table = SettingsTable.of([Parametres(societe_id=0)], CONTROLS)
    rows = EntryFeatures().take(events)
    batch = EntryBatch.from_entries(events)
    same = np.zeros(len(batch), np.int64)
    met = observe(batch, table.facts(batch, same), new_store(), table.limits(same))
    view = View(met.batch, met.facts, met.habits, table.settings, same)
    measured = strengths(view, table)
    assert rows[list(FEATURE_NAMES)].to_numpy().tobytes() == feature_matrix(view).tobytes()
    np.testing.assert_array_equal(rows[list(VALUES)].to_numpy(), measured.values.astype(np.float32))
    np.testing.assert_array_equal(rows[list(STRENGTHS)].to_numpy(), measured.strengths.astype(np.float32))
    assert rows["ecriture_id"].tolist() == [one.ecriture_id for one in events]
    assert rows["date"].dt.date.tolist() == [one.ecriture_date for one in events]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_rows_do_not_depend_on_how_entries_are_cut(events: list[Ecriture], size: int) -> None:
    whole, cut = EntryFeatures(), EntryFeatures()
    rows = whole.take(events[:300])
    parts = [cut.take(events[start : min(300, start + size)]) for start in range(0, 300, size)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), rows)
    assert cut.dump() == whole.dump()


def test_a_fold_goes_on_where_it_was_dumped(events: list[Ecriture]) -> None:
    first, second = EntryFeatures(), EntryFeatures()
    first.take(events[:200])
    second.load(first.dump())
    pd.testing.assert_frame_equal(second.take(events[200:]), first.take(events[200:]))
    assert second.dump() == first.dump()


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(StateError):
        EntryFeatures().load(b"something else")
    with pytest.raises(StateError):
        EntryFeatures().load(b"\x80")


def test_columns_are_whole_finite_and_have_an_attribute(events: list[Ecriture]) -> None:
    rows = EntryFeatures().take(events)
    assert set(rows) == {*KEYS, *ENTRY_COLUMNS}
    assert np.isfinite(rows[list(ENTRY_COLUMNS)].to_numpy(np.float64)).all()
    assert set(ATTRIBUTES) == set(ENTRY_COLUMNS)
    assert len(VALUES) == len(STRENGTHS) == len(CONTROLS)


def test_no_entries_are_no_rows() -> None:
    rows = EntryFeatures().take([])
    assert len(rows) == 0
    assert set(ENTRY_COLUMNS) <= set(rows.columns)
    assert len(entry_frame(Collected())) == 0


def test_what_was_delivered_before_has_no_row() -> None:
    fold = EntryFeatures()
    assert len(fold.take([entry("A"), entry("B"), entry("A")])) == 2
    assert len(fold.take([entry("A")])) == 0
    assert fold.take([entry("A", 2, amount="99.00")])["premiere"].tolist() == [False]


def test_contents_differ_where_amounts_or_accounts_do_and_not_by_labels() -> None:
    one = entry("A")
    renamed = replace(one, revision=2, lignes=[replace(line, ecriture_lib="X") for line in reversed(one.lignes)])
    dearer, later = entry("A", 3, amount="121.00"), replace(one, revision=4, ecriture_date=dt.date(2024, 3, 5))
    swapped = replace(
        one, revision=5, lignes=[replace(line, debit=line.credit, credit=line.debit) for line in one.lignes]
    )
    contents = EntryFeatures().take([one, renamed, dearer, later, swapped])["contenu"].tolist()
    assert contents[0] == contents[1]
    assert len(set(contents)) == 4


def test_the_frame_has_first_arrivals_without_the_warm_up() -> None:
    events = generate_ledger(entries=700, seed=8).events
    arrivals = [one for one in events if one.revision == 1]
    assert len(arrivals) >= 2 * WARM_UP + MIN_ROWS
    frame = entry_frame(Collected(events))
    assert frame["ecriture_id"].tolist() == [one.ecriture_id for one in arrivals][WARM_UP:]
    assert set(frame["revision"]) == {1}


def test_a_range_limits_the_rows_but_not_the_habits(events: list[Ecriture]) -> None:
    du, au = dt.date(2024, 6, 1), dt.date(2024, 6, 30)
    inside = entry_frame(Collected(events, du=du, au=au))
    whole = entry_frame(Collected(events))
    expected = whole[(whole["date"] >= pd.Timestamp(du)) & (whole["date"] <= pd.Timestamp(au))].reset_index(drop=True)
    assert 0 < len(inside) < len(whole)
    pd.testing.assert_frame_equal(inside, expected)

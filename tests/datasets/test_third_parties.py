"""The behaviour of third parties as a fold over entries."""

import datetime as dt
import itertools

import msgspec
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Operation
from schemas.entry import Ligne
from wisebook_ml.datasets import third_parties
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.third_parties import COLUMNS, ThirdParties, third_party_frame
from wisebook_ml.generator import generate_ledger

DAY = dt.date(2024, 1, 1)


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days=days)


def entry(
    name: str, day: dt.date, party: str, other: str, euros: float, *, client: bool = True, **fields: object
) -> Ecriture:
    """An entry of two lines; `euros` is positive where the third party is debited."""
    line_fields = {key: fields.pop(key) for key in ("ecriture_let", "date_let") if key in fields}
    amount = f"{abs(euros):.2f}"
    sides = {"debit": amount} if euros > 0 else {"credit": amount}
    others = {"credit": amount} if euros > 0 else {"debit": amount}
    given = {"societe_id": 1, "journal_code": "VE", **fields}
    return Ecriture(
        ecriture_id=name,
        ecriture_date=day,
        lignes=[
            Ligne(compte_num="411000" if client else "401000", comp_aux_num=party, **sides, **line_fields),
            Ligne(compte_num=other, **others),
        ],
        **given,
    )


def trade(party: str = "C1", *, count: int = 6, delay: int = 30, letter: bool = True) -> list[Ecriture]:
    """Monthly invoices of 600 euros, and their payments."""
    entries = []
    for i in range(count):
        code = f"A{i}" if letter else ""
        day = after(30 * i)
        entries.append(entry(f"{party}F{i}", day, party, "707000", 600, ecriture_let=code))
        entries.append(entry(f"{party}R{i}", day + dt.timedelta(days=delay), party, "512000", -600, ecriture_let=code))
    return sorted(entries, key=lambda e: e.ecriture_date)


def only_row(entries: list[Ecriture]) -> pd.Series:
    frame = third_party_frame(Collected(entries=entries))
    assert len(frame) == 1
    return frame.iloc[0]


class TestMeasures:
    def test_a_monthly_client_that_pays_at_thirty_days(self) -> None:
        row = only_row(trade())
        assert (row.tiers, row.client, row.factures, row.date) == ("C1", 1.0, 6.0, pd.Timestamp(DAY))
        assert row.intervalle == 30
        assert row.irregularite == 0
        assert row.montant == pytest.approx(600)
        assert row.part_ronds == 1
        assert row.delai == 30
        assert row.part_regle == 1
        assert row.part_avoirs == 0

    def test_without_lettering_payments_settle_the_oldest_invoices(self) -> None:
        assert only_row(trade(letter=False, delay=45)).delai == 45

    def test_a_credit_note_is_no_payment(self) -> None:
        note = entry("A1", after(40), "C1", "709000", -60)
        row = only_row([*trade(), note])
        assert row.part_avoirs == pytest.approx(1 / 7)
        assert row.delai == 30

    def test_a_supplier_is_the_other_way_round(self) -> None:
        entries = [
            entry(f"F{i}", after(7 * i), "F9", "607000", -120, client=False, journal_code="HA") for i in range(4)
        ]
        row = only_row(entries)
        assert (row.client, row.factures, row.concentration_semaine) == (0.0, 4.0, pytest.approx(1.0))
        assert pd.isna(row.delai)

    def test_balances_carried_forward_are_no_invoices(self) -> None:
        opening = entry("AN", after(0), "C1", "707000", 9_999, journal_code="AN")
        assert only_row([opening, *trade()]).factures == 6

    def test_too_few_movements_make_no_row(self) -> None:
        assert third_party_frame(Collected(entries=trade(count=1))).empty

    def test_lines_without_a_third_party_make_no_row(self) -> None:
        assert third_party_frame(Collected(entries=trade(""))).empty

    def test_an_account_of_its_own_is_a_third_party(self) -> None:
        entries = [
            msgspec.structs.replace(
                found,
                lignes=[
                    msgspec.structs.replace(found.lignes[0], compte_num="411DUPONT", comp_aux_num=""),
                    found.lignes[1],
                ],
            )
            for found in trade()
        ]
        assert only_row(entries).tiers == "411DUPONT"


class TestRevisions:
    def test_a_later_revision_replaces_the_earlier(self) -> None:
        changed = entry("C1F0", after(0), "C1", "707000", 900, revision=2)
        row = only_row([*trade(), changed])
        assert row.factures == 6
        assert row.part_regle < 1

    def test_an_earlier_revision_that_comes_late_changes_nothing(self) -> None:
        entries = trade()
        fold = ThirdParties()
        fold.learn([msgspec.structs.replace(found, revision=3) for found in entries])
        assert fold.take([entry("C1F0", after(0), "C1", "707000", 77, revision=2)]).empty

    def test_a_deleted_entry_is_taken_out(self) -> None:
        gone = entry("X", after(3), "C1", "707000", 1)
        deleted = msgspec.structs.replace(gone, revision=2, operation=Operation.SUPPRESSION)
        with_it = third_party_frame(Collected(entries=[*trade(), gone, deleted]))
        pd.testing.assert_frame_equal(with_it, third_party_frame(Collected(entries=trade())))

    def test_an_invoice_that_moves_to_another_third_party_changes_both(self) -> None:
        fold = ThirdParties()
        fold.learn([*trade("C1"), *trade("C2")])
        rows = fold.take([entry("C1F0", after(0), "C2", "707000", 600, revision=2)])
        assert sorted(rows["tiers"]) == ["C1", "C2"]
        assert rows.set_index("tiers")["factures"].to_dict() == {"C1": 5.0, "C2": 7.0}


@pytest.fixture(scope="module")
def entries() -> list[Ecriture]:
    return generate_ledger(entries=600, seed=5).events


class TestFold:
    @settings(max_examples=10, deadline=None)
    @given(cuts=st.lists(st.integers(0, 700), max_size=4))
    def test_rows_do_not_depend_on_how_entries_are_cut(self, entries: list[Ecriture], cuts: list[int]) -> None:
        whole = ThirdParties()
        expected = whole.take(entries)
        places = [0, *sorted(min(cut, len(entries)) for cut in cuts), len(entries)]
        state, frames = ThirdParties().dump(), []
        for begin, end in itertools.pairwise(places):
            fold = ThirdParties()
            fold.load(state)
            frames.append(fold.take(entries[begin:end]))
            state = fold.dump()
        pd.testing.assert_frame_equal(pd.concat(frames, ignore_index=True), expected)
        assert state == whole.dump()

    def test_training_sees_the_rows_that_are_predicted_live(self, entries: list[Ecriture]) -> None:
        live = ThirdParties().take(entries).drop_duplicates("tiers", keep="last")
        trained = third_party_frame(Collected(entries=entries))
        assert list(trained.columns) == list(COLUMNS)
        pd.testing.assert_frame_equal(live.sort_values("tiers", ignore_index=True), trained)

    def test_companies_are_kept_apart(self) -> None:
        others = [msgspec.structs.replace(found, societe_id=2) for found in trade()]
        fold = ThirdParties()
        fold.learn([*trade(), *others])
        assert fold.frame()["societe_id"].tolist() == [1, 2]

    def test_what_is_old_is_forgotten_but_not_since_when(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(third_parties, "LAST_ENTRIES", 8)
        row = only_row(trade(count=12))
        assert row.mouvements == 8
        assert row.date == pd.Timestamp(DAY)

    def test_dates_bound_entries_and_rows(self) -> None:
        entries = [*trade("C1"), *(entry(f"L{i}", after(100 + i), "C2", "707000", 5) for i in range(4))]
        until = third_party_frame(Collected(entries=entries, au=after(101)))
        assert until["tiers"].tolist() == ["C1"]
        since = third_party_frame(Collected(entries=entries, du=after(1)))
        assert since["tiers"].tolist() == ["C2"]

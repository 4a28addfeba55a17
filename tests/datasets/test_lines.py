"""Rows of entry lines: what they hold, and what they must not."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import Avis, DomaineApplication, Ecriture, Ligne, Objet, Operation, TypeObjet, Verdict, detection_id
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.lines import line_frame, lines_of


def entry(*lines: Ligne, name: str = "E1", **fields: object) -> Ecriture:
    """Return an entry of 1 March 2024."""
    head = {"societe_id": 1, "ecriture_id": name, "journal_code": "AC", "ecriture_date": dt.date(2024, 3, 1)}
    return Ecriture(**{**head, **fields}, lignes=list(lines))


INVOICE = (
    Ligne(compte_num="606300", ecriture_lib="BRICO", debit="100.00"),
    Ligne(compte_num="445660", ecriture_lib="TVA", debit="20.00"),
    Ligne(compte_num="401000", comp_aux_num="F01", comp_aux_lib="BRICO SA", ecriture_lib="BRICO", credit="120.00"),
)


def verdict(compte_num: str | None, kind: Verdict = Verdict.RECLASSEE, societe_id: int = 1) -> Avis:
    """Return a verdict on the detection of entry E1."""
    about = detection_id(1, DomaineApplication.ECRITURES_COMPTABLES, Objet(type=TypeObjet.ECRITURE, id="E1"))
    return Avis(societe_id=societe_id, detection_id=about, verdict=kind, compte_num=compte_num, auteur="a")


def test_a_row_for_each_line_with_what_is_around_it() -> None:
    frame = lines_of([entry(*INVOICE)])

    assert frame["ligne"].to_list() == [1, 2, 3]
    assert frame["date"].to_list() == [pd.Timestamp("2024-03-01")] * 3
    assert frame["tiers_num"].to_list() == ["F01"] * 3
    assert frame["comp_aux_num"].to_list() == ["", "", "F01"]
    assert frame["autres_comptes"].to_list() == ["C401000 D445660", "C401000 D606300", "D445660 D606300"]
    assert frame["taux_base"].to_list() == ["20", "", ""]
    assert frame["taux_tva"].to_list() == ["", "20", ""]
    assert frame["autre_lib"].to_list() == ["TVA", "BRICO", "TVA"]
    assert frame["part_total"].round(4).to_list() == [0.8333, 0.1667, 1.0]
    assert frame["compte_num"].to_list() == ["606300", "445660", "401000"]


accounts = st.sampled_from(["606300", "445660", "401000", "512000", "41 1", "X"])
amounts = st.sampled_from(["0.00", "0.01", "20.00", "100.00", "-5.50", "120.00"])
lines = st.builds(
    Ligne, compte_num=accounts, ecriture_lib=st.sampled_from(["", "A", "B"]), debit=amounts, credit=amounts,
    comp_aux_num=st.sampled_from(["", "F1"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(lines, min_size=1, max_size=30), st.data())
def test_no_input_of_a_row_depends_on_its_own_account(some: list[Ligne], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(some) - 1))
    other = data.draw(accounts)
    changed = [*some]
    changed[number] = replace(some[number], compte_num=other, compte_lib="something else")

    before, after = lines_of([entry(*some)]), lines_of([entry(*changed)])

    inputs = before.columns.drop("compte_num")
    pd.testing.assert_series_equal(before.loc[number, inputs], after.loc[number, inputs])


def test_rows_do_not_depend_on_what_they_are_made_with() -> None:
    one, two = entry(*INVOICE), entry(*INVOICE[::-1], name="E2")

    apart = pd.concat([lines_of([one]), lines_of([two])], ignore_index=True)

    pd.testing.assert_frame_equal(lines_of([one, two]), apart)
    assert list(lines_of([])) == list(apart)


def test_a_long_entry_has_short_rows() -> None:
    frame = lines_of([entry(*(Ligne(compte_num=str(400_000 + n), debit="1.00") for n in range(3000)))])

    assert len(frame) == 3000
    assert frame["autres_comptes"].str.len().max() < 250


def test_the_latest_revision_counts_and_deleted_entries_are_left_out() -> None:
    first, second = entry(*INVOICE), entry(*INVOICE[:2], revision=2, operation=Operation.MODIFICATION)
    gone = [entry(*INVOICE, name="E2"), entry(*INVOICE, name="E2", revision=2, operation=Operation.SUPPRESSION)]

    assert len(line_frame(Collected(entries=[second, first, *gone]))) == 2


def test_rows_are_those_of_the_range() -> None:
    some = [entry(*INVOICE, name=str(day), ecriture_date=dt.date(2024, 3, day)) for day in range(1, 6)]

    frame = line_frame(Collected(entries=some, du=dt.date(2024, 3, 2), au=dt.date(2024, 3, 3)))

    assert frame["ecriture_id"].unique().tolist() == ["2", "3"]


@pytest.mark.parametrize(
    ("right", "labels"),
    [
        ("606400", ["606400", "445660", "401000"]),
        ("404000", ["606300", "445660", "404000"]),
        ("218300", ["218300", "445660", "401000"]),
        ("401000", ["606300", "445660", "401000"]),
    ],
)
def test_a_reclassification_replaces_the_account_of_the_line_concerned(right: str, labels: list[str]) -> None:
    frame = line_frame(Collected(entries=[entry(*INVOICE)], avis=[verdict(right)]))

    assert frame["compte_num"].to_list() == labels
    assert frame["autres_comptes"].to_list() == lines_of([entry(*INVOICE)])["autres_comptes"].to_list()


def test_the_verdict_that_stands_counts_and_only_the_company_s_own() -> None:
    taken_back = [verdict("606400"), replace(verdict(None, Verdict.FAUX_POSITIF), remplace=True)]
    contradicted = [verdict(None, Verdict.FAUX_POSITIF), verdict("606400")]

    for avis in (taken_back, contradicted, [verdict("606400", societe_id=2)]):
        assert line_frame(Collected(entries=[entry(*INVOICE)], avis=avis))["compte_num"][0] == "606300"


MOVED = (
    Ligne(compte_num="613500", debit="100.00", ecriture_lib="RECLASSEMENT BRICO"),
    Ligne(compte_num="606300", credit="100.00", ecriture_lib="RECLASSEMENT BRICO"),
)


@pytest.mark.parametrize(
    ("said", "account"), [([], "613500"), ([verdict("613500")], "613500"), ([verdict("606400")], "606400")]
)
def test_a_later_entry_names_the_right_account_and_a_person_knows_better(said: list[Avis], account: str) -> None:
    later = entry(*MOVED, name="OD1", ecriture_date=dt.date(2024, 3, 20))
    frame = line_frame(Collected(entries=[entry(*INVOICE), later], avis=said))
    assert frame["compte_num"].to_list() == [account, "445660", "401000", "613500", "606300"]

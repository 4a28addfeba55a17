"""A later entry that moves an amount to another account is a correction; business that looks like it is none."""

import datetime as dt
import time

import pytest
from msgspec.structs import replace

from schemas import Ecriture, Ligne, Operation
from schemas.money import from_minor
from wisebook_ml.datasets.reclassifications import reclassifications, reclassified
from wisebook_ml.generator import generate_ledger

DAY = dt.date(2024, 3, 1)


def line(account: str, amount: int, party: str = "", label: str = "", piece: str = "", name: str = "") -> Ligne:
    """Return a line of so many euros, a debit where above 0."""
    return Ligne(
        compte_num=account,
        compte_lib=name,
        comp_aux_num=party,
        ecriture_lib=label,
        piece_ref=piece,
        debit=from_minor(100 * max(amount, 0)),
        credit=from_minor(100 * max(-amount, 0)),
    )


def entry(name: str, days: int, *lines: Ligne, journal: str = "OD", societe: int = 1, **changes: object) -> Ecriture:
    made = Ecriture(
        societe_id=societe,
        ecriture_id=name,
        journal_code=journal,
        ecriture_num=f"{journal}-{name}",
        ecriture_date=DAY + dt.timedelta(days=days),
        lignes=list(lines),
    )
    return replace(made, **changes)


def bought(name: str = "A1", days: int = 0, account: str = "606400", piece: str = "F2024-118", **more: int) -> Ecriture:
    base = more.get("base", 100)
    tax = base // 5
    label = "FACTURE BRICO DEPOT"
    return entry(
        name,
        days,
        line(account, base, label=label, piece=piece, name="Fournitures administratives"),
        line("445660", tax, label=label, piece=piece),
        line("401000", -base - tax, "F01", label, piece),
        journal="HA",
        societe=more.get("societe", 1),
    )


def moved(right: str = "606300", wrong: str = "606400", *, days: int = 20, amount: int = 100, **text: str) -> Ecriture:
    lines = [line(right, amount, **text), line(wrong, -amount, **text)]
    return entry("OD1", days, *lines)


def negative(lines: list[Ligne]) -> list[Ligne]:
    return [replace(one, debit=one.credit, credit=one.debit) for one in lines]


def found(*entries: Ecriture) -> list[tuple[str, int, str, str, str]]:
    return [one[1:] for one in reclassifications(entries)]


CORRECTED = [("A1", 1, "606400", "606300", "OD1")]


@pytest.mark.parametrize(
    "later",
    [
        moved(piece="F2024-118"),
        moved(label="Reclassement F2024-118"),
        moved(label="erreur sur HA-A1"),
        moved(party="F01"),
        moved(label="RECLASSEMENT BRICO"),
        moved(label="Rectification d'imputation Bricô", days=60),
        # In one entry: all of it backwards, and anew.
        entry(
            "OD1",
            9,
            *negative(bought().lignes),
            *bought(account="606300").lignes,
        ),
        # Several corrections in one entry.
        entry("OD1", 9, *moved(piece="F2024-118").lignes, line("615500", 40), line("615600", -40)),
    ],
)
def test_a_transfer_to_the_right_account(later: Ecriture) -> None:
    assert found(bought(), later) == CORRECTED


def test_a_negative_line_takes_away_as_a_credit_does() -> None:
    lines = [line("606300", 100, piece="F2024-118"), replace(line("606400", 100, piece="F2024-118"), debit="-100.00")]
    assert found(bought(), entry("OD1", 9, *lines)) == CORRECTED


def test_a_reversal_and_a_new_posting() -> None:
    back = replace(bought("X1", 10), lignes=negative(bought().lignes))
    anew = bought("OD1", 12, account="606300")
    assert found(bought(), back, anew) == CORRECTED
    assert found(bought(), back) == []
    assert found(bought(), back, bought("OD1", 60, account="606300")) == []  # an invoice of its own
    assert found(bought(), back, bought("OD1", 12, account="606300", base=110)) == []
    assert found(bought(), bought("OD1", 12, account="606300")) == []


@pytest.mark.parametrize(
    ("wrong", "right"), [("218300", "606300"), ("606300", "218300"), ("606400", "455100"), ("606400", "628000")]
)
def test_accounts_that_are_taken_for_one_another(wrong: str, right: str) -> None:
    ((*_, before, after, _),) = found(bought(account=wrong), moved(right, wrong, piece="F2024-118"))
    assert (before, after) == (wrong, right)


def test_products() -> None:
    sold = entry("V1", 0, line("706000", -100, piece="V77"), line("411000", 100, "C1", piece="V77"), journal="VE")
    later = entry("OD1", 5, line("706000", 100, piece="V77"), line("707000", -100, piece="V77"))
    assert found(sold, later) == [("V1", 1, "706000", "707000", "OD1")]


def test_what_waited_in_suspense_is_a_label_of_its_line_and_no_mistake() -> None:
    paid = entry("B1", 0, line("471000", 100, label="VIR 7781"), line("512000", -100), journal="BQ")
    cleared = entry("OD1", 9, line("606300", 100), line("471000", -100))
    assert found(paid, cleared) == [("B1", 1, "471000", "606300", "OD1")]
    assert reclassified([paid, cleared]) == set()
    assert reclassified([bought(), moved(piece="F2024-118")]) == {"A1"}


def test_an_admitted_error_may_be_of_any_account() -> None:
    sold = entry("V1", 0, line("613200", -100, piece="V0077"), line("411000", 100, "C1"), journal="VE")
    lines = [line("613200", 100, label="RECTIFICATION V0077"), line("706000", -100, label="RECTIFICATION V0077")]
    assert found(sold, entry("OD1", 5, *lines)) == [("V1", 1, "613200", "706000", "OD1")]
    assert found(sold, entry("OD1", 5, *(replace(one, ecriture_lib="V0077") for one in lines))) == []


TWINS = {
    "no link": [bought(), moved()],
    "mere words of the account": [
        bought(),
        entry("OD1", 9, line("606300", 100, label="RECLASSEMENT ADMINISTRATIVES"), line("606400", -100)),
    ],
    "another third party": [bought(), moved(party="F02", label="RECLASSEMENT BRICO")],
    "another amount": [bought(), moved(amount=60, piece="F2024-118")],
    "before it": [bought(days=30), moved(piece="F2024-118")],
    "too long ago": [bought(), moved(piece="F2024-118", days=560)],
    "another company": [bought(societe=2), moved(piece="F2024-118")],
    "words that leave a doubt": [
        bought("A1", 0, piece=""),
        bought("A2", 3, piece=""),
        moved(label="RECLASSEMENT BRICO"),
    ],
    "transfer between banks": [
        entry("B1", 0, line("512100", 100, piece="V1"), line("411000", -100, "C1"), journal="BQ"),
        entry("OD1", 2, line("512200", 100, piece="V1"), line("512100", -100, piece="V1")),
    ],
    "internal transfers": [
        entry("B1", 0, line("512100", -100, piece="V1"), line("580000", 100, piece="V1"), journal="B1"),
        entry("B2", 0, line("512200", 100, piece="V1"), line("580000", -100, piece="V1"), journal="B2"),
    ],
    "payment": [
        bought(),
        entry("P1", 30, line("401000", 120, "F01", piece="F2024-118"), line("512000", -120), journal="BQ"),
    ],
    "VAT settlement": [
        entry("V1", 0, line("411000", 120, "C1"), line("707000", -100), line("445710", -20), journal="VE"),
        entry("OD1", 30, line("445710", 20, label="TVA V1"), line("445510", -20, label="TVA V1")),
    ],
    "doubtful client": [
        entry("V1", 0, line("411000", 120, "C1", piece="V1"), line("707000", -120), journal="VE"),
        entry(
            "OD1",
            300,
            line("416000", 120, "C1", "Reclassement douteux V1", piece="V1"),
            line("411000", -120, "C1", "Reclassement douteux V1", piece="V1"),
        ),
    ],
    "cut-off and its reversal": [
        bought(),
        moved("486000", "606400", piece="F2024-118", days=300),
        replace(moved("606400", "486000", piece="F2024-118", days=306), ecriture_id="OD2"),
    ],
    "accrual, reversed at year start, and the invoice": [
        entry("OD1", 0, line("606400", 100, piece="FNP1"), line("408100", -100, "F01", piece="FNP1")),
        entry("OD2", 1, line("606400", -100, piece="FNP1"), line("408100", 100, "F01", piece="FNP1")),
        bought("A1", 9, account="606300"),
    ],
    "put into service": [
        entry("A1", 0, line("231000", 100, piece="F1"), line("404000", -100, "F01", piece="F1")),
        moved("213000", "231000", piece="F1"),
    ],
    "sold": [
        entry("A1", 0, line("218300", 100, piece="F1"), line("404000", -100, "F01", piece="F1")),
        moved("675000", "218300", piece="F1"),
    ],
    "credit note": [bought(), replace(bought("A2", 9), lignes=negative(bought().lignes))],
    "withdrawn correction": [
        bought(),
        moved(piece="F2024-118"),
        replace(moved(piece="F2024-118"), revision=2, operation=Operation.SUPPRESSION),
    ],
}


@pytest.mark.parametrize("name", TWINS)
def test_business_that_looks_like_it(name: str) -> None:
    assert found(*TWINS[name]) == []


def test_the_latest_of_equal_candidates_and_each_once() -> None:
    first, second = bought("A1", 0), bought("A2", 3)
    later = [replace(moved(party="F01", days=20 + k), ecriture_id=f"OD{k}") for k in range(3)]
    assert [one[0] for one in found(first, second, *later)] == ["A2", "A1"]


def test_a_revision_counts_as_it_is_by_now() -> None:
    mended = replace(bought(account="606300"), revision=2, operation=Operation.MODIFICATION)
    assert found(bought(), moved(piece="F2024-118"), mended) == []


def test_the_order_of_publication_does_not_matter_within_a_file_sorted_by_journal() -> None:
    assert found(moved(piece="F2024-118"), bought()) == CORRECTED


def test_a_clean_ledger_has_none_and_time_grows_with_its_size() -> None:
    def seconds(number: int) -> float:
        ledger = generate_ledger(entries=number, seed=11, anomaly_rate=0)
        taken = []
        for _ in range(3):  # the least: whatever else the machine does only adds to it
            start = time.process_time()
            assert reclassifications(ledger.events) == []
            taken.append(time.process_time() - start)
        return min(taken) / len(ledger.events)

    assert seconds(8_000) < 4 * seconds(1_000)


def test_many_alike_are_no_burden() -> None:
    alike = [bought(f"A{k}", k // 100) for k in range(3_000)]
    later = [replace(moved(party="F01", days=40), ecriture_id=f"OD{k}") for k in range(3_000)]
    start = time.process_time()
    assert len(reclassifications([*alike, *later])) == 24
    assert time.process_time() - start < 5

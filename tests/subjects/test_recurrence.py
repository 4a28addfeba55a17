"""What came regularly and does not come, and what only seems so."""

import datetime as dt
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import CodeMotif, Ecriture, Etat, Operation, Parametres, ReglageControle, TypeObjet
from wisebook_ml.generator import generate_ledger
from wisebook_ml.subjects.recurrence import SUBJECT
from wisebook_ml.subjects.rhythm import add_months

from .postings import DAY, DEFAULTS, Followed, days_pass, entry, in_parts, line

CODE = CodeMotif.RECURRENTE_ABSENTE
RENT = 150_000


def rent(
    month: int, *, day: int = 5, year: int = 2024, cents: int = RENT, label: str = "", **fields: object
) -> Ecriture:
    """Return the invoice of a month's rent; months count on after December."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    when = dt.date(year, month, day)
    lines = [line("613200", cents), line("445660", cents // 5), line("401000", -cents - cents // 5, "F12")]
    label = label or f"LOYER {month:02d}/{year} SCI DUPONT"
    return entry(f"L{year}{month:02d}", "HA", when, lines, label=label, **fields)  # type: ignore[arg-type]


def instalment(month: int, **fields: object) -> Ecriture:
    """Return an instalment of a loan, paid by the bank."""
    lines = [line("164000", 110_000 + month), line("661100", 25_000 - month), line("512000", -135_000)]
    label = f"ECHEANCE PRET 00418 {month:02d}/2024"
    return entry(f"P{month}", "BQ", dt.date(2024, month, 7), lines, label=label, **fields)  # type: ignore[arg-type]


def goods(month: int, cents: int, **fields: object) -> Ecriture:
    """Return a purchase of goods, whose amount is another one every time."""
    lines = [line("607000", cents), line("401000", -cents, "F7")]
    return entry(f"G{month}", "HA", dt.date(2024, month, 12), lines, label="ACHAT", **fields)  # type: ignore[arg-type]


def year_of(
    make: Callable[..., Ecriture], months: Sequence[int], *, until: dt.date = dt.date(2024, 12, 31), live: bool = True
) -> list[Ecriture]:
    """Return some months' entries among those of every second day in the purchases and the bank, by date."""
    days = (until - dt.date(2024, 1, 1)).days
    made = [make(month, live=live) for month in months]
    for journal in ("HA", "BQ"):
        made += days_pass(dt.date(2024, 1, 1), days, step=2, live=live, journal=journal)
    return sorted(made, key=lambda one: one.ecriture_date)


def without(*missing: int) -> list[int]:
    """Return the months of a year but some."""
    return [month for month in range(1, 13) if month not in missing]


@pytest.fixture
def books() -> Followed:
    """Return books that have nothing regular yet."""
    return Followed(SUBJECT)


# What is found.


@pytest.mark.parametrize("live", [True, False], ids=["live", "file"])
def test_a_rent_that_does_not_come(books: Followed, live: bool) -> None:
    books.post(*year_of(rent, without(7), live=live))
    (found,) = books.told
    assert (found.type, found.id, found.etat, found.revision) == (TypeObjet.TIERS, "F12/2024-07", Etat.OUVERTE, 1)
    assert (found.date, found.montant, found.journal_code) == (dt.date(2024, 7, 5), 180_000, "HA")
    assert found.value >= found.threshold
    french = re.sub(r"\s", " ", found.libelle_fr)
    assert "« LOYER 06/2024 SCI DUPONT » (F12, journal HA) : 1 800,00 € attendu vers le 05/07/2024" in french
    assert "reçu chaque mois depuis 01/2024" in french
    assert "€1,800.00 expected about 2024-07-05" in found.libelle_en


def test_an_instalment_of_a_loan_has_no_third_party(books: Followed) -> None:
    books.post(*year_of(instalment, without(6)))
    (found,) = books.told
    assert (found.type, found.id) == (TypeObjet.COMPTE, "164000/2024-06")


def test_two_loans_of_one_label(books: Followed) -> None:
    """A bank writes « ECHEANCE PRET » for both, and each has its own account and day."""

    def other(month: int, **fields: object) -> Ecriture:
        lines = [line("164100", 50_000 + month), line("661100", 60_000 - month), line("512000", -110_000)]
        label = f"ECHEANCE PRET 00418 {month:02d}/2024"
        return entry(f"O{month}", "BQ", dt.date(2024, month, 24), lines, label=label, **fields)  # type: ignore[arg-type]

    entries = year_of(instalment, without(9)) + [other(month) for month in without(6)]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    assert sorted(books.standing) == ["164000/2024-09", "164100/2024-06"]


def test_wages_are_those_of_a_person(books: Followed) -> None:
    def wages(month: int, who: str, **fields: object) -> Ecriture:
        lines = [line("421000", 150_000 + 300 * month, who), line("512000", -150_000 - 300 * month)]
        return entry(f"{who}{month}", "BQ", dt.date(2024, month, 4), lines, label=f"VIR {who}", **fields)  # type: ignore[arg-type]

    entries = year_of(lambda month, live: wages(month, "MARTIN", live=live), without(7))
    entries += [wages(month, "PETIT") for month in without()]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    (found,) = books.told
    assert (found.type, found.id) == (TypeObjet.TIERS, "MARTIN/2024-07")


def test_three_equal_ones_are_enough(books: Followed) -> None:
    books.post(*year_of(rent, [1, 2, 3, 5], until=dt.date(2024, 5, 20)))
    assert list(books.standing) == ["F12/2024-04"]


def test_every_quarter(books: Followed) -> None:
    entries = year_of(rent, [1, 4, 7, 10], until=dt.date(2025, 3, 31))
    books.post(*entries)
    assert list(books.standing) == ["F12/2025-01"]
    assert "chaque trimestre" in books.told[0].libelle_fr


def test_every_year(books: Followed) -> None:
    for year in range(2020, 2024):
        books.post(*days_pass(dt.date(year, 1, 1), 365, step=10, journal="HA"))
        if year < 2023:
            books.post(rent(4, year=year))
    assert list(books.standing) == ["F12/2023-04"]


def test_months_in_labels_are_no_difference(books: Followed) -> None:
    names = (
        *("JANVIER", "FÉVRIER", "MARS", "AVRIL", "MAI", "JUIN", "JUILLET", "AOÛT"),
        *("SEPTEMBRE", "OCTOBRE", "NOVEMBRE", "DÉCEMBRE"),
    )

    def wages(month: int, **fields: object) -> Ecriture:
        lines = [line("641000", 900_000 + 100 * month), line("421000", -900_000 - 100 * month)]
        day = dt.date(2024, month, 28)
        return entry(f"W{month}", "OD", day, lines, label=f"Salaires {names[month - 1]}", **fields)  # type: ignore[arg-type]

    entries = [*year_of(wages, without(9)), *days_pass(dt.date(2024, 1, 1), 365, step=3)]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    assert list(books.standing) == ["641000/2024-09"]


def test_a_tick_finds_what_the_stream_would_find_later(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 7), until=dt.date(2024, 7, 10)))
    assert not books.tick(dt.date(2024, 7, 12))
    (found,) = books.tick(dt.date(2024, 7, 25))
    assert (found.id, found.position) == ("F12/2024-07", 0)
    assert not books.tick(dt.date(2024, 7, 26)), "told once"


# What only seems so.


def test_some_days_late_is_not_missing(books: Followed) -> None:
    late = rent(7, day=14)
    entries = [*year_of(rent, without(7)), late]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    assert not books.told


def test_books_that_are_not_kept_miss_nothing(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 7), until=dt.date(2024, 6, 30)))
    assert not books.tick(dt.date(2024, 10, 1))


def test_a_year_that_ends_misses_nothing_of_the_next(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 13)))
    assert not books.tick(dt.date(2025, 1, 31))


@pytest.mark.parametrize("label", ["LOYER RÉSILIATION DU BAIL", "LOYER DERNIERE ECHEANCE", "Loyer, fin de contrat"])
def test_a_contract_that_ended(books: Followed, label: str) -> None:
    last = rent(6, label=label)
    entries = [*year_of(rent, range(1, 6)), last]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    assert not books.told


def test_goods_are_bought_when_they_are_needed(books: Followed) -> None:
    books.post(*year_of(lambda month, live: goods(month, 50_000 + month * 977, live=live), without(8)))
    assert not books.told


@pytest.mark.parametrize(("cents", "expected"), [(50_000, ["F7/2024-05"]), (21_000, [])])
def test_goods_that_came_four_times(books: Followed, cents: int, expected: list[str]) -> None:
    """Four times for the same amount is a standing order; three times of four is chance."""
    amounts = {1: cents, 2: 50_000, 3: 50_000, 4: 50_000, 6: 50_000}
    books.post(*year_of(lambda month, live: goods(month, amounts[month], live=live), [1, 2, 3, 4, 6]))
    assert [one for one in books.standing if one == "F7/2024-05"] == expected


def test_vat_is_paid_where_it_is_due(books: Followed) -> None:
    def vat(month: int, **fields: object) -> Ecriture:
        lines = [line("445510", 90_000), line("512000", -90_000)]
        return entry(f"T{month}", "BQ", dt.date(2024, month, 20), lines, label="DGFIP TVA", **fields)  # type: ignore[arg-type]

    books.post(*year_of(vat, without(8)))
    assert not books.told


def test_a_season_is_missed_once(books: Followed) -> None:
    months = [month for month in range(1, 37) if month % 12 != 8]
    days = days_pass(dt.date(2024, 1, 1), 3 * 366, step=3, journal="HA")
    entries = sorted([*days, *(rent(month) for month in months)], key=lambda one: one.ecriture_date)
    books.post(*entries)
    assert [found.id for found in books.told] == ["F12/2024-08"]


def test_two_series_of_one_account_are_one_absence(books: Followed) -> None:
    def fees(month: int, journal: str, **fields: object) -> Ecriture:
        lines = [line("627000", 4_800), line("512000", -4_800)]
        name = f"{journal}{month}"
        return entry(name, journal, dt.date(2024, month, 3), lines, label="COMMISSIONS", **fields)  # type: ignore[arg-type]

    entries = year_of(lambda month, live: fees(month, "BQ", live=live), without(7))
    entries += [fees(month, "HA") for month in without(7)]
    books.post(*sorted(entries, key=lambda one: one.ecriture_date))
    assert [found.id for found in books.told] == ["627000/2024-07"]


# What changes later.


def test_it_closes_when_it_comes_after_all(books: Followed) -> None:
    late = rent(7, entered=dt.date(2024, 8, 1))
    entries = [*year_of(rent, without(7)), late]
    books.post(*sorted(entries, key=lambda one: one.saisie_le or dt.datetime.max))
    assert [(found.etat, found.revision) for found in books.told] == [(Etat.OUVERTE, 1), (Etat.CLOSE, 2)]
    assert "en retard" in books.told[1].libelle_fr


def test_what_is_missed_again_and_again_has_ended(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 7)))
    assert not books.standing
    assert [(found.id, found.etat) for found in books.told] == [
        ("F12/2024-07", Etat.OUVERTE),  # one absence in a row is told once
        ("F12/2024-07", Etat.CLOSE),
    ]
    assert not books.tick(dt.date(2025, 3, 1))


def test_what_seemed_to_have_ended_and_goes_on_was_missing(books: Followed) -> None:
    books.post(*year_of(rent, without(7, 8, 9, 10)))
    assert {f"F12/2024-{month:02d}" for month in (7, 8, 9, 10)} == set(books.standing)


def test_a_revision_that_changes_nothing_here_tells_nothing(books: Followed) -> None:
    entries = year_of(rent, (1, 2, 3, 4, 5, 6, 8, 9), until=dt.date(2024, 9, 30))
    books.post(*entries)
    for month in (5, 6, 8):
        books.post(rent(month, revision=2, operation=Operation.VALIDATION, valid=dt.date(2024, 9, 20)))
    assert [found.id for found in books.told] == ["F12/2024-07"]


def test_an_entry_that_is_deleted_did_not_come(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 7), until=dt.date(2024, 6, 10)))
    books.post(rent(6, revision=2, operation=Operation.SUPPRESSION))
    assert list({found.id for found in books.tick(dt.date(2024, 6, 28))}) == ["F12/2024-06"]


# Settings and streams.


def test_what_is_switched_off_is_followed_and_not_told() -> None:
    off = Parametres(societe_id=1, controles={CODE: ReglageControle(actif=False)})
    books = Followed(SUBJECT, off)
    books.post(*year_of(rent, (1, 2, 3, 4, 6, 7, 8, 9), until=dt.date(2024, 9, 5)))
    assert not books.told
    books.parametres = DEFAULTS
    books.post(*days_pass(dt.date(2024, 9, 6), 60, journal="HA"))
    assert [found.id for found in books.told] == ["F12/2024-10"]


def test_a_company_can_wait_longer() -> None:
    books = Followed(SUBJECT, Parametres(societe_id=1, controles={CODE: ReglageControle(seuil=25.0)}))
    books.post(*year_of(rent, range(1, 7), until=dt.date(2024, 7, 10)))
    assert not books.tick(dt.date(2024, 7, 27))
    assert books.tick(dt.date(2024, 8, 2))


def test_companies_are_apart(books: Followed) -> None:
    books.post(*year_of(rent, range(1, 7), until=dt.date(2024, 7, 10)))
    books.post(*(rent(month, societe_id=2) for month in range(1, 7)))
    assert not books.tick(dt.date(2024, 8, 20), 2), "whose purchases have not come to July"
    assert [found.societe_id for found in books.tick(dt.date(2024, 7, 25), 1)] == [1]


def test_planted_ones_are_found_and_twins_are_not() -> None:
    ledger = generate_ledger(entries=4000, seed=21, anomaly_rate=0.0015, twin_rate=0.001, codes={CODE})
    books = Followed(SUBJECT)
    books.post(*ledger.events)
    books.tick(dt.date(2025, 1, 25))
    missing = {
        f"{label.objet_id}/{label.date_attendue:%Y-%m}"
        for label in ledger.labels
        if label.code is CODE and not label.jumeau and label.date_attendue
    }
    assert len(missing) >= 5
    assert len(missing & set(books.standing)) >= 0.9 * len(missing)
    assert len(set(books.standing) - missing) <= 1


@pytest.fixture(scope="module")
def planted() -> list[Ecriture]:
    """Return a ledger in which contracts and instalments do not come, with what comes late and what ended."""
    return generate_ledger(entries=900, seed=8, anomaly_rate=0.006, twin_rate=0.006, codes={CODE}).events


@settings(derandomize=True, deadline=None, max_examples=12)
@given(cuts=st.lists(st.integers(1, 1200), max_size=5))
def test_any_cut_of_the_stream_tells_the_same(planted: list[Ecriture], cuts: list[int]) -> None:
    cuts = [cut for cut in cuts if cut < len(planted)]
    whole = in_parts(SUBJECT, planted, [])
    assert whole[0], "something is told"
    assert in_parts(SUBJECT, planted, cuts) == whole


def test_an_empty_batch_tells_nothing(books: Followed) -> None:
    assert books.post() == []


@given(day=st.dates(dt.date(1990, 1, 1), dt.date(2060, 1, 1)), months=st.integers(-40, 40))
@settings(derandomize=True, deadline=None, max_examples=100)
def test_months_are_those_of_the_calendar(day: dt.date, months: int) -> None:
    found = dt.date.fromordinal(add_months(day.toordinal(), months))
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == day.day or (found.day < day.day and (found + DAY).day == 1)

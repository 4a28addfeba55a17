"""Numbers that are missing in a file are told once the journal has gone well past them, and not before."""

import datetime as dt
from collections.abc import Iterable, Sequence

import pytest

from schemas import CodeMotif, Ecriture, Etat, Ligne, Parametres, TypeObjet
from schemas.settings import ReglageControle
from tests.subjects.following import Follower, entry
from wisebook_ml.subjects import SubjectFinding
from wisebook_ml.subjects.gaps import SUBJECT

START = dt.date(2024, 1, 2)
YEAR_END = dt.date(2024, 12, 31)


def numbered(numbers: Iterable[int], *, a_month: int = 30, prefix: str = "VE-", **fields: object) -> list[Ecriture]:
    """Return entries with these numbers, some a month, in a file: without times of entry."""
    return [
        entry(
            f"{prefix}{k}", START + dt.timedelta(30 * k // a_month), journal="VE", num=f"{prefix}{number:04d}", **fields
        )
        for k, number in enumerate(numbers)
    ]


def found(entries: Sequence[Ecriture], tick: dt.date | None = None) -> list[SubjectFinding]:
    """Return what is told of entries, and of a day that comes after them."""
    follower = Follower(SUBJECT)
    told = [finding for _, finding in follower.take(entries)]
    if tick is not None:
        told += SUBJECT.tick(0, tick, Parametres(societe_id=0), follower.state)
    return told


def without(missing: Sequence[int], until: int = 120) -> list[int]:
    return [number for number in range(1, until) if number not in missing]


def test_numbers_that_never_came() -> None:
    entries = numbered(without([50, 51, 52]))
    (finding,) = found(entries)
    assert (finding.type, finding.id, finding.journal_code) == (TypeObjet.JOURNAL, "VE/2024/VE-0053", "VE")
    assert (finding.etat, finding.revision, finding.strength) == (Etat.OUVERTE, 1, 1.0)
    assert (finding.ecriture_id, finding.date) == ("VE-49", entries[49].ecriture_date)
    assert finding.montant == 3 * 137_42
    assert "3 numéros manquent (50 à 52) avant le n° VE-0053 du 20/02/2024" in finding.libelle_fr
    assert "3 numbers are missing (50 to 52) before no. VE-0053 of 2024-02-20" in finding.libelle_en


def test_one_number_that_never_came() -> None:
    (finding,) = found(numbered(without([50])))
    assert "1 numéro manque (50) avant" in finding.libelle_fr
    assert "1 number is missing (50) before" in finding.libelle_en


LATER = {
    "one of the month was numbered early": [*range(1, 40), 60, *range(40, 60), *range(61, 160)],
    "a month was sorted by date": [*range(1, 40), *range(50, 60), *range(40, 50), *range(60, 160)],
    "two and two are swapped": [number + (1 if number % 2 else -1) for number in range(1, 160)],
    "two series side by side": [number for k in range(1, 80) for number in (k, 1000 + k)],
    "starting over every month": [k % 40 + 1 for k in range(160)],
    "one number for all": [7] * 160,
}


@pytest.mark.parametrize("numbers", LATER.values(), ids=LATER)
def test_numbers_that_come_later_are_none(numbers: list[int]) -> None:
    assert found(numbered(numbers)) == []


def test_a_journal_that_is_often_out_of_order_waits_longer() -> None:
    """Numbers that took twelve later ones to arrive before are not missing after some twenty."""
    early = [*range(1, 40), *range(41, 53), 40, *range(53, 80), *range(81, 102)]
    assert found(numbered(early)) == []
    (finding,) = found(numbered([*early, *range(102, 120)]))
    assert finding.id == "VE/2024/VE-0081"


def test_it_closes_when_they_come_after_all() -> None:
    told = found(numbered([*without([50, 51]), 50, *range(120, 130)]))
    assert [(one.id, one.etat, one.revision) for one in told] == [
        ("VE/2024/VE-0052", Etat.OUVERTE, 1),
        ("VE/2024/VE-0052", Etat.CLOSE, 2),
    ]
    assert told[1].strength == 0.0


def test_what_is_left_of_a_run_waits_anew() -> None:
    told = found(numbered([*without(range(50, 60)), 55, *range(120, 260)]))
    assert [(one.id, one.etat) for one in told] == [
        ("VE/2024/VE-0060", Etat.OUVERTE),
        ("VE/2024/VE-0060", Etat.CLOSE),
        ("VE/2024/VE-0055", Etat.OUVERTE),
        ("VE/2024/VE-0060", Etat.OUVERTE),
    ]
    assert [one.libelle_fr.split(" avant")[0][-9:] for one in told[2:]] == ["(50 à 54)", "(56 à 59)"]


def test_a_journal_of_a_few_entries_is_told_by_a_tick() -> None:
    entries = numbered([1, 2, 3, 4, 5, 8], a_month=4)
    assert found(entries, entries[-1].ecriture_date + dt.timedelta(20)) == []
    (finding,) = found(entries, entries[-1].ecriture_date + dt.timedelta(40))
    assert "2 numéros manquent (6 à 7)" in finding.libelle_fr
    assert "0 écriture a suivi" in finding.libelle_fr


def test_the_end_of_the_year_tells_of_the_last_weeks() -> None:
    entries = [entry(f"{k}", dt.date(2024, 12, 1 + k), journal="VE", num=str(k + 3 * (k > 20))) for k in range(1, 28)]
    assert found(entries, YEAR_END - dt.timedelta(1)) == []
    assert [one.id for one in found(entries, YEAR_END)] == ["VE/2024/24"]
    assert found(entries[:23], YEAR_END) == []
    assert [one.id for one in found(entries[:23], YEAR_END + dt.timedelta(1))] == ["VE/2024/24"]


def test_a_tick_of_another_company_says_nothing() -> None:
    follower = Follower(SUBJECT)
    follower.take(numbered(without([50], until=60)))
    for societe_id in (2, 3):
        assert SUBJECT.tick(societe_id, dt.date(2025, 6, 1), Parametres(societe_id=0), follower.state) == []
    assert len(SUBJECT.tick(1, dt.date(2025, 6, 1), Parametres(societe_id=0), follower.state)) == 1


def test_many_gaps_are_no_gaps() -> None:
    """Of a journal that takes its numbers from a counter of all journals, no number is missing."""
    assert found(numbered([k + k // 8 for k in range(400)]), YEAR_END) == []


def test_entries_with_a_time_of_entry_are_the_controls_business() -> None:
    typed = numbered(without([50]), saisie_le=dt.datetime(2024, 6, 1, 10, tzinfo=dt.UTC))
    assert found(typed, dt.date(2025, 6, 1)) == []


def test_entries_that_close_the_accounts_are_numbered_apart() -> None:
    lines = [
        Ligne(compte_num="606400", ecriture_lib="Solde", credit="10.00"),
        Ligne(compte_num="120000", ecriture_lib="Solde", debit="10.00"),
    ]
    closing = [entry(f"C{k}", YEAR_END, journal="VE", num=f"VE-{9000 + k}", lignes=lines) for k in range(3)]
    assert found([*numbered(without([])), *closing], dt.date(2025, 6, 1)) == []


def test_switched_off() -> None:
    off = Parametres(societe_id=0, controles={CodeMotif.RUPTURE_NUMEROTATION: ReglageControle(actif=False)})
    follower = Follower(SUBJECT, off)
    assert follower.take(numbered(without([50]))) == []
    assert SUBJECT.tick(0, dt.date(2025, 6, 1), off, follower.state) == []


def test_the_oldest_series_is_forgotten_with_its_texts() -> None:
    """As many series as a company can have, each with a gap: the state does not grow further."""
    follower = Follower(SUBJECT)
    sizes = []
    for part in range(3):
        entries = [
            entry(f"{part}/{k}/{n}", START, journal="VE", num=f"{part}-{k:04d}A{n}")
            for k in range(2_000)
            for n in (1, 5)
        ]
        follower.take(entries)
        sizes.append((follower.state.count("series"), follower.state.nbytes))
    assert sizes[1] == sizes[2]
    assert sizes[2][0] == 2_000

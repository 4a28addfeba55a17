"""First digits of invented amounts, and the many accounts that follow no law and are right."""

import datetime as dt
import math
import random

import msgspec
import numpy as np
import pytest

from schemas import CodeMotif, Ecriture, Etat, Parametres, TypeObjet
from schemas.settings import ReglageControle
from tests.subjects.following import Follower, entry, follow
from wisebook_ml.subjects.benford import SUBJECT
from wisebook_ml.subjects.benford_law import PAIR_LAW, PAIRS, deviation, doubt, first_pair


def natural(rng: random.Random) -> int:
    """Return an amount that follows the law, over three orders of magnitude."""
    return int(10 ** rng.uniform(3.0, 6.0))


def invented(rng: random.Random) -> int:
    """Return an amount as people make them up: with a high digit in front."""
    return rng.randint(55, 97) * 10 ** rng.choice((2, 2, 3)) + rng.randint(11, 89)


def month_of(year: int, month: int, amounts: list[int], account: str = "625100", tag: str = "") -> list[Ecriture]:
    days = [dt.date(year, month, 1 + k * 27 // len(amounts)) for k in range(len(amounts))]
    return [
        entry(f"{tag}{account}-{year}-{month}-{k}", day, account=account, cents=cents)
        for k, (day, cents) in enumerate(zip(days, amounts, strict=True))
    ]


def ordinary(rng: random.Random, months: int, a_month: int = 12) -> list[Ecriture]:
    return [one for m in range(1, months + 1) for one in month_of(2024, m, [natural(rng) for _ in range(a_month)])]


@pytest.mark.parametrize("seed", range(5))
def test_a_run_of_invented_amounts(seed: int) -> None:
    rng = random.Random(seed)
    run = month_of(2024, 8, [invented(rng) for _ in range(30)] + [natural(rng) for _ in range(10)], tag="run")
    (finding,) = follow(SUBJECT, ordinary(rng, 7) + run)
    assert (finding.type, finding.id) == (TypeObjet.COMPTE, "625100/2024-08/benford")
    assert (finding.etat, finding.revision) == (Etat.OUVERTE, 1)
    assert finding.value >= finding.threshold
    assert 0 < finding.strength <= 1
    assert 0 < finding.montant <= sum(one.lignes and _cents(one) for one in run)
    assert "août 2024" in finding.libelle_fr
    assert "August 2024" in finding.libelle_en
    assert any(f"{digit} (" in finding.libelle_fr for digit in (6, 7, 8, 9))


def _cents(one: Ecriture) -> int:
    return round(float(one.lignes[0].debit) * 100)


@pytest.mark.parametrize("seed", range(5))
def test_a_busy_month_of_real_amounts_is_none(seed: int) -> None:
    rng = random.Random(seed)
    busy = month_of(2024, 8, [natural(rng) for _ in range(50)], tag="busy")
    assert follow(SUBJECT, ordinary(rng, 7) + busy) == []


def test_a_price_list_is_none() -> None:
    """Sixty places at one of three prices are three amounts."""
    prices = month_of(2024, 8, [390_00, 720_00, 950_00] * 20, account="706100", tag="p")
    assert follow(SUBJECT, ordinary(random.Random(1), 7) + prices) == []


def test_an_account_that_never_followed_the_law_is_none() -> None:
    """Meals between 60 and 99 euros: a busy month has the account's own digits."""
    rng = random.Random(2)
    meals = [
        one
        for m in range(1, 9)
        for one in month_of(2024, m, [rng.randint(60_00, 99_99) for _ in range(40 if m == 8 else 12)], account="625700")
    ]
    assert follow(SUBJECT, meals) == []


def test_the_other_side_of_the_entry_is_not_told_again() -> None:
    rng = random.Random(3)
    run = month_of(2024, 8, [invented(rng) for _ in range(40)], tag="run")
    assert [one.id for one in follow(SUBJECT, ordinary(rng, 7) + run)] == ["625100/2024-08/benford"]


def test_it_is_withdrawn_when_the_month_fills_with_real_amounts() -> None:
    rng = random.Random(0)
    run = [invented(rng) for _ in range(20)] + [natural(rng) for _ in range(400)]
    findings = follow(SUBJECT, ordinary(rng, 7) + month_of(2024, 8, run, tag="run"))
    assert [(one.etat, one.revision) for one in findings] == [(Etat.OUVERTE, 1), (Etat.CLOSE, 2)]
    assert "plus" in findings[-1].libelle_fr


def test_a_new_company_has_no_habits_yet() -> None:
    rng = random.Random(0)
    assert follow(SUBJECT, month_of(2024, 1, [invented(rng) for _ in range(60)])) == []


def year(rng: random.Random, number: int, share: float, account: str = "601000", size: int = 100) -> list[Ecriture]:
    return [
        one
        for m in range(1, 13)
        for one in month_of(
            number, m, [invented(rng) if rng.random() < share else natural(rng) for _ in range(size)], account=account
        )
    ]


def test_a_year_that_departs_from_the_years_before() -> None:
    rng = random.Random(5)
    findings = follow(SUBJECT, year(rng, 2023, 0.0) + year(rng, 2024, 0.35))
    assert [one.id for one in findings] == ["601000/2024/benford"]
    assert "deux premiers chiffres" in findings[0].libelle_fr
    assert findings[0].libelle_en.startswith("Account 601000, fiscal year 2024")


def test_a_first_year_that_departs_grossly_from_the_law() -> None:
    rng = random.Random(6)
    assert [one.id for one in follow(SUBJECT, year(rng, 2024, 0.7))] == ["601000/2024/benford"]
    assert follow(SUBJECT, year(rng, 2024, 0.0)) == []


def test_years_like_those_before_are_none() -> None:
    """An account whose nature is another follows its own law; it is told of twice at most."""
    rng = random.Random(7)
    mild = follow(SUBJECT, year(rng, 2023, 0.3) + year(rng, 2024, 0.3) + year(rng, 2025, 0.3))
    assert mild == []
    gross = follow(SUBJECT, year(rng, 2023, 0.7) + year(rng, 2024, 0.7) + year(rng, 2025, 0.7))
    assert [one.id for one in gross] == ["601000/2023/benford", "601000/2024/benford"]


def test_a_fiscal_year_names_the_finding() -> None:
    rng, name = random.Random(8), "2024-04-01/2025-03-31"
    entries = [msgspec.structs.replace(one, exercice=name) for one in year(rng, 2024, 0.7)]
    assert [one.id for one in follow(SUBJECT, entries)] == [f"601000/{name}/benford"]


def test_dates_that_are_mistyped_do_not_stop_it() -> None:
    rng = random.Random(9)
    odd = [entry("odd1", dt.date(2099, 1, 1), account="625100"), entry("odd2", dt.date(1901, 1, 1), account="625100")]
    run = month_of(2024, 8, [invented(rng) for _ in range(40)], tag="run")
    ids = [one.id for one in follow(SUBJECT, ordinary(rng, 3) + odd + ordinary(rng, 7)[36:] + run)]
    assert "625100/2024-08/benford" in ids


def test_switched_off_and_stricter() -> None:
    rng = random.Random(0)
    entries = ordinary(rng, 7) + month_of(2024, 8, [invented(rng) for _ in range(30)], tag="run")
    off = Parametres(societe_id=0, controles={CodeMotif.BENFORD: ReglageControle(actif=False)})
    strict = Parametres(societe_id=0, controles={CodeMotif.BENFORD: ReglageControle(seuil=250.0)})
    assert follow(SUBJECT, entries, off) == []
    assert follow(SUBJECT, entries, strict) == []
    follower = Follower(SUBJECT, off)
    follower.take(entries[:-6])
    follower.set(Parametres(societe_id=0))
    assert len(follower.take(entries[-6:])) == 1, "what is switched off goes on being followed"


def test_revisions_count_once() -> None:
    rng = random.Random(1)
    entries = ordinary(rng, 7)
    again = [
        entry(one.ecriture_id, one.ecriture_date, account="625100", cents=invented(rng), revision=2) for one in entries
    ]
    assert follow(SUBJECT, entries + again) == []


# The law.


def test_the_law() -> None:
    assert math.isclose(PAIR_LAW.sum(), 1.0)
    assert [first_pair(cents) + 10 for cents in (10_00, 1_999_99, 99, 7)] == [10, 19, 99, 10]


def test_small_counts_that_follow_the_law_do_not_deviate() -> None:
    """The plain mean deviation of 500 lines is beyond Nigrini's limit by chance alone."""
    rng = np.random.default_rng(3)
    counts = rng.multinomial(500, PAIR_LAW, 200)
    plain = np.abs(counts / 500 - PAIR_LAW).mean(axis=1)
    corrected = np.array([deviation(row, PAIR_LAW, 500.0, 1.0) for row in counts])
    assert plain.mean() > 0.0022
    assert (corrected > 0.0022).mean() < 0.05


def test_doubt_grows_with_chi_square() -> None:
    values = [doubt(chi, PAIRS - 1) for chi in (50.0, 89.0, 150.0, 400.0, 5000.0)]
    assert values == sorted(values)
    assert values[-1] == 300.0

"""The two companies: a year of entries and of bank positions, made up, always the same ones."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from schemas import Ecriture, PositionTresorerie, from_minor, to_minor
from tests.acceptance.amounts import larger
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.generate import Ledger
from wisebook_ml.generator.treasury import treasury_positions

LARGE, SMALL = 6, 7
"""Their numbers; their entries lie in different partitions."""

ENTRIES = {LARGE: 5_000, SMALL: 900}
"""About how many a year: a model needs some 3,500 to know what is usual."""

SEEDS = {LARGE: 61, SMALL: 11}

PARIS = ZoneInfo("Europe/Paris")

LEFT_EUROS = 1_000
"""What is left on the small company's account after its largest payment."""


def day(month: int, number: int) -> dt.datetime:
    """Return midnight of a day of the year of the books, in France."""
    return dt.datetime(2024, month, number, tzinfo=PARIS)


YEAR = (day(1, 1), dt.datetime(2025, 12, 31, tzinfo=PARIS))
"""Up to the last correction of the year's entries, which comes after its end."""

MOVED = day(11, 1)
"""From here on, the large company's amounts are others."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company: its number, its made-up name, and its books."""

    societe_id: int
    nom: str
    ledger: Ledger


@cache
def company(societe_id: int) -> Company:
    """Return one of the two."""
    ledger = generate_ledger(entries=ENTRIES[societe_id], seed=SEEDS[societe_id], societe_id=societe_id)
    return Company(societe_id, ledger.company.nom, ledger)


def planted(societe_id: int) -> frozenset[str]:
    """Return the ids of the entries in which something wrong was planted."""
    labels = company(societe_id).ledger.labels
    return frozenset(one.ecriture_id for one in labels if not one.jumeau and one.ecriture_id is not None)


def entries(since: dt.datetime, until: dt.datetime) -> list[Ecriture]:
    """Return what both companies publish in a stretch of time, in its order; the large one's amounts move once."""
    published = [one for number in ENTRIES for one in company(number).ledger.publications if since <= one.le < until]
    published.sort(key=lambda one: one.le)
    return [
        larger(one.ecriture) if one.le >= MOVED and one.ecriture.societe_id == LARGE else one.ecriture
        for one in published
    ]


@cache
def _positions(societe_id: int) -> Sequence[PositionTresorerie]:
    return treasury_positions(company(societe_id).ledger.publications, seed=SEEDS[societe_id])


def positions() -> list[PositionTresorerie]:
    """Return what the banks tell of both, day by day, up to the last but one day of the year."""
    found = sorted((one for number in ENTRIES for one in _positions(number)), key=lambda one: one.date)
    return [one for one in found if one.date < found[-1].date]


def large_payment() -> list[PositionTresorerie]:
    """Return the last day of the small company: it pays nearly all that it has."""
    mine = _positions(SMALL)
    last = [one for one in mine if one.date == mine[-1].date]
    return [
        replace(
            one,
            sorties=from_minor(to_minor(one.sorties) + to_minor(one.solde) - 100 * LEFT_EUROS),
            solde=from_minor(100 * LEFT_EUROS),
        )
        for one in last
    ]

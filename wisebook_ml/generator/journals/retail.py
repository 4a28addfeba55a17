"""Shops: the till's daily closing, card settlements, cash taken to the bank."""

from __future__ import annotations

import datetime as dt
from random import Random

from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.journals.common import MONTHLY_SEASON, vat
from wisebook_ml.generator.timeline import JOUR, Month, days_of
from wisebook_ml.generator.world import World

__all__ = ["opens_sunday", "simulate"]

DAY_TAKINGS_EUROS = 1_150
WEEKDAY = (0.7, 0.85, 1.0, 0.95, 1.25, 1.7, 0.9)
"""Takings by weekday, Monday to Sunday."""

CLOSED = ((1, 1), (5, 1), (12, 25))
"""Days on which every shop is closed."""

CARD_FEE = 0.0065
CASH_DEPOSIT_WEEKDAY = 1
"""Cash goes to the bank on Tuesdays."""


def opens_sunday(world: World) -> bool:
    """Whether the shops open on Sundays: those of a retailer do, the counter of a wholesaler does not."""
    return world.company.secteur == "COMMERCE"


def _till(world: World, rng: Random, day: dt.date, shop: int) -> int:
    """Post the closing of one till; return what came in by card."""
    c = world.chart
    season = MONTHLY_SEASON["COMMERCE"][day.month - 1]
    takings = DAY_TAKINGS_EUROS * WEEKDAY[day.weekday()] * season * rng.uniform(0.7, 1.35)
    normal, reduced = int(takings * 78), int(takings * 22 * rng.uniform(0.6, 1.3))
    tax_normal, tax_reduced = vat(normal, 200), vat(reduced, 55)
    ttc = normal + reduced + tax_normal + tax_reduced
    cash = int(ttc * rng.uniform(0.12, 0.3) / 5) * 5
    ref = f"Z{shop}-{day:%y%m%d}"
    lignes = [
        DraftLine(c["53"], cash),
        DraftLine(c["5115"], ttc - cash),
        DraftLine(c["707"], -normal),
        DraftLine(c["7071"], -reduced),
        DraftLine(c["445711"], -tax_normal),
        DraftLine(c["445713"], -tax_reduced),
    ]
    draft = Draft("CA", day, f"RECETTES MAGASIN {shop} Z {day:%d/%m/%Y}", lignes, "caisse", ref, day)
    world.by_robot(draft, "caisse.auto", day, Origine.AUTOMATIQUE)
    return ttc - cash


def _cards(world: World, day: dt.date, cents: int, shop: int) -> None:
    def plan(world: World, day: dt.date) -> None:
        c, fee = world.chart, round(cents * CARD_FEE)
        lignes = [DraftLine(c["5115"], -cents), DraftLine(c["627"], fee)]
        debit(world, day, f"REMISE CB MAGASIN {shop} {day:%d/%m}", lignes, "remise_cb")

    world.at(day + JOUR, plan)


def _deposit(world: World, rng: Random, day: dt.date, shop: int) -> None:
    c = world.chart
    cents = rng.randint(18, 60) * 5000 + 1000 * rng.randint(1, 4)
    lib = f"VERSEMENT ESPECES MAGASIN {shop} {day:%d/%m}"
    draft = Draft(
        "CA",
        day,
        lib,
        [DraftLine(c["58"], cents), DraftLine(c["53"], -cents)],
        "versement",
        f"V{shop}-{day:%y%m%d}",
        day,
    )
    world.by_robot(draft, "caisse.auto", day, Origine.AUTOMATIQUE)
    world.at(day + JOUR, lambda world, day: _credit(world, day, lib, cents))


def _credit(world: World, day: dt.date, lib: str, cents: int) -> None:
    debit(world, day, lib, [DraftLine(world.chart["58"], -cents)], "versement_banque")


def simulate(world: World, month: Month) -> None:
    """Post the tills of a month, weekends included for those that open then."""
    rng = world.rng(f"retail:{month.index}")
    for day in days_of(month):
        if (day.month, day.day) in CLOSED or (day.weekday() == 6 and not opens_sunday(world)):
            continue
        for shop in range(1, world.company.magasins + 1):
            _cards(world, day, _till(world, rng, day, shop), shop)
            if day.weekday() == CASH_DEPOSIT_WEEKDAY:
                _deposit(world, rng, day, shop)

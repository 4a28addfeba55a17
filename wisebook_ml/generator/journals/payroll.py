"""Payroll: the monthly entries and the payments of wages, contributions and withheld tax."""

from __future__ import annotations

import datetime as dt
from random import Random

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.timeline import JOUR, Month, add_months, next_business
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

GROSS_EUROS = 2_780
"""Mean gross wage a month."""

DEPARTMENT = 15
"""Employees per payroll entry: larger companies post one entry a department."""

YEAR_END_BONUS = 0.85
"""December bonus as a share of a monthly wage."""


def _entries(world: World, rng: Random, month: Month, part: int, people: int) -> tuple[int, int, int, int]:
    """Post wages and contributions of one department; return what is owed: net, URSSAF, pension, tax."""
    c = world.chart
    day, period = month.fin, f"{month.debut:%m/%Y}"
    suffix = "" if world.company.effectif <= DEPARTMENT else f" SERVICE {part + 1}"
    gross = sum(int(GROSS_EUROS * 100 * rng.uniform(0.75, 1.6)) for _ in range(people))
    bonus = int(gross * YEAR_END_BONUS) if month.debut.month == 12 else 0
    brut = gross + bonus
    social, pension, tax = int(brut * 0.128), int(brut * 0.094), int(brut * 0.047)
    net = brut - social - pension - tax
    lignes = [DraftLine(c["641"], gross)]
    if bonus:
        lignes.append(DraftLine(c["6413"], bonus))
    lignes += [
        DraftLine(c["431"], -social),
        DraftLine(c["437"], -pension),
        DraftLine(c["4421"], -tax),
        DraftLine(c["421"], -net),
    ]
    # Wages are typed once the month is over: payroll closes on the first days of the next one.
    ref = f"PAIE{month.debut:%y%m}{part + 1:02d}"
    world.typed(Draft("PA", day, f"SALAIRES {period}{suffix}", lignes, "paie", ref, day), "paie", rng.randint(1, 3))
    employer, complement = int(brut * 0.298), int(brut * 0.066)
    lignes = [
        DraftLine(c["645"], employer),
        DraftLine(c["6453"], complement),
        DraftLine(c["431"], -employer),
        DraftLine(c["437"], -complement),
    ]
    lib = f"CHARGES PATRONALES {period}{suffix}"
    world.typed(Draft("PA", day, lib, lignes, "paie_charges", ref + "C", day), "paie", rng.randint(1, 3))
    return net, social + employer, pension + complement, tax


def _plan(world: World, day: dt.date, lib: str, code: str, cents: int, nature: str) -> None:
    world.at(day, lambda world, day: _ignore(debit(world, day, lib, [DraftLine(world.chart[code], cents)], nature)))


def _ignore(_: Draft) -> None:
    return None


def _advances(world: World, rng: Random, month: Month) -> None:
    """Plan the advances on wages: round amounts asked for by hand, and netted later by payroll."""
    for _ in range(1 + world.company.effectif // 12):
        day = month.debut + JOUR * rng.randint(9, 16)
        cents = rng.choice((300, 400, 500, 600, 800)) * 100
        _plan(
            world, day, f"ACOMPTE SALAIRE {month.debut:%m/%Y} SALARIE {rng.randint(1, 99):02d}", "425", cents, "acompte"
        )


def simulate(world: World, month: Month) -> None:
    """Post the payroll of a month and plan its payments."""
    rng = world.rng(f"payroll:{month.index}")
    people, part = world.company.effectif, 0
    net = social = pension = tax = 0
    while people > 0:
        owed = _entries(world, rng, month, part, min(people, DEPARTMENT))
        net, social, pension, tax = net + owed[0], social + owed[1], pension + owed[2], tax + owed[3]
        people, part = people - DEPARTMENT, part + 1
    period = f"{month.debut:%m/%Y}"
    following = add_months(month.debut, 1)
    _advances(world, rng, month)
    _plan(world, next_business(following + JOUR), f"VIR SEPA SALAIRES {period}", "421", net, "virement_salaires")
    _plan(world, following + JOUR * 14, f"PRLV URSSAF {period}", "431", social, "cotisations")
    _plan(world, following + JOUR * 24, f"PRLV RETRAITE PREVOYANCE {period}", "437", pension, "cotisations")
    _plan(world, following + JOUR * 14, f"PRLV DGFIP PAS {period}", "4421", tax, "cotisations")

"""The opening entry of a fiscal year (à-nouveaux)."""

from __future__ import annotations

from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.timeline import Month, next_business
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

FIRST_BALANCE = (
    ("2154", 84_300), ("2182", 41_900), ("2183", 17_260), ("2184", 8_150), ("205", 6_400), ("275", 3_000),
    ("28154", -46_210), ("28182", -22_480), ("28183", -9_870), ("28184", -3_260), ("2805", -2_930),
    ("37", 61_740), ("5121", 96_312), ("5122", 24_118), ("164", -61_350), ("101", -50_000), ("1061", -5_000),
    ("431", -9_420), ("437", -3_105), ("44551", -6_812),
)  # fmt: skip
"""Balances in euros at the start of the ledger, for a company of ten people; the rest is earnings kept."""

OPENING_EUROS_PER_PARTY = 640


def _first(world: World, month: Month) -> list[DraftLine]:
    c, rng = world.chart, world.rng("opening")
    scale = 1 + world.company.effectif / 10
    lignes = [DraftLine(c[code], int(euros * scale) * 100 + rng.randint(1, 98)) for code, euros in FIRST_BALANCE]
    for book, compte, sign in ((world.company.clients, "411", 1), (world.company.fournisseurs, "401", -1)):
        for tiers in book.tous:
            if tiers.depuis < month.debut and rng.random() < 0.35:
                cents = sign * world.amount(rng, OPENING_EUROS_PER_PARTY, 0.8)
                lignes.append(DraftLine(c[compte], cents, aux=tiers.aux, aux_lib=tiers.nom))
    return lignes


def _carried(world: World) -> list[DraftLine]:
    """Return the balance sheet of the year that ended; classes 6 and 7 end in the result."""
    lignes = []
    for (compte, aux), cents in sorted(world.soldes.items()):
        if compte[0] in "12345" and cents and not compte.startswith("12"):
            lignes.append(DraftLine(compte, cents, aux=aux))
    return lignes


def simulate(world: World, month: Month) -> None:
    """Open a fiscal year in its first month."""
    if not month.ouvre_exercice:
        return
    c = world.chart
    lignes = _first(world, month) if month.index == 0 else _carried(world)
    rest = -sum(ligne.montant for ligne in lignes)
    code = "110" if month.index == 0 else ("120" if rest < 0 else "129")
    if rest:
        lignes.append(DraftLine(c[code], rest))
    world.soldes.clear()
    draft = Draft("AN", month.debut, f"A NOUVEAUX {month.debut:%d/%m/%Y}", lignes, "a_nouveaux", "AN", month.debut)
    world.by_robot(draft, "cloture.auto", next_business(month.debut), Origine.AUTOMATIQUE)

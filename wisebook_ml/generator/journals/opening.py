"""The opening entry of a fiscal year (à-nouveaux)."""

from __future__ import annotations

from random import Random

from schemas.codes import CodeMotif
from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.timeline import JOUR, Month, is_business, next_business
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


ON_A_HOLIDAY = Label(
    code=CodeMotif.JOUR_NON_OUVRE,
    variante="ouverture",
    jumeau=True,
    cas="base-ouverture",
    commentaire="Les à-nouveaux portent le premier jour de l'exercice, férié ou non.",
)


AFTER_CLOSING = Label(
    code=CodeMotif.ANTIDATEE,
    variante="a_nouveaux_apres_cloture",
    jumeau=True,
    cas="base-a-nouveaux",
    commentaire="Les à-nouveaux se génèrent à la clôture, des semaines après leur date.",
)

CLOSING_DAYS = 74
"""Days after the year's start at which the year before is closed and its balances are carried."""


def _opening(rng: Random, code: str, euros: float) -> int:
    """Return a balance in cents; capital and its legal reserve are whole thousands."""
    if code.startswith("10"):
        return round(euros / 1000) * 100_000
    return int(euros) * 100 + rng.randint(1, 98)


def _first(world: World, month: Month) -> list[DraftLine]:
    c, rng = world.chart, world.rng("opening")
    scale = 1 + world.company.effectif / 10
    lignes = [DraftLine(c[code], _opening(rng, code, euros * scale)) for code, euros in FIRST_BALANCE]
    for book, compte, sign in ((world.company.clients, "411", 1), (world.company.fournisseurs, "401", -1)):
        for tiers in book.tous:
            if tiers.depuis < month.debut and rng.random() < 0.35:
                cents = sign * world.amount(rng, OPENING_EUROS_PER_PARTY, 0.8)
                lignes.append(DraftLine(c[compte], cents, aux=tiers.aux, aux_lib=tiers.nom))
    return lignes


def _carried(world: World) -> list[DraftLine]:
    """Return the balance sheet of the year that ended; classes 6 and 7 end in the result."""
    company, lignes = world.company, []
    names = {one.aux: one.nom for book in (company.clients, company.fournisseurs) for one in book.tous}
    names |= {one.aux: one.nom for one in company.contrats}
    for (compte, aux), cents in sorted(world.soldes.items()):
        if compte.startswith("12") and cents:
            lignes.append(DraftLine(world.chart["110"], cents, lib="AFFECTATION DU RESULTAT"))
        elif compte[0] in "12345" and cents:
            lignes.append(DraftLine(compte, cents, aux=aux, aux_lib=names.get(aux, "")))
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
    if not is_business(draft.jour):
        world.tag(draft, ON_A_HOLIDAY)
    # Later years open when the accounts of the year before are closed.
    typed = next_business(month.debut if month.index == 0 else month.debut + JOUR * CLOSING_DAYS)
    if month.index:
        world.tag(draft, AFTER_CLOSING)
    world.by_robot(draft, "cloture.auto", typed, Origine.AUTOMATIQUE)

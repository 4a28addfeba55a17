"""The monthly VAT return (CA3) and its payment, instalments of the corporate tax."""

from __future__ import annotations

import datetime as dt

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.timeline import JOUR, Month
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

DECLARED = ("44562", "44566", "445662", "4452", "445711", "445712", "445713", "445714")
"""VAT accounts that the return empties."""

INSTALMENT_MONTHS = (2, 5, 8, 11)
"""Planned the month before the instalment falls due (15 March, June, September, December)."""
INSTALMENT_EUROS = 2_375


def _return(world: World, month: Month) -> None:
    c = world.chart
    rng = world.rng(f"taxes:{month.index}")
    moved = world.declare_vat(month)
    lignes = [DraftLine(c[code], -moved[c[code]]) for code in DECLARED if moved.get(c[code])]
    carried = world.soldes.get((c["44567"], ""), 0)
    if carried > 0:
        lignes.append(DraftLine(c["44567"], -carried))
    due = -sum(ligne.montant for ligne in lignes)
    if not lignes:
        return
    # The return is in whole euros; the cents go to sundry income or charges.
    whole = round(due / 100) * 100
    lignes.append(DraftLine(c["44551"] if whole < 0 else c["44567"], whole))
    if due != whole:
        gap = due - whole
        lignes.append(DraftLine(c["658"] if gap > 0 else c["758"], gap))
    lignes = [ligne for ligne in lignes if ligne.montant]
    period = f"{month.debut:%m/%Y}"
    draft = Draft("OD", month.fin, f"TVA CA3 {period}", lignes, "tva", f"CA3{month.debut:%y%m}", month.fin)
    world.typed(draft, "od", 13 + rng.randint(0, 4))
    if whole < 0:

        def pay(world: World, day: dt.date) -> None:
            debit(world, day, f"PRLV DGFIP TVA {period}", [DraftLine(c["44551"], -whole)], "paiement_tva")

        world.at(month.fin + JOUR * 21, pay)


def simulate(world: World, month: Month) -> None:
    """Post the VAT return of a month and, in its turn, plan an instalment of the corporate tax."""
    _return(world, month)
    if month.debut.month in INSTALMENT_MONTHS:
        cents = INSTALMENT_EUROS * 100 * (1 + world.company.effectif // 6)

        def pay(world: World, day: dt.date) -> None:
            lib = f"PRLV DGFIP ACOMPTE IS {day:%m/%Y}"
            debit(world, day, lib, [DraftLine(world.chart["444"], cents)], "acompte_is")

        # Planned in the month before it falls due, for the bank runs before this flow.
        world.at(month.fin + JOUR * 15, pay)

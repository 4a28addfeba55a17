"""Expense notes of employees and their reimbursement."""

from __future__ import annotations

import datetime as dt

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.journals.common import daily_counts, vat
from wisebook_ml.generator.timeline import JOUR, Month
from wisebook_ml.generator.world import World

__all__ = ["simulate"]


def simulate(world: World, month: Month) -> None:
    """Post the expense notes of a month; each is reimbursed a week or two later."""
    rng = world.rng(f"expenses:{month.index}")
    c, company = world.chart, world.company
    employees = [f"{auteur.nom.upper()}" for auteur in company.auteurs]
    for day, count in daily_counts(rng, month, company.volumes.notes, company.secteur):
        for _ in range(count):
            who = employees[int(rng.random() * len(employees))]
            meals, travel = world.amount(rng, 42, 0.5), world.amount(rng, 75, 0.6)
            tax = vat(meals, 100)
            ref = f"NDF{day.year % 100}{world.piece('ndf'):05d}"
            lignes = [DraftLine(c["6257"], meals), DraftLine(c["6251"], travel), DraftLine(c["44566"], tax)]
            total = meals + travel + tax
            lignes.append(DraftLine(c["421"], -total))
            lib = f"NOTE DE FRAIS {who} {month.debut:%m/%Y}"
            world.typed(Draft("NF", day, lib, lignes, "note_frais", ref, day), "notes", rng.randint(1, 5))

            def pay(world: World, day: dt.date, lib: str = f"VIR {ref} {who}", total: int = total) -> None:
                debit(world, day, lib, [DraftLine(world.chart["421"], total)], "remboursement")

            world.at(day + JOUR * rng.randint(6, 14), pay)

"""What comes every month: contracts paid by direct debit, and the bank loan."""

from __future__ import annotations

import datetime as dt
from random import Random

from schemas.codes import CodeMotif
from schemas.enums import Origine
from wisebook_ml.generator.company import Contract
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.bank import debit
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.timeline import JOUR, Month, next_business
from wisebook_ml.generator.world import OpenItem, World

__all__ = ["contract_invoice", "simulate"]

VARIABLE = {"energie": 0.18, "telephone": 0.06, "maintenance": 0.0}
"""Contracts whose amount varies with use, and by how much."""

LOAN_RATE_PER_MONTH = 0.0031
LOAN_INSTALMENT_EUROS = 1_350


def contract_invoice(world: World, rng: Random, month: Month, contract: Contract) -> Draft:
    """Return the invoice of a contract for a month."""
    c = world.chart
    day = next_business(dt.date(month.debut.year, month.debut.month, contract.jour))
    spread = VARIABLE.get(contract.genre.removesuffix("_2"), 0.0)
    base = int(contract.montant * rng.uniform(1 - spread, 1 + spread))
    tax = vat(base, contract.taux)
    # Numbered by contract: two of one supplier are two invoices.
    ref = f"{contract.lib[:3]}{world.company.contrats.index(contract) + 1:02d}{month.debut:%y%m}"
    lignes = [DraftLine(c[contract.compte], base)]
    if tax:
        lignes.append(DraftLine(c["44566"], tax))
    echeance = day + JOUR * 5
    lignes.append(
        DraftLine(
            c["401"], -(base + tax), aux=contract.aux, aux_lib=contract.nom, echeance=echeance, iban=contract.iban
        )
    )
    lib = f"{contract.lib} {month.debut:%m/%Y} {contract.nom}"
    return Draft("HA", day, lib, lignes, f"contrat:{contract.genre}", ref, day)


def _pay(world: World, draft: Draft, contract: Contract) -> None:
    if contract.tiers is None:
        return
    supplier = draft.lignes[-1]
    # Two equal contracts are debited on one day, a fee below a limit is paid so: the payment looks odd too.
    look = contract.jumeau
    draft.suite = look if look and look.code in (CodeMotif.DOUBLON, CodeMotif.SOUS_SEUIL) else None
    world.due[next_business(draft.jour + JOUR * 5)].append(
        OpenItem(draft, contract.tiers, supplier.montant, "PRLV", supplier.compte)
    )


def _loan(world: World, month: Month) -> None:
    day = dt.date(month.debut.year, month.debut.month, 5)

    def plan(world: World, day: dt.date) -> None:
        c = world.chart
        left = max(60_000_00 - month.index * 1_000_00, 5_000_00)
        interest = int(left * LOAN_RATE_PER_MONTH)
        capital = LOAN_INSTALMENT_EUROS * 100 - interest
        lib = f"ECHEANCE PRET 00418 {day:%m/%Y}"
        debit(world, day, lib, [DraftLine(c["164"], capital), DraftLine(c["6611"], interest)], "emprunt")

    if ("emprunt", month.index) not in world.absences:
        world.at(day, plan)


def simulate(world: World, month: Month) -> None:
    """Post the contracts of a month and plan their debits."""
    rng = world.rng(f"recurring:{month.index}")
    _loan(world, month)
    for contract in world.company.contrats:
        if (contract.genre, month.index) in world.absences or (contract.fin and month.debut > contract.fin):
            continue
        if contract.depuis > month.fin:
            continue
        draft = contract_invoice(world, rng, month, contract)
        if contract.avance:
            world.by_robot(draft, "abonnements.auto", draft.jour - JOUR * contract.avance, Origine.AUTOMATIQUE)
        else:
            world.typed(draft, "achats", 1 + rng.randint(0, 4))
        if contract.jumeau is not None:
            world.tag(draft, contract.jumeau)
        _pay(world, draft, contract)

"""End of month and end of year: depreciation, accruals and their reversal, stock, provisions, income tax."""

from __future__ import annotations

from random import Random

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.labels import Label
from wisebook_ml.generator.timeline import JOUR, Month
from wisebook_ml.generator.world import World

__all__ = ["simulate"]

DEPRECIATION = (("28154", 410), ("28182", 365), ("28183", 148), ("28184", 52), ("2805", 90))
YEAR_END_LAG_DAYS = (24, 58)
"""The year's closing entries are dated its last day and typed when the accountant comes, weeks later."""


def _depreciation(world: World, month: Month) -> None:
    c = world.chart
    scale = 1 + world.company.effectif / 10
    parts = [(code, int(euros * scale) * 100 + 33) for code, euros in DEPRECIATION]
    lignes = [DraftLine(c["68112"], sum(cents for _, cents in parts))]
    lignes += [DraftLine(c[code], -cents) for code, cents in parts]
    lib = f"DOTATION AMORTISSEMENTS {month.debut:%m/%Y}"
    ref = f"AMO{month.debut:%y%m}"
    world.typed(Draft("OD", month.fin, lib, lignes, "amortissement", ref, month.fin), "od", 3)


def _accruals(world: World, rng: Random, month: Month) -> None:
    """Post invoices not yet received at month end, and take them back on the first of the next month."""
    c = world.chart
    for k, (compte, euros, lib) in enumerate((("6061", 640, "ELECTRICITE"), ("6226", 900, "HONORAIRES"))):
        if k == 1 and month.debut.month % 3:
            continue
        base = world.amount(rng, euros, 0.3)
        tax = vat(base, 200)
        period, ref = f"{month.debut:%m/%Y}", f"FNP{month.debut:%y%m}{k + 1}"
        lignes = [DraftLine(c[compte], base), DraftLine(c["44586"], tax), DraftLine(c["4081"], -(base + tax))]
        accrual = Draft("OD", month.fin, f"FNP {lib} {period}", lignes, "accrual", ref, month.fin)
        world.typed(accrual, "od", 4)
        if month is world.months[-1]:
            continue  # taken back in a month beyond the ledger
        back = accrual.copy()
        for ligne in back.lignes:
            ligne.montant = -ligne.montant
        back.jour = month.fin + JOUR
        back.rename(f"EXTOURNE FNP {lib} {period}")
        back.nature, back.piece_date = "extourne", back.jour
        world.typed(back, "od", 4)
        label = Label(
            code=CodeMotif.EXTOURNE_RAPIDE,
            variante="regularisation_fin_de_mois",
            jumeau=True,
            cas=f"base-extourne-{ref}",
            commentaire="Extourne attendue d'une facture non parvenue, le premier jour du mois suivant.",
        )
        world.tag(back, label, accrual)


def _year_end(world: World, rng: Random, month: Month) -> None:
    c, day = world.chart, month.fin
    year = month.exercice_fin.year
    scale = 100 * (1 + world.company.effectif / 4)
    stock = int(rng.uniform(-9_000, 12_000) * scale / 3) or 100
    prepaid, doubtful, dispute = (int(rng.uniform(700, 2_900) * scale / 2) for _ in range(3))
    tax = int(rng.uniform(9_000, 21_000) * scale / 2)
    entries = (
        ("VARIATION DE STOCK", "37", "6037", stock),
        ("CHARGES CONSTATEES D'AVANCE", "486", "616", prepaid),
        ("DEPRECIATION CLIENTS DOUTEUX", "6817", "491", doubtful),
        ("PROVISION LITIGE", "6815", "1511", dispute),
        ("IMPOT SUR LES BENEFICES", "695", "444", tax),
        ("CET A PAYER", "63511", "4486", int(prepaid * 1.7)),
        ("FACTURES A ETABLIR", "4181", "706" if world.company.compte_ventes == "706" else "707", prepaid * 2),
    )
    for k, (lib, debit, credit, cents) in enumerate(entries):
        lignes = [DraftLine(c[debit], cents), DraftLine(c[credit], -cents)]
        draft = Draft("IN", day, f"{lib} {year}", lignes, "cloture", f"INV{year}{k + 1:02d}", day)
        world.typed(draft, "cloture", rng.randint(*YEAR_END_LAG_DAYS))


def simulate(world: World, month: Month) -> None:
    """Close a month, and a year with its last month."""
    rng = world.rng(f"closing:{month.index}")
    _depreciation(world, month)
    _accruals(world, rng, month)
    if month.clot_exercice:
        _year_end(world, rng, month)

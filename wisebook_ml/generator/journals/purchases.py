"""Invoices from suppliers: domestic, intra-EU with reverse charge, imports in foreign currency, credit notes."""

from __future__ import annotations

import datetime as dt
from random import Random

from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import daily_counts, vat
from wisebook_ml.generator.parties import Tiers
from wisebook_ml.generator.timeline import JOUR, Month, next_business
from wisebook_ml.generator.world import OpenItem, World

__all__ = ["RATES", "invoice", "simulate"]

RATES: dict[str, float] = {"USD": 1.085, "GBP": 0.855, "CHF": 0.955}
"""Currency units per euro, around which the daily rate moves by a percent."""

CREDIT_NOTE_RATE = 0.01
CREDIT_NOTE_MIN_DAYS = 12
SECOND_ACCOUNT_RATE = 0.4
"""Invoices with shipping charged beside the goods."""


def supplier_ref(rng: Random, tiers: Tiers, day: dt.date) -> str:
    """Return the supplier's own invoice number, in the style of that supplier."""
    tiers.factures += 1
    style = int(tiers.aux[-2:]) % 4 if tiers.aux[-2:].isdigit() else 0
    number = tiers.factures * (3 + style) + len(tiers.nom) * 37
    return (
        f"{day.year % 100}{day.month:02d}-{number:04d}",
        f"FC{number:06d}",
        f"{number + 41200}",
        f"INV-{day.year}-{number:05d}",
    )[style]


def invoice(world: World, rng: Random, day: dt.date, tiers: Tiers, ht: int | None = None) -> Draft:
    """Return a purchase invoice as its kind of supplier writes it.

    `ht` asks for an amount before tax; it is met but for some cents when that supplier has just had it.
    """
    genre, c = tiers.genre, world.chart
    if genre is None:
        raise ValueError(f"{tiers.aux} is not a supplier")
    while True:
        base = ht if ht is not None else world.amount(rng, genre.median * tiers.facteur, genre.sigma)
        port = 0
        if ht is None and genre.compte == "607" and rng.random() < SECOND_ACCOUNT_RATE and tiers.taux == 200:
            port = world.amount(rng, 24, 0.4)
        tax = vat(base + port, max(tiers.taux, 0))
        ttc = base + port + tax
        if ht is not None and world.fresh(tiers.aux, ttc, day):
            break
        if ht is None and ttc % 5000 and not world.below_limit(ttc) and world.fresh(tiers.aux, ttc, day):
            break
        if ht is not None:
            ht -= 37
    ref = supplier_ref(rng, tiers, day)
    due = day + JOUR * tiers.delai
    supplier = DraftLine(c["401"], -ttc, aux=tiers.aux, aux_lib=tiers.nom, echeance=due, iban=tiers.iban)
    charge = DraftLine(c[genre.compte], base)
    if tiers.devise:
        rate = RATES[tiers.devise] * rng.uniform(0.99, 1.01)
        foreign = (f"{ttc / 100 * rate:.2f}", tiers.devise)
        supplier.devise = charge.devise = foreign
    lignes = [charge]
    if port:
        lignes.append(DraftLine(c["6241"], port))
    if tax:
        lignes.append(DraftLine(c["44566"], tax))
    lignes.append(supplier)
    if tiers.zone != "FR":
        # The buyer owes the tax and deducts it at once: intra-EU acquisitions, and imports since 2022.
        own = vat(base, 200)
        lignes += [DraftLine(c["445662"], own), DraftLine(c["4452"], -own)]
    return Draft("HA", day, f"{genre.lib} {tiers.nom} {ref}", lignes, "achat", ref, day)


def credit_note(world: World, rng: Random, day: dt.date, source: Draft) -> Draft | None:
    """Return a supplier's credit note over a part of an invoice with one charge and one VAT line."""
    charge, supplier = source.lignes[0], source.tiers
    if supplier is None or len(source.lignes) != 3:
        return None
    base = int(charge.montant * rng.uniform(0.1, 0.5))
    tax = vat(base, 200)
    if vat(charge.montant, 200) != source.lignes[1].montant or base < 100:
        return None
    ref = f"AV{source.piece}"
    lignes = [
        DraftLine(supplier.compte, base + tax, aux=supplier.aux, aux_lib=supplier.aux_lib, iban=supplier.iban),
        DraftLine(charge.compte, -base),
        DraftLine(source.lignes[1].compte, -tax),
    ]
    if not world.fresh(supplier.aux, -(base + tax), day):
        return None
    return Draft("HA", day, f"AVOIR {supplier.aux_lib} {ref}", lignes, "avoir_fournisseur", ref, day)


def schedule_payment(world: World, draft: Draft, tiers: Tiers) -> None:
    """Decide when the company pays: on the due date, transfers in the weekly run of Thursdays."""
    supplier = draft.tiers
    if supplier is None:
        return
    day = draft.jour + JOUR * tiers.delai
    if tiers.mode == "VIR":
        day += JOUR * ((3 - day.weekday()) % 7)
    elif tiers.mode == "CB":
        day = draft.jour + JOUR * 2
    world.due[next_business(day)].append(OpenItem(draft, tiers, supplier.montant, tiers.mode, supplier.compte))


def enter(world: World, rng: Random, draft: Draft) -> Draft:
    """Enter a purchase document, by hand some days after its date or by import."""
    if rng.random() < world.company.volumes.part_achats_manuels:
        return world.typed(draft, "achats", 1 + int(rng.triangular(0, 9, 2)))
    return world.by_robot(draft, "import.factures", draft.jour + JOUR * rng.randint(1, 3))


def simulate(world: World, month: Month) -> None:
    """Post the purchase invoices of a month."""
    rng = world.rng(f"purchases:{month.index}")
    suppliers = world.company.fournisseurs
    earlier: list[Draft] = []
    for day, count in daily_counts(rng, month, world.company.volumes.achats, world.company.secteur):
        newcomers = [one for one in suppliers.actifs if one.factures == 0 and month.debut <= one.depuis <= day]
        for i in range(count):
            tiers = newcomers.pop() if newcomers and i % 2 == 0 else suppliers.draw(rng, day)
            draft = enter(world, rng, invoice(world, rng, day, tiers))
            schedule_payment(world, draft, tiers)
            earlier.append(draft)
            if rng.random() < CREDIT_NOTE_RATE * 2:
                source = earlier[int(rng.random() * len(earlier))]
                if (day - source.jour).days >= CREDIT_NOTE_MIN_DAYS:
                    note = credit_note(world, rng, day, source)
                    if note is not None:
                        enter(world, rng, note)

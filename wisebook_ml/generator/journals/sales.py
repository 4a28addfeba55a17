"""Invoices to customers and credit notes."""

from __future__ import annotations

import datetime as dt
from random import Random

from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import COLLECTED, daily_counts, vat
from wisebook_ml.generator.parties import Tiers
from wisebook_ml.generator.timeline import JOUR, Month, next_business
from wisebook_ml.generator.world import OpenItem, World

__all__ = ["invoice", "simulate"]

CREDIT_NOTE_RATE = 0.012
"""Credit notes per invoice: returns, price corrections."""

CREDIT_NOTE_MIN_DAYS = 12
"""The base ledger credits no invoice sooner: a quick full reversal is what `EXTOURNE_RAPIDE` is about."""

UNPAID_RATE = 0.02
LATE_RATE = 0.25
SHIPPING_RATE = 0.5
SECOND_PRODUCT_RATE = 0.45


def piece(world: World, prefix: str, day: dt.date, series: str) -> str:
    """Return the next invoice number in the company's style."""
    text = world.company.numero_piece.format(an=day.year, an2=day.year % 100, n=world.piece(f"{series}{day.year}"))
    return prefix + text[1:] if prefix != "F" else text


def invoice(world: World, rng: Random, day: dt.date, client: Tiers, ht: int | None = None) -> Draft:
    """Return a sales invoice: the customer, one or two products, perhaps shipping, and VAT where due."""
    company, c = world.company, world.chart
    while True:
        bases: dict[str, int] = {}
        cents = ht if ht is not None else world.amount(rng, company.prix_median * client.facteur, 0.75)
        if client.zone == "FR":
            taux = client.taux
            bases["7071" if taux in (55, 21) and company.compte_ventes == "707" else company.compte_ventes] = cents
            if ht is None and rng.random() < SECOND_PRODUCT_RATE and taux == 200:
                bases["706" if company.compte_ventes == "707" else "707"] = world.amount(rng, 120, 0.6)
        else:
            taux = 0
            bases["7072" if client.zone == "UE" else "7073"] = cents
        if ht is None and rng.random() < SHIPPING_RATE and taux in (0, 200):
            bases["7085"] = world.amount(rng, 18, 0.3)
        base = sum(bases.values())
        tax = vat(base, taux)
        if (base + tax) % 5000 and world.fresh(client.aux, base + tax, day):
            break
        if ht is not None:
            ht += 37
    ttc = base + tax
    client.factures += 1
    due = day + JOUR * client.delai
    ref = piece(world, "F", day, "F")
    lignes = [DraftLine(c["411"], ttc, aux=client.aux, aux_lib=client.nom, echeance=due)]
    lignes += [DraftLine(c[code], -montant) for code, montant in bases.items()]
    if tax:
        lignes.append(DraftLine(c[COLLECTED[taux]], -tax))
    return Draft("VE", day, f"FACT {ref} {client.nom}", lignes, "vente", ref, day)


def credit_note(world: World, rng: Random, day: dt.date, source: Draft) -> Draft | None:
    """Return a credit note over a part of an earlier invoice."""
    part = rng.uniform(0.1, 0.6)
    ref = piece(world, "A", day, "A")
    tiers = source.lignes[0]
    bases = [ligne for ligne in source.lignes if ligne.compte.startswith("70")]
    taxes = [ligne for ligne in source.lignes if ligne.compte.startswith("445")]
    base = int(-bases[0].montant * part)
    tax = 0
    if taxes:
        taux = next(rate for rate, code in COLLECTED.items() if world.chart[code] == taxes[0].compte)
        tax = vat(base, taux)
    if base <= 0 or not world.fresh(tiers.aux, -(base + tax), day):
        return None
    lignes = [DraftLine(tiers.compte, -(base + tax), aux=tiers.aux, aux_lib=tiers.aux_lib)]
    lignes.append(DraftLine(bases[0].compte, base))
    if tax:
        lignes.append(DraftLine(taxes[0].compte, tax))
    return Draft("VE", day, f"AVOIR {ref} S/ {source.piece} {tiers.aux_lib}", lignes, "avoir", ref, day)


def schedule_payment(world: World, rng: Random, draft: Draft, client: Tiers) -> None:
    """Decide when the customer pays, if ever."""
    if rng.random() < UNPAID_RATE:
        return
    day = draft.jour + JOUR * client.delai
    if rng.random() < LATE_RATE:
        day += JOUR * int(rng.expovariate(1 / 12))
    day = next_business(day + JOUR)
    ligne = draft.lignes[0]
    world.due[day].append(OpenItem(draft, client, ligne.montant, client.mode, ligne.compte))


def enter(world: World, rng: Random, draft: Draft) -> Draft:
    """Enter a sales document, by hand or from the invoicing program in the evening."""
    if rng.random() < world.company.volumes.part_ventes_manuelles:
        return world.typed(draft, "ventes", rng.choice((0, 0, 0, 1, 1, 2)))
    return world.by_robot(draft, "facturation.auto", draft.jour, Origine.AUTOMATIQUE)


def simulate(world: World, month: Month) -> None:
    """Post the invoices and credit notes of a month."""
    rng = world.rng(f"sales:{month.index}")
    clients = world.company.clients
    earlier = [draft for draft in world.drafts if draft.nature == "vente"]
    for day, count in daily_counts(rng, month, world.company.volumes.ventes, world.company.secteur):
        newcomers = [
            one for one in clients.actifs if one.factures == 0 and one.depuis <= day and one.depuis >= month.debut
        ]
        for i in range(count):
            client = newcomers.pop() if newcomers and i % 3 == 0 else clients.draw(rng, day)
            draft = enter(world, rng, invoice(world, rng, day, client))
            schedule_payment(world, rng, draft, client)
            earlier.append(draft)
            if rng.random() < CREDIT_NOTE_RATE:
                source = earlier[int(rng.random() * len(earlier))]
                if (day - source.jour).days >= CREDIT_NOTE_MIN_DAYS:
                    note = credit_note(world, rng, day, source)
                    if note is not None:
                        enter(world, rng, note)

"""The bank: payments in and out with their lettering, fees, transfers between accounts, planned debits."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from random import Random

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.timeline import JOUR, Month, days_of, is_business, next_business
from wisebook_ml.generator.world import OpenItem, World

__all__ = ["debit", "post", "simulate"]

BATCH_MAX = 12
"""Transfers per SEPA order; a longer run is split."""

RECEIPT_MAX = 3
"""Invoices a customer pays with one transfer."""

SECOND_BANK_RATE = 0.15
TRANSFER_SHARE = 0.7
"""Share of the second account's balance that goes to the main one each month, in whole thousands of euros:
treasury is moved by hand."""


def post(world: World, draft: Draft) -> Draft:
    """Enter a line of the bank statement: imported in the night after the next business day's statement."""
    return world.by_robot(draft, "import.banque", next_business(draft.jour + JOUR))


def debit(world: World, day: dt.date, lib: str, lignes: list[DraftLine], nature: str, banque: str = "5121") -> Draft:
    """Post a movement of the bank account that balances the given lines."""
    total = sum(ligne.montant for ligne in lignes)
    journal = "BQ" if banque == "5121" else "BS"
    # The second bank's statements carry no reference: a journal without pieces, by habit.
    ref = f"RLV{day:%y%m%d}" if journal == "BQ" else ""
    lines = [*lignes, DraftLine(world.chart[banque], -total)]
    return post(world, Draft(journal, day, lib, lines, nature, ref, day if ref else None))


def _receipt(world: World, rng: Random, day: dt.date, items: list[OpenItem]) -> None:
    client = items[0].tiers
    total = sum(item.du for item in items)
    second = rng.random() < SECOND_BANK_RATE
    word = {"VIR": "VIR SEPA", "CHQ": "REMISE CHQ", "CB": "PAIEMENT CB"}[client.mode]
    refs = items[0].draft.piece if len(items) == 1 else f"{items[0].draft.piece}+{len(items) - 1}"
    ligne = DraftLine(items[0].compte, -total, aux=client.aux, aux_lib=client.nom)
    banque = "5122" if second else "5121"
    draft = debit(world, day, f"{word} {client.nom} {refs}", [ligne], "reglement_client", banque)
    world.letter(rng, items, draft, ligne)
    if len(items) == 1 and items[0].draft.suite is not None:
        world.tag(draft, items[0].draft.suite)


def _payment(world: World, rng: Random, day: dt.date, items: list[OpenItem]) -> None:
    lignes = [
        DraftLine(item.compte, -item.du, aux=item.tiers.aux, aux_lib=item.tiers.nom, iban=item.tiers.iban)
        for item in items
    ]
    if len(items) == 1:
        tiers = items[0].tiers
        word = {"VIR": "VIR SEPA", "PRLV": "PRLV SEPA", "CHQ": "CHQ", "CB": "CB"}[items[0].mode]
        lib = f"{word} {tiers.nom} {items[0].draft.piece}"
    else:
        lib = f"VIR SEPA LOT {day:%d%m} {len(items)} FOURNISSEURS"
    extra: list[DraftLine] = []
    if len(items) == 1 and items[0].tiers.devise:
        # Paid at another day's rate: the difference is a gain or a loss, the supplier's account is settled.
        gap = int(-items[0].du * rng.uniform(-0.015, 0.015))
        if gap:
            extra = [DraftLine(world.chart["666" if gap > 0 else "766"], gap)]
        lignes[0].devise = next((one.devise for one in items[0].draft.lignes if one.devise), None)
    draft = debit(world, day, lib, lignes + extra, "reglement_fournisseur")
    for item, ligne in zip(items, lignes, strict=True):
        # An amount disappears in the sum of a batch, bank details do not.
        suite = item.draft.suite
        if suite is not None and (len(items) == 1 or suite.code is CodeMotif.IBAN_PARTAGE):
            world.tag(draft, suite)
        world.letter(rng, [item], draft, ligne)


def _settle(world: World, rng: Random, day: dt.date) -> None:
    receipts: dict[str, list[OpenItem]] = defaultdict(list)
    runs: list[OpenItem] = []
    for item in world.due.pop(day, []):
        item.draft.soldee = True
        if item.draft.impayee:
            continue
        if item.draft.reelle:
            item.du = sum(x.montant for x in item.draft.lignes if (x.compte, x.aux) == (item.compte, item.tiers.aux))
        item.du -= item.draft.acompte
        if item.du > 0:
            receipts[item.tiers.aux].append(item)
        elif item.mode == "VIR" and not item.tiers.devise:
            runs.append(item)
        else:
            _payment(world, rng, day, [item])
    for items in receipts.values():
        for i in range(0, len(items), RECEIPT_MAX):
            _receipt(world, rng, day, items[i : i + RECEIPT_MAX])
    size = max(1, min(BATCH_MAX, len(runs) // 3 + 1))
    for i in range(0, len(runs), size):
        _payment(world, rng, day, runs[i : i + size])


def _fees(world: World, rng: Random, month: Month) -> None:
    c, day = world.chart, next_business(month.debut + JOUR * 2)
    for banque, euros in (("5121", 48), ("5122", 21)):
        base = euros * 100 + rng.randint(0, 900)
        tax = vat(base, 200)
        lignes = [DraftLine(c["627"], base), DraftLine(c["44566"], tax)]
        debit(world, day, f"COMMISSIONS BANCAIRES {month.debut:%m/%Y}", lignes, "frais_bancaires", banque)


def _card_spending(world: World, rng: Random, days: list[dt.date]) -> None:
    """Post card payments; shops and motorways are open on weekends, and these are dated so by habit."""
    c = world.chart
    expected = world.company.volumes.divers_banque
    for _ in range(int(expected + rng.random())):
        day = rng.choice(days)
        compte, taux, euros, lib = rng.choice(
            (
                ("6257", 100, 34, "CB RESTAURANT"),
                ("6251", 100, 88, "CB HOTEL"),
                ("6251", 200, 17, "CB PEAGE AUTOROUTE"),
                ("6063", 200, 41, "CB BRICOLAGE"),
                ("6261", 0, 12, "CB LA POSTE"),
            )
        )
        base = world.amount(rng, euros, 0.4)
        lignes = [DraftLine(c[compte], base)]
        if taux:
            lignes.append(DraftLine(c["44566"], vat(base, taux)))
        debit(world, day, f"{lib} {day:%d/%m} CARTE {rng.randint(1, 4)}", lignes, "carte")


def _transfer(world: World, rng: Random, day: dt.date) -> None:
    c = world.chart
    thousands = int(world.soldes[c["5122"], ""] * TRANSFER_SHARE * rng.uniform(0.8, 1.1) / 100_000)
    if thousands < 1:
        return
    cents = thousands * 100_000
    lib = f"VIR INTERNE {day:%d%m%Y}"
    debit(world, day, lib, [DraftLine(c["58"], cents)], "virement_interne", "5122")
    debit(world, day, lib, [DraftLine(c["58"], -cents)], "virement_interne")


def simulate(world: World, month: Month) -> None:
    """Post the bank statements of a month."""
    rng = world.rng(f"bank:{month.index}")
    days = days_of(month)
    _card_spending(world, rng, days)
    _fees(world, rng, month)
    transfer_days = {next_business(month.debut + JOUR * 14)}
    for day in days:
        if not is_business(day):
            continue
        for plan in world.plans(day):
            plan(world, day)
        _settle(world, rng, day)
        if day in transfer_days:
            _transfer(world, rng, day)

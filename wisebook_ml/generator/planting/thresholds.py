"""SOUS_SEUIL: amounts that stay just below the limit above which somebody else must sign."""

from __future__ import annotations

import datetime as dt

from schemas.codes import CodeMotif
from wisebook_ml.generator.company import Contract
from wisebook_ml.generator.journals import purchases
from wisebook_ml.generator.parties import Tiers
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, shift

__all__: list[str] = []

CODE = CodeMotif.SOUS_SEUIL

SHARE = (0.955, 0.998)
"""How close below the limit: near enough to be large, far enough not to be the limit."""


APART = 62
"""Days without another purchase near a limit, after which one stands alone."""


def _supplier(site: Site, *, alone: bool = False) -> Tiers | None:
    """Return a supplier of ordinary goods or services at the normal rate, who has been there for a while.

    `alone`: one who was not paid close to a limit of late.
    """
    until = site.month.fin - JOUR * APART
    kinds = ("604", "611", "6155", "607", "6226", "6231")
    for _ in range(60):
        tiers = site.company.fournisseurs.draw(site.rng, site.month.debut)
        if alone and tiers.limite > until:
            continue
        if tiers.genre and tiers.genre.compte in kinds and tiers.taux == 200 and tiers.factures > 2:
            return tiers
    return None


def _below(site: Site, limit: int) -> int:
    """Return an amount before tax that with it lies just below a limit."""
    return round(limit * 100 * site.rng.uniform(*SHARE) / 1.2)


def _split(site: Site, case: Case, *, count: int, step: int, comment: str) -> bool:
    tiers = _supplier(site)
    if tiers is None or tiers.genre is None:
        return False
    limit = site.rng.choice(site.company.seuils)
    day = shift(site.month.debut, site.rng.randint(2, 6))
    auteur = site.world.clock.who("achats", day)
    tiers.limite = site.month.fin
    for _ in range(count):
        draft = purchases.invoice(site.world, site.rng, day, tiers, _below(site, limit))
        site.world.typed(draft, auteur, site.rng.randint(1, 4))
        purchases.schedule_payment(site.world, draft, tiers)
        draft.suite = case.record(f"Règlement de {draft.piece}.")
        case.label(draft, comment.format(limit=limit))
        day = shift(day + JOUR, step - 1) if step else day
    return True


@anomaly(CODE, "commande_fractionnee", habitude=True, poids=3)
def split_order(site: Site, case: Case) -> bool:
    """Split one order into invoices of one day, each below the limit."""
    return _split(
        site, case, count=site.rng.randint(2, 4), step=0, comment="Commande fractionnée sous le seuil de {limit} €."
    )


@anomaly(CODE, "serie_sous_le_seuil", habitude=True, poids=4)
def series(site: Site, case: Case) -> bool:
    """Bill just below the limit again and again, through one supplier and one author."""
    return _split(
        site, case, count=site.rng.randint(3, 5), step=3, comment="Série de factures juste sous le seuil de {limit} €."
    )


@twin(CODE, "forfait_mensuel", avant=True)
def flat_fee(site: Site, case: Case) -> bool:
    """Agree on a monthly fee that happens to lie below the limit: the same every month, with its contract."""
    if any(one.genre.startswith("forfait") for one in site.company.contrats):
        return False
    tiers = _supplier(site)
    if tiers is None or tiers.genre is None:
        return False
    base = round(4_860_00 / 1.2) + site.rng.randint(0, 9_000)
    tiers.limite = dt.date.max
    site.company.contrats.append(
        Contract(
            "forfait", tiers.aux, tiers.nom, tiers.genre.compte, base, 200, 17, "FORFAIT CONTRAT", tiers.iban,
            depuis=site.month.debut,
            tiers=tiers,
            jumeau=case.record("Forfait contractuel mensuel, identique chaque mois, sous le seuil par hasard."),
        )
    )  # fmt: skip
    return True


@twin(CODE, "avec_bon_de_commande")
def with_order(site: Site, case: Case) -> bool:
    """Place one approved order whose sum is near the limit; its number is on the entry."""
    tiers = _supplier(site, alone=True)
    if tiers is None:
        return False
    tiers.limite = site.month.fin
    day = shift(site.month.debut, site.rng.randint(3, 12))
    base = _below(site, site.rng.choice(site.company.seuils))
    draft = purchases.invoice(site.world, site.rng, day, tiers, base)
    draft.rename(f"{draft.lib} BC{day:%y}-{site.rng.randint(100, 999)} VISA DIRECTION")
    site.world.typed(draft, "achats", site.rng.randint(1, 4))
    purchases.schedule_payment(site.world, draft, tiers)
    draft.suite = case.record(f"Règlement de {draft.piece}.")
    case.label(draft, "Achat isolé proche du seuil, avec bon de commande visé.")
    return True

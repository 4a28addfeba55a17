"""BENFORD: a run of invented amounts on one account."""

from __future__ import annotations

from random import Random

from schemas.codes import CodeMotif
from schemas.enums import TypeObjet
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.purchases import invoice
from wisebook_ml.generator.journals.sales import invoice as sale
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import days_of, is_business

__all__: list[str] = []

CODE = CodeMotif.BENFORD

SHARE_OF_MONTH = 0.045
"""Size of a run, as a share of the month's entries."""

RUN_MIN, RUN_MAX = 12, 90

HUMAN_PAIRS = (37, 38, 47, 48, 53, 57, 58, 63, 64, 67, 68, 73, 74, 76, 78, 83, 84, 86, 87, 93, 94, 96)
"""First digits of numbers that people make up: they avoid ones, zeros and repetitions."""


def _size(site: Site) -> int:
    return max(RUN_MIN, min(RUN_MAX, int(len(site.world.drafts) * SHARE_OF_MONTH)))


def _invented(rng: Random) -> int:
    cents = rng.choice(HUMAN_PAIRS) * 10 ** rng.choice((2, 2, 3)) + rng.randint(11, 99)
    return cents if cents % 100 else cents + 37


@anomaly(CODE, "notes_de_frais_inventees", habitude=True, poids=40)
def invented_notes(site: Site, case: Case) -> bool:
    """Hand in expense notes whose amounts nobody ever paid, all on one account."""
    c, rng = site.chart, site.rng
    count = _size(site)
    who = rng.choice(site.company.auteurs).nom.upper()
    open_days = [day for day in days_of(site.month) if is_business(day)]
    for day in sorted(rng.choices(open_days, k=count)):
        cents = _invented(rng)
        ref = f"NDF{day.year % 100}{site.world.piece('ndf'):05d}"
        lignes = [DraftLine(c["6251"], cents), DraftLine(c["421"], -cents)]
        lib = f"NOTE DE FRAIS {who} {day:%m/%Y}"
        draft = Draft("NF", day, lib, lignes, "note_frais_inventee", ref, day)
        site.world.typed(draft, "notes", rng.randint(1, 5))
        _label(case, draft, c["6251"], "Montant inventé : les premiers chiffres de la série le trahissent.")
    return True


@anomaly(CODE, "factures_inventees", habitude=True, poids=40)
def invented_invoices(site: Site, case: Case) -> bool:
    """Make up invoices of small suppliers on one account of charges."""
    c, rng = site.chart, site.rng
    suppliers = [
        one
        for one in site.company.fournisseurs.actifs
        if one.genre
        and one.genre.code in ("petit_equipement", "entretien", "publicite")
        and one.depuis <= site.month.debut
    ]
    if not suppliers:
        return False
    num = c[rng.choice(("6063", "6155", "6231"))]
    open_days = [day for day in days_of(site.month) if is_business(day)]
    for day in sorted(rng.choices(open_days, k=_size(site))):
        draft = invoice(site.world, rng, day, rng.choice(suppliers), _invented(rng))
        draft.lignes[0].compte = num
        site.world.typed(draft, "achats", rng.randint(1, 6))
        _label(case, draft, num, "Facture fictive : les premiers chiffres de la série le trahissent.")
    return True


@twin(CODE, "tarif_unique", poids=40)
def one_price(site: Site, case: Case) -> bool:
    """Sell at list price what the company sells every day: far from Benford's law, and right."""
    rng = site.rng
    prices = (390_00, 390_00, 390_00, 720_00, 45_00)
    clients, sold = site.company.clients, set[tuple[str, int]]()
    open_days = [day for day in days_of(site.month) if is_business(day)]
    for day in sorted(rng.choices(open_days, k=_size(site))):
        client, ht = clients.draw(rng, day), rng.choice(prices)
        if (client.aux, ht) in sold:
            continue
        sold.add((client.aux, ht))
        draft = sale(site.world, rng, day, client, ht)
        draft.rename(f"{draft.lib} TARIF CATALOGUE")
        site.world.typed(draft, "ventes", rng.randint(0, 2))
        _label(case, draft, draft.lignes[1].compte, "Prix de catalogue : la répartition des chiffres vient du tarif.")
    return True


def _label(case: Case, draft: Draft, compte: str, comment: str) -> None:
    case.label(draft, comment, objet_type=TypeObjet.COMPTE, objet_id=compte)

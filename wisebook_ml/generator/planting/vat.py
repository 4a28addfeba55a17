"""TVA_TAUX and TVA_SANS_BASE: tax that does not follow from what it is charged on."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, next_business

__all__: list[str] = []

RATE, NO_BASE = CodeMotif.TVA_TAUX, CodeMotif.TVA_SANS_BASE

FOREIGN_RATES = (0.21, 0.19, 0.23, 0.25, 0.22)
"""Rates of neighbouring countries: a Spanish hotel, a German supplier, entered as French tax."""

DEDUCTIBLE_FUEL = 0.8
"""Share of the VAT on fuel for company cars that may be deducted; the rest is part of the charge."""


def _plain(site: Site) -> Draft | None:
    """Return an invoice of one base and one tax line at the normal rate."""
    return site.pick(
        "achat",
        free=True,
        where=lambda d: (
            len(d.lignes) == 3 and d.lignes[0].montant > 5_000 and vat(d.lignes[0].montant, 200) == d.lignes[1].montant
        ),
    )


def _split(draft: Draft, rate: float) -> None:
    """Divide the same total into base and tax at another rate."""
    total = draft.lignes[0].montant + draft.lignes[1].montant
    base = round(total / (1 + rate))
    draft.lignes[0].montant, draft.lignes[1].montant = base, total - base


@anomaly(RATE, "taux_etranger")
def foreign(site: Site, case: Case) -> bool:
    """Deduct foreign tax as if it were French."""
    draft = _plain(site)
    if draft is None:
        return False
    rate = site.rng.choice(FOREIGN_RATES)
    _split(draft, rate)
    case.label(draft, f"TVA étrangère à {rate:.0%} déduite comme de la TVA française.")
    return True


@anomaly(RATE, "tva_sur_ttc")
def on_gross(site: Site, case: Case) -> bool:
    """Compute the tax on the total including tax."""
    draft = _plain(site)
    if draft is None:
        return False
    total = draft.lignes[0].montant + draft.lignes[1].montant
    draft.lignes[1].montant = vat(total, 200)
    draft.lignes[0].montant = total - draft.lignes[1].montant
    case.label(draft, "TVA calculée sur le montant TTC.")
    return True


@anomaly(RATE, "montant_de_tva_mal_saisi")
def mistyped(site: Site, case: Case) -> bool:
    """Get the tax wrong by a slip; the base takes the difference."""
    draft = _plain(site)
    if draft is None:
        return False
    _split(draft, site.rng.choice((0.03, 0.08, 0.12, 0.145, 0.16, 0.172, 0.185, 0.28)))
    case.label(draft, "Le montant de TVA ne correspond à aucun taux légal.")
    return True


@anomaly(RATE, "vente_sous_taxee")
def undertaxed_sale(site: Site, case: Case) -> bool:
    """Collect less tax than the sale owes."""
    draft = site.pick("vente", free=True, where=lambda d: len(d.lignes) == 3 and d.lignes[2].montant < -2_000)
    if draft is None:
        return False
    shift = round(-draft.lignes[2].montant * site.rng.uniform(0.12, 0.45))
    draft.lignes[2].montant += shift
    draft.lignes[1].montant -= shift
    case.label(draft, "TVA collectée inférieure à celle de la vente.")
    return True


@twin(RATE, "carburant_80")
def fuel(site: Site, case: Case) -> bool:
    """Deduct four fifths of the tax on fuel, as the law wants it for cars; the charge carries the rest."""
    num = site.chart["60614"]
    draft = site.pick("achat", free=True, where=lambda d: d.lignes[0].compte == num and len(d.lignes) == 3)
    if draft is None:
        return False
    tax = draft.lignes[1].montant
    kept = round(tax * DEDUCTIBLE_FUEL)
    draft.lignes[1].montant = kept
    draft.lignes[0].montant += tax - kept
    draft.rename(f"{draft.lib} TVA 80%")
    case.label(draft, "Carburant de véhicule de tourisme : TVA déductible à 80 %.")
    return True


@twin(RATE, "taux_mixtes")
def mixed(site: Site, case: Case) -> bool:
    """Add a line at another legal rate or without tax: each base has its own tax line."""
    draft = _plain(site)
    supplier = draft.tiers if draft else None
    if draft is None or supplier is None:
        return False
    base = max(500, draft.lignes[0].montant // 4)
    rate = site.rng.choice((100, 55, 0))
    tax = vat(base, rate)
    draft.lignes.insert(1, DraftLine(draft.lignes[0].compte, base))
    if tax:
        draft.lignes.insert(3, DraftLine(site.chart["44566"], tax))
    supplier.montant -= base + tax
    draft.reelle = True
    case.label(draft, "Facture à plusieurs taux, chacun sur sa propre base.")
    return True


@anomaly(NO_BASE, "tout_en_tva")
def all_tax(site: Site, case: Case) -> bool:
    """Book the whole invoice to the tax account."""
    draft = _plain(site)
    if draft is None:
        return False
    draft.lignes[0].compte = draft.lignes[1].compte
    draft.lignes[0].montant += draft.lignes[1].montant
    del draft.lignes[1]
    case.label(draft, "Facture entière portée en TVA déductible.")
    return True


@anomaly(NO_BASE, "base_en_attente")
def parked_base(site: Site, case: Case) -> bool:
    """Deduct the tax and leave the base in the suspense account."""
    draft = _plain(site)
    if draft is None:
        return False
    draft.lignes[0].compte = site.chart["471"]
    case.label(draft, "TVA déduite alors que la charge reste en compte d'attente.")
    return True


@anomaly(NO_BASE, "tva_contre_tresorerie")
def tax_against_cash(site: Site, case: Case) -> bool:
    """Book tax straight against the bank, with no purchase behind it."""
    draft = site.pick("carte", where=lambda d: len(d.lignes) == 3)
    if draft is None:
        return False
    draft.lignes[0].compte = site.chart["44566"]
    draft.lignes[0].montant += draft.lignes[1].montant
    del draft.lignes[1]
    case.label(draft, "TVA déductible directement contre la banque, sans charge.")
    return True


@twin(NO_BASE, "declaration_ca3")
def vat_return(site: Site, case: Case) -> bool:
    """Point at the monthly return, which moves nothing but tax accounts."""
    draft = site.pick("tva")
    if draft is None:
        return False
    case.label(draft, "Centralisation de la CA3 : que des comptes de TVA, comme chaque mois.")
    return True


@twin(NO_BASE, "autoliquidation_importation")
def import_tax(site: Site, case: Case) -> bool:
    """Self-assess the tax on an import: due and deductible at once, the base is in the purchase entry."""
    day = next_business(site.month.debut + JOUR * site.rng.randint(8, 20))
    tax = site.world.amount(site.rng, 410, 0.5)
    lignes = [DraftLine(site.chart["44566"], tax), DraftLine(site.chart["4452"], -tax)]
    ref = f"DAU{day:%y%m}{site.world.piece('dau'):03d}"
    draft = Draft("OD", day, f"TVA IMPORT AUTOLIQUIDEE {ref}", lignes, "tva_import", ref, day)
    site.world.typed(draft, "od", 2)
    case.label(draft, "TVA à l'importation autoliquidée : due et déductible du même montant.")
    return True

"""MONTANT_INHABITUEL and MONTANT_ROND: amounts that do not belong where they are."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.journals.common import vat
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin

__all__ = ["scale"]

UNUSUAL, ROUND = CodeMotif.MONTANT_INHABITUEL, CodeMotif.MONTANT_ROND

SMALL_PURCHASES = ("6064", "6261", "6257", "60614", "6241", "6242", "6063", "6251")
"""Charges that a bookkeeper knows to be small."""


def scale(draft: Draft, factor: float) -> None:
    """Multiply every line of a balanced entry; the tax stays that of its base, the third party takes the rest."""
    taxes = [x for x in draft.lignes if x.compte.startswith("445")]
    taux = _rate(draft) if len(taxes) == 1 else None
    for ligne in draft.lignes:
        ligne.montant = round(ligne.montant * factor)
    if taux is not None:
        taxes[0].montant = vat(sum(x.montant for x in draft.lignes if x.compte[0] in "67"), taux)
    rest = draft.solde
    if rest:
        (draft.tiers or draft.lignes[0]).montant -= rest


def _rate(draft: Draft) -> int | None:
    """Return the legal rate at which all of an entry's charges or sales are taxed, in tenths of a percent."""
    base = sum(x.montant for x in draft.lignes if x.compte[0] in "67")
    tax = sum(x.montant for x in draft.lignes if x.compte.startswith("445"))
    return next((taux for taux in (200, 100, 55, 21) if abs(vat(base, taux) - tax) <= 1), None)


def _retax(draft: Draft, base: int) -> bool:
    """Give a one-base entry a new base; VAT follows at the same rate."""
    bases = [x for x in draft.lignes if x.compte[0] in "67"]
    taxes = [x for x in draft.lignes if x.compte.startswith("445")]
    tiers = draft.tiers
    if len(bases) != 1 or len(taxes) > 1 or tiers is None:
        return False
    line = bases[0]
    sign = 1 if line.montant > 0 else -1
    if taxes:
        taux = round(taxes[0].montant / line.montant * 1000)
        taxes[0].montant = sign * vat(base, taux)
    line.montant = sign * base
    draft.reelle = True
    tiers.montant = 0
    tiers.montant = -draft.solde
    return True


def _small(site: Site) -> Draft | None:
    comptes = {site.chart[code] for code in SMALL_PURCHASES}
    return site.pick("achat", free=True, where=lambda d: d.lignes[0].compte in comptes and len(d.lignes) == 3)


@anomaly(UNUSUAL, "virgule_decalee_x10", habitude=True)
def shifted_by_ten(site: Site, case: Case) -> bool:
    """Misplace the decimal point by one digit."""
    draft = site.pick("achat", "vente", free=True, where=lambda d: d.total > 80_000)
    if draft is None:
        return False
    scale(draft, 10)
    case.label(draft, "Virgule décalée d'un rang : dix fois le montant de la pièce.")
    return True


@anomaly(UNUSUAL, "virgule_decalee_x100", habitude=True)
def shifted_by_hundred(site: Site, case: Case) -> bool:
    """Leave out the decimal point altogether."""
    draft = site.pick("achat", "note_frais", "vente", free=True, where=lambda d: d.total > 5_000)
    if draft is None:
        return False
    scale(draft, 100)
    case.label(draft, "Virgule oubliée : cent fois le montant de la pièce.")
    return True


@anomaly(UNUSUAL, "huit_fois_l_usage", habitude=True)
def several_times(site: Site, case: Case) -> bool:
    """Bill a small everyday purchase at a multiple of what that account is used to."""
    draft = _small(site)
    if draft is None:
        return False
    factor = site.rng.uniform(6, 18) * max(1.0, 20_000 / draft.lignes[0].montant)
    scale(draft, factor)
    draft.reelle = True
    draft.suite = case.record(f"Règlement de {draft.piece}.")
    case.label(draft, "Montant sans rapport avec les habitudes du compte et du fournisseur.")
    return True


@anomaly(UNUSUAL, "note_de_frais_demesuree", habitude=True)
def huge_expenses(site: Site, case: Case) -> bool:
    """Hand in an expense note of thousands of euros."""
    draft = site.pick("note_frais", "carte", where=lambda d: not d.lettree)
    if draft is None:
        return False
    scale(draft, site.rng.uniform(15, 40))
    case.label(draft, "Frais de représentation sans commune mesure avec les autres.")
    return True


@twin(UNUSUAL, "immobilisation")
def investment(site: Site, case: Case) -> bool:
    """Point at a large purchase booked where it belongs: class 2, a piece, a known supplier."""
    draft = site.pick("immobilisation")
    if draft is None:
        return False
    case.label(draft, "Investissement en classe 2, avec pièce, chez un fournisseur connu.")
    return True


@twin(UNUSUAL, "prime_de_fin_d_annee")
def bonus(site: Site, case: Case) -> bool:
    """Point at the December payroll with its bonus."""
    draft = site.pick("paie", where=lambda d: d.jour.month == 12)
    if draft is None:
        return False
    case.label(draft, "Paie de décembre avec la prime annuelle.")
    return True


@twin(UNUSUAL, "gros_client")
def big_customer(site: Site, case: Case) -> bool:
    """Point at the largest invoice of a customer who always buys big."""
    candidates = [d for d in site.all("vente") if not d.touche]
    if not candidates:
        return False
    draft = max(candidates, key=lambda d: d.total)
    case.label(draft, "Client dont les commandes sont habituellement importantes, facture du cycle normal.")
    return True


@anomaly(ROUND, "facture_ronde", habitude=True)
def round_purchase(site: Site, case: Case) -> bool:
    """Bill a purchase at exactly so many thousand euros before or after tax."""
    draft = site.pick("achat", free=True, where=lambda d: d.lignes[0].montant > 30_000 and len(d.lignes) == 3)
    if draft is None:
        return False
    euros = site.rng.choice((1_500, 2_000, 2_500, 3_000, 4_000, 6_000, 7_000, 12_000))
    # Round before tax, or including tax at the normal rate: then 5/6 of it is the base.
    base = round(euros * 100 / 1.2) if site.rng.random() < 0.4 else euros * 100
    if not _retax(draft, base):
        return False
    draft.suite = case.record(f"Règlement de {draft.piece}.")
    case.label(draft, "Montant rond sur un compte où les montants ne le sont pas.")
    return True


@anomaly(ROUND, "od_ronde", habitude=True)
def round_journal(site: Site, case: Case) -> bool:
    """Book invented expenses: an expense note of exactly a thousand euros or so."""
    draft = site.pick("note_frais", where=lambda d: len(d.lignes) == 4)
    if draft is None:
        return False
    euros = site.rng.choice((1_000, 1_500, 2_000, 3_000))
    draft.lignes[1].montant += euros * 100 - draft.total
    if draft.lignes[1].montant <= 0:
        return False
    draft.lignes[3].montant = -euros * 100
    case.label(draft, "Note de frais d'un total rond, sans vraisemblance.")
    return True


@anomaly(ROUND, "vente_ronde", habitude=True)
def round_sale(site: Site, case: Case) -> bool:
    """Invoice a customer a sum that no price list gives."""
    draft = site.pick("vente", free=True, where=lambda d: len(d.lignes) == 3)
    if draft is None or not _retax(draft, site.rng.choice((5, 8, 10, 15, 20)) * 100_000):
        return False
    draft.suite = case.record(f"Règlement de {draft.piece}.")
    case.label(draft, "Vente d'un montant rond de plusieurs milliers d'euros, hors tarif.")
    return True


@twin(ROUND, "loyer_rond")
def rent(site: Site, case: Case) -> bool:
    """Point at the rent, a round sum every month."""
    draft = site.pick("contrat:loyer", "contrat:comptable")
    if draft is None:
        return False
    case.label(draft, "Montant convenu au contrat, le même chaque mois.")
    return True


@twin(ROUND, "acompte_salaire")
def advance(site: Site, case: Case) -> bool:
    """Point at an advance on wages, always a round sum."""
    draft = site.pick("acompte")
    if draft is None:
        return False
    case.label(draft, "Acompte sur salaire, toujours demandé en chiffres ronds.")
    return True


@twin(ROUND, "virement_interne")
def own_transfer(site: Site, case: Case) -> bool:
    """Point at a transfer between the company's own accounts."""
    draft = site.pick("virement_interne")
    if draft is None:
        return False
    case.label(draft, "Virement entre deux comptes de la société, par milliers ronds.")
    return True

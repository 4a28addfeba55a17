"""DOUBLON: the same document booked twice."""

from __future__ import annotations

import datetime as dt

from schemas.codes import CodeMotif
from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.planting.base import Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, shift

__all__: list[str] = []

CODE = CodeMotif.DOUBLON


def _again(site: Site, source: Draft, days: int) -> Draft:
    """Return a copy that somebody of the same job types some days after the original."""
    copy = source.copy()
    role = "ventes" if source.nature == "vente" else "achats"
    day = shift(source.saisie_le.date() + JOUR, days)
    copy.origine = Origine.MANUELLE
    copy.auteur = (who := site.world.clock.who(role, day)).login
    copy.saisie_le = site.world.clock.person(who, day)
    return copy


def _source(site: Site, *natures: str) -> Draft | None:
    return site.pick(*natures, where=lambda d: len(d.lignes) >= 3 and site.settled(d))


@anomaly(CODE, "piece_saisie_deux_fois")
def exact(site: Site, case: Case) -> bool:
    """Type the same invoice again, same piece and date, under a new number."""
    source = _source(site, "achat")
    if source is None:
        return False
    copy = _again(site, source, site.rng.randint(0, 9))
    site.world.post(copy)
    case.label(copy, f"Facture {copy.piece} déjà comptabilisée.", liee=source)
    return True


@anomaly(CODE, "meme_piece_autre_date")
def other_date(site: Site, case: Case) -> bool:
    """Book a reminder as if it were a new invoice: same piece and amount, another date."""
    source = _source(site, "achat")
    if source is None:
        return False
    copy = _again(site, source, site.rng.randint(3, 15))
    copy.jour = copy.piece_date = shift(source.jour + JOUR, site.rng.randint(1, 4))
    copy.jour = min(copy.jour, copy.saisie_le.date())
    site.world.post(copy)
    case.label(copy, f"Relance de la facture {copy.piece} comptabilisée comme une facture.", liee=source)
    return True


@anomaly(CODE, "sans_piece_deux_jours_apres")
def without_piece(site: Site, case: Case) -> bool:
    """Enter the same amount of the same supplier two days later, with no piece to compare."""
    source = _source(site, "achat", "vente")
    if source is None or not source.piece:
        return False
    copy = _again(site, source, 2)
    copy.jour = min(shift(source.jour + JOUR, 1), copy.saisie_le.date())
    copy.lib = source.lib.replace(f" {source.piece}", "")
    copy.piece, copy.piece_date = "", None
    site.world.post(copy)
    case.label(copy, "Même tiers et même montant deux jours plus tard, sans pièce.", liee=source)
    return True


def _slip(piece: str) -> str:
    """Return a number with its last two neighbours that differ swapped.

    Examples
    --------
    >>> _slip("F-1729"), _slip("F-1799")
    ('F-1792', 'F-1979')
    """
    at = next(k for k in range(len(piece) - 1, 0, -1) if piece[k] != piece[k - 1])
    return piece[: at - 1] + piece[at] + piece[at - 1] + piece[at + 1 :]


@anomaly(CODE, "numero_transpose")
def transposed_number(site: Site, case: Case) -> bool:
    """Get past the duplicate check by a slip in the invoice number."""
    source = site.pick("achat", where=lambda d: d.piece[-4:].isdigit() and len(set(d.piece[-4:])) > 1)
    if source is None:
        return False
    copy = _again(site, source, site.rng.randint(1, 12))
    copy.piece = _slip(copy.piece)
    copy.lib = source.lib.replace(source.piece, copy.piece)
    site.world.post(copy)
    case.label(copy, f"Facture {source.piece} ressaisie sous le numéro {copy.piece}.", liee=source)
    return True


@anomaly(CODE, "paiement_double")
def paid_twice(site: Site, case: Case) -> bool:
    """Pay a supplier twice: the second transfer finds nothing left to settle."""
    source = site.pick("reglement_fournisseur", where=lambda d: len(d.lignes) == 2 and site.settled(d))
    if source is None:
        return False
    copy = source.copy()
    copy.jour = copy.piece_date = shift(source.jour + JOUR, site.rng.randint(0, 5))
    copy.piece = f"RLV{copy.jour:%y%m%d}"
    copy.saisie_le = site.world.clock.robot("import.banque", shift(copy.jour + JOUR, 0))
    site.world.post(copy)
    case.label(copy, "Même facture réglée deux fois.", liee=source)
    return True


@twin(CODE, "livraisons_identiques")
def same_order_again(site: Site, case: Case) -> bool:
    """Deliver the same order again: another delivery, another invoice number in sequence, another due date."""
    source = site.pick("vente", where=lambda d: d.tiers is not None and site.settled(d))
    if source is None:
        return False
    copy = _again(site, source, 3)
    copy.jour = copy.piece_date = min(shift(source.jour + JOUR, 2), copy.saisie_le.date())
    number = site.world.piece(f"F{copy.jour.year}")
    copy.piece = site.company.numero_piece.format(an=copy.jour.year, an2=copy.jour.year % 100, n=number)
    copy.lib = source.lib.replace(source.piece, copy.piece)
    gap = copy.jour - source.jour
    for ligne in copy.lignes:
        if ligne.echeance:
            ligne.echeance += gap
    site.world.post(copy)
    case.label(copy, "Seconde livraison de la même commande, facture distincte.", liee=source)
    return True


@twin(CODE, "acomptes_identiques")
def instalments(site: Site, case: Case) -> bool:
    """Split an invoice into two equal instalments that the labels count."""
    source = site.pick("vente", free=True, where=lambda d: d.lignes[0].montant > 200_000)
    if source is None:
        return False
    copy = _again(site, source, 1)
    copy.jour = copy.piece_date = source.jour
    number = site.world.piece(f"F{copy.jour.year}")
    copy.piece = site.company.numero_piece.format(an=copy.jour.year, an2=copy.jour.year % 100, n=number)
    copy.lib = f"{source.lib.replace(source.piece, copy.piece)} ACOMPTE 2/2"
    source.lib = f"{source.lib} ACOMPTE 1/2"
    copy.saisie_le = max(copy.saisie_le, source.saisie_le + dt.timedelta(minutes=3))
    site.world.post(copy)
    case.label(copy, "Second de deux acomptes égaux, numérotés dans le libellé.", liee=source)
    return True

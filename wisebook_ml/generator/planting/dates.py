"""HORS_EXERCICE, ANTIDATEE, POSTDATEE and JOUR_NON_OUVRE: dates that cannot or should not be."""

from __future__ import annotations

import datetime as dt

from schemas.codes import CodeMotif
from schemas.enums import Origine
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.people import Clock
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR, is_business, next_business, shift

__all__: list[str] = []

OUTSIDE, BACK = CodeMotif.HORS_EXERCICE, CodeMotif.ANTIDATEE
FORWARD, CLOSED = CodeMotif.POSTDATEE, CodeMotif.JOUR_NON_OUVRE


def _by_hand(draft: Draft) -> bool:
    return draft.origine is Origine.MANUELLE


def _retype(site: Site, draft: Draft, day: dt.date) -> None:
    """Have the same person type the entry on another day."""
    auteur = next(one for one in site.company.auteurs if one.login == draft.auteur)
    draft.saisie_le = site.world.clock.person(auteur, day)


@anomaly(OUTSIDE, "annee_mal_saisie")
def wrong_year(site: Site, case: Case) -> bool:
    """Type last year's number, as one does in the first months, or a year to come."""
    draft = site.pick(*TYPED, where=lambda d: (d.jour.month, d.jour.day) != (2, 29) and d.jour.day < 29)
    if draft is None:
        return False
    years = -1 if site.month.index % 12 < 6 or site.rng.random() < 0.5 else site.rng.choice((1, 2, 10))
    draft.exercice = site.month.exercice
    draft.jour = draft.jour.replace(year=draft.jour.year + years)
    case.label(draft, f"Année mal saisie : {draft.jour:%d/%m/%Y} hors de l'exercice.")
    return True


@anomaly(OUTSIDE, "exercice_precedent")
def last_year(site: Site, case: Case) -> bool:
    """Date a document of the year before into the open year's books."""
    draft = site.pick("achat", "vente", where=_by_hand)
    if draft is None:
        return False
    draft.exercice = site.month.exercice
    draft.jour = site.month.exercice_debut - JOUR * site.rng.randint(1, 40)
    draft.piece_date = draft.jour
    case.label(draft, "Pièce de l'exercice précédent, datée hors de l'exercice ouvert.")
    return True


@twin(OUTSIDE, "inventaire_saisi_apres_cloture")
def closing_entry(site: Site, case: Case) -> bool:
    """Point at a closing entry typed in the next year and dated in the right one."""
    draft = site.pick("cloture")
    if draft is None:
        return False
    case.label(draft, "Écriture d'inventaire saisie l'année suivante, datée du dernier jour de l'exercice.")
    return True


@twin(OUTSIDE, "piece_de_l_exercice_precedent")
def older_piece(site: Site, case: Case) -> bool:
    """Receive last year's invoice in the first months: the piece is older, the entry's date is in the year."""
    if site.month.index % 12 > 3:
        return False
    draft = site.pick("achat", where=_by_hand)
    if draft is None:
        return False
    draft.piece_date = site.month.exercice_debut - JOUR * site.rng.randint(3, 30)
    case.label(draft, "Facture de l'exercice précédent reçue tard : la date comptable est dans l'exercice.")
    return True


@anomaly(BACK, "saisie_tardive", habitude=True)
def typed_late(site: Site, case: Case) -> bool:
    """Type an entry months after its date."""
    draft = site.pick("vente", "achat", "note_frais", where=_by_hand)
    if draft is None:
        return False
    _retype(site, draft, draft.jour + JOUR * site.rng.randint(55, 140))
    case.label(draft, "Saisie plusieurs mois après sa date, contre l'habitude du journal.")
    return True


@anomaly(BACK, "vente_ramenee_au_trimestre", habitude=True)
def pulled_into_quarter(site: Site, case: Case) -> bool:
    """Date a sale back into the quarter before, to dress its figures."""
    if site.month.debut.month % 3 != 1 or site.month.ouvre_exercice:
        return False
    draft = site.pick("vente", where=lambda d: _by_hand(d) and d.jour.day > 22)
    if draft is None:
        return False
    day = site.month.debut - JOUR
    while not is_business(day):
        day -= JOUR
    draft.jour = draft.piece_date = day
    case.label(draft, "Vente antidatée au dernier jour du trimestre précédent.")
    return True


@anomaly(BACK, "date_reculee", habitude=True)
def moved_back(site: Site, case: Case) -> bool:
    """Date an entry back by two months or more, within the year."""
    back = site.rng.randint(60, 120)
    draft = site.pick(
        "achat", "note_frais", where=lambda d: _by_hand(d) and d.jour - JOUR * back > site.month.exercice_debut
    )
    if draft is None:
        return False
    draft.jour = next_business(draft.jour - JOUR * back)
    case.label(draft, "Date comptable reculée de plus de deux mois par rapport à la saisie.")
    return True


@twin(BACK, "ecriture_d_inventaire")
def inventory(site: Site, case: Case) -> bool:
    """Point at a closing entry: this journal is always typed weeks after its date."""
    draft = site.pick("cloture")
    if draft is None:
        return False
    case.label(draft, "Le journal d'inventaire se saisit toujours des semaines après la clôture.")
    return True


@twin(BACK, "declaration_de_tva")
def vat_return(site: Site, case: Case) -> bool:
    """Point at the VAT return: dated the month's end, typed when it is due, every month."""
    draft = site.pick("tva")
    if draft is None:
        return False
    case.label(draft, "CA3 datée de la fin du mois et saisie à l'échéance, comme chaque mois.")
    return True


@anomaly(FORWARD, "date_future")
def dated_ahead(site: Site, case: Case) -> bool:
    """Date an entry weeks after the day it is typed."""
    ahead = site.rng.randint(12, 55)
    draft = site.pick(
        *TYPED,
        where=lambda d: _by_hand(d) and shift(d.saisie_le.date() + JOUR * ahead, 0) <= site.month.exercice_fin,
    )
    if draft is None:
        return False
    draft.jour = shift(draft.saisie_le.date() + JOUR * ahead, 0)
    case.label(draft, f"Datée {(draft.jour - draft.saisie_le.date()).days} jours après sa saisie.")
    return True


@anomaly(FORWARD, "mois_mal_saisi")
def wrong_month(site: Site, case: Case) -> bool:
    """Type the month after, or the one after that."""
    ahead = site.rng.choice((1, 2))
    if site.month.debut.month + ahead > 12:
        return False

    def later(draft: Draft) -> bool:
        day = draft.jour
        if day.day > 28 or not _by_hand(draft):
            return False
        moved = day.replace(month=day.month + ahead)
        return draft.saisie_le.date() < moved <= site.month.exercice_fin and is_business(moved)

    draft = site.pick(*TYPED, where=later)
    if draft is None:
        return False
    draft.jour = draft.jour.replace(month=draft.jour.month + ahead)
    case.label(draft, "Mois mal saisi : écriture postérieure à sa saisie.")
    return True


@anomaly(CLOSED, "date_un_dimanche", habitude=True)
def dated_on_sunday(site: Site, case: Case) -> bool:
    """Date an office entry on a weekend or holiday before it was typed."""
    draft = site.pick("vente", "achat", "note_frais", where=lambda d: _by_hand(d) and d.jour.day > 8)
    if draft is None:
        return False
    day = draft.jour
    while is_business(day):
        day -= JOUR
    draft.jour = draft.piece_date = day
    case.label(draft, f"Datée du {day:%d/%m/%Y}, jour non ouvré, contre l'habitude du journal.")
    return True


@anomaly(CLOSED, "saisie_un_dimanche", habitude=True)
def typed_on_sunday(site: Site, case: Case) -> bool:
    """Come in on a closed day and type an entry dated that day."""
    closed = [site.month.debut + JOUR * i for i in range(28) if not is_business(site.month.debut + JOUR * i)]
    day = site.rng.choice(closed)
    draft = site.pick("achat", "vente", where=lambda d: _by_hand(d) and d.jour <= day)
    if draft is None:
        return False
    draft.jour = day
    draft.saisie_le = Clock.moment(day, site.rng.randint(10 * 3600, 17 * 3600))
    case.label(draft, "Saisie et datée un jour où personne ne travaille.")
    return True


@twin(CLOSED, "caisse_du_dimanche")
def sunday_till(site: Site, case: Case) -> bool:
    """Point at a till that closes every weekend evening."""
    draft = site.pick("caisse", where=lambda d: not is_business(d.jour))
    if draft is None:
        return False
    case.label(draft, "Magasin ouvert le week-end : la caisse se clôt chaque jour d'ouverture.")
    return True


@twin(CLOSED, "carte_le_week_end")
def weekend_card(site: Site, case: Case) -> bool:
    """Point at a card payment on a weekend: that journal has them all the time."""
    draft = site.pick("carte", where=lambda d: not is_business(d.jour))
    if draft is None:
        return False
    case.label(draft, "Paiement par carte le week-end, habituel sur ce journal de banque.")
    return True


@twin(CLOSED, "fin_de_mois")
def month_end(site: Site, case: Case) -> bool:
    """Point at an entry that bears the last day of the month, whatever weekday it is."""
    if is_business(site.month.fin):
        return False
    draft = site.pick("amortissement", "tva", "accrual")
    if draft is None:
        return False
    case.label(draft, "Datée du dernier jour du mois, qui tombe un jour non ouvré.")
    return True

"""RUPTURE_NUMEROTATION: gaps, repetitions and disorder in the numbers of a journal."""

from __future__ import annotations

import datetime as dt

from schemas.codes import CodeMotif
from schemas.enums import Operation, TypeObjet
from wisebook_ml.generator.draft import Draft, Numbering
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin
from wisebook_ml.generator.publish import MONTHLY_NUMBERING

__all__: list[str] = []

CODE = CodeMotif.RUPTURE_NUMEROTATION


def _mark(site: Site, case: Case, numbering: Numbering, comment: str) -> bool:
    draft = site.pick(*TYPED, where=lambda d: d.numbering is None)
    if draft is None:
        return False
    draft.numbering = numbering
    case.label(draft, comment, objet_type=TypeObjet.JOURNAL, objet_id=draft.journal)
    return True


@anomaly(CODE, "trou")
def gap(site: Site, case: Case) -> bool:
    """Leave out one number or a few, as when entries were removed."""
    count = site.rng.choice((1, 1, 2, 3, 5, 12))
    return _mark(site, case, Numbering(saut=count), f"{count} numéro(s) manquant(s) avant cette écriture.")


@anomaly(CODE, "numero_repete")
def repeated(site: Site, case: Case) -> bool:
    """Use the journal's last number again."""
    return _mark(site, case, Numbering(repete=True), "Numéro déjà utilisé dans ce journal.")


@anomaly(CODE, "desordre")
def disorder(site: Site, case: Case) -> bool:
    """Take a number far ahead; the ones between are used afterwards."""
    ahead = site.rng.randint(4, 30)
    return _mark(site, case, Numbering(avance=ahead), f"Numéro pris {ahead} rangs trop tôt.")


@twin(CODE, "reprise_mensuelle")
def monthly_restart(site: Site, case: Case) -> bool:
    """Point at the first entry of a month in a journal that numbers by month."""
    journal = [draft for draft in site.world.drafts if draft.journal in MONTHLY_NUMBERING]
    if not journal or site.month.index == 0:
        return False
    draft = min(journal, key=lambda d: d.saisie_le)
    if draft.touche:
        return False
    case.label(draft, "Journal numéroté par mois : la numérotation reprend à 1 derrière son préfixe.")
    return True


@twin(CODE, "nouvel_exercice")
def new_year(site: Site, case: Case) -> bool:
    """Point at the first bank entry of a new fiscal year, which starts again at one."""
    if not site.month.ouvre_exercice or site.month.index == 0:
        return False
    journal = [draft for draft in site.world.drafts if draft.journal == "BQ" and not draft.touche]
    draft = min(journal, key=lambda d: d.saisie_le, default=None)
    if draft is None:
        return False
    case.label(draft, "Nouvel exercice : la numérotation du journal reprend à 1.")
    return True


@twin(CODE, "brouillard_supprime")
def draft_deleted(site: Site, case: Case) -> bool:
    """Delete a draft entry the same day, long before validation: its number stays unused, and the events say why."""
    source = site.pick("achat", "note_frais", free=True)
    if source is None:
        return False
    copy = source.copy()
    copy.lib = f"{source.lib} ERREUR DE DOSSIER"
    copy.piece = f"{source.piece}-X"
    copy.saisie_le = source.saisie_le + dt.timedelta(minutes=4)
    for ligne in copy.lignes:
        ligne.montant *= 3
    copy.sans_validation = True
    site.world.post(copy)

    def apply(_: Draft) -> None:
        return None

    label = case.record("Brouillard supprimé avant validation : le trou est expliqué par l'événement.")
    copy.touche = True
    site.revise(copy, copy.saisie_le + dt.timedelta(minutes=9), Operation.SUPPRESSION, apply, case.pending(label))
    return True

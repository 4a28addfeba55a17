"""MODIFIEE_APRES_VALIDATION and EXTOURNE_RAPIDE: what is undone after it was done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from schemas.codes import CodeMotif
from schemas.enums import Operation, Origine
from wisebook_ml.generator.draft import Draft
from wisebook_ml.generator.journals.sales import invoice, piece
from wisebook_ml.generator.planting.amounts import scale
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin
from wisebook_ml.generator.publish import validation_run
from wisebook_ml.generator.timeline import JOUR, is_business, shift

__all__: list[str] = []

CHANGED, REVERSED = CodeMotif.MODIFIEE_APRES_VALIDATION, CodeMotif.EXTOURNE_RAPIDE


def _validate(site: Site, draft: Draft) -> dt.datetime:
    """Plan the validation of a draft in the next run and return its time."""
    run = validation_run(draft.saisie_le, draft.jour)
    day = run.date()

    def apply(target: Draft) -> None:
        target.valid_date = day

    draft.sans_validation = draft.touche = True
    site.revise(draft, run, Operation.VALIDATION, apply)
    return run


def _after(site: Site, run: dt.datetime) -> dt.datetime:
    day = run.date() + JOUR * site.rng.randint(1, 40)
    return site.world.clock.person(site.world.clock.who("od", day), day)


def _tamper(
    site: Site, case: Case, draft: Draft, operation: Operation, apply: Callable[[Draft], None], comment: str
) -> bool:
    run = _validate(site, draft)
    site.revise(draft, _after(site, run), operation, apply, case.pending(case.record(comment)))
    return True


@anomaly(CHANGED, "montant_modifie", habitude=True)
def amount_changed(site: Site, case: Case) -> bool:
    """Change the amounts of an entry after its validation."""
    draft = site.pick(*TYPED, free=True, where=lambda d: not d.soldee)
    if draft is None:
        return False
    draft.impayee = True
    factor = site.rng.choice((0.5, 0.8, 1.1, 1.5))
    return _tamper(
        site, case, draft, Operation.MODIFICATION, lambda d: scale(d, factor), "Montants modifiés après validation."
    )


@anomaly(CHANGED, "compte_modifie", habitude=True)
def account_changed(site: Site, case: Case) -> bool:
    """Move a validated charge to another account."""
    draft = site.pick("achat", "note_frais")
    if draft is None:
        return False
    was = draft.lignes[0].compte
    num = site.chart["6063" if was == site.chart["6064"] else "6064"]

    def apply(target: Draft) -> None:
        target.lignes[0].compte = num

    return _tamper(site, case, draft, Operation.MODIFICATION, apply, f"Compte {was} remplacé après validation.")


@anomaly(CHANGED, "suppression", habitude=True)
def deleted(site: Site, case: Case) -> bool:
    """Delete a validated entry."""
    draft = site.pick("vente", "achat", "note_frais", free=True)
    if draft is None:
        return False
    draft.impayee = True
    return _tamper(site, case, draft, Operation.SUPPRESSION, lambda _: None, "Écriture supprimée après validation.")


@anomaly(CHANGED, "date_modifiee", habitude=True)
def date_changed(site: Site, case: Case) -> bool:
    """Move a validated entry to another day."""
    draft = site.pick("vente", "achat", where=lambda d: d.jour.day > 12)
    if draft is None:
        return False
    day = draft.jour - JOUR * site.rng.randint(5, 9)
    while not is_business(day):
        day -= JOUR

    def apply(target: Draft) -> None:
        target.jour = day

    return _tamper(site, case, draft, Operation.MODIFICATION, apply, "Date modifiée après validation.")


@twin(CHANGED, "lettrage_apres_validation")
def lettering_only(site: Site, case: Case) -> bool:
    """Point at a lettering that arrives after validation: it changes nothing that validation fixed."""
    for revision in site.world.revisions:
        draft = revision.draft
        if (
            revision.operation is Operation.MODIFICATION
            and revision.label is None
            and draft.valid_date is not None
            and not draft.touche
        ):
            draft.touche = True
            revision.label = case.pending(case.record("Seul le lettrage arrive après la validation."))
            return True
    return False


@twin(CHANGED, "corrigee_avant_validation")
def corrected_in_time(site: Site, case: Case) -> bool:
    """Complete a label before validation, which then follows: until then an entry is a draft.

    Not an account: the one that is corrected would have been wrong, and rightly told of, until then.
    """
    draft = site.pick("achat", where=lambda d: d.lignes[0].compte == site.chart["6063"])
    if draft is None:
        return False
    run = _validate(site, draft)
    lib = draft.lib
    draft.rename(lib.replace(f" {draft.piece}", ""))

    def apply(target: Draft) -> None:
        target.rename(lib)

    day = shift(draft.saisie_le.date() + JOUR, 1)
    moment = site.world.clock.person(site.world.clock.who("od", day), day)
    label = case.pending(case.record("Libellé complété avant la validation, qui suit normalement."))
    site.revise(draft, min(moment, run - dt.timedelta(hours=1)), Operation.MODIFICATION, apply, label)
    return True


def _reverse(site: Site, source: Draft, day: dt.date, lib: str, *, role: str = "od") -> Draft:
    """Post an entry that takes another back; somebody of a role types it, at a time when they are at work."""
    back = source.copy()
    for ligne in back.lignes:
        ligne.montant = -ligne.montant
        ligne.echeance = None
    back.jour = back.piece_date = day
    back.nature, back.origine = "contrepassation", Origine.MANUELLE
    back.rename(lib)
    after = max(day, source.saisie_le.date())
    who = site.world.clock.who(role, after)
    back.auteur, back.saisie_le = who.login, site.world.clock.person(who, after)
    if back.saisie_le <= source.saisie_le:
        back.saisie_le = source.saisie_le + dt.timedelta(minutes=20)
    return site.world.post(back)


@anomaly(REVERSED, "vente_de_fin_de_periode", habitude=True)
def window_dressing(site: Site, case: Case) -> bool:
    """Book a large sale on the last days of the month and take it back on the first of the next."""
    if site.month is site.world.months[-1]:
        return False
    day = site.month.fin
    while not is_business(day):
        day -= JOUR
    client = site.company.clients.draw(site.rng, site.month.debut)
    euros = site.company.prix_median * client.facteur * site.rng.uniform(5, 14)
    source = invoice(site.world, site.rng, day, client, site.world.amount(site.rng, euros, 0.2))
    site.world.typed(source, "ventes", 0)
    back = _reverse(site, source, shift(site.month.fin + JOUR, site.rng.randint(0, 2)), f"CONTREPASSATION {source.lib}")
    case.label(source, "Vente de fin de période, reprise quelques jours plus tard.")
    case.label(back, "Vente de fin de période reprise dès les premiers jours de la suivante.", liee=source)
    return True


@anomaly(REVERSED, "contrepassation_immediate", habitude=True)
def undone(site: Site, case: Case) -> bool:
    """Undo an ordinary invoice within days, without a credit note behind it."""
    source = site.pick("achat", "vente", free=True, where=lambda d: d.jour < site.month.fin - JOUR * 7)
    if source is None:
        return False
    source.impayee = True
    day = shift(source.jour + JOUR, site.rng.randint(0, 3))
    back = _reverse(site, source, day, f"CONTREPASSATION {source.lib}")
    case.label(back, "Pièce contrepassée quelques jours après, sans avoir.", liee=source)
    return True


@twin(REVERSED, "retour_de_marchandises")
def goods_returned(site: Site, case: Case) -> bool:
    """Credit an invoice in full for goods that came back, with a numbered credit note and a return slip."""
    source = site.pick("vente", free=True, where=lambda d: d.jour < site.month.fin - JOUR * 8)
    if source is None:
        return False
    source.impayee = True
    day = shift(source.jour + JOUR, site.rng.randint(2, 4))
    ref = piece(site.world, "A", day, "A")
    lib = f"AVOIR {ref} S/ {source.piece} RETOUR BR{site.rng.randint(1000, 9999)}"
    back = _reverse(site, source, day, lib, role="ventes")
    back.piece, back.nature = ref, "avoir"
    case.label(back, "Retour de marchandises : avoir numéroté avec bon de retour.", liee=source)
    return True

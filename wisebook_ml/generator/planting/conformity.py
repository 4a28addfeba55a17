"""FEC_NON_CONFORME: what the French audit file does not allow an entry to be."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin
from wisebook_ml.generator.timeline import JOUR

__all__: list[str] = []

CODE = CodeMotif.FEC_NON_CONFORME


@anomaly(CODE, "compte_sans_chiffres")
def no_account(site: Site, case: Case) -> bool:
    """Post to a working account of the accountant's, which is none of the chart."""
    draft = site.pick("achat", "note_frais", free=True)
    if draft is None:
        return False
    word = site.rng.choice(("ATTENTE", "X", "AC", "??", "DIV"))
    ligne = draft.lignes[0]
    ligne.compte = f"{word}{ligne.compte}" if site.rng.random() < 0.7 else word
    case.label(draft, f"Compte « {ligne.compte} » : il ne commence pas par trois chiffres du plan comptable.")
    return True


@anomaly(CODE, "debit_et_credit")
def both_sides(site: Site, case: Case) -> bool:
    """Net a return against a purchase on one line: it has a debit and a credit."""
    draft = site.pick(*TYPED, free=True)
    if draft is None:
        return False
    ligne = draft.lignes[0]
    ligne.contre = max(1, abs(ligne.montant) // site.rng.randint(3, 9))
    case.label(draft, "Débit et crédit sur la même ligne.")
    return True


@anomaly(CODE, "ligne_sans_montant")
def empty_line(site: Site, case: Case) -> bool:
    """Leave a line without an amount."""
    draft = site.pick(*TYPED, free=True)
    if draft is None:
        return False
    draft.lignes.insert(1, DraftLine(draft.lignes[0].compte, 0))
    case.label(draft, "Ligne sans débit ni crédit.")
    return True


def _validated(site: Site, days: int) -> Draft | None:
    """Return a draft that is validated when it is entered, so many days after its date."""
    draft = site.pick(*TYPED, free=True, where=lambda d: not d.sans_validation)
    if draft is None:
        return None
    draft.valid_date = draft.jour + JOUR * days
    draft.sans_validation = True
    return draft


@anomaly(CODE, "validee_avant_sa_date")
def validated_before(site: Site, case: Case) -> bool:
    """Validate an entry days before the date that it bears."""
    draft = _validated(site, -site.rng.randint(2, 40))
    if draft is None:
        return False
    case.label(draft, f"Validée le {draft.valid_date}, avant la date de l'écriture.")
    return True


@twin(CODE, "validee_le_jour_meme")
def validated_at_once(site: Site, case: Case) -> bool:
    """Validate an entry on the day that it bears."""
    draft = _validated(site, 0)
    if draft is None:
        return False
    case.label(draft, "Validée le jour même : la date de validation n'est pas antérieure à l'écriture.")
    return True


@twin(CODE, "montant_signe")
def signed(site: Site, case: Case) -> bool:
    """Write both lines of a discount with a minus sign, which the file allows."""
    draft = site.pick("achat", free=True, where=lambda d: len(d.lignes) == 3 and d.lignes[0].montant > 5000)
    if draft is None:
        return False
    charge = draft.lignes[0]
    remise = charge.montant // 25
    charge.montant += remise
    draft.lignes.insert(1, DraftLine(charge.compte, -remise, negatif=True, lib=f"ESCOMPTE {draft.lib}"))
    case.label(draft, "Montant négatif : le fichier des écritures admet un signe.")
    return True

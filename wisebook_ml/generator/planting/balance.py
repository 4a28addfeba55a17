"""DESEQUILIBRE: debits and credits differ."""

from __future__ import annotations

from schemas.codes import CodeMotif
from wisebook_ml.generator.draft import Draft, DraftLine
from wisebook_ml.generator.planting.base import TYPED, Case, Site, anomaly, twin

__all__ = ["transpose"]

CODE = CodeMotif.DESEQUILIBRE


def transpose(cents: int) -> int:
    """Return an amount with its first two different neighbouring digits swapped, the classic typing slip.

    Examples
    --------
    >>> transpose(123450), transpose(-1122)
    (213450, -1212)
    """
    digits = list(str(abs(cents)))
    for i in range(len(digits) - 1):
        if digits[i] != digits[i + 1] and not (i == 0 and digits[1] == "0"):
            digits[i], digits[i + 1] = digits[i + 1], digits[i]
            break
    return (-1 if cents < 0 else 1) * int("".join(digits))


@anomaly(CODE, "chiffres_inverses")
def transposed(site: Site, case: Case) -> bool:
    """Swap two digits of one line only."""
    draft = site.pick(*TYPED, free=True, where=lambda d: transpose(d.lignes[0].montant) != d.lignes[0].montant)
    if draft is None:
        return False
    ligne = draft.lignes[0]
    ligne.montant = transpose(ligne.montant)
    case.label(draft, "Deux chiffres inversés sur une ligne : débit et crédit diffèrent.")
    return True


@anomaly(CODE, "ligne_omise")
def line_left_out(site: Site, case: Case) -> bool:
    """Leave out the line of the VAT or of a second charge."""
    draft = site.pick("vente", "achat", "note_frais", free=True, where=lambda d: len(d.lignes) >= 3)
    if draft is None:
        return False
    gone = next((x for x in draft.lignes if x.compte.startswith("445")), draft.lignes[1])
    draft.lignes.remove(gone)
    case.label(draft, f"La ligne du compte {gone.compte} manque.")
    return True


@anomaly(CODE, "centimes")
def some_cents(site: Site, case: Case) -> bool:
    """Get the rounding wrong by a few cents."""
    draft = site.pick("vente", "achat", "paie", free=True)
    if draft is None:
        return False
    gap = site.rng.choice((-3, -2, -1, 1, 2, 5, 9))
    draft.lignes[-1].montant += gap
    case.label(draft, f"Écart d'arrondi de {gap} centime(s) non soldé.")
    return True


@anomaly(CODE, "meme_cote")
def same_side(site: Site, case: Case) -> bool:
    """Type one smaller line on the side of the others."""
    draft = site.pick("achat", "note_frais", free=True, where=lambda d: len(d.lignes) >= 3)
    if draft is None:
        return False
    ligne = min(draft.lignes, key=lambda x: abs(x.montant))
    ligne.montant = -ligne.montant
    case.label(draft, "Une ligne saisie du mauvais côté déséquilibre la pièce.")
    return True


def _with_rounding(draft: Draft, compte: str, cents: int) -> None:
    supplier = draft.tiers
    if supplier is not None:
        supplier.montant -= cents
        draft.reelle = True
        draft.lignes.append(DraftLine(compte, cents))


@twin(CODE, "ligne_d_arrondi")
def rounding_line(site: Site, case: Case) -> bool:
    """Book the supplier's own rounding to 658 or 758: the entry balances."""
    draft = site.pick("achat", free=True)
    if draft is None:
        return False
    cents = site.rng.choice((-2, -1, 1, 2))
    _with_rounding(draft, site.chart["658" if cents > 0 else "758"], cents)
    case.label(draft, "Arrondi du fournisseur porté en 658/758 : la pièce est équilibrée.")
    return True


@twin(CODE, "montant_negatif")
def negative_amount(site: Site, case: Case) -> bool:
    """Show a discount as a negative debit, as some packages do; the sums agree."""
    draft = site.pick("achat", free=True, where=lambda d: len(d.lignes) == 3 and d.lignes[0].montant > 5000)
    if draft is None:
        return False
    charge = draft.lignes[0]
    remise = charge.montant // 20
    charge.montant += remise
    draft.lignes.insert(1, DraftLine(charge.compte, -remise, negatif=True, lib=f"REMISE {draft.lib}"))
    case.label(draft, "Remise en débit négatif : la pièce est équilibrée.")
    return True

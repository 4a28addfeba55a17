"""How an accountant mends a planted mistake: the corrected entry, or the account that is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture, Ligne
from schemas.enums import Operation
from schemas.money import from_minor, to_minor
from wisebook_ml.generator.labels import Label

__all__ = ["Usage", "is_mistake", "mended", "mistyped", "moved"]

NOTHING = "0.00"

WRONG_ACCOUNT = frozenset(
    {
        (CodeMotif.COMPTE_HORS_JOURNAL, "compte_d_un_autre_journal"),
        (CodeMotif.COMPTE_HORS_JOURNAL, "compte_inexistant"),
        (CodeMotif.COMPTE_INHABITUEL, "charge_d_un_autre_fournisseur"),
        (CodeMotif.PAIRE_RARE, "produit_au_bilan"),
        (CodeMotif.TVA_SANS_BASE, "tout_en_tva"),
        (CodeMotif.TVA_SANS_BASE, "base_en_attente"),
        (CodeMotif.TVA_SANS_BASE, "tva_contre_tresorerie"),
    }
)
"""Mistakes that are mended by naming the right account."""

INSTEAD = ("compte_d_un_autre_journal", "charge_d_un_autre_fournisseur")
"""Those whose comment names it."""

WITHDRAWN = frozenset(
    {
        (CodeMotif.DOUBLON, "piece_saisie_deux_fois"),
        (CodeMotif.DOUBLON, "meme_piece_autre_date"),
        (CodeMotif.DOUBLON, "sans_piece_deux_jours_apres"),
        (CodeMotif.DOUBLON, "numero_transpose"),
    }
)
"""Mistakes that are mended by withdrawing the entry. A double payment is not: the money has gone."""

VAT_RATE = 200
"""The normal French rate, in tenths of a percent: the planted entries had it before they were mistyped."""


class Usage:
    """Which accounts a company's entries use: where a mistyped line belongs.

    Parameters
    ----------
    entries : iterable of Ecriture
        The ledger.
    """

    def __init__(self, entries: Iterable[Ecriture]) -> None:
        self._used: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for entry in entries:
            if entry.revision > 1:
                continue
            party = _party(entry)
            for line in entry.lignes:
                if line.compte_num[0] in "67":
                    self._used[entry.journal_code, party][line.compte_num] += 1
                    self._used[entry.journal_code, ""][line.compte_num] += 1

    def right_account(self, entry: Ecriture, label: Label) -> str:
        """Return the account that a wrongly booked entry should have used."""
        if label.variante in INSTEAD:  # "Compte 641 au lieu de 6064 : étranger à ce journal."
            return label.commentaire.partition("au lieu d")[2].split()[1]
        if label.variante == "compte_inexistant":  # "Numéro de compte mal saisi : 6604 pour 6064."
            return label.commentaire.partition(" pour ")[2].rstrip(".")
        for party in (_party(entry), ""):
            if used := self._used.get((entry.journal_code, party)):
                return min(used, key=lambda account: (-used[account], account))
        return "471"  # the suspense account, until somebody knows


def _party(entry: Ecriture) -> str:
    return next((line.comp_aux_num for line in entry.lignes if line.comp_aux_num), "")


def is_mistake(label: Label) -> bool:
    """Return whether what was planted is an input error, which is mended, rather than something to be explained."""
    return not label.jumeau and (
        (label.code, label.variante) in WRONG_ACCOUNT | WITHDRAWN
        or label.variante in MENDERS
        or label.code in CODE_MENDERS
    )


def names_account(label: Label) -> bool:
    """Return whether the mistake is mended by naming the right account."""
    return (label.code, label.variante) in WRONG_ACCOUNT


def mended(entry: Ecriture, label: Label, revision: int) -> Ecriture | None:
    """Return the revision that mends an entry; None where there is nothing to change.

    Parameters
    ----------
    entry : Ecriture
        Its latest revision.
    label : Label
        What is wrong with it.
    revision : int
        Number of the new revision.
    """
    if entry.operation is Operation.SUPPRESSION:
        return None
    if (label.code, label.variante) in WITHDRAWN:
        return replace(entry, revision=revision, operation=Operation.SUPPRESSION)
    mender = MENDERS.get(label.variante) or CODE_MENDERS.get(label.code)
    if mender is None:
        return None
    changed = mender(entry)
    return None if changed == entry else replace(changed, revision=revision, operation=Operation.MODIFICATION)


def mistyped(label: Label) -> tuple[str, str] | None:
    """Return the account that was written and the right one, where a label tells both."""
    if label.variante in INSTEAD:  # "Compte 641 au lieu de 6064 : étranger à ce journal."
        wrong, _, right = label.commentaire.partition(" au lieu d")
        return wrong.split()[-1], right.split()[1]
    if label.variante == "compte_inexistant":  # "Numéro de compte mal saisi : 6604 pour 6064."
        wrong, _, right = label.commentaire.partition(" pour ")
        return wrong.split()[-1], right.rstrip(".")
    return None


def moved(entry: Ecriture, wrong: str, right: str, compte_lib: str) -> list[Ligne]:
    """Return the lines that move what an entry has on a wrong account to the right one; none where it has nothing.

    Parameters
    ----------
    entry : Ecriture
        The entry.
    wrong, right : str
        The accounts.
    compte_lib : str
        Name of the right one.
    """
    written = next((line for line in entry.lignes if line.compte_num == wrong), None)
    if written is None or not _net(written):
        return []
    text = f"RECTIFICATION IMPUTATION {written.piece_ref or entry.ecriture_num}"
    piece = f"RECT-{entry.ecriture_num}"
    like = replace(
        written,
        comp_aux_num="",
        comp_aux_lib="",
        piece_ref=piece,
        ecriture_lib=text,
        ecriture_let="",
        date_let=None,
        date_echeance=None,
        iban_empreinte="",
        montant_devise=None,
        idevise="",
    )
    there = replace(like, compte_num=right, compte_lib=compte_lib)
    return [there, replace(like, debit=like.credit, credit=like.debit)]


def _net(line: Ligne) -> int:
    return to_minor(line.debit) - to_minor(line.credit)


def _with_nets(entry: Ecriture, nets: Sequence[int]) -> Ecriture:
    lines = [
        replace(line, debit=from_minor(net) if net > 0 else NOTHING, credit=from_minor(-net) if net < 0 else NOTHING)
        for line, net in zip(entry.lignes, nets, strict=True)
    ]
    return replace(entry, lignes=lines)


def _balancing(entry: Ecriture) -> int:
    """Return the line that takes the rest: the third party's, or the first."""
    return next((k for k, line in enumerate(entry.lignes) if line.comp_aux_num), 0)


def _balanced(entry: Ecriture, nets: list[int]) -> Ecriture:
    nets[_balancing(entry)] -= sum(nets)
    return _with_nets(entry, nets)


def _divided(factor: int) -> Callable[[Ecriture], Ecriture]:
    return lambda entry: _balanced(entry, [round(_net(line) / factor) for line in entry.lignes])


def _swapped(entry: Ecriture) -> Ecriture:
    return _with_nets(entry, [-_net(line) for line in entry.lignes])


def _rebalanced(entry: Ecriture) -> Ecriture:
    return _balanced(entry, [_net(line) for line in entry.lignes])


def _redated(entry: Ecriture) -> Ecriture:
    return entry if entry.saisie_le is None else replace(entry, ecriture_date=entry.saisie_le.date())


def _retaxed(entry: Ecriture) -> Ecriture:
    nets = [_net(line) for line in entry.lignes]
    taxes = [k for k, line in enumerate(entry.lignes) if line.compte_num.startswith("445")]
    bases = [k for k, line in enumerate(entry.lignes) if line.compte_num[0] in "267"]
    if len(taxes) != 1 or len(bases) != 1:
        return entry
    gross = nets[taxes[0]] + nets[bases[0]]
    nets[bases[0]] = round(gross * 1000 / (1000 + VAT_RATE))
    nets[taxes[0]] = gross - nets[bases[0]]
    return _with_nets(entry, nets)


MENDERS: dict[str, Callable[[Ecriture], Ecriture]] = {
    "virgule_decalee_x10": _divided(10),
    "virgule_decalee_x100": _divided(100),
    "annee_mal_saisie": _redated,
}
"""By variant."""

CODE_MENDERS: dict[CodeMotif, Callable[[Ecriture], Ecriture]] = {
    CodeMotif.DESEQUILIBRE: _rebalanced,
    CodeMotif.SENS_INVERSE: _swapped,
    CodeMotif.TVA_TAUX: _retaxed,
    CodeMotif.POSTDATEE: _redated,
}
"""By kind, where all of its variants are mended alike."""

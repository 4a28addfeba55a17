"""Where names stand in an entry, and the entry with pseudonyms in their place.

Names of third parties are looked for in labels, too: word by word, since "Dupont SARL" is "Facture DUPONT" there.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

import msgspec

from schemas import Ecriture, Ligne
from wisebook_ml.ledger.characters import plain
from wisebook_ml.ledger.vocabulary import vocabulary
from wisebook_ml.pseudonyms.exceptions import NameTooLong

__all__ = ["Seals", "codes_with_names", "holder_of_account", "pseudonymised"]

MOST_AUTHOR, MOST_TEXT = 200, 2000
"""Letters that the fields hold, as `schemas.entry` has them."""

PERSONAL = ("108", "401", "403", "404", "411", "413", "416", "421", "425", "427", "455", "467")
"""Accounts (PCG) that are one person's where their number goes on: suppliers, customers, staff, associates, the
owner, sundry debtors and creditors."""

WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036F])*")
"""A word of a label: letters, with accents that were written apart. Figures may follow a name without a space."""

BETWEEN = " .&'’-"
"""What may stand between the words of one name."""

MIN_LETTERS = 3
"""Shorter words of a name say nothing of whose it is: legal forms, articles."""

LEGAL_FORMS = """
    assoc association cabinet cie compagnie ent entreprise ets etablissements eurl freres fils gie groupe sarl sas sasu
    sca sci scop selarl snc societe ste
"""
ARTICLES = "and aux chez dans des entre les madame maitre mlle mme monsieur par pour sur une veuve"
EVERYDAY = """
    achat achats acompte avance banque carte caisse cheque client clients commission cotisation credit facture
    fournisseur fournisseurs frais impot loyer paie paiement prelevement prime provision reglement salaire service
    services solde tva vente ventes virement
"""
COMMON = frozenset(f"{LEGAL_FORMS} {ARTICLES} {EVERYDAY}".split())
"""Words that stand in names, and in labels without meaning anybody."""


class Seals(Protocol):
    """What makes pseudonyms of names; `wisebook_ml.pseudonyms.Pseudonymiser` does."""

    def seal(self, name: str) -> str:
        """Return a name's pseudonym: always the same, and of a pseudonym itself."""


def pseudonymised(entry: Ecriture, seals: Seals) -> Ecriture:
    """Return an entry without names: its author, its third parties, and these in its labels.

    Parameters
    ----------
    entry : Ecriture
        As the accounting has it.
    seals : Seals
        Of its company.

    Raises
    ------
    NameTooLong
        Where a field does not hold the pseudonyms.
    """
    names = {line.comp_aux_lib for line in entry.lignes} | {
        line.compte_lib for line in entry.lignes if holder_of_account(line)
    }
    words = _words_of(frozenset(names))
    return msgspec.structs.replace(
        entry,
        saisie_par=_sealed("saisie_par", entry.saisie_par, seals, MOST_AUTHOR),
        lignes=[_line(number, line, seals, words) for number, line in enumerate(entry.lignes, 1)],
    )


def codes_with_names(entry: Ecriture) -> set[str]:
    """Return the numbers of third parties in an entry that are made of their names: these stay, as all numbers do.

    They tell third parties apart for everybody, and leave no room for a pseudonym.

    Examples
    --------
    >>> import datetime as dt
    >>> line = Ligne(compte_num="401000", comp_aux_num="401DUPON12", comp_aux_lib="Dupont SARL")
    >>> codes_with_names(Ecriture(societe_id=1, ecriture_id="1", journal_code="AC",
    ...                           ecriture_date=dt.date(2025, 1, 2), lignes=[line]))
    {'401DUPON12'}
    """
    found = set()
    for line in entry.lignes:
        number = line.comp_aux_num or line.compte_num
        words = plain(line.comp_aux_lib or (line.compte_lib if holder_of_account(line) else "")).split()
        spelled = [part for part in WORD.findall(number) if len(part) >= MIN_LETTERS]
        if any(word.startswith(plain(part)) for part in spelled for word in words):
            found.add(number)
    return found


def holder_of_account(line: Ligne) -> bool:
    """Tell whether an account's own name is a person's: one of the accounts that are opened for each of them.

    Examples
    --------
    >>> holder_of_account(Ligne(compte_num="401DUPONT", compte_lib="Dupont SARL"))
    True
    >>> holder_of_account(Ligne(compte_num="401000", compte_lib="Fournisseurs"))
    False
    """
    number = line.compte_num.rstrip("0")
    return not line.comp_aux_num and len(number) > 4 and number.startswith(PERSONAL)


def _line(number: int, line: Ligne, seals: Seals, words: frozenset[str]) -> Ligne:
    where = f"lignes[{number}]"
    label = _relabelled(line.ecriture_lib, words, seals)
    if len(label) > MOST_TEXT:
        raise _too_long(f"{where}.ecriture_lib", MOST_TEXT)
    compte_lib = line.compte_lib
    if holder_of_account(line):
        compte_lib = _sealed(f"{where}.compte_lib", compte_lib, seals, MOST_TEXT)
    return msgspec.structs.replace(
        line,
        compte_lib=compte_lib,
        comp_aux_lib=_sealed(f"{where}.comp_aux_lib", line.comp_aux_lib, seals, MOST_TEXT),
        ecriture_lib=label,
    )


def _sealed(field: str, name: str, seals: Seals, most: int) -> str:
    if not name.strip():
        return name
    found = seals.seal(name)
    if len(found) > most:
        raise _too_long(field, most)
    return found


def _too_long(field: str, most: int) -> NameTooLong:
    return NameTooLong(f"{field}: with pseudonyms it is longer than {most} letters, which the field holds; shorten it")


def _relabelled(label: str, words: frozenset[str], seals: Seals) -> str:
    """Return a label with a pseudonym for each run of words of a name."""
    if not words or not label:
        return label
    pieces, done = [], 0
    for start, end in _runs(label, words):
        pieces += [label[done:start], seals.seal(label[start:end])]
        done = end
    return "".join([*pieces, label[done:]])


def _runs(label: str, words: frozenset[str]) -> Iterable[tuple[int, int]]:
    start, end = -1, -1
    for found in WORD.finditer(label):
        if _folded(found[0]) & words:
            if start >= 0 and label[end : found.start()].strip(BETWEEN):
                yield start, end
                start = -1
            start, end = (found.start() if start < 0 else start), found.end()
        elif start >= 0:
            yield start, end
            start = -1
    if start >= 0:
        yield start, end


def _folded(word: str) -> frozenset[str]:
    return frozenset(plain(word).split())


@lru_cache(maxsize=4096)
def _words_of(names: frozenset[str]) -> frozenset[str]:
    """Return the words by which names are known in labels, folded."""
    found: set[str] = set()
    for name in names:
        words = {word for word in plain(name).split() if word.isalpha() and not _says(word)}
        telling = {word for word in words if len(word) >= MIN_LETTERS and word not in COMMON}
        found |= telling
    return frozenset(found)


@lru_cache(maxsize=65536)
def _says(word: str) -> bool:
    """Tell whether a word says something in labels, whosever name it is: controls look for it."""
    return any(vocabulary().find(which, word) for which in range(4))

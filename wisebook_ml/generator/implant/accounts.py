"""PAIRE_RARE, COMPTE_HORS_JOURNAL and SENS_INVERSE: the wrong account, or the wrong side of it."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import cents, invoice, is_base, on_lines, relabelled, scaled, with_cents

__all__: list[str] = []

PAIR, JOURNAL, SIDE = CodeMotif.PAIRE_RARE, CodeMotif.COMPTE_HORS_JOURNAL, CodeMotif.SENS_INVERSE

USED = 3
"""Entries that use an account: what is in use at all."""

ONE_SIDED, SIDE_KNOWN = 0.97, 15
"""Share of an account's lines on one side, and how many there are, from which the other side is wrong."""


def _account(book: Book, case: Case, *, foreign: bool) -> bool:
    """Replace the account of a charge, an income or a payment's counterpart by one that has no business there."""

    def suspects(entry: Ecriture) -> list[int]:
        return [k for k, line in enumerate(entry.lignes) if is_base(line) or line.compte_num.startswith("5")]

    place = book.pick(lambda _, e: len(e.lignes) <= 4 and bool(suspects(e)), habit=True)
    if place is None:
        return False
    entry = book.entries[place]
    at = book.rng.choice(suspects(entry))
    here = book.uses[entry.journal_code]
    others = [line.compte_num for k, line in enumerate(entry.lignes) if k != at]
    everywhere = sorted({account for uses in book.uses.values() for account, count in uses.items() if count >= USED})
    strange = [
        account
        for account in everywhere
        if account[0] in "24567"
        and not account.startswith(("445", "40", "41"))
        and (account not in here) is foreign
        and not any((account, other) in book.met for other in others)
    ]
    if not strange:
        return False
    account, was = book.rng.choice(strange), entry.lignes[at].compte_num
    changed = on_lines(
        entry,
        lambda k, line: replace(line, compte_num=account, compte_lib=book.names[account]) if k == at else line,
    )
    case.label(book.change(place, changed), f"Compte {account} au lieu de {was}.")
    return True


@anomaly(JOURNAL, "compte_d_un_autre_journal")
def foreign_account(book: Book, case: Case) -> bool:
    """Book to an account that this journal never uses."""
    return _account(book, case, foreign=True)


@anomaly(PAIR, "comptes_jamais_associes")
def strangers(book: Book, case: Case) -> bool:
    """Book to an account that the journal uses, but never with these other accounts."""
    return _account(book, case, foreign=False)


def _one_sided(book: Book, place: int, entry: Ecriture) -> bool:
    """Whether every charge or income account of an entry is used on the side that the entry uses, and hardly else."""
    bases = [line for line in entry.lignes if is_base(line) and cents(line)]
    for line in bases:
        past = [amount for at, amount in book.moved[line.compte_num] if at < place and amount]
        same = sum((amount > 0) is (cents(line) > 0) for amount in past)
        if len(past) < SIDE_KNOWN or same < ONE_SIDED * len(past):
            return False
    return bool(bases)


@anomaly(SIDE, "cotes_inverses")
def swapped(book: Book, case: Case) -> bool:
    """Swap debit and credit of a whole entry."""
    place = book.pick(lambda k, e: invoice(e) is not None and _one_sided(book, k, e), habit=True)
    if place is None:
        return False
    entry = book.entries[place]
    changed = on_lines(entry, lambda _, line: replace(line, debit=line.credit, credit=line.debit))
    case.label(book.change(place, changed), "Débit et crédit inversés.")
    return True


@twin(SIDE, "avoir")
def credit_note(book: Book, case: Case) -> bool:
    """Follow an invoice by a credit note for a part of it, which says what it is."""
    place = book.pick(lambda _, e: invoice(e) is not None and not e.lignes[0].ecriture_lib.upper().startswith("AVOIR"))
    if place is None:
        return False
    entry, rng = book.entries[place], book.rng
    day = entry.ecriture_date + dt.timedelta(days=rng.randint(15, 45))
    part = scaled(entry, rng.uniform(0.1, 0.6))
    names = [line.comp_aux_lib for line in entry.lignes if line.comp_aux_lib]
    text = f"AVOIR {entry.lignes[0].piece_ref} {names[0] if names else entry.lignes[0].ecriture_lib}"[:200]
    part = relabelled(
        replace(
            part,
            ecriture_date=day,
            lignes=[
                replace(
                    with_cents(line, -cents(line)),
                    piece_ref=f"AV{line.piece_ref}"[:200] if line.piece_ref else "",
                    piece_date=day if line.piece_date else None,
                )
                for line in part.lignes
            ],
        ),
        text,
    )
    if day > book.last_day:
        return False
    book.touched.add(entry.ecriture_id)
    case.label(book.insert(book.place_at(place, day), part), "Avoir partiel, qui dit ce qu'il est.")
    return True

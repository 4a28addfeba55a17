"""Which invoice a payment settled: by lettering, and where there is none, by what leaves no doubt.

A pure function of a client's documents: whatever the order in which entries and their revisions came.
"""

import itertools
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from wisebook_ml.datasets.payment_history import Facture

__all__ = ["DEFAULT_TERM", "Cle", "Document", "Settled", "references", "settle"]

DEFAULT_TERM = 30
"""Days to pay where neither the invoice nor the client's other ones say (article L441-10 of the commercial code)."""

MOST_COMBINED = 12
"""Open invoices among which a payment of several is looked for: with more, sums agree by chance."""

ROUNDING = 0.01
"""Share of an amount that may be missing from a settled one: bank fees, rounding."""

Cle = tuple[str, int]
"""A document's key: the entry, and the position of the line in it."""

_REFERENCE = re.compile(r"[^\W_]+(?:[-/.][^\W_]+)*")


class Document(msgspec.Struct):
    """One line of a client's account: an invoice where `montant` is above 0, else a payment or a credit note.

    Days are proleptic ordinals, amounts in cents, debit less credit.
    """

    cle: Cle
    date: int
    montant: int
    echeance: int | None = None
    lettre: str = ""
    date_let: int | None = None
    exercice: str = ""
    piece: str = ""
    noms: tuple[str, ...] = ()
    """References that the line names, of invoices perhaps."""
    douteux: bool = False
    """Whether the entry moves the claim to the doubtful clients (416)."""
    ouverture: bool = False
    """Whether it is an opening balance: what is owed from before the books, not an invoice."""
    consomme: int = 0
    """Part of a payment that settled invoices which are forgotten."""

    @property
    def groupe(self) -> tuple[str, str]:
        """The group that was lettered together: letters are used again, in another year or on another day."""
        return self.lettre, str(self.date_let) if self.date_let is not None else self.exercice


def references(text: str) -> tuple[str, ...]:
    """Return what in a text may name a document: a word of four characters or more with a digit other than 0.

    Examples
    --------
    >>> references("VIR SEPA WEBER F0000443+1")
    ('F0000443',)
    """
    return tuple(
        word for word in _REFERENCE.findall(text) if len(word) >= 4 and any(char in "123456789" for char in word)
    )


class Settled(NamedTuple):
    """What became of a client's documents."""

    factures: list[tuple[Document, Facture]]
    """The invoices in the order of their dates."""
    parts: list[tuple[Cle, Cle, int]]
    """Invoice, payment, and the amount of the one that the other settled."""


def settle(documents: Iterable[Document]) -> Settled:
    """Match a client's payments with its invoices.

    The due date is the invoice's own, else its date and the client's usual term, else 30 days.

    Notes
    -----
    Lettered documents settle one another, the oldest invoice first. A payment without letter settles the invoices it
    names if the amount fits (or a part of the only one it names), else the only open invoice of its amount, else all
    open ones where it equals their sum. What is left of the money settles nothing for certain: it makes the oldest open
    invoices *uncertain* (`Facture.sure`), and so does a letter that stands alone. An opening balance counts for what
    was lettered with it and takes unmatched money first, unless invoices from before it are known: then it repeats
    them.
    """
    ordered = sorted(documents, key=lambda one: (one.date, one.cle))
    claims = [one for one in ordered if one.montant > 0 and not one.ouverture]
    openings = [
        one for one in ordered if one.montant > 0 and one.ouverture and not (claims and claims[0].date < one.date)
    ]
    payments = [one for one in ordered if one.montant < 0 and not one.ouverture]
    term = _usual_term(claims)
    matching = _Matching(
        {
            claim.cle: Facture(
                date=claim.date,
                echeance=max(claim.date, claim.date + term if claim.echeance is None else claim.echeance),
                montant=claim.montant,
            )
            for claim in claims
        }
    )
    matching.by_letter([*openings, *claims], payments)
    money = matching.by_evidence([one for one in claims if not one.lettre], [one for one in payments if not one.lettre])
    matching.by_doubt([one for one in [*openings, *claims] if not one.lettre], money)
    return Settled([(claim, matching.found[claim.cle]) for claim in claims], matching.parts)


def _usual_term(claims: Sequence[Document]) -> int:
    terms = [one.echeance - one.date for one in claims if one.echeance is not None and one.echeance >= one.date]
    return statistics.median_low(terms) if terms else DEFAULT_TERM


class _Matching:
    """The matching of one client's documents, while it is made."""

    def __init__(self, found: dict[Cle, Facture]) -> None:
        self.found = found
        self.parts: list[tuple[Cle, Cle, int]] = []
        self.left: dict[Cle, int] = {}
        """What is open of an unlettered invoice."""

    def close(self, claim: Document, payment: Document) -> None:
        """Close an invoice by a payment; moving it to the doubtful clients is the opposite of one."""
        facture = self.found.get(claim.cle)
        if facture is None:
            return
        if payment.douteux:
            facture.litige = True
        else:
            facture.reglement = max(payment.date, facture.date)

    def by_letter(self, claims: Sequence[Document], payments: Sequence[Document]) -> None:
        """Match what was lettered together."""
        groups: dict[tuple[str, str], tuple[list[Document], list[Document]]] = defaultdict(lambda: ([], []))
        for k, documents in enumerate((claims, payments)):
            for one in documents:
                if one.lettre:
                    groups[one.groupe][k].append(one)
        for asked, paid in groups.values():
            self._fill(asked, paid)

    def _fill(self, claims: Sequence[Document], payments: Sequence[Document]) -> None:
        """Let the payments of a group settle its invoices; what is short of the sum was given up."""
        rest = [-payment.montant for payment in payments]
        k = 0
        for claim in claims:
            open_ = claim.montant
            while open_ > claim.montant * ROUNDING and k < len(rest):
                part = min(open_, rest[k])
                open_, rest[k] = open_ - part, rest[k] - part
                self.parts.append((claim.cle, payments[k].cle, part))
                if open_ <= claim.montant * ROUNDING:
                    self.close(claim, payments[k])
                if not rest[k]:
                    k += 1
            if open_ <= claim.montant * ROUNDING:
                continue
            if payments:
                self.close(claim, payments[-1])
            elif facture := self.found.get(claim.cle):
                facture.reglement, facture.sure = max(claim.date, claim.date_let or claim.date), False

    def by_evidence(self, claims: Sequence[Document], payments: Sequence[Document]) -> list[Document]:
        """Match what was not lettered, payments in the order of their dates; return those that match nothing."""
        left = self.left = {one.cle: one.montant for one in claims}
        money: list[Document] = []
        candidates: list[Document] = []
        coming = iter(claims)
        ahead = next(coming, None)
        for payment in payments:
            amount = -payment.montant
            candidates = [one for one in candidates if left[one.cle] > 0]
            while ahead is not None and ahead.date <= payment.date:
                candidates.append(ahead)
                ahead = next(coming, None)
            settled = self._named(payment, amount, candidates) or self._fitting(amount, candidates)
            if not settled:
                money.append(payment)
            for claim in settled:
                part = min(amount, left[claim.cle])
                self.parts.append((claim.cle, payment.cle, part))
                left[claim.cle] -= part
                amount -= part
                if left[claim.cle] <= claim.montant * ROUNDING:
                    left[claim.cle] = 0
                    self.close(claim, payment)
        return money

    def _named(self, payment: Document, amount: int, candidates: list[Document]) -> list[Document]:
        names = set(payment.noms)
        named = [one for one in candidates if one.piece and one.piece in names]
        if not named:
            return []
        total = sum(self.left[one.cle] for one in named)
        if total == amount or (len(named) == 1 and total > amount):
            return named
        others = [one for one in candidates if one not in named]
        if total < amount and len(others) <= MOST_COMBINED:
            fitting = [
                chosen
                for size in (1, 2)
                for chosen in itertools.combinations(others, size)
                if sum(self.left[one.cle] for one in chosen) == amount - total
            ]
            if len(fitting) == 1:
                return [*named, *fitting[0]]
        return []

    def _fitting(self, amount: int, candidates: list[Document]) -> list[Document]:
        equal = [one for one in candidates if self.left[one.cle] == amount]
        if equal:
            return equal if len(equal) == 1 else []
        return candidates if candidates and sum(self.left[one.cle] for one in candidates) == amount else []

    def by_doubt(self, claims: Sequence[Document], money: Sequence[Document]) -> None:
        """Mark the open invoices that later unmatched money covers, the oldest first."""
        rest = [-payment.montant for payment in money]
        total, k = sum(rest), 0
        for claim in claims:
            open_ = self.left.get(claim.cle, claim.montant)
            while k < len(rest) and (money[k].date < claim.date or not rest[k]):
                total -= rest[k]
                k += 1
            if open_ <= 0 or total < open_ * (1 - ROUNDING):
                continue
            for i in range(k, len(rest)):
                part = min(open_, rest[i])
                open_, rest[i], total = open_ - part, rest[i] - part, total - part
                self.parts.append((claim.cle, money[i].cle, part))
                if open_ <= claim.montant * ROUNDING:
                    if facture := self.found.get(claim.cle):
                        facture.reglement, facture.sure = max(money[i].date, facture.date), False
                    break

"""Reading and changing the lines of entries: amounts in cents, what a line is for, what an invoice is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.entry import Ecriture, Ligne
from schemas.money import from_minor, to_minor

__all__ = [
    "LEGAL_RATES",
    "Invoice",
    "amounts",
    "cents",
    "invoice",
    "is_base",
    "is_tax",
    "legal",
    "on_lines",
    "relabelled",
    "scaled",
    "total",
    "with_cents",
    "without_letters",
]

LEGAL_RATES = (0.009, 0.0105, 0.0175, 0.021, 0.055, 0.07, 0.085, 0.10, 0.13, 0.196, 0.20)
"""Rates of VAT in force in France, Corsica and overseas, and those of before 2014."""

CLOSE = 0.0005
"""How near a rate comes to a legal one, but for a rounded cent or two."""

BASES, THIRDS, TAX = ("2", "6", "7"), ("40", "41"), "445"


def cents(line: Ligne) -> int:
    """Return a line's debit less its credit."""
    return to_minor(line.debit) - to_minor(line.credit)


def with_cents(line: Ligne, amount: int) -> Ligne:
    """Return a line with another amount, on the side of its sign."""
    return replace(line, debit=from_minor(max(amount, 0)), credit=from_minor(max(-amount, 0)))


def total(entry: Ecriture) -> int:
    """Return the sum of an entry's debits."""
    return sum(to_minor(line.debit) for line in entry.lignes)


def is_base(line: Ligne) -> bool:
    """Whether a line is a charge, an income or an asset: what tax is charged on."""
    return line.compte_num.startswith(BASES)


def is_tax(line: Ligne) -> bool:
    """Whether a line is VAT."""
    return line.compte_num.startswith(TAX)


class Invoice(NamedTuple):
    """Places of an invoice's lines: the third party's, the bases', the taxes'."""

    third: int
    bases: tuple[int, ...]
    taxes: tuple[int, ...]

    @property
    def is_plain(self) -> bool:
        """One base, one tax."""
        return len(self.bases) == len(self.taxes) == 1


def invoice(entry: Ecriture) -> Invoice | None:
    """Return what is where in an invoice or a credit note; None for any other entry."""
    thirds = tuple(k for k, line in enumerate(entry.lignes) if line.compte_num.startswith(THIRDS))
    bases = tuple(k for k, line in enumerate(entry.lignes) if is_base(line))
    taxes = tuple(k for k, line in enumerate(entry.lignes) if is_tax(line))
    if len(thirds) != 1 or not bases or len(thirds) + len(bases) + len(taxes) != len(entry.lignes):
        return None
    return Invoice(thirds[0], bases, taxes) if cents(entry.lignes[thirds[0]]) else None


def legal(entry: Ecriture, places: Invoice) -> bool:
    """Whether an invoice's tax is a legal rate of its base, a cent more or less."""
    base = abs(sum(cents(entry.lignes[k]) for k in places.bases))
    tax = abs(sum(cents(entry.lignes[k]) for k in places.taxes))
    return any(abs(tax - rate * base) <= max(1.0, CLOSE * base) for rate in LEGAL_RATES)


def on_lines(entry: Ecriture, change: Callable[[int, Ligne], Ligne]) -> Ecriture:
    """Return an entry with each line changed."""
    return replace(entry, lignes=[change(k, line) for k, line in enumerate(entry.lignes)])


def relabelled(entry: Ecriture, text: str) -> Ecriture:
    """Return an entry whose lines all bear one label."""
    return on_lines(entry, lambda _, line: replace(line, ecriture_lib=text))


def without_letters(entry: Ecriture) -> Ecriture:
    """Return an entry that is not lettered."""
    return on_lines(entry, lambda _, line: replace(line, ecriture_let="", date_let=None))


def amounts(entry: Ecriture, new: Sequence[int]) -> Ecriture:
    """Return an entry with other amounts, one a line."""
    return on_lines(entry, lambda k, line: with_cents(line, new[k]))


def scaled(entry: Ecriture, factor: float) -> Ecriture:
    """Return an entry with all amounts multiplied; the largest line takes what rounding leaves.

    Examples
    --------
    >>> import datetime as dt
    >>> lines = [Ligne(compte_num="607", debit="1.01"), Ligne(compte_num="401", credit="1.01")]
    >>> entry = Ecriture(
    ...     societe_id=1, ecriture_id="E", journal_code="AC", ecriture_date=dt.date(2024, 1, 2), lignes=lines
    ... )
    >>> [(line.debit, line.credit) for line in scaled(entry, 2.5).lignes]
    [('2.52', '0.00'), ('0.00', '2.52')]
    """
    old = [cents(line) for line in entry.lignes]
    new = [round(amount * factor) for amount in old]
    largest = max(range(len(new)), key=lambda k: abs(new[k]))
    new[largest] += round(sum(old) * factor) - sum(new)
    return amounts(entry, new)

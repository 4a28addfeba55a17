"""The books of a partition: entries of many companies in one order, and what follows for their treasury."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

import wisebook_ml
from schemas import Ecriture
from wisebook_ml.snapshots.format import Buffer
from wisebook_ml.treasury.basis import TREASURY_FOLD
from wisebook_ml.treasury.books.company import CompanyBooks, Followed, KeptBooks
from wisebook_ml.treasury.exceptions import TreasuryError

__all__ = ["BOOKS_FOLD", "BooksError", "BooksState"]

ALL_COMPANIES = 0

ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(list[KeptBooks])


def _digest() -> str:
    digest = hashlib.blake2b(TREASURY_FOLD.encode(), digest_size=8)
    for name in ("fec/exercice.py", "ledger/calendar.py"):
        digest.update((Path(wisebook_ml.__file__).parent / name).read_bytes())
    return f"books {digest.hexdigest()}"


BOOKS_FOLD = _digest()
"""Digest of all that a state is a function of, besides the entries."""


class BooksError(TreasuryError):
    """A dump that is none of this version."""


class BooksState:
    """The companies of a partition: what follows for one depends on its own records in their order, nothing else.

    Examples
    --------
    >>> from schemas import Ligne
    >>> state = BooksState()
    >>> lines = [Ligne(compte_num="512000", debit="50.00"), Ligne(compte_num="707000", credit="50.00")]
    >>> day = dt.date(2025, 3, 3)
    >>> sale = Ecriture(societe_id=7, ecriture_id="A", journal_code="BQ", ecriture_date=day, lignes=lines)
    >>> state.take(sale, day)
    []
    >>> [(one.date.isoformat(), one.solde) for one in state.end(7)]
    [('2025-03-03', '50.00')]
    """

    def __init__(self) -> None:
        self._companies: dict[int, CompanyBooks] = {}

    def take(self, entry: Ecriture, published: dt.date) -> list[Followed]:
        """Take an entry; return what follows from the days of its company that ended before it."""
        books = self._companies.get(entry.societe_id)
        if books is None:
            books = self._companies[entry.societe_id] = CompanyBooks(entry.societe_id)
        return books.take(entry, published)

    def tick(self, societe_id: int, day: dt.date) -> list[Followed]:
        """Take note that it is a day for a company (0: for all), though no entry of it came."""
        return [one for books in self._of(societe_id) for one in books.tick(day)]

    def end(self, societe_id: int) -> list[Followed]:
        """Return what follows from all that came of a company (0: of all) so far."""
        return [one for books in self._of(societe_id) for one in books.flush()]

    def _of(self, societe_id: int) -> list[CompanyBooks]:
        if societe_id == ALL_COMPANIES:
            return [self._companies[one] for one in sorted(self._companies)]
        return [self._companies[societe_id]] if societe_id in self._companies else []

    # State

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the entries."""
        return BOOKS_FOLD

    def dump(self) -> Iterator[tuple[str, Buffer]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield "books", ENCODER.encode([self._companies[one].keep() for one in sorted(self._companies)])

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any entries.

        Raises
        ------
        BooksError
            Where the parts are none of this version; the state is then of no more use.
        """
        if "books" not in parts:
            raise BooksError("missing part: books")
        try:
            for kept in DECODER.decode(parts["books"]):
                self._companies[kept.societe_id] = CompanyBooks.restore(kept)
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise BooksError(str(error)) from error

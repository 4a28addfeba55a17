"""Third parties by their behaviour, one row each: what segments are made of."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import msgspec
import pandas as pd
from msgspec import Struct

from schemas import Ecriture, Operation
from schemas.entry import Ligne
from schemas.money import to_minor
from wisebook_ml.datasets.behaviour import MEASURES, Kind, Movement, behaviour
from wisebook_ml.datasets.collected import Collected

__all__ = ["COLUMNS", "ThirdParties", "third_party_frame"]

COLUMNS = ("societe_id", "tiers", "date", "mouvements", *MEASURES)
"""Columns of the rows."""

CLIENT_ACCOUNTS = ("411", "413", "416")
SUPPLIER_ACCOUNTS = ("401", "403", "404", "405")
"""Accounts of invoices and their payments. Accruals (408, 418) and advances (409, 419) would count them twice."""

OPENING = ("AN", "ANO", "ANC", "RAN", "RAN1", "ANOUV")
"""Codes of journals that carry balances forward: their entries repeat what was there, and are no behaviour."""

MIN_MOVEMENTS = 4
"""Invoices, payments and others below which a third party has no behaviour yet: two invoices that were paid."""

MIN_INVOICES = 2
"""Without two invoices there is no interval between them."""

LAST_ENTRIES = 400
"""Entries of a third party that are kept, the last ones: years for most, and a year of one that trades daily."""

REMEMBERED_ENTRIES = 500_000
"""Entries of a company whose revision is known, as in the habits; a revision of an older one counts as a new entry."""

MOST_PARTIES = 500_000
"""Third parties of a company, as in the habits; beyond, no new ones are taken in."""


class _Party(Struct, array_like=True):
    """A third party's movements by entry, in the order of the entries' first arrival."""

    by_entry: dict[str, tuple[Movement, ...]] = {}
    forgotten_since: int = 0
    """Earliest date of what was forgotten; 0: nothing was."""


class _Known(Struct, array_like=True):
    """What is remembered of an entry: its revision, and the third parties it moved."""

    revision: int
    tiers: tuple[str, ...]


class _Company(Struct, array_like=True):
    parties: dict[str, _Party] = {}
    known: dict[str, _Known] = {}


class ThirdParties:
    """The behaviour of third parties, kept up entry by entry.

    It is a fold: a later revision of an entry replaces the earlier one, a SUPPRESSION takes it out, and what was taken
    does not depend on how entries were cut into calls. Good for rows that must be the same in training and live. It
    sees only what is on the accounts of clients (411, 413, 416) and suppliers (401, 403, 404, 405) with an auxiliary
    account, or an account of their own (``411DUPONT``); cash trade has no third party, and so no row.

    An entry is an invoice (or, the other way round, a credit note) where the other side is mainly of classes 2, 3, 6
    and 7, and a payment where it is mainly of class 5; else (a transfer, balances carried forward) it only letters.

    Examples
    --------
    >>> parties = ThirdParties()
    >>> len(parties.take([]))
    0
    """

    def __init__(self) -> None:
        self._companies: dict[int, _Company] = {}

    def take(self, entries: Iterable[Ecriture]) -> pd.DataFrame:
        """Take in entries, in the order of their publication.

        Parameters
        ----------
        entries : iterable of Ecriture
            Of one or several companies.

        Returns
        -------
        DataFrame
            One row a change and third party that has enough movements (`MIN_MOVEMENTS`, `MIN_INVOICES`), as they were
            after this change, with `COLUMNS`. `date` is that of its first movement.
        """
        return self.caused(entries)[0]

    def caused(self, entries: Iterable[Ecriture]) -> tuple[pd.DataFrame, list[int]]:
        """Take in entries like `take`; return its rows, and of each the position of the entry that caused it."""
        rows, places = [], []
        for place, entry in enumerate(entries):
            company = self._company(entry.societe_id)
            for tiers in _apply(company, entry):
                row = _row(entry.societe_id, tiers, company.parties.get(tiers))
                if row is not None:
                    rows.append(row)
                    places.append(place)
        return _frame(rows), places

    def learn(self, entries: Iterable[Ecriture]) -> None:
        """Take in entries like `take`, without making rows."""
        for entry in entries:
            _apply(self._company(entry.societe_id), entry)

    def frame(self) -> pd.DataFrame:
        """Return one row a third party: the last one that `take` returned of it, ordered by company and third party."""
        return _frame(list(self._rows()))

    def dump(self) -> bytes:
        """Return the state as bytes."""
        return msgspec.msgpack.encode(self._companies)

    def load(self, state: bytes) -> None:
        """Take over the state that `dump` returned.

        Raises
        ------
        ValueError
            Where it is no such state.
        """
        self._companies = msgspec.msgpack.decode(state, type=dict[int, _Company])

    def _company(self, societe_id: int) -> _Company:
        return self._companies.setdefault(societe_id, _Company(parties={}, known={}))

    def _rows(self) -> Iterator[dict[str, object]]:
        for societe_id, company in sorted(self._companies.items()):
            for tiers, party in sorted(company.parties.items()):
                row = _row(societe_id, tiers, party)
                if row is not None:
                    yield row


def third_party_frame(collected: Collected) -> pd.DataFrame:
    """Return one row a third party of what was collected, with `COLUMNS`.

    Parameters
    ----------
    collected : Collected
        Entries dated after `au` are left out altogether; `du` and `au` bound the dates of the rows.

    Returns
    -------
    DataFrame
        Ordered by company and third party; `date` is that of its first movement, so that a hold-out by date is of third
        parties that came later.
    """
    parties = ThirdParties()
    until = collected.au
    parties.learn(entry for entry in collected.entries if until is None or entry.ecriture_date <= until)
    frame = parties.frame()
    if collected.du is not None:
        frame = frame[frame["date"] >= pd.Timestamp(collected.du)].reset_index(drop=True)
    return frame


def _apply(company: _Company, entry: Ecriture) -> list[str]:
    """Replace what an entry did; return the third parties that changed."""
    known = company.known.get(entry.ecriture_id)
    if known is not None and entry.revision <= known.revision:
        return []
    after = {} if entry.operation is Operation.SUPPRESSION else _movements(entry)
    if len(company.parties) >= MOST_PARTIES:
        after = {tiers: movements for tiers, movements in after.items() if tiers in company.parties}
    changed = []
    for tiers in dict.fromkeys((*(known.tiers if known else ()), *after)):
        party = company.parties.get(tiers)
        before = party.by_entry.get(entry.ecriture_id) if party is not None else None
        now = after.get(tiers)
        if before == now:
            continue
        if now is None:
            if party is not None:
                del party.by_entry[entry.ecriture_id]
                if not party.by_entry:
                    del company.parties[tiers]
        else:
            if party is None:
                party = company.parties[tiers] = _Party(by_entry={})
            party.by_entry[entry.ecriture_id] = now
            _forget(party)
        changed.append(tiers)
    company.known[entry.ecriture_id] = _Known(entry.revision, tuple(after))
    if len(company.known) > REMEMBERED_ENTRIES:
        del company.known[next(iter(company.known))]
    return changed


def _forget(party: _Party) -> None:
    """Keep the last entries of a third party."""
    while len(party.by_entry) > LAST_ENTRIES:
        gone = party.by_entry.pop(next(iter(party.by_entry)))
        since = min(movement.day for movement in gone)
        party.forgotten_since = min(party.forgotten_since or since, since)


def _movements(entry: Ecriture) -> dict[str, tuple[Movement, ...]]:
    """Return what an entry does to each third party, one movement a lettering code."""
    sums: dict[tuple[str, bool, str], list[int]] = {}
    for line in entry.lignes:
        client = line.compte_num.startswith(CLIENT_ACCOUNTS)
        if not client and not line.compte_num.startswith(SUPPLIER_ACCOUNTS):
            continue
        tiers = _tiers(line)
        if tiers:
            cents = to_minor(line.debit) - to_minor(line.credit)
            found = sums.setdefault((tiers, client, line.ecriture_let.strip()), [0, 0])
            found[0] += cents if client else -cents
            found[1] = max(found[1], line.date_let.toordinal() if line.date_let else 0)
    if not sums:
        return {}
    nature, account = _nature(entry)
    day = entry.ecriture_date.toordinal()
    movements: dict[str, tuple[Movement, ...]] = {}
    for (tiers, client, letter), (cents, settled) in sums.items():
        kind = nature
        if nature is Kind.INVOICE and cents < 0:
            kind = Kind.CREDIT_NOTE
        elif nature is Kind.PAYMENT and cents > 0:  # a refund, or a payment that was rejected
            kind = Kind.OTHER
        movement = Movement(day, kind, client, abs(cents), letter, settled, account)
        movements[tiers] = (*movements.get(tiers, ()), movement)
    return movements


def _tiers(line: Ligne) -> str:
    """Return whose line it is: its auxiliary account, or an account of its own; empty where there is neither."""
    auxiliary = line.comp_aux_num.strip()
    if auxiliary:
        return auxiliary
    rest = line.compte_num[3:].strip()
    own = any(char.isalpha() for char in rest) or len(rest.strip("0")) > 1
    return line.compte_num if own else ""


def _nature(entry: Ecriture) -> tuple[Kind, str]:
    """Return what an entry is to its third parties, and its main account of classes 2, 3, 6 and 7."""
    code = entry.journal_code.strip().upper()
    if code in OPENING or "NOUVEAU" in entry.journal_lib.upper():
        return Kind.OTHER, ""
    bank = trade = largest = 0
    account = ""
    for line in entry.lignes:
        cents = abs(to_minor(line.debit) - to_minor(line.credit))
        if line.compte_num[0] == "5":
            bank += cents
        elif line.compte_num[0] in "2367":
            trade += cents
            if cents > largest:
                largest, account = cents, line.compte_num
    if bank > 0 and bank >= trade:
        return Kind.PAYMENT, ""
    return (Kind.INVOICE, account) if trade > 0 else (Kind.OTHER, "")


def _row(societe_id: int, tiers: str, party: _Party | None) -> dict[str, object] | None:
    if party is None:
        return None
    movements: Sequence[Movement] = [movement for found in party.by_entry.values() for movement in found]
    if len(movements) < MIN_MOVEMENTS or sum(m.kind is Kind.INVOICE for m in movements) < MIN_INVOICES:
        return None
    measures = behaviour(movements)
    if measures is None:
        return None
    since = min(movement.day for movement in movements)
    if party.forgotten_since:
        since = min(since, party.forgotten_since)
    return {
        "societe_id": societe_id,
        "tiers": tiers,
        "date": dt.date.fromordinal(since),
        "mouvements": len(movements),
        **measures,
    }


def _frame(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS))
    kinds = dict.fromkeys(MEASURES, "float64") | {"societe_id": "int64", "mouvements": "int64", "tiers": "str"}
    return frame.astype({**kinds, "date": "datetime64[s]"})

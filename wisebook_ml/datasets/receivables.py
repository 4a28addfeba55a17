"""What clients owe and how they pay, kept up entry by entry: the state behind the risk of a client."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import pandas as pd

from schemas import Ecriture, Operation
from schemas.entry import Ligne
from schemas.money import to_minor
from wisebook_ml.datasets.lettering import Cle, Document, references, settle
from wisebook_ml.datasets.payment_history import VARIABLES, WINDOW, CompanyTally, Facture, Passe, variables

__all__ = ["COLUMNS", "TOLERANCE", "Receivables"]

TOLERANCE = 4
"""Days after the due date that are not late yet in a ledger: a transfer that was ordered in time reaches the bank's
statement on the next business day, after a weekend or a holiday, and the ledger with it."""

CLIENTS = "411"
DOUBTFUL = "416"

SLACK = 64
"""Invoices above `WINDOW` before the oldest are forgotten, so that not every entry forgets one."""

MOST_PAYMENTS = 4 * WINDOW
"""Payments of a client that are kept, the last ones: several for each invoice that is kept."""

REMEMBERED_ENTRIES = 500_000
"""Entries of a company whose revision is known, as in the habits; a revision of an older one counts as a new entry."""

MOST_CLIENTS = 500_000
"""Clients of a company, as in the habits; beyond, no new ones are taken in."""

COLUMNS = ("societe_id", "client", "ecriture_id", "date", *VARIABLES)
"""Columns of the rows."""

_OPENING = re.compile(r"^(?:A[. ]?N[.OC]?|RAN1?|A ?NOUV.*)$|NOUVEAU", re.IGNORECASE)
_NOBODY = re.compile(r"^4110*$")
"""The account of all clients: without an auxiliary account, nobody's."""


class _Client(msgspec.Struct, array_like=True):
    documents: dict[str, list[Document]] = {}
    """By entry, in the order of arrival."""
    known: int = 0
    """The last day that something was known on."""
    since: int = 0
    """Date of the first invoice."""
    horizon: int = 0
    """Date of the latest invoice that is forgotten."""


class _Known(msgspec.Struct, array_like=True):
    revision: int
    clients: tuple[str, ...]


class _Company(msgspec.Struct, array_like=True):
    tally: CompanyTally
    clients: dict[str, _Client] = {}
    known: dict[str, _Known] = {}


class Receivables:
    """The receivables of companies, as a fold over their entries.

    Good for rows that are the same in training and live: invoices on the accounts of clients (411), with what became of
    them by lettering or, without it, by evidence (`wisebook_ml.datasets.lettering.settle`). A later revision replaces
    the earlier one, a SUPPRESSION takes the entry out, and what is known does not depend on how entries were cut into
    calls.

    It fails where a ledger has no auxiliary accounts (cash trade has no client), and where payments are booked on
    account without lettering, references or equal amounts: those invoices say nothing, and none of them is learnt from.
    A credit note counts as money: an invoice that it settles late is a late one. What is not known in a ledger is
    whether the client or the bookkeeper was late.

    Parameters
    ----------
    tolerance : int
        Days after the due date that are not late yet.
    forget : bool
        Whether memory is bounded: of each client the last 256 invoices by date and 1,024 payments are kept (an older
        invoice that is still open is forgotten too), and of each company its rates over three years of due dates.
        Without it, every invoice can still be looked at: for training.

    Examples
    --------
    >>> receivables = Receivables()
    >>> len(receivables.take([]))
    0
    """

    def __init__(self, tolerance: int = TOLERANCE, *, forget: bool = True) -> None:
        self.tolerance: Final = tolerance
        self.forget: Final = forget
        self._companies: dict[int, _Company] = {}
        self._settled: dict[tuple[int, str], dict[Cle, Facture]] = {}
        """What became of a client's invoices, as the company's tally has counted them; made again after `load`."""
        self._changed: dict[tuple[int, str], None] = {}
        self.last_payment = 0
        """Ordinal of the day of the last payment that was taken in; of one that is dated ahead, the day it was entered.
        Only for training: it is no part of the state."""

    def take(self, entries: Iterable[Ecriture]) -> pd.DataFrame:
        """Take in entries, in the order of their publication.

        Returns
        -------
        DataFrame
            One row an entry and client whose situation it changed, with `COLUMNS`: the variables of the client's latest
            open invoice (`ecriture_id`), or its last one, with all that was known at the end of the day `date`. None
            for a client without an invoice.
        """
        return self.caused(entries)[0]

    def caused(self, entries: Iterable[Ecriture]) -> tuple[pd.DataFrame, list[int]]:
        """Take in entries like `take`; return its rows, and of each the position of the entry that caused it."""
        self._settle_changed()
        rows: list[tuple[object, ...]] = []
        places: list[int] = []
        for place, entry in enumerate(entries):
            changed = self._apply(entry)
            self._settle_changed()
            rows += [row for client in changed if (row := self._row(entry.societe_id, client)) is not None]
            places += [place] * (len(rows) - len(places))
        return frame_of(rows), places

    def learn(self, entries: Iterable[Ecriture]) -> None:
        """Take in entries like `take`, without making rows."""
        for entry in entries:
            self._apply(entry)
            if self.forget:
                self._settle_changed()
        self._settle_changed()

    def histories(self) -> Iterator[tuple[int, str, CompanyTally, list[str], Passe]]:
        """Yield company, client, the company's rates, the entries of the client's invoices, and these invoices."""
        for societe_id, company in self._companies.items():
            for client, state in company.clients.items():
                if found := self._factures(societe_id, client):
                    yield societe_id, client, company.tally, [cle[0] for cle in found], _passe(found, state)

    def dump(self) -> bytes:
        """Return the state as bytes."""
        self._settle_changed()
        for company in self._companies.values():
            company.tally.days = {day: company.tally.days[day] for day in company.tally.order}
        return msgspec.msgpack.encode((self.tolerance, self._companies))

    def load(self, data: bytes) -> None:
        """Take the state that `dump` returned.

        Raises
        ------
        ValueError
            Where it is not the state of receivables, or of ones with another tolerance.
        """
        try:
            tolerance, companies = msgspec.msgpack.decode(data, type=tuple[int, dict[int, _Company]])
        except msgspec.DecodeError as error:
            raise ValueError(f"not a state of receivables: {error}") from error
        if tolerance != self.tolerance:
            raise ValueError(f"a state with a tolerance of {tolerance} days, expected {self.tolerance}")
        self._companies, self._settled, self._changed = companies, {}, {}

    def _apply(self, entry: Ecriture) -> list[str]:
        """Take in one entry; return the clients whose documents changed."""
        company = self._companies.get(entry.societe_id)
        if company is None:
            company = self._companies[entry.societe_id] = _Company(CompanyTally(self.tolerance))
        known = company.known.get(entry.ecriture_id)
        if known is not None and entry.revision <= known.revision:
            return []
        found = {} if entry.operation is Operation.SUPPRESSION else _documents(entry)
        if known is None and not found:
            return []
        if any(one.montant < 0 for documents in found.values() for one in documents):
            entered = entry.ecriture_date if entry.saisie_le is None else entry.saisie_le.date()
            self.last_payment = max(self.last_payment, min(entry.ecriture_date, entered).toordinal())
        company.known[entry.ecriture_id] = _Known(entry.revision, tuple(found))
        if len(company.known) > REMEMBERED_ENTRIES:
            del company.known[next(iter(company.known))]
        changed = []
        for client in dict.fromkeys((*(known.clients if known else ()), *found)):
            if client not in company.clients:
                if len(company.clients) >= MOST_CLIENTS:
                    continue
                company.clients[client] = _Client()
            state = company.clients[client]
            before = (entry.societe_id, client)
            self._factures(*before)
            if _replace(state, entry.ecriture_id, found.get(client, [])):
                state.known = max(state.known, _day_known(entry, client))
                self._changed[before] = None
                changed.append(client)
        return changed

    def _factures(self, societe_id: int, client: str) -> dict[Cle, Facture]:
        """Return a client's invoices as last settled."""
        found = self._settled.get((societe_id, client))
        if found is None:
            found = _settle(self._companies[societe_id].clients[client])[0]
            self._settled[societe_id, client] = found
        return found

    def _settle_changed(self) -> None:
        """Match anew where documents changed, and count the differences in the company's rates."""
        for societe_id, client in self._changed:
            company = self._companies[societe_id]
            state = company.clients[client]
            before = self._settled[societe_id, client]
            after, parts = _settle(state)
            _count(company.tally, before, after)
            if self.forget and len(after) > WINDOW + SLACK:
                _forget(state, list(after)[:-WINDOW], parts)
                left = _settle(state)[0]
                _count(company.tally, {cle: after[cle] for cle in left}, left)
                after = left
                company.tally.forget()
            if after:
                first = next(iter(after.values())).date
                state.since = min(state.since or first, first)
            self._settled[societe_id, client] = after
        self._changed.clear()

    def _row(self, societe_id: int, client: str) -> tuple[object, ...] | None:
        company = self._companies[societe_id]
        state, found = company.clients[client], self._factures(societe_id, client)
        if not found:
            return None
        keys, passe = list(found), _passe(found, state)
        still = [place for place, one in enumerate(passe.factures) if one.reglement is None]
        place = still[-1] if still else len(keys) - 1
        values = variables(passe, passe.factures[place], company.tally, state.known + 1, place=place)
        return (societe_id, client, keys[place][0], dt.date.fromordinal(state.known), *values)


def frame_of(rows: Sequence[tuple[object, ...]], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Return rows as a frame; its types do not depend on whether there are any."""
    frame = pd.DataFrame(rows, columns=list(columns))
    kinds = {"societe_id": "int64", "client": "str", "ecriture_id": "str", "date": "datetime64[s]"}
    numbers = {name: "float64" for name in columns if name in VARIABLES or name.startswith("passe_")}
    return frame.astype({**{name: kind for name, kind in kinds.items() if name in frame.columns}, **numbers})


def _settle(state: _Client) -> tuple[dict[Cle, Facture], list[tuple[Cle, Cle, int]]]:
    settled = settle(one for documents in state.documents.values() for one in documents)
    return {claim.cle: facture for claim, facture in settled.factures}, settled.parts


def _passe(found: dict[Cle, Facture], state: _Client) -> Passe:
    return Passe(found.values(), state.since or None)


def _count(tally: CompanyTally, before: dict[Cle, Facture], after: dict[Cle, Facture]) -> None:
    for cle, facture in before.items():
        if after.get(cle) != facture:
            tally.change(facture, -1)
    for cle, facture in after.items():
        if before.get(cle) != facture:
            tally.change(facture, 1)


def _replace(state: _Client, ecriture_id: str, found: list[Document]) -> bool:
    """Replace the documents of an entry; return whether that changed anything."""
    before = {one.cle: one for one in state.documents.get(ecriture_id, ())}
    kept = []
    for one in found:
        if one.date < state.horizon and one.cle not in before:
            continue  # what it belongs to is forgotten
        if one.cle in before and (used := before[one.cle].consomme):
            one.montant, one.consomme = min(0, one.montant + used), used
        kept.append(one)
    if kept == list(before.values()):
        return False
    if kept:
        state.documents[ecriture_id] = kept
    else:
        del state.documents[ecriture_id]
    return True


def _forget(state: _Client, dropped: Sequence[Cle], parts: Iterable[tuple[Cle, Cle, int]]) -> None:
    """Drop invoices with what was paid of them, and the oldest of too many payments."""
    gone = set(dropped)
    by_key = {one.cle: one for documents in state.documents.values() for one in documents}
    for claim, payment, amount in parts:
        if claim in gone:
            by_key[payment].montant += amount
            by_key[payment].consomme += amount
    state.horizon = max(state.horizon, by_key[dropped[-1]].date)
    payments = [one for one in by_key.values() if one.montant < 0]
    payments.sort(key=lambda one: (one.date, one.cle))
    gone.update(one.cle for one in payments[:-MOST_PAYMENTS])
    gone.update(one.cle for one in by_key.values() if one.ouverture or (one.montant == 0 and one.date < state.horizon))
    for ecriture_id in {cle[0] for cle in gone}:
        left = [one for one in state.documents[ecriture_id] if one.cle not in gone]
        if left:
            state.documents[ecriture_id] = left
        else:
            del state.documents[ecriture_id]


def _client_of(ligne: Ligne) -> str:
    """Return the client of a line on a clients' account: the auxiliary account, else one of its own."""
    return ligne.comp_aux_num or ("" if _NOBODY.match(ligne.compte_num) else ligne.compte_num)


def _documents(entry: Ecriture) -> dict[str, list[Document]]:
    """Return the documents of an entry by client."""
    found: dict[str, list[Document]] = {}
    opening = any(_OPENING.search(text) for text in (entry.journal_code, entry.journal_lib))
    doubtful = any(
        ligne.compte_num.startswith(DOUBTFUL) and to_minor(ligne.debit) > to_minor(ligne.credit)
        for ligne in entry.lignes
    )
    for place, ligne in enumerate(entry.lignes):
        client = _client_of(ligne) if ligne.compte_num.startswith(CLIENTS) else ""
        amount = to_minor(ligne.debit) - to_minor(ligne.credit)
        if not client or not amount:
            continue
        due, lettered = ligne.date_echeance, ligne.date_let
        document = Document(
            cle=(entry.ecriture_id, place),
            date=entry.ecriture_date.toordinal(),
            montant=amount,
            echeance=due.toordinal() if due and amount > 0 else None,
            lettre=ligne.ecriture_let,
            date_let=lettered.toordinal() if lettered and ligne.ecriture_let else None,
            exercice=entry.exercice or str(entry.ecriture_date.year),
            piece=ligne.piece_ref if amount > 0 else "",
            noms=references(f"{ligne.piece_ref} {ligne.ecriture_lib}") if amount < 0 else (),
            douteux=doubtful and amount < 0,
            ouverture=opening,
        )
        found.setdefault(client, []).append(document)
    return found


def _day_known(entry: Ecriture, client: str) -> int:
    """Return the day on which an entry was known: that of its input, or of the lettering that came later."""
    first = entry.ecriture_date if entry.saisie_le is None else entry.saisie_le.date()
    later = (
        ligne.date_let
        for ligne in entry.lignes
        if ligne.date_let and ligne.ecriture_let and _client_of(ligne) == client
    )
    return max((first, *later)).toordinal()

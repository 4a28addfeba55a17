"""How many entries of a journal and fiscal year are wrong in one way: the state behind systemic findings, and its pass.

Entries count once, when they arrive first: to take one out again when a revision replaces it would need to remember
every entry. Of a company, the latest `MAX_YEARS` journals and years are followed; the one begun first is forgotten.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.arrivals import company_key
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.habits.tables import find, free_rows, insert, remove
from wisebook_ml.ledger.hashing import mix
from wisebook_ml.subjects.periods import year_of

__all__ = ["CAUSES", "CLOSED", "KNOWN", "OPENED", "RECENT", "ROWS", "USUAL", "Counted", "Told", "tally"]

CAUSES = 8
"""Ways of being wrong that one kind of finding tells apart."""

MAX_YEARS, MAX_JOURNALS = 2_000, 1_000
"""Journals and years that are followed of a company, and journals: no company has as many, a mistaken export might."""

MIN_ENTRIES, MIN_WRONG = 30, 5
"""Entries of a journal and year, and wrong ones among them, before anything is called systemic."""

RECENT, RECENT_SHARE = 32, 0.75
"""Where so many of the latest entries are wrong, it is how the journal is kept now, whatever the year looks like."""

KNOWN, USUAL = 50, 0.20
"""Entries elsewhere that a journal is compared with, and the share of wrong ones there up to which they have a habit
of being right."""

CLOSING = 0.5
"""A finding is withdrawn below this share of its threshold, so that it does not come and go at the threshold."""

QUIET, OPENED, CLOSED = range(3)

COMPANY = np.dtype(
    [
        *[(what, np.int64) for what in ("documents", "documents_wrong")],
        *[(what, np.int32) for what in ("first", "last", "count", "journals")],
    ],
    align=True,
)
"""A company: entries of invoices over all journals; the queue of its years, oldest first; its journals."""

JOURNAL = np.dtype(
    [(what, np.int64) for what in ("year", "year_key", "entries", "documents", "documents_wrong")], align=True
)
"""A journal: first day and key of its latest fiscal year; entries of all years, and those of invoices."""

YEAR = np.dtype(
    [
        *[(what, np.int64) for what in ("first", "last", "stake", "recent")],
        *[(what, np.int32) for what in ("next", "entries", "wrong", "before", "before_wrong", "revision")],
        ("causes", np.int32, (CAUSES,)),
        ("open", np.uint8),
    ],
    align=True,
)
"""A journal and fiscal year: entries, those that are wrong and by which cause; which of the `RECENT` latest are, a bit
each; what the year before was like; whether it is told of, and how often it was."""

ROWS: dict[str, np.dtype[Any]] = {"companies": COMPANY, "journals": JOURNAL, "years": YEAR}
"""The tables; the store of a kind of finding may have more of them after these."""
NAMES = array_names(ROWS, {}, {})
_companies_of = table_at(NAMES, "companies", COMPANY)
_journals_of = table_at(NAMES, "journals", JOURNAL)
_years_of = table_at(NAMES, "years", YEAR)

TOLD = np.dtype(
    [
        ("outcome", np.int8),
        *[(what, np.int64) for what in ("first", "last", "stake", "revision", "entries", "wrong", "recent")],
        *[(what, np.int64) for what in ("before", "before_wrong", "others", "others_wrong")],
        ("causes", np.int32, (CAUSES,)),
        ("value", np.float64),
    ],
    align=True,
)
Told = npt.NDArray[np.void]
"""What is told after each entry of a batch: records of `TOLD`."""


class Counted(NamedTuple):
    """What is counted of n entries.

    Attributes
    ----------
    follows : ndarray of bool, shape (n,)
        Whether an entry counts at all.
    causes : ndarray of int64, shape (n,)
        What is wrong with it, a bit for each of `CAUSES`; 0 where nothing is.
    document : ndarray of bool, shape (n,)
        Whether it is that of an invoice: journals of invoices are compared with each other.
    """

    follows: npt.NDArray[np.bool_]
    causes: npt.NDArray[np.int64]
    document: npt.NDArray[np.bool_]


def tally(
    state: Store,
    societe: npt.NDArray[np.int64],
    journal: npt.NDArray[np.int64],
    days: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]],
    total: npt.NDArray[np.int64],
    counted: Counted,
    thresholds: npt.NDArray[np.float64],
    relative: bool,
) -> Told:
    """Count entries in their order; return what is to be told after each.

    Parameters
    ----------
    state : Store
        Updated in place.
    societe, journal, total : ndarray of int64, shape (n,)
        Company, hash of the journal, amount in cents.
    days : tuple of ndarray of int64, shape (n,)
        The entry's date, first and last day of its fiscal year (0: none given), as ordinals.
    counted : Counted
    thresholds : ndarray of float64, shape (n,)
        Share of wrong entries from which it is systemic.
    relative : bool
        Only where the journal was another way before, or the company's other journals of invoices are.
    """
    told = np.zeros(len(societe), TOLD)
    done = 0
    while True:
        done = _tally(done, societe, journal, *days, total, *counted, thresholds, relative, state.directory(), told)
        if done == len(societe):
            return told
        state.reserve(dict.fromkeys(ROWS, 1), {})


@compiled
def _tally(
    start: int,
    societe: Array,
    journal: Array,
    day: Array,
    exercice_first: Array,
    exercice_last: Array,
    total: Array,
    follows: Array,
    causes: Array,
    document: Array,
    thresholds: Array,
    relative: bool,
    state: Array,
    told: Array,
) -> int:
    """Count entries from `start` on; return the one it stopped before for want of room, n where it did not."""
    companies, journals, years = _companies_of(state), _journals_of(state), _years_of(state)
    for i in range(start, len(societe)):
        if not follows[i]:
            continue
        if (
            free_rows(companies.keys, companies.meta) < 1
            or free_rows(journals.keys, journals.meta) < 1
            or free_rows(years.keys, years.meta) < 1
        ):
            return i
        key = company_key(societe[i])
        at = find(companies.slots, companies.keys, key)
        if at == 0:
            at = insert(companies.slots, companies.keys, companies.meta, key)
        company = companies.rows[at]
        key = mix(key, journal[i])
        of_journal = find(journals.slots, journals.keys, key)
        if of_journal == 0:
            if company.journals == MAX_JOURNALS:
                continue
            company.journals += 1
            of_journal = insert(journals.slots, journals.keys, journals.meta, key)
        book = journals.rows[of_journal]
        first, last = year_of(day[i], exercice_first[i], exercice_last[i])
        row = _year_row(state, company, book, key, first, last)
        year = years.rows[row]
        _count(company, book, year, causes[i], document[i], total[i])
        _tell(company, book, year, thresholds[i], relative, told[i])
    return len(societe)


@compiled
def _year_row(state: Array, company: Array, book: Array, journal_key: int, first: int, last: int) -> int:
    """Return the row of a journal's fiscal year, which is made where there is none."""
    years = _years_of(state)
    key = mix(mix(journal_key, first), last)
    row = find(years.slots, years.keys, key)
    if row != 0:
        return int(row)
    if company.count == MAX_YEARS:
        remove(years.slots, years.keys, years.meta, dequeue(company, years.rows))
    row = insert(years.slots, years.keys, years.meta, key)
    year = years.rows[row]
    year.first, year.last = first, last
    year.stake, year.recent = 0, 0
    year.entries, year.wrong, year.before, year.before_wrong, year.revision = 0, 0, 0, 0, 0
    year.open = 0
    for k in range(CAUSES):
        year.causes[k] = 0
    enqueue(company, years.rows, row)
    if first > book.year:
        earlier = find(years.slots, years.keys, book.year_key) if book.year != 0 else 0
        if earlier != 0:
            year.before, year.before_wrong = years.rows[earlier].entries, years.rows[earlier].wrong
        book.year, book.year_key = first, key
    return int(row)


@compiled
def _count(company: Array, book: Array, year: Array, causes: int, document: bool, total: int) -> None:
    wrong = 1 if causes != 0 else 0
    year.entries += 1
    year.wrong += wrong
    year.recent = ((year.recent << 1) | wrong) & ((1 << RECENT) - 1)
    book.entries += 1
    if document:
        book.documents += 1
        book.documents_wrong += wrong
        company.documents += 1
        company.documents_wrong += wrong
    if wrong:
        year.stake += total
        for k in range(CAUSES):
            year.causes[k] += (causes >> k) & 1


@compiled
def _tell(company: Array, book: Array, year: Array, threshold: float, relative: bool, told: Array) -> None:
    """Open or close the finding about a journal and year, and write what it says."""
    if year.entries < MIN_ENTRIES or year.wrong < MIN_WRONG:
        return
    recent = 0
    if year.entries >= RECENT:
        bits = year.recent
        while bits != 0:
            bits &= bits - 1
            recent += 1
    value = year.wrong / year.entries
    if recent >= RECENT_SHARE * RECENT:
        value = max(value, recent / RECENT)
    if year.open:
        if value >= CLOSING * threshold:
            return
    elif value < threshold or (relative and not _stands_out(company, book, year, recent)):
        return
    year.open = 1 - year.open
    year.revision += 1
    told.outcome = OPENED if year.open else CLOSED
    told.first, told.last, told.stake, told.revision = year.first, year.last, year.stake, year.revision
    told.entries, told.wrong, told.recent, told.value = year.entries, year.wrong, recent, value
    told.before, told.before_wrong = year.before, year.before_wrong
    told.others = company.documents - book.documents
    told.others_wrong = company.documents_wrong - book.documents_wrong
    for k in range(CAUSES):
        told.causes[k] = year.causes[k]


@compiled
def _stands_out(company: Array, book: Array, year: Array, recent: int) -> bool:
    """Return whether it was otherwise: the year before, earlier in the year, or in other journals of invoices."""
    if year.before >= KNOWN and year.before_wrong <= USUAL * year.before:
        return True
    earlier = year.entries - RECENT
    if earlier >= KNOWN and year.wrong - recent <= USUAL * earlier:
        return True
    others = company.documents - book.documents
    return bool(
        2 * book.documents >= book.entries
        and others >= KNOWN
        and company.documents_wrong - book.documents_wrong <= USUAL * others
    )

"""Which entries are new, which are a later revision, and which were delivered before."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import companies_of, entries_of, queues_of
from wisebook_ml.habits.layout import ENTRIES, MAX_ENTRIES
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, free_rows, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["CONFLICT", "FIRST", "KNOWN", "REVISION", "company_key", "company_of", "tell_arrivals"]

KNOWN, FIRST, REVISION, CONFLICT = range(4)
"""What an arrival is: delivered before (the same revision, or an older one); new; a later revision; or the revision
that is known, with other content."""

COMPANY_SEED = 7


@compiled
def company_key(societe: int) -> int:
    """Return the key under which everything of a company is kept."""
    return mix(COMPANY_SEED, societe)


@compiled
def company_of(state: Array, societe: int) -> int:
    """Return the row of a company, which is made where there is none."""
    companies = companies_of(state)
    key = company_key(societe)
    row = find(companies.slots, companies.keys, key)
    if row == 0:
        row = insert(companies.slots, companies.keys, companies.meta, key)
    return row


@compiled
def _oldest(queue: Array, rows: Array) -> int:
    """Take the row of the entry to forget out of its queue.

    Entries are told apart a batch at a time, and judged after that. One that is part of the batch must still be known
    then, so that a batch of one gives the same: new ones are at the end of the queue, and revised ones go there.
    """
    row = dequeue(queue, rows)
    while rows[row].revised:
        rows[row].revised = 0
        enqueue(queue, rows, row)
        row = dequeue(queue, rows)
    return row


@compiled
def tell_arrivals(
    state: Array, start: int, societe: Array, key: Array, revision: Array, digest: Array, told: Array
) -> int:
    """Tell new entries and later revisions from those delivered before, and remember them.

    Parameters
    ----------
    state : State
        Its `entries` are updated.
    start : int
        The entry to begin with.
    societe, key, revision, digest : ndarray of int64, shape (n,)
        Of the entries, in the order of their publication.
    told : ndarray of int8, shape (n,)
        Filled with what each is.

    Returns
    -------
    int
        The entry it stopped before for want of room; n where it did not.
    """
    entries, companies = entries_of(state), companies_of(state)
    for i in range(start, len(key)):
        if free_rows(entries.keys, entries.meta) < 1 or free_rows(companies.keys, companies.meta) < 1:
            return i
        row = find(entries.slots, entries.keys, key[i])
        if row == 0:
            queue = queues_of(state)[company_of(state, societe[i])][ENTRIES]
            if queue.count == MAX_ENTRIES:
                remove(entries.slots, entries.keys, entries.meta, _oldest(queue, entries.rows))
            row = insert(entries.slots, entries.keys, entries.meta, key[i])
            entries.rows[row].open, entries.rows[row].revised = 0, 0
            enqueue(queue, entries.rows, row)
            told[i] = FIRST
        elif revision[i] > entries.rows[row].revision:
            told[i] = REVISION
            entries.rows[row].revised = 1
        elif revision[i] == entries.rows[row].revision and digest[i] != entries.rows[row].digest:
            told[i] = CONFLICT
            continue
        else:
            told[i] = KNOWN
            continue
        entries.rows[row].revision = revision[i]
        entries.rows[row].digest = digest[i]
    return len(key)

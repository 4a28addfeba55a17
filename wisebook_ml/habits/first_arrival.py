"""Facts of an entry's first arrival, which a later revision does not change: its number, its burst, its limit."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import (
    author_habits_of,
    author_stamps_of,
    cells_of,
    near_days_of,
    nears_of,
    queues_of,
    sequences_of,
)
from wisebook_ml.habits.histogram import add, share_beyond
from wisebook_ml.habits.layout import BURST_MEMORY, MAX_NEARS, MAX_SEQUENCES, NEAR_LIMIT_MEMORY, NEARS, SEQUENCES
from wisebook_ml.habits.numbering import REPETITION, begin, step
from wisebook_ml.habits.profiles import BURSTS
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["BURST_SECONDS", "NEAR_LIMIT_DAYS", "count_burst", "count_near_limit", "take_number", "tell_first_facts"]

BURST_SECONDS = 600
"""Window of a burst: what one person can enter by hand in ten minutes is a handful."""

NEAR_LIMIT_SHARE = 0.05
"""Just below an approval limit: within 5 % of it (the margin in use in audit software)."""

NEAR_LIMIT_DAYS = 60
"""Amounts kept below a limit belong together for two months."""

THIRD_PARTIES = 4
ASSETS, EXPENSES = 2, 6
"""PCG classes of who is owed, and of what is bought."""


@compiled
def take_number(state: Array, entry: Array, company: int, company_key: int, noted: Array) -> None:
    """Take an entry's number, and note its step; one that says nothing (the first of its sequence) is regular."""
    if entry.number < 0:
        return
    sequences = sequences_of(state)
    key = mix(company_key, entry.sequence)
    row = find(sequences.slots, sequences.keys, key)
    if row == 0:
        queue = queues_of(state)[company][SEQUENCES]
        if queue.count == MAX_SEQUENCES:
            remove(sequences.slots, sequences.keys, sequences.meta, dequeue(queue, sequences.rows))
        row = insert(sequences.slots, sequences.keys, sequences.meta, key)
        begin(sequences.rows[row], entry.number)
        enqueue(queue, sequences.rows, row)
        return
    sequence = sequences.rows[row]
    noted.steps, irregular, repeated = sequence.steps, sequence.irregular + 0, sequence.repeated + 0
    noted.jump = step(sequence, entry.number)
    # Numbers out of order are how some exports are sorted; that one came twice is another matter.
    noted.irregular = repeated if noted.jump == REPETITION else irregular


@compiled
def count_burst(state: Array, entry: Array, author: int) -> tuple[int, int]:
    """Return how many entries the author made by hand within ten minutes, and how often as many before."""
    stamp = entry.stamp
    if not entry.manual or author == 0 or stamp == 0:
        return 0, 0
    stamps, size = author_stamps_of(state)[author], 1
    for k in range(BURST_MEMORY - 1):
        if stamps[k] == 0 or stamp - stamps[k] > BURST_SECONDS:
            break
        if abs(stamp - stamps[k]) <= BURST_SECONDS:
            size += 1
    for k in range(BURST_MEMORY - 1, 0, -1):
        stamps[k] = stamps[k - 1]
    stamps[0] = stamp
    bursts = author_habits_of(state)[author][BURSTS]
    before = share_beyond(bursts, cells_of(state), size, 0)
    add(bursts, cells_of(state), size, 1)
    return size, before


@compiled
def count_near_limit(
    state: Array, entry: Array, lines: Array, company: int, company_key: int, limits: Array
) -> tuple[int, int]:
    """Return how many purchases near a limit the third party had with this one, and the limit (0: not near)."""
    total, limit = entry.total, 0
    for k in range(len(limits)):
        if total < limits[k]:
            limit = limits[k]
            break
    if limit == 0 or total < limit * (1 - NEAR_LIMIT_SHARE):
        return 0, 0
    spent, owed, party = False, False, 0
    for k in range(len(lines)):
        of_class = lines[k].root // 10_000
        spent |= lines[k].on_debit and (of_class in (ASSETS, EXPENSES))
        owed |= not lines[k].on_debit and of_class == THIRD_PARTIES
        if party == 0:
            party = lines[k].party
    if not (spent and owed) or party == 0:
        return 0, 0
    nears = nears_of(state)
    key = mix(company_key, party)
    row = find(nears.slots, nears.keys, key)
    if row == 0:
        queue = queues_of(state)[company][NEARS]
        if queue.count == MAX_NEARS:
            remove(nears.slots, nears.keys, nears.meta, dequeue(queue, nears.rows))
        row = insert(nears.slots, nears.keys, nears.meta, key)
        nears.rows[row].count = 0
        enqueue(queue, nears.rows, row)
    days = near_days_of(state)[row]
    days[nears.rows[row].count % NEAR_LIMIT_MEMORY] = entry.day
    nears.rows[row].count += 1
    near = 0
    for k in range(min(nears.rows[row].count, NEAR_LIMIT_MEMORY)):
        near += abs(entry.day - days[k]) <= NEAR_LIMIT_DAYS
    return near, limit


@compiled
def tell_first_facts(noted: Array, out: Array) -> None:
    """Write what an entry's memo says of its first arrival."""
    out.number_jump, out.number_steps, out.number_irregular = noted.jump, noted.steps, noted.irregular
    out.burst, out.burst_tail = noted.burst, noted.burst_tail
    out.near_limit, out.near_total = noted.near, noted.near_total

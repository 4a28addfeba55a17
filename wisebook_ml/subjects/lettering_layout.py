"""What is remembered of letterings: groups of lines under one letter, and what each entry put into them."""

from typing import Any

import numpy as np

from wisebook_ml.compiled import Array, array_at, compiled
from wisebook_ml.habits.layout import QUEUE
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.habits.tables import Pool

__all__ = [
    "EVENT",
    "GROUPS",
    "MAX_GROUPS",
    "MAX_MEMBERS",
    "MEMBERS",
    "books_of",
    "companies_of",
    "ends_of",
    "groups_of",
    "members_of",
    "new_store",
    "queues_of",
    "trace_pool_of",
    "traces_of",
    "waiting_of",
    "word_pool_of",
]

MAX_GROUPS, MAX_MEMBERS = 200_000, 200_000
"""Letters of a company whose lines are added up, and lettered entries whose part of a sum can be taken out again. The
oldest are forgotten: a group with its sums, whatever its entries say later; an entry's part stays in the sums."""

COMPANY = np.dtype(
    [
        ("societe", np.int64),
        *[
            (what, np.int32)
            for what in ("now", "now_ahead", "first_day", "first_ahead", "last_day", "last_ahead", "behind")
        ],
        *[(what, np.int32) for what in ("serials", "slack", "paid_slack")],
        ("by_journal", np.uint8),
    ],
    align=True,
)
"""A company's clocks: `now` from times of entry, validations and letterings; first and last date of entries without
these (files), how many dates in a row lay far `behind` the last, and whether the file comes journal by journal. The
slacks are how much further a file must have come before a group is judged, without a payment in it and with one."""

ENDS = np.dtype([("first", np.int32), ("last", np.int32)], align=True)
"""A list of groups that wait to be judged."""

BOOK = np.dtype(
    [
        ("journal", np.int64),
        *[(what, np.int32) for what in ("root", "company", "balanced", "unequal", "small", "parts", "revision")],
        *[(what, np.int32) for what in ("debit_clock", "debit_ahead", "credit_clock", "credit_ahead", "week")],
        ("open", np.uint8),
        ("journals", np.uint8),
    ],
    align=True,
)
"""A collective account (three digits) of a company: how its groups came out, and how many lines came in `parts` of what
one has settled already; of a file, how far its lettered lines have
come on each side, and whether they are of several `journals` or of one."""

GROUP = np.dtype(
    [
        ("debit", np.int64),
        ("credit", np.int64),
        ("told", np.int64),
        ("smallest", np.int64),
        *[(what, np.int32) for what in ("serial", "company", "book", "debits", "credits", "first_day", "last_day")],
        *[(what, np.int32) for what in ("due", "revision", "before", "after", "next")],
        *[(what, np.int32) for what in ("compte", "compte_length", "aux", "aux_length", "letter", "letter_length")],
        *[(what, np.int32) for what in ("id", "id_length", "lettered", "lettered_first", "late")],
        *[(what, np.uint8) for what in ("live", "waiting", "open", "outcome", "sides", "ends_paid")],
    ],
    align=True,
)
"""The lines under one letter of a third party, or of an account without third parties.

Since it was equal last: the latest and the first date of its letters (0 where one has none), by how many days a further
payment came later than the lines before it (`late`), what it has (`sides`: 1 debit, 2 credit, 4 a payment), the amount
of its smallest line, and whether a payment is the latest."""

MEMBER = np.dtype([("traces", np.int32), ("count", np.int32), ("room", np.int32), ("next", np.int32)], align=True)

TRACE = np.dtype([("net", np.int64), ("group", np.int32), ("serial", np.int32)], align=True)
"""What a line of an entry put into a group."""

EVENT = np.dtype(
    [
        *[(what, np.int64) for what in ("societe", "debit", "credit", "limit")],
        *[(what, np.int32) for what in ("position", "kind", "revision", "lines", "root", "day")],
        *[(what, np.int32) for what in ("text", "compte", "aux", "letter", "id")],
    ],
    align=True,
)
"""What a pass tells: sums, and the lengths of texts that follow one another in the buffer of texts from `text` on."""

ROWS = {"companies": COMPANY, "books": BOOK, "groups": GROUP, "members": MEMBER}
SIDES: dict[str, tuple[str, np.dtype[Any], int]] = {
    "queues": ("companies", QUEUE, 2),
    "waiting": ("companies", ENDS, 1),
    "ends": ("books", ENDS, 1),
}
POOLS: dict[str, dict[str, np.dtype[Any]]] = {
    "traces": {"items": TRACE},
    "words": {"items": np.dtype(np.int64)},
}
GROUPS, MEMBERS = range(2)
"""Queues of a company, oldest first."""

NAMES = array_names(ROWS, SIDES, POOLS)

companies_of = table_at(NAMES, "companies", COMPANY)
books_of = table_at(NAMES, "books", BOOK)
groups_of = table_at(NAMES, "groups", GROUP)
members_of = table_at(NAMES, "members", MEMBER)
queues_of = array_at(NAMES.index("queues"), QUEUE, 2)
waiting_of = array_at(NAMES.index("waiting"), ENDS, 1)
ends_of = array_at(NAMES.index("ends"), ENDS, 1)
traces_of = array_at(NAMES.index("traces.items"), TRACE)
_trace_heads = array_at(NAMES.index("traces.heads"), np.int64)
_words = array_at(NAMES.index("words.items"), np.int64)
_word_heads = array_at(NAMES.index("words.heads"), np.int64)


@compiled
def trace_pool_of(state: Array) -> Pool:
    """Return the pool of what entries put into groups."""
    return Pool(_trace_heads(state), traces_of(state).group)


@compiled
def word_pool_of(state: Array) -> Pool:
    """Return the pool of texts."""
    return Pool(_word_heads(state), _words(state))


def new_store() -> Store:
    """Return an empty state."""
    return Store(ROWS, SIDES, POOLS)

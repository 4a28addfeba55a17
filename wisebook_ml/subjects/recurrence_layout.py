"""What is remembered of what comes again and again: latest occurrences of each series, and what is missed."""

from typing import Any

import numpy as np

from wisebook_ml.compiled import Array, array_at, compiled
from wisebook_ml.habits.layout import QUEUE
from wisebook_ml.habits.store import Store, array_names, table_at
from wisebook_ml.habits.tables import Pool
from wisebook_ml.subjects.lettering_layout import ENDS

__all__ = [
    "EVENT",
    "MAX_JOURNALS",
    "MAX_SERIES",
    "MAX_TOLD",
    "OPENS",
    "RING",
    "SERIES_QUEUE",
    "TOLD_QUEUE",
    "amounts_of",
    "companies_of",
    "days_of",
    "journals_of",
    "keys_of",
    "lags_of",
    "members_of",
    "new_store",
    "opens_of",
    "queues_of",
    "regular_of",
    "series_of",
    "told_of",
    "word_pool_of",
]

RING = 12
"""Occurrences that a rhythm is learnt from: a year of months."""

OPENS = 3
"""Absences of a series that can still end by its coming late: the latest."""

MAX_JOURNALS = 1_000
"""Journals of a company: what is in further ones is not followed (no company has as many; a mistaken export might)."""

MAX_SERIES, MAX_TOLD = 20_000, 20_000
"""Series of a company that are followed, and absences whose revision is remembered. The oldest are forgotten, but a
series that went on has its turn once more."""

COMPANY = np.dtype(
    [("societe", np.int64), *[(what, np.int32) for what in ("now", "now_ahead", "due", "serials", "journals")]],
    align=True,
)
"""A company's clock of times of entry, and the first day at which something can be overdue (0: nothing can)."""

JOURNAL = np.dtype([(what, np.int32) for what in ("company", "clock", "ahead", "behind")], align=True)
"""How far a journal's dates have come, and how many days behind that its entries arrive at most."""

SERIES = np.dtype(
    [
        ("ident", np.int64),
        ("amount", np.int64),
        *[(what, np.int32) for what in ("serial", "company", "journal", "before", "after", "next")],
        *[(what, np.int32) for what in ("anchor", "spread", "lag", "since", "length")],
        *[(what, np.int32) for what in ("id", "id_length", "code", "code_length", "label", "label_length")],
        ("skipped", np.int32),
        *[
            (what, np.uint8)
            for what in ("count", "live", "tiers", "period", "regular", "missed", "touched", "steady", "kind", "quiet")
        ],
    ],
    align=True,
)
"""Entries of one third party or of one label in a journal. `anchor` is the day on which the latest was due, `period` in
months, `spread` and `lag` in days; `skipped` has a bit for each month of the year in which one was missed before,
`quiet` for each in a row that is not told for that."""

MEMBER = np.dtype([("series", np.int32), ("serial", np.int32)], align=True)

TOLD = np.dtype([("revision", np.int32), ("next", np.int32), ("open", np.uint8)], align=True)

EVENT = np.dtype(
    [
        *[(what, np.int64) for what in ("societe", "amount")],
        *[
            (what, np.int32)
            for what in ("position", "kind", "revision", "expected", "period", "since", "late", "limit")
        ],
        *[(what, np.int32) for what in ("length", "steady", "tiers", "text", "id", "code", "label")],
    ],
    align=True,
)

ROWS = {
    "companies": COMPANY,
    "journals": JOURNAL,
    "series": SERIES,
    "members": MEMBER,
    "told": TOLD,
}
SIDES: dict[str, tuple[str, np.dtype[Any], int]] = {
    "queues": ("companies", QUEUE, 2),
    "regular": ("companies", ENDS, 1),
    "days": ("series", np.dtype(np.int32), RING),
    "lags": ("series", np.dtype(np.int32), RING),
    "amounts": ("series", np.dtype(np.int64), RING),
    "keys": ("series", np.dtype(np.int64), RING),
    "opens": ("series", np.dtype(np.int32), OPENS),
}
POOLS: dict[str, dict[str, np.dtype[Any]]] = {"words": {"items": np.dtype(np.int64)}}

SERIES_QUEUE, TOLD_QUEUE = range(2)
"""Queues of a company, oldest first."""

NAMES = array_names(ROWS, SIDES, POOLS)

companies_of = table_at(NAMES, "companies", COMPANY)
journals_of = table_at(NAMES, "journals", JOURNAL)
series_of = table_at(NAMES, "series", SERIES)
members_of = table_at(NAMES, "members", MEMBER)
told_of = table_at(NAMES, "told", TOLD)
queues_of = array_at(NAMES.index("queues"), QUEUE, 2)
regular_of = array_at(NAMES.index("regular"), ENDS, 1)
days_of = array_at(NAMES.index("days"), np.int32, RING)
lags_of = array_at(NAMES.index("lags"), np.int32, RING)
amounts_of = array_at(NAMES.index("amounts"), np.int64, RING)
keys_of = array_at(NAMES.index("keys"), np.int64, RING)
opens_of = array_at(NAMES.index("opens"), np.int32, OPENS)
_words = array_at(NAMES.index("words.items"), np.int64)
_word_heads = array_at(NAMES.index("words.heads"), np.int64)


@compiled
def word_pool_of(state: Array) -> Pool:
    """Return the pool of texts."""
    return Pool(_word_heads(state), _words(state))


def new_store() -> Store:
    """Return an empty state."""
    return Store(ROWS, SIDES, POOLS)

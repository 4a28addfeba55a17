"""What habits remember of the companies of a partition: tables of records, and what bounds them.

All of it is a fold of the partition's entries in their order, and nothing else: no clock, and nothing of one company is
ever read for another. What bounds memory forgets by the order of the company's own entries, so that a replay forgets
the same.

Texts are kept as hashes only, but for the ids of recent entries, which a detection names.
"""

from typing import Any

import numpy as np

from wisebook_ml.habits.histogram import HISTOGRAM
from wisebook_ml.habits.store import Store

__all__ = [
    "BURST_MEMORY",
    "CANDIDATES",
    "DOCUMENT_BYTES",
    "NAME_BYTES",
    "NEAR_LIMIT_MEMORY",
    "POOLS",
    "ROWS",
    "SIDES",
    "new_store",
]

MAX_ENTRIES = 500_000
"""Entries of a company whose revision is remembered, to recognise what is delivered again, and whether they have an
open detection. The oldest is forgotten, but one that was revised has its turn once more."""

MAX_MEMOS = 50_000
"""Recent entries of a company that can be taken out of the habits when a revision replaces them, and that later ones
are compared with (duplicates, reversals). An older entry's revision is scored against habits that still include it."""

MAX_PIECES = 100_000
"""References of documents that are remembered with their third party."""

MAX_SEQUENCES, MAX_NEARS = 10_000, 20_000
"""Sequences of numbers, and third parties with purchases just below an approval limit, that are followed."""

MAX_JOURNALS, MAX_ACCOUNTS, MAX_PAIRS, MAX_AUTHORS, MAX_PARTIES, MAX_IBANS, MAX_DEALINGS, MAX_PURPOSES = (
    1_000,
    200_000,
    500_000,
    10_000,
    500_000,
    500_000,
    500_000,
    200_000,
)
"""How much a company's habits hold: beyond, nothing new is learnt (no company has as many; a mistaken export might)."""

MAX_NAMED = 50_000
"""Third parties of a company whose numbers and names new ones are compared with: each takes about 400 bytes."""

CANDIDATES = 6
"""Earlier entries kept per key: a monthly rent fills it, a duplicate is found among the latest."""

BURST_MEMORY = 32
"""Latest entries of an author whose time is kept: larger bursts count as that many."""

NEAR_LIMIT_MEMORY = 16
"""Days kept per third party: more than that many near one limit is the same finding."""

DOCUMENT_BYTES = 24
"""How much of a document's reference is kept to tell two apart that are alike."""

NAME_BYTES = 48
"""How much of a third party's name is kept, for people to read."""

COMPANY = np.dtype(
    [
        ("entries", np.int32),
        ("arrivals", np.int32),
        ("party_lines", np.int32),
        *[(what, np.int32) for what in ("journals", "accounts", "pairs", "authors", "parties", "ibans")],
        *[(what, np.int32) for what in ("dealings", "dealt", "dealers", "purposes")],
        ("named", np.int32),
    ],
    align=True,
)
"""A company: entries in its habits and arrivals so far; sizes of its tables; lines that count in `dealings`, and third
parties that have any; third parties in `named`."""

QUEUE = np.dtype([("first", np.int32), ("last", np.int32), ("count", np.int32)], align=True)
"""Rows of a table in their order, linked by their field `next`."""

JOURNAL = np.dtype(
    [
        *[
            (what, np.int32)
            for what in ("entries", "lines", "off_days", "holidays", "with_piece", "referenced", "singles")
        ],
        *[(what, np.int32) for what in ("party_lines", "debuts")],
    ],
    align=True,
)
"""Habit of a journal: `singles` counts accounts that it used just once, which tells how likely a new one is; `debuts`
third parties that appeared here first, out of `party_lines`."""

ACCOUNT = np.dtype([("company_account", np.int32)], align=True)
"""An account in one journal; its lines are counted in histograms, and over all journals under `company_account`."""

COUNTER = np.dtype([("count", np.int32)], align=True)

HOLDER = np.dtype([("count", np.int32), ("iban", np.int32)], align=True)
"""A third party that uses bank details: with how many lines, and the row of the details in `ibans`."""

PARTY = np.dtype([("count", np.int32), ("dealt", np.int32), ("dealings", np.int32)], align=True)
"""A third party: its lines; the lines for which it was dealt with, on how many accounts."""

DEALING = np.dtype([("count", np.int32), ("party", np.int32)], align=True)
"""An account of assets, expenses or income in the entries of a third party, whose row is `party`."""

NAMED = np.dtype([("unused", np.int32)], align=True)
"""A third party whose number and name were noted; the name stands beside."""

ALIAS = np.dtype([("named", np.int32)], align=True)
"""A name, or one without one of its letters, and the first third party that has it."""

SEQUENCE = np.dtype(
    [
        ("last", np.int64),
        ("other", np.int64),
        ("steps", np.int32),
        ("irregular", np.int32),
        ("repeated", np.int32),
        ("next", np.int32),
        ("jumped", np.uint8),
    ],
    align=True,
)

NEAR = np.dtype([("count", np.int32), ("next", np.int32)], align=True)

PIECE = np.dtype([("holder", np.int64), ("next", np.int32)], align=True)

PLACE = np.dtype([("count", np.int32)], align=True)

ENTRY = np.dtype(
    [
        ("digest", np.int64),
        ("revision", np.int32),
        ("next", np.int32),
        ("open", np.uint8),
        ("revised", np.uint8),
    ],
    align=True,
)
"""What is remembered of every entry: its latest revision, whether it has an open detection, and whether it was
`revised` since it was put into its queue."""

MEMO = np.dtype(
    [
        *[
            (what, np.int64)
            for what in ("content", "document", "label", "letters", "jump", "near_total", "place", "lines_place")
        ],
        *[(what, np.int32) for what in ("next", "order", "day", "journal", "author")],
        *[(what, np.int32) for what in ("steps", "irregular", "burst", "burst_tail", "near")],
        *[(what, np.int32) for what in ("traces", "lines", "id", "id_length")],
        ("hour", np.int8),
        ("lag", np.int8),
        *[
            (what, np.uint8)
            for what in ("bin", "counted", "validated", "altered", "manual", "off_day", "has_piece", "referenced")
        ],
    ],
    align=True,
)
"""What is remembered of a recent entry: what it left in the habits (as `counted` says), where it can be found, and what
was said of its first arrival (its step in the numbering, its burst, its closeness to a limit)."""

TRACE = np.dtype(
    [
        ("account", np.int32),
        ("party", np.int32),
        ("holder", np.int32),
        ("dealing", np.int32),
        ("purpose", np.int32),
        ("bin", np.uint8),
        ("debit", np.uint8),
        ("round", np.uint8),
        ("has_party", np.uint8),
    ],
    align=True,
)
"""What one line left: rows of the tables it was counted in, 0 where in none."""

ROWS = {
    "companies": COMPANY,
    "journals": JOURNAL,
    "accounts": ACCOUNT,
    "company_accounts": COUNTER,
    "pairs": COUNTER,
    "authors": COUNTER,
    "parties": PARTY,
    "holders": HOLDER,
    "dealings": DEALING,
    "purposes": COUNTER,
    "ibans": COUNTER,
    "named": NAMED,
    "shapes": COUNTER,
    "aliases": ALIAS,
    "sequences": SEQUENCE,
    "nears": NEAR,
    "pieces": PIECE,
    "places": PLACE,
    "entries": ENTRY,
    "memos": MEMO,
}
"""The tables and their records. `holders` counts the lines with which a
third party uses bank details, `ibans` how many third parties do; `purposes` the lines of what amounts are for
(`wisebook_ml.habits.purposes`); `shapes` how many have a number of that shape, how many there are, and how many shapes
only one has."""

ENTRIES, MEMOS, PIECES, SEQUENCES, NEARS = range(5)
"""Queues of a company, oldest first: what is forgotten in the order of its arrival."""

SIDES: dict[str, tuple[str, np.dtype[Any], int]] = {
    "queues": ("companies", QUEUE, 5),
    "company_amounts": ("companies", HISTOGRAM, 2),
    "journal_lags": ("journals", HISTOGRAM, 2),
    "account_sides": ("accounts", HISTOGRAM, 2),
    "author_habits": ("authors", HISTOGRAM, 2),
    "author_stamps": ("authors", np.dtype(np.int64), BURST_MEMORY),
    "party_amounts": ("parties", HISTOGRAM, 1),
    "named_text": ("named", np.dtype(np.uint8), NAME_BYTES),
    "purpose_amounts": ("purposes", HISTOGRAM, 1),
    "near_days": ("nears", np.dtype(np.int32), NEAR_LIMIT_MEMORY),
    "place_memos": ("places", np.dtype(np.int32), CANDIDATES),
    "memo_document": ("memos", np.dtype(np.uint8), DOCUMENT_BYTES),
    "iban_names": ("ibans", np.dtype(np.int64), 3),
}
"""Arrays beside a table, with so many items for each of its rows: a company's queues; histograms of a company's amounts
(largest lines of entries, lines of third parties), of a journal's lags (made by hand, others), an account's amounts
(credit, debit), an author's hours and bursts, a third party's and a purpose's amounts; names of third parties; latest
times and days; the memos under a key; the documents of memos; the name of the first third party that used bank details
(see `Facts.holder`)."""


POOLS: dict[str, dict[str, np.dtype[Any]]] = {
    "cells": {"bins": np.dtype(np.uint8), "counts": np.dtype(np.int32)},
    "traces": {"items": TRACE},
    "ids": {"items": np.dtype(np.int64)},
}
"""Pools of blocks, and what their items are: cells of histograms, lines of memos, ids of entries
(eight bytes an item)."""


def new_store() -> Store:
    """Return an empty state."""
    return Store(ROWS, SIDES, POOLS)

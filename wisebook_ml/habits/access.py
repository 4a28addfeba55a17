"""The arrays of the state, as compiled functions get at them.

The state goes through compiled functions as one array, the directory of its arrays (`wisebook_ml.compiled.array_at`):
``accounts_of(state).rows[row]`` is a record that is read and written in place.
"""

from collections.abc import Callable

import numpy as np

from wisebook_ml.compiled import Array, array_at, compiled
from wisebook_ml.habits.histogram import Cells
from wisebook_ml.habits.layout import POOLS, ROWS, SIDES
from wisebook_ml.habits.store import array_names, table_at
from wisebook_ml.habits.tables import Pool, Table

__all__ = [
    "account_sides_of",
    "accounts_of",
    "aliases_of",
    "author_habits_of",
    "author_stamps_of",
    "authors_of",
    "cells_of",
    "companies_of",
    "company_accounts_of",
    "company_amounts_of",
    "dealings_of",
    "entries_of",
    "holders_of",
    "iban_names_of",
    "ibans_of",
    "id_pool_of",
    "ids_of",
    "journal_lags_of",
    "journals_of",
    "memo_document_of",
    "memos_of",
    "named_of",
    "named_text_of",
    "near_days_of",
    "nears_of",
    "pairs_of",
    "parties_of",
    "party_amounts_of",
    "pieces_of",
    "place_memos_of",
    "places_of",
    "purpose_amounts_of",
    "purposes_of",
    "queues_of",
    "sequences_of",
    "shapes_of",
    "trace_pool_of",
    "traces_of",
]

NAMES = array_names(ROWS, SIDES, POOLS)


def _table(name: str) -> Callable[[Array], Table]:
    return table_at(NAMES, name, ROWS[name])


def _side(name: str) -> Callable[[Array], Array]:
    _, dtype, items = SIDES[name]
    return array_at(NAMES.index(name), dtype, items)


companies_of = _table("companies")
journals_of = _table("journals")
accounts_of = _table("accounts")
company_accounts_of = _table("company_accounts")
pairs_of = _table("pairs")
authors_of = _table("authors")
parties_of = _table("parties")
holders_of = _table("holders")
dealings_of = _table("dealings")
purposes_of = _table("purposes")
ibans_of = _table("ibans")
named_of = _table("named")
shapes_of = _table("shapes")
aliases_of = _table("aliases")
sequences_of = _table("sequences")
nears_of = _table("nears")
pieces_of = _table("pieces")
places_of = _table("places")
entries_of = _table("entries")
memos_of = _table("memos")

queues_of = _side("queues")
company_amounts_of = _side("company_amounts")
journal_lags_of = _side("journal_lags")
account_sides_of = _side("account_sides")
author_habits_of = _side("author_habits")
author_stamps_of = _side("author_stamps")
party_amounts_of = _side("party_amounts")
named_text_of = _side("named_text")
purpose_amounts_of = _side("purpose_amounts")
near_days_of = _side("near_days")
place_memos_of = _side("place_memos")
memo_document_of = _side("memo_document")
iban_names_of = _side("iban_names")

_cell_heads = array_at(NAMES.index("cells.heads"), np.int64)
_cell_bins = array_at(NAMES.index("cells.bins"), POOLS["cells"]["bins"])
_cell_counts = array_at(NAMES.index("cells.counts"), POOLS["cells"]["counts"])
_trace_heads = array_at(NAMES.index("traces.heads"), np.int64)
_id_heads = array_at(NAMES.index("ids.heads"), np.int64)

traces_of = array_at(NAMES.index("traces.items"), POOLS["traces"]["items"])
ids_of = array_at(NAMES.index("ids.items"), POOLS["ids"]["items"])


@compiled
def cells_of(state: Array) -> Cells:
    """Return the cells of all histograms."""
    return Cells(_cell_heads(state), _cell_bins(state), _cell_counts(state))


@compiled
def trace_pool_of(state: Array) -> Pool:
    """Return the pool that `traces` belong to."""
    return Pool(_trace_heads(state), traces_of(state).account)


@compiled
def id_pool_of(state: Array) -> Pool:
    """Return the pool that `ids` belong to."""
    return Pool(_id_heads(state), ids_of(state))

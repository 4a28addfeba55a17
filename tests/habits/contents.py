"""What is counted in a store, by keys instead of rows: two stores that count the same are the same to a reader."""

from typing import Any

import numpy as np

from wisebook_ml.habits.histogram import DIRECT_CLASS, Cells, copies
from wisebook_ml.habits.layout import ROWS, SIDES
from wisebook_ml.habits.store import Store
from wisebook_ml.habits.tables import SMALLEST_BLOCK

COUNTED = {
    "companies": "entries party_lines accounts pairs parties ibans dealings dealt dealers purposes",
    "journals": "entries lines off_days with_piece singles party_lines",
    "accounts": "",
    "company_accounts": "count",
    "pairs": "count",
    "authors": "count",
    "parties": "count dealt dealings",
    "dealings": "count",
    "purposes": "count",
    "holders": "count",
    "ibans": "count",
}
"""What taking an entry out takes back: neither arrivals nor debuts nor bursts, which are history."""

HISTOGRAMS = {
    "companies": "company_amounts",
    "journals": "journal_lags",
    "accounts": "account_sides",
    "authors": "author_habits",
    "parties": "party_amounts",
    "purposes": "purpose_amounts",
}
FREED = ("accounts", "company_accounts", "pairs", "parties", "holders", "ibans", "dealings", "purposes")
"""Tables whose rows are freed when nothing is counted in them."""


def live_rows(store: Store, table: str) -> list[int]:
    """Return the rows of a table that are in use."""
    slots = store[f"{table}.slots"]
    return slots[slots != 0].tolist()


def counted(store: Store) -> dict[str, dict[int, Any]]:
    """Return the counts of each table by key, without what counts nothing."""
    contents: dict[str, dict[int, Any]] = {}
    for table, names in COUNTED.items():
        found = contents[table] = {}
        for row in live_rows(store, table):
            record = store[f"{table}.rows"][row]
            numbers = {name: int(record[name]) for name in names.split()}
            bins = [histogram(store, record) for record in own_histograms(store, table, row)]
            if any(numbers.values()) or any(bins):
                found[int(store[f"{table}.keys"][row])] = (numbers, bins)
    return contents


def own_histograms(store: Store, table: str, row: int) -> np.ndarray[Any, Any]:
    """Return the histograms beside a row that entries are taken out of."""
    if table not in HISTOGRAMS:
        return np.zeros(0)
    beside = store[HISTOGRAMS[table]][row]
    return beside[:1] if table == "authors" else beside


def histogram(store: Store, record: np.void) -> dict[str, Any]:
    """Return what a histogram counts; nothing where it counts nothing."""
    cells = Cells(store["cells.heads"], store["cells.bins"], store["cells.counts"])
    bins = {bin_: copies(record, cells, bin_) for bin_ in range(SMALLEST_BLOCK << DIRECT_CLASS)}
    bins = {bin_: times for bin_, times in bins.items() if times}
    assert sum(bins.values()) == record["total"]
    if not bins:
        assert record["block"] == 0
        return {}
    return {
        "bins": bins,
        "middle": int(record["middle"]),
        "below": int(record["below"]),
        "rounds": int(record["rounds"]),
    }


def assert_sound(store: Store) -> None:
    """Check that tables are found through their keys, and that no two histograms share a cell."""
    for table in ROWS:
        rows = live_rows(store, table)
        assert len(rows) == len(set(rows)) == store.count(table)
        assert len({int(store[f"{table}.keys"][row]) for row in rows}) == len(rows)
    taken: list[int] = []
    for side, (table, _, _) in SIDES.items():
        if side in HISTOGRAMS.values():
            for record in store[side][live_rows(store, table)].ravel():
                if record["block"]:
                    size = SMALLEST_BLOCK << int(record["klass"])
                    taken += range(int(record["block"]), int(record["block"]) + size)
    assert len(taken) == len(set(taken))
    assert max(taken, default=0) < store["cells.heads"][-1]

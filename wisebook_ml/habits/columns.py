"""What the compiled passes read of a batch, and where they write."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wisebook_ml.habits.layout import DOCUMENT_BYTES
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import Facts

__all__ = ["ENTRY_COLUMNS", "ENTRY_FACTS", "LINE_COLUMNS", "LINE_FACTS", "Output", "facts_records", "new_output"]

LINE_COLUMNS = np.dtype(
    [
        (name, np.float64)
        for name in (
            "account_count",
            "side_count",
            "side_rounds",
            "side_median",
            "side_spread",
            "side_tail",
            "side_reach",
            "journal_lines",
            "journal_singles",
            "party_count",
            "party_median",
            "party_spread",
            "party_tail",
            "party_reach",
            "purpose_count",
            "purpose_median",
            "purpose_spread",
            "purpose_tail",
            "purpose_reach",
            "iban_others",
            "dealing_count",
            "dealt",
            "dealings",
            "numbers",
            "number_alike",
            "number_singles",
            "namesake",
        )
    ]
)
ENTRY_COLUMNS = np.dtype(
    [
        (name, np.float64)
        for name in (
            "company",
            "company_dealt",
            "company_dealers",
            "company_dealings",
            "journal",
            "journal_off_days",
            "journal_holidays",
            "journal_pieces",
            "journal_references",
            "author",
            "hour",
            "hour_count",
            "lag",
            "lag_timed",
            "lag_tail",
            "number_steps",
            "number_irregular",
            "number_jump",
            "pair_value",
            "burst",
            "burst_tail",
            "near_limit",
            "near_total",
            "debuts",
            "party_lines",
            "newcomer_median",
            "newcomer_spread",
            "totals_median",
            "totals_spread",
            "altered",
            "duplicate",
            "duplicate_days",
            "duplicate_repeats",
            "reversal",
            "reversal_days",
            "reversal_alike",
            "pair_debit",
            "pair_credit",
            "duplicate_start",
            "duplicate_length",
            "reversal_start",
            "reversal_length",
            "namesake_start",
            "namesake_length",
        )
    ]
)

Bools = npt.NDArray[np.bool_]
Records = npt.NDArray[np.void]

SET_HERE = frozenset({"start", "lines", "id_start", "id_length", "first"})

TEXT_BYTES = 4096
"""First size of the buffer of ids that were found."""


ENTRY_FACTS = np.dtype(
    [
        *[(name, np.int64) for name in ("societe", "key", "content", "journal", "author", "sequence", "number")],
        *[(name, np.int64) for name in ("day", "hour", "stamp", "lag", "document", "label", "label_letters", "total")],
        *[(name, np.int64) for name in ("start", "lines", "id_start", "id_length")],
        *[
            (name, np.bool_)
            for name in ("first", "off_day", "manual", "has_piece", "referenced", "validated", "deleted")
        ],
        ("document_text", np.uint8, (DOCUMENT_BYTES,)),
    ],
    align=True,
)
LINE_FACTS = np.dtype(
    [
        *[(name, np.int64) for name in ("account", "habit", "party", "iban", "bin", "net", "root")],
        *[(name, np.int64) for name in ("holder", "holder_one", "holder_two")],
        *[(name, np.bool_) for name in ("on_debit", "round")],
    ],
    align=True,
)
"""What the pass reads of entries and lines: see `EntryBatch` and `Facts`. Records, since the pass reads all of an entry
before it goes on to the next."""


class Output(NamedTuple):
    """Where the pass writes.

    Records of `ENTRY_COLUMNS` and `LINE_COLUMNS`; the ids of entries that were found, and how many bytes of them are
    `used`.
    """

    entry: Any
    line: Any
    texts: Any
    used: Any


def facts_records(batch: EntryBatch, facts: Facts, first: Bools) -> tuple[Records, Records]:
    """Return what the pass reads; `first` tells which entries arrive for the first time."""
    entries, lines = np.empty(len(batch), ENTRY_FACTS), np.empty(len(batch.net), LINE_FACTS)
    ids = batch.text("ecriture_id")
    entries["start"], entries["lines"] = batch.first[:-1], np.diff(batch.first)
    entries["id_start"], entries["id_length"], entries["first"] = ids.start, ids.length, first
    for records in (entries, lines):
        for name in records.dtype.names or ():
            for source in (batch, facts):
                if hasattr(source, name) and name not in SET_HERE:
                    records[name] = getattr(source, name)
    return entries, lines


def new_output(entries: int, lines: int) -> Output:
    """Return empty records for a batch."""
    output = Output(
        entry=np.zeros(entries, ENTRY_COLUMNS),
        line=np.empty(lines, LINE_COLUMNS),
        texts=np.zeros(TEXT_BYTES, np.uint8),
        used=np.zeros(1, np.int64),
    )
    output.entry["pair_debit"] = output.entry["pair_credit"] = -1.0
    return output

"""What the French audit file (FEC) asks of each entry and line, as far as an event shows it.

References
----------
Art. A47 A-1 LPF, VII (the 18 fields); BOI-CF-IOR-60-40-20 (20170607) nos. 80 to 260.
"""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.features.view import View, once
from wisebook_ml.ledger.batch import Ints

__all__ = ["ATTRIBUTES", "FAULTS", "fec_faults", "fec_line_faults"]

FAULTS = (
    ("un compte qui ne commence pas par trois chiffres", "an account that does not start with three digits"),
    ("un débit et un crédit sur la même ligne", "a debit and a credit on one line"),
    ("une ligne sans montant", "a line without an amount"),
    ("une pièce sans date", "a document without its date"),
    ("une date de pièce sans référence", "a document's date without its reference"),
    ("aucun libellé", "no label"),
    ("un code de journal vide", "an empty journal code"),
    ("une validation antérieure à la date de l'écriture", "a validation before the entry's date"),
)
"""What can be wrong, in French and English; each is a bit of what `fec_faults` returns.

A negative amount is not among them (art. A47 A-1, VII-3° lets numbers bear a sign), nor is what a company may not know:
the date of a lettering, an account's name. A reference that is missing is another control's.
"""

ATTRIBUTES = (
    "compte_num",
    "montant",
    "montant",
    "piece_date",
    "piece_ref",
    "ecriture_lib",
    "journal_code",
    "valid_date",
)
"""The accounting attribute of each fault."""

ACCOUNT, BOTH_SIDES, NOTHING, NO_DATE, NO_REFERENCE, LABEL, JOURNAL, EARLY = (1 << k for k in range(8))

SPACE = 0x20


@compiled
def _blank(data: Array, start: int, length: int) -> bool:
    """Return whether a text is nothing but spaces and control characters."""
    for k in range(start, start + length):  # noqa: SIM110 - numba does not compile all() of a generator
        if data[k] > SPACE:
            return False
    return True


@compiled
def _line_faults(
    data: Array,
    first: Array,
    account: Array,
    account_length: Array,
    label: Array,
    label_length: Array,
    reference: Array,
    reference_length: Array,
    piece_date: Array,
    debit: Array,
    credit: Array,
) -> Array:
    """Return the faults of each line, shape (m,).

    Dates and labels are compared within an entry: where one line has them, the company has them, and the others should.
    """
    faults = np.zeros(len(debit), np.int64)
    for i in range(len(first) - 1):
        dated, labelled = False, False
        for k in range(first[i], first[i + 1]):
            dated |= piece_date[k] != 0
            labelled |= not _blank(data, label[k], label_length[k])
        for k in range(first[i], first[i + 1]):
            found, at = 0, account[k]
            if account_length[k] < 3:
                found |= ACCOUNT
            else:
                for j in range(at, at + 3):
                    if data[j] < 0x30 or data[j] > 0x39:
                        found |= ACCOUNT
            if debit[k] != 0 and credit[k] != 0:
                found |= BOTH_SIDES
            if debit[k] == 0 and credit[k] == 0:
                found |= NOTHING
            referenced = not _blank(data, reference[k], reference_length[k])
            if referenced and dated and piece_date[k] == 0:
                found |= NO_DATE
            if not referenced and piece_date[k] != 0:
                found |= NO_REFERENCE
            if not labelled:
                found |= LABEL
            faults[k] = found
    return faults


@compiled
def _entry_faults(
    data: Array, first: Array, faults: Array, code: Array, length: Array, day: Array, valid: Array
) -> Array:
    """Return the faults of each entry, those of its lines among them, shape (n,)."""
    found = np.zeros(len(day), np.int64)
    for i in range(len(day)):
        for k in range(first[i], first[i + 1]):
            found[i] |= faults[k]
        if _blank(data, code[i], length[i]):
            found[i] |= JOURNAL
        if valid[i] != 0 and valid[i] < day[i]:
            found[i] |= EARLY
    return found


@once
def fec_line_faults(view: View) -> Ints:
    """Return what is wrong with each line, as bits of `FAULTS`, shape (m,)."""
    batch = view.batch
    faults: Ints = _line_faults(
        batch.data,
        batch.first,
        *batch.text("compte_num"),
        *batch.text("ecriture_lib"),
        *batch.text("piece_ref"),
        batch.piece_date,
        batch.debit,
        batch.credit,
    )
    return faults


@once
def fec_faults(view: View) -> Ints:
    """Return what is wrong with each entry and its lines, as bits of `FAULTS`, shape (n,)."""
    batch = view.batch
    faults: Ints = _entry_faults(
        batch.data, batch.first, fec_line_faults(view), *batch.text("journal_code"), batch.day, batch.valid
    )
    return faults

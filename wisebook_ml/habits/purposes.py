"""What amounts are for: an account of expenses or income in the entries of one third party, or of one wording.

The account alone mixes what a telephone costs with what a lorry's hire does; the third party alone mixes invoices with
their payments. An entry without third party (a bank's fees, a loan's interest) is known by the letters of its label.
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import cells_of, companies_of, purpose_amounts_of, purposes_of
from wisebook_ml.habits.histogram import add_amount
from wisebook_ml.habits.layout import MAX_PURPOSES
from wisebook_ml.habits.matching import largest_party
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["about_of", "count_purpose", "forget_purpose", "has_purpose", "purpose_key", "purpose_of"]

EXPENSES, INCOME = 6, 7

PURPOSES = 23
"""Seed of the keys."""

GONE = -1
"""Count of a row that was freed, so that the next line of the same entry does not free it again."""


@compiled
def about_of(lines: Array, letters: int) -> int:
    """Return whom or what an entry is about: its third party, or the letters of its label."""
    largest = largest_party(lines)
    return int(lines[largest].party) if largest >= 0 else letters


@compiled
def has_purpose(line: Array) -> bool:
    """Return whether a line says what an amount is for."""
    of_class = line.root // 10_000
    return bool(of_class in (EXPENSES, INCOME))


@compiled
def purpose_key(company_key: int, about: int, line: Array) -> int:
    """Return the key of a line's account, on its side, in the entries about somebody or something."""
    return mix(mix(mix(company_key, PURPOSES + line.on_debit), about), line.habit)


@compiled
def purpose_of(state: Array, company: int, company_key: int, about: int, line: Array) -> int:
    """Return the row of a line's purpose, made where there is none and room; otherwise 0."""
    if not has_purpose(line):
        return 0
    purposes, whole = purposes_of(state), companies_of(state).rows[company]
    key = purpose_key(company_key, about, line)
    row = find(purposes.slots, purposes.keys, key)
    if row == 0 and whole.purposes < MAX_PURPOSES:
        row = insert(purposes.slots, purposes.keys, purposes.meta, key)
        purposes.rows[row].count = 0
        whole.purposes += 1
    return row


@compiled
def count_purpose(state: Array, row: int, bin_: int, times: int) -> None:
    """Count a line's amount among those of its purpose, or (`times` -1) take it out."""
    purposes_of(state).rows[row].count += times
    add_amount(purpose_amounts_of(state)[row][0], cells_of(state), bin_, times)


@compiled
def forget_purpose(state: Array, company: int, row: int) -> None:
    """Free a purpose that nothing is counted in any more."""
    purposes = purposes_of(state)
    if purposes.rows[row].count == 0:
        purposes.rows[row].count = GONE
        remove(purposes.slots, purposes.keys, purposes.meta, row)
        companies_of(state).rows[company].purposes -= 1

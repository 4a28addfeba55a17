"""What a third party is dealt with for: the accounts of assets, expenses and income in its entries."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import companies_of, dealings_of, parties_of, traces_of
from wisebook_ml.habits.layout import MAX_DEALINGS
from wisebook_ml.habits.matching import largest_party
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["count_dealing", "deal", "dealing_key", "forget_dealing", "is_dealing"]

ASSETS, EXPENSES, INCOME = 2, 6, 7
"""PCG classes that say what a third party was dealt with for."""

DEALINGS = 17
"""Seed of the keys of dealings."""

GONE = -1
"""Count of a row that was freed, so that the next line of the same entry does not free it again."""


@compiled
def dealing_key(party_key: int, habit: int) -> int:
    """Return the key of an account in the entries of a third party."""
    return mix(mix(party_key, DEALINGS), habit)


@compiled
def is_dealing(line: Array) -> bool:
    """Return whether a line says what the entry's third party was dealt with for."""
    of_class = line.root // 10_000
    return bool(line.party == 0 and of_class in (ASSETS, EXPENSES, INCOME))


@compiled
def deal(state: Array, company: int, company_key: int, lines: Array, first_trace: int) -> None:
    """Count what an entry's third party was dealt with for, and note it in the traces."""
    largest = largest_party(lines)
    if largest < 0:
        return
    parties, dealings, whole = parties_of(state), dealings_of(state), companies_of(state).rows[company]
    dealer_key = mix(company_key, lines[largest].party)
    dealer = find(parties.slots, parties.keys, dealer_key)
    for k in range(len(lines)):
        if dealer == 0 or not is_dealing(lines[k]):
            continue
        key = dealing_key(dealer_key, lines[k].habit)
        row = find(dealings.slots, dealings.keys, key)
        if row == 0:
            if whole.dealings >= MAX_DEALINGS:
                continue
            row = insert(dealings.slots, dealings.keys, dealings.meta, key)
            dealings.rows[row].count, dealings.rows[row].party = 0, dealer
        traces_of(state)[first_trace + k].dealing = row
        count_dealing(state, company, row, 1)


@compiled
def count_dealing(state: Array, company: int, row: int, times: int) -> None:
    """Count a line in a dealing, its third party and the company, or (`times` -1) take it out."""
    dealing, whole = dealings_of(state).rows[row], companies_of(state).rows[company]
    party = parties_of(state).rows[dealing.party]
    kinds = (dealing.count + times > 0) - (dealing.count > 0)
    dealers = (party.dealt + times > 0) - (party.dealt > 0)
    dealing.count += times
    party.dealt += times
    party.dealings += kinds
    whole.dealt += times
    whole.dealings += kinds
    whole.dealers += dealers


@compiled
def forget_dealing(state: Array, row: int) -> None:
    """Free a dealing that nothing is counted in any more."""
    dealings = dealings_of(state)
    if dealings.rows[row].count == 0:
        dealings.rows[row].count = GONE
        remove(dealings.slots, dealings.keys, dealings.meta, row)

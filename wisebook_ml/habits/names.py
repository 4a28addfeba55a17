"""How third parties are numbered and what they are called: what a new one is compared with.

Both are read once, when a third party first appears. Its number counts by its shape: where all are a letter and five
figures, another shape fits no numbering. Its name is kept under hashes of itself and of itself without each of its
letters in turn: two names that differ by a letter (another, one more, one less, or two neighbours swapped) then have
one in common, and finding a near name costs a look-up a letter, however many names there are.

What was noted is history, which no later revision takes back: a third party whose only entry was deleted is new again,
and found to be itself.

References
----------
Mor, Fraenkel: A hash code method for detecting and correcting spelling errors. CACM 1982 (deletion neighbourhoods).
ACFE Fraud Examiners Manual (shell companies with names like those of known suppliers).
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import aliases_of, companies_of, named_of, named_text_of, parties_of, shapes_of
from wisebook_ml.habits.layout import MAX_NAMED, NAME_BYTES
from wisebook_ml.habits.tables import find, insert
from wisebook_ml.ledger.characters import DIGIT, LETTER, MARK, WORD, code_point, fold_of, kind_of
from wisebook_ml.ledger.columns import line_row
from wisebook_ml.ledger.hashing import mix

__all__ = [
    "ALIASES_OF_NAME",
    "MAX_NEWCOMERS",
    "NEAR",
    "SAME",
    "SHAPES_OF_NUMBER",
    "meet_newcomers",
    "note_newcomers",
]

MAX_NAME = 32
"""Letters and figures of a name that are read: longer ones differ before."""

MIN_NAME = 5
"""Names shorter than that are alike by chance (EDF, EDP)."""

SHAPES_OF_NUMBER = 3
"""Rows that a number is counted in: those of its shape, of its kind of third parties, and of their rare shapes."""

ALIASES_OF_NAME = MAX_NAME + 2
"""Hashes that a name is kept under at most."""

MAX_NEWCOMERS = 500
"""Third parties that are noted of one entry: an opening balance brings hundreds, and no entry that matters more."""

SAME, NEAR = 1.0, 2.0
"""What is found of a name: it is that of another third party; it is but for a letter."""

SHAPE, WHOLE, WITHOUT, NUMBERS, SINGLES = 19, 23, 29, 31, 37
"""Seeds of the keys of shapes, names, and names without a letter; and, of suppliers, customers and others each, of how
many there are and of how many shapes only one of them has."""

LETTERS, FIGURES, OTHERS = 1, 2, 3
"""Kinds of characters in a number."""

AUX, AUX_NAME, COMPTE = line_row("comp_aux_num"), line_row("comp_aux_lib"), line_row("compte_num")


@compiled
def meet_newcomers(
    state: Array,
    lines: Array,
    company_key: int,
    texts: Array,
    table: Array,
    start: int,
    fold: Array,
    kind: Array,
    out: Array,
    line_out: Array,
    found: Array,
    used: Array,
    scratch: Array,
) -> None:
    """Write what is odd about the third parties that are new with an entry.

    Parameters
    ----------
    lines : ndarray of `LINE_FACTS`
        The entry's, which are the lines from `start` on of `table`.
    texts, table : ndarray
        The batch's bytes, and the table that says where each line's texts lie.
    fold, kind : ndarray
        See `wisebook_ml.ledger.characters`.
    found, used
        Where the name that is near is written: see `wisebook_ml.habits.columns.Output`.
    scratch : ndarray of int64
        Room for a name; zeros, and left as such.
    """
    parties = parties_of(state)
    for k in range(len(lines)):
        line_out[k].numbers, line_out[k].number_singles = 0.0, 0.0
        line_out[k].number_alike, line_out[k].namesake = 0.0, 0.0
        if lines[k].party == 0:
            continue
        party_key = mix(company_key, lines[k].party)
        if find(parties.slots, parties.keys, party_key) != 0:
            continue
        own = find(named_of(state).slots, named_of(state).keys, party_key)
        side = _side(lines[k].root)
        shapes = shapes_of(state)
        row = find(shapes.slots, shapes.keys, _shape_key(company_key, texts, table, start + k, side, fold, kind))
        alike = shapes.rows[row].count - (1 if own != 0 else 0) if row != 0 else 0
        line_out[k].number_alike = max(alike, 0)
        numbers = find(shapes.slots, shapes.keys, _count_key(company_key, NUMBERS, side))
        singles = find(shapes.slots, shapes.keys, _count_key(company_key, SINGLES, side))
        line_out[k].numbers = shapes.rows[numbers].count if numbers != 0 else 0
        line_out[k].number_singles = shapes.rows[singles].count if singles != 0 else 0
        length = _read_name(texts, table, start + k, fold, kind, scratch)
        value, holder = _nearest(state, company_key, side, scratch, length, own)
        scratch[:MAX_NAME] = 0
        line_out[k].namesake = value
        if holder != 0:
            out.namesake_start, out.namesake_length = used[0], NAME_BYTES
            for b in range(NAME_BYTES):
                found[used[0] + b] = named_text_of(state)[holder, b]
    if out.namesake_length > 0:
        used[0] += NAME_BYTES


@compiled
def note_newcomers(
    state: Array,
    lines: Array,
    company: int,
    company_key: int,
    texts: Array,
    table: Array,
    start: int,
    fold: Array,
    kind: Array,
    scratch: Array,
) -> None:
    """Note the numbers and names of third parties that were never noted."""
    named, whole, noted = named_of(state), companies_of(state).rows[company], 0
    parties = parties_of(state)
    for k in range(len(lines)):
        if lines[k].party == 0 or noted == MAX_NEWCOMERS or whole.named >= MAX_NAMED:
            continue
        key = mix(company_key, lines[k].party)
        if find(parties.slots, parties.keys, key) != 0 or find(named.slots, named.keys, key) != 0:
            continue
        noted += 1
        row = insert(named.slots, named.keys, named.meta, key)
        whole.named += 1
        side = _side(lines[k].root)
        same = _count(state, _shape_key(company_key, texts, table, start + k, side, fold, kind), 1)
        _count(state, _count_key(company_key, NUMBERS, side), 1)
        _count(state, _count_key(company_key, SINGLES, side), (same == 1) - (same == 2))
        _note_text(texts, table, start + k, named_text_of(state)[row])
        length = _read_name(texts, table, start + k, fold, kind, scratch)
        if length >= MIN_NAME:
            _alias(state, _alias_key(company_key, side, scratch, length, -1, WHOLE), row)
            for without in range(-1, length):
                if without < 0 or scratch[without] > 0:
                    _alias(state, _alias_key(company_key, side, scratch, length, without, WITHOUT), row)
        scratch[:MAX_NAME] = 0


@compiled
def _count_key(company_key: int, seed: int, side: int) -> int:
    """Return the key of a count of suppliers, customers or others."""
    return mix(mix(company_key, seed), side)


@compiled
def _count(state: Array, key: int, more: int) -> int:
    """Add to a count, and return it."""
    shapes = shapes_of(state)
    row = find(shapes.slots, shapes.keys, key)
    if row == 0:
        row = insert(shapes.slots, shapes.keys, shapes.meta, key)
        shapes.rows[row].count = 0
    shapes.rows[row].count += more
    return int(shapes.rows[row].count)


@compiled
def _side(root: int) -> int:
    """Return whether a third party is a supplier, a customer or another: one firm may well be two of them."""
    return int(root // 1000) if root // 10_000 == 4 else 0


@compiled
def _shape_key(company_key: int, texts: Array, table: Array, line: int, side: int, fold: Array, kind: Array) -> int:
    """Return the key of the shape of a third party's number: its first letter, then letters, figures and others."""
    start, length = table[AUX, line], table[AUX + 1, line]
    if length == 0:
        start, length = table[COMPTE, line], table[COMPTE + 1, line]
    at, end, key, first = start, start + length, mix(mix(company_key, SHAPE), side), True
    while at < end:
        code, size = code_point(texts, at)
        at += size
        bits = kind_of(code, kind)
        shape = LETTERS if bits & LETTER else FIGURES if bits & DIGIT else OTHERS
        if first and shape == LETTERS:
            shape = fold_of(code, fold)
        first = False
        key = mix(key, shape)
    return key


@compiled
def _read_name(texts: Array, table: Array, line: int, fold: Array, kind: Array, name: Array) -> int:
    """Read a third party's name: letters and figures, folded; a figure is negative. Return how many there are."""
    at = table[AUX_NAME, line]
    end, length = at + table[AUX_NAME + 1, line], 0
    while at < end and length < MAX_NAME:
        code, size = code_point(texts, at)
        at += size
        bits = kind_of(code, kind)
        if bits & MARK or not bits & WORD or code == 0x5F:
            continue
        folded = fold_of(code, fold)
        name[length] = -folded if bits & DIGIT else folded
        length += 1
    return length


@compiled
def _alias_key(company_key: int, side: int, name: Array, length: int, without: int, seed: int) -> int:
    """Return the key of a name, without one of its letters (-1: with all)."""
    key = mix(mix(company_key, seed), side)
    for k in range(length):
        if k != without:
            key = mix(key, name[k])
    return key


@compiled
def _alias(state: Array, key: int, row: int) -> None:
    aliases = aliases_of(state)
    if find(aliases.slots, aliases.keys, key) == 0:
        alias = insert(aliases.slots, aliases.keys, aliases.meta, key)
        aliases.rows[alias].named = row


@compiled
def _nearest(state: Array, company_key: int, side: int, name: Array, length: int, own: int) -> tuple[float, int]:
    """Return what is found of a name, and the row of who bears the one that it is like.

    A figure is never what is wrong: shop 1 and shop 2 are two shops.
    """
    if length < MIN_NAME:
        return 0.0, 0
    aliases = aliases_of(state)
    row = find(aliases.slots, aliases.keys, _alias_key(company_key, side, name, length, -1, WHOLE))
    if row != 0:
        holder = aliases.rows[row].named + 0
        return (SAME, holder) if holder != own else (0.0, 0)
    for without in range(-1, length):
        if without >= 0 and name[without] < 0:
            continue
        row = find(aliases.slots, aliases.keys, _alias_key(company_key, side, name, length, without, WITHOUT))
        if row != 0 and aliases.rows[row].named != own:
            return NEAR, aliases.rows[row].named + 0
    return 0.0, 0


@compiled
def _note_text(texts: Array, table: Array, line: int, text: Array) -> None:
    """Keep the first bytes of a name, whole characters only."""
    start, length = table[AUX_NAME, line], table[AUX_NAME + 1, line]
    kept, at = 0, start
    while at < start + length:
        at += code_point(texts, at)[1]
        if at - start <= NAME_BYTES:
            kept = at - start
    for b in range(NAME_BYTES):
        text[b] = texts[start + b] if b < kept else 0

"""The compiled pass over JSON records: fields into columns, without one Python object an entry.

It takes a record only if msgspec surely accepts it and reads the same from it; whatever it is not sure about (a
duplicate key, a nested unknown value, half a surrogate pair, a text that is too long) is left to msgspec.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wisebook_ml.compiled import Array
from wisebook_ml.ledger import record_schema
from wisebook_ml.ledger.columns import ENTRY_ROWS, LINE_ROWS, NO_TIME, ROOT_DIGITS, UNKNOWN_ROOT, entry_row, line_row
from wisebook_ml.ledger.json_values import (
    COLON,
    PADDING,
    is_amount,
    is_fiscal_year,
    read_amount,
    read_date,
    read_int,
    read_moment,
    skip_null,
    skip_scalar,
    skip_space,
)
from wisebook_ml.ledger.record_schema import SHIFT, SLOTS, Kind, Rule, Schema
from wisebook_ml.ledger.utf8 import FAILED, QUOTE, read_name, read_text
from wisebook_ml.ledger.words import scanning

__all__ = ["Tables", "read_records"]

COMMA, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = (ord(mark) for mark in ",{}[]")
LOWER_N = ord("n")
ZERO, NINE = ord("0"), ord("9")

ONE, TWO, BIT, KIND, LOW, HIGH, NULLABLE, ROW = range(len(Rule._fields))
"""The columns of a schema's table, as `record_schema.Rule` names them."""

TEXT, FISCAL_YEAR, FOREIGN_AMOUNT = Kind.TEXT.value, Kind.FISCAL_YEAR.value, Kind.FOREIGN_AMOUNT.value
AMOUNT, INT, DATE, MOMENT, OPTION = (
    Kind.AMOUNT.value,
    Kind.INT.value,
    Kind.DATE.value,
    Kind.MOMENT.value,
    Kind.OPTION.value,
)
LINES = Kind.LINES.value

REVISION, ORIGINE, SAISIE = entry_row("revision"), entry_row("origine"), entry_row("saisie")
TOTAL_DEBIT, TOTAL_CREDIT, TOTAL = entry_row("total_debit"), entry_row("total_credit"), entry_row("total")
ENTRY_OF, DEBIT, CREDIT = line_row("entry_of"), line_row("debit"), line_row("credit")
NET, LINE_AMOUNT, ON_DEBIT, ROOT = line_row("net"), line_row("amount"), line_row("on_debit"), line_row("root")
COMPTE_NUM = line_row("compte_num")

SHORTEST_LINE = len(b'{"compte_num":"4"}')

FOREIGN_WHOLE, FOREIGN_DECIMALS = 15, 4
"""Most digits of a foreign amount before and after the point (`schemas.MontantDevise`)."""


class Tables(NamedTuple):
    """What a pass found; `entries` and `lines` as in `wisebook_ml.ledger.columns`.

    `accepted` and `unsure` are the positions of the values that were taken and that msgspec must decide about;
    ``first[i]:first[i + 1]`` are the lines of the i-th accepted one.
    """

    data: Array
    first: Array
    entries: Array
    lines: Array
    accepted: Array
    unsure: Array


@scanning
def _key(data: Array, p: int, table: Array, factor: int) -> tuple[int, int]:
    """Read a key and the colon after it; return the position of the value, and the row of its rule (-1: unknown)."""
    p = skip_space(data, p)
    if data[p] != QUOTE:
        return FAILED, -1
    end, one, two = read_name(data, p + 1)
    if end == FAILED:
        return FAILED, -1
    row = (one ^ two) * factor >> SHIFT & SLOTS - 1
    known = table[row, ONE] == one and table[row, TWO] == two and table[row, BIT] != 0
    p = skip_space(data, end + 1)
    if data[p] != COLON:
        return FAILED, -1
    return skip_space(data, p + 1), row if known else -1


@scanning
def _option(data: Array, p: int, low: int, high: int, options: Array) -> tuple[int, int]:
    """Read one of the options from `low` until before `high`; return the position after it and which it is."""
    if data[p] != QUOTE:
        return FAILED, 0
    end, one, two = read_name(data, p + 1)
    if end != FAILED:
        for option in range(low, high):
            if options[option, ONE] == one and options[option, TWO] == two:
                return end + 1, option - low
    return FAILED, 0


@scanning
def _text(data: Array, p: int, rules: Array, rule: int, columns: Array, at: int, trusted: bool) -> int:
    """Read a text of any kind; return the position after it."""
    after, size, points = read_text(data, p)
    if after == FAILED or not (trusted or rules[rule, LOW] <= points <= rules[rule, HIGH]):
        return FAILED
    kind, row = rules[rule, KIND], rules[rule, ROW]
    if kind == FISCAL_YEAR and not is_fiscal_year(data, p + 1, size):
        return FAILED
    if kind == FOREIGN_AMOUNT and not is_amount(data, p + 1, size, FOREIGN_WHOLE, FOREIGN_DECIMALS):
        return FAILED
    if row >= 0:
        columns[row, at] = p + 1
        columns[row + 1, at] = size
    return after


@scanning
def _value(data: Array, p: int, rules: Array, rule: int, options: Array, columns: Array, at: int, trusted: bool) -> int:
    """Read the value of a known field into its column; return the position after it."""
    if data[p] == LOWER_N:
        return skip_null(data, p) if rules[rule, NULLABLE] else FAILED
    kind = rules[rule, KIND]
    if kind <= FOREIGN_AMOUNT:
        return _text(data, p, rules, rule, columns, at, trusted)
    if kind == AMOUNT:
        after, value = read_amount(data, p)
    elif kind == DATE:
        after, value = read_date(data, p)
    elif kind == OPTION:
        after, value = _option(data, p, rules[rule, LOW], rules[rule, HIGH], options)
    elif kind == MOMENT:
        after, value = read_moment(data, p)
    else:
        after, value = read_int(data, p)
        if not rules[rule, LOW] <= value <= rules[rule, HIGH]:
            return FAILED
    columns[rules[rule, ROW], at] = value
    return after


@scanning
def _line(data: Array, p: int, schema: Schema, options: Array, lines: Array, at: int, trusted: bool) -> int:
    """Read one line into the columns at `at`; return the position after it."""
    if data[p] != OPEN:
        return FAILED
    rules, factor, required = schema.table, schema.factor, schema.required
    seen = 0
    while True:
        p, rule = _key(data, p + 1, rules, factor)
        if p == FAILED:
            return FAILED
        if rule < 0:
            p = skip_scalar(data, p)
        else:
            if seen & rules[rule, BIT]:
                return FAILED
            seen |= rules[rule, BIT]
            p = _value(data, p, rules, rule, options, lines, at, trusted)
        if p == FAILED:
            return FAILED
        p = skip_space(data, p)
        if data[p] == CLOSE:
            return p + 1 if seen & required == required else FAILED
        if data[p] != COMMA:
            return FAILED


@scanning
def _lines(
    data: Array, p: int, most: int, schema: Schema, options: Array, lines: Array, first: int, trusted: bool
) -> tuple[int, int]:
    """Read a list of lines into the columns from `first` on; return the positions after it, in both."""
    if data[p] != OPEN_LIST:
        return FAILED, first
    at = first
    while True:
        p = skip_space(data, p + 1)
        p = _line(data, p, schema, options, lines, at, trusted)
        at += 1
        if p == FAILED:
            return FAILED, at
        p = skip_space(data, p)
        if data[p] == CLOSE_LIST:
            return p + 1 if trusted or at - first <= most else FAILED, at
        if data[p] != COMMA:
            return FAILED, at


@scanning
def _entry(
    data: Array,
    p: int,
    entry: Schema,
    line: Schema,
    options: Array,
    entries: Array,
    i: int,
    lines: Array,
    first: int,
    trusted: bool,
) -> tuple[int, int]:
    """Read one entry into the columns at `i`, its lines from `first` on; return the position after it and its lines."""
    p = skip_space(data, p)
    last = first
    if data[p] != OPEN:
        return FAILED, last
    rules, factor, required = entry.table, entry.factor, entry.required
    seen = 0
    while True:
        p, rule = _key(data, p + 1, rules, factor)
        if p == FAILED:
            return FAILED, last
        if rule < 0:
            p = skip_scalar(data, p)
        else:
            if seen & rules[rule, BIT]:
                return FAILED, last
            seen |= rules[rule, BIT]
            if rules[rule, KIND] == LINES:
                p, last = _lines(data, p, rules[rule, HIGH], line, options, lines, first, trusted)
            else:
                p = _value(data, p, rules, rule, options, entries, i, trusted)
        if p == FAILED:
            return FAILED, last
        p = skip_space(data, p)
        if data[p] == CLOSE:
            p = skip_space(data, p + 1)
            return p if seen & required == required else FAILED, last
        if data[p] != COMMA:
            return FAILED, last


@scanning
def _root(data: Array, p: int, size: int) -> int:
    """Return `wisebook_ml.ledger.batch.account_root` of a text."""
    root, digits = 0, 0
    while digits < min(size, ROOT_DIGITS) and ZERO <= data[p + digits] <= NINE:
        root = root * 10 + (data[p + digits] - ZERO)
        digits += 1
    if digits == 0:
        return UNKNOWN_ROOT
    for _ in range(ROOT_DIGITS - digits):
        root *= 10
    return root


@scanning
def _derive(data: Array, entries: Array, i: int, lines: Array, first: int, last: int) -> None:
    """Fill the columns that follow from others, of one entry and its lines."""
    total_debit, total_credit = 0, 0
    for k in range(first, last):
        debit, credit = lines[DEBIT, k], lines[CREDIT, k]
        total_debit += debit
        total_credit += credit
        lines[ENTRY_OF, k] = i
        lines[NET, k] = debit - credit
        lines[LINE_AMOUNT, k] = abs(debit - credit)
        lines[ON_DEBIT, k] = debit != 0 or credit == 0
        lines[ROOT, k] = _root(data, lines[COMPTE_NUM, k], lines[COMPTE_NUM + 1, k])
    entries[TOTAL_DEBIT, i] = total_debit
    entries[TOTAL_CREDIT, i] = total_credit
    entries[TOTAL, i] = max(abs(total_debit), abs(total_credit))


@scanning
def _read(
    data: Array,
    ends: Array,
    trusted: Array,
    entry: Schema,
    line: Schema,
    options: Array,
    entries: Array,
    lines: Array,
    first: Array,
    accepted: Array,
) -> int:
    """Read all records, the k-th of which ends before the NUL at ``ends[k]``; return how many were accepted."""
    start, i, m = 0, 0, 0
    for k in range(len(ends)):
        entries[REVISION, i] = 1
        entries[ORIGINE, i] = -1
        entries[SAISIE, i] = NO_TIME
        end, last = _entry(data, start, entry, line, options, entries, i, lines, m, trusted[k])
        if end == ends[k]:
            _derive(data, entries, i, lines, m, last)
            accepted[i] = k
            i += 1
            m = last
            first[i] = m
        else:
            entries[:, i] = 0
            lines[:, m:last] = 0
        start = ends[k] + 1
    return i


def read_records(values: Sequence[bytes], *, trusted: bool | Sequence[bool] = False) -> Tables:
    """Read JSON records into tables, those that are surely valid.

    Parameters
    ----------
    values : sequence of bytes
        One record each.
    trusted : bool or sequence of bool
        Of which values it is known that msgspec accepts them: lengths and sums are not looked at again.
    """
    n = len(values)
    data = np.frombuffer(bytearray(b"\0").join([*values, bytes(PADDING)]), dtype=np.uint8)
    ends = np.fromiter(map(len, values), dtype=np.int64, count=n)
    np.cumsum(ends + 1, out=ends)
    ends -= 1
    trust = np.empty(n, dtype=np.bool_)
    trust[:] = trusted
    # Each line takes a brace, and some bytes.
    room = min(int(np.count_nonzero(data == OPEN)), len(data) // SHORTEST_LINE)
    entries, lines = np.zeros((ENTRY_ROWS, n), dtype=np.int64), np.zeros((LINE_ROWS, room), dtype=np.int64)
    first, accepted = np.zeros(n + 1, dtype=np.int64), np.empty(n, dtype=np.int64)
    schemas = (record_schema.ENTRY, record_schema.LINE, record_schema.OPTIONS)
    count = _read(data, ends, trust, *schemas, entries, lines, first, accepted)
    unsure = np.ones(n, dtype=np.bool_)
    unsure[accepted[:count]] = False
    return Tables(
        data=data,
        first=first[: count + 1],
        entries=entries[:, :count],
        lines=lines[:, : first[count]],
        accepted=accepted[:count],
        unsure=np.flatnonzero(unsure),
    )

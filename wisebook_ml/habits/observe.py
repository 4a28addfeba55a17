"""The habits that each entry meets, as columns: what the company was used to just before it.

This is the only pass over entries in their order. Everything after it is columnar, and everything it knows comes from
the entries before, so that the result does not depend on how the stream was cut into batches.
"""

import math
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

import numpy as np

from schemas import Ecriture, Operation
from wisebook_ml.habits.arrivals import Arrival, Conflict, arrivals
from wisebook_ml.habits.matching import Match, Places
from wisebook_ml.habits.numbering import NO_STEP, Sequence, Step, split_number
from wisebook_ml.habits.profiles import AccountProfile, AuthorProfile, CompanyHabits, JournalProfile, Memo, PartyProfile
from wisebook_ml.habits.trace import Trace, trace_of
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints

__all__ = ["ENTRY_COLUMNS", "LINE_COLUMNS", "Habits", "Met", "observe"]

BURST_SECONDS = 600
"""Window of a burst: what one person can enter by hand in ten minutes is a handful."""

MAX_MET = 2
"""Accounts that met more often than twice are no rare pair: a monthly entry has become a habit."""

NEAR_LIMIT_SHARE = 0.05
"""Just below an approval limit: within 5 % of it (the margin in use in audit software)."""

NEAR_LIMIT_DAYS = 60
"""Amounts kept below a limit belong together for two months."""

SPENDING, THIRD_PARTIES = (2, 6), 4
"""PCG classes of what is bought, and of who is owed."""

NO_PARTY = PartyProfile()
NO_ACCOUNT = AccountProfile()
NO_JOURNAL = JournalProfile()
NO_AUTHOR = AuthorProfile()
"""Habits of what is new; read, never written."""

NAN2 = (math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """Columns beside an `EntryBatch`: what was so before the entry, NaN where a fact is not known.

    Line columns (shape m): `account_count` lines of the line's account in its journal, `side_*` those on the line's
    side; `journal_lines`, `journal_singles` lines of the
    journal, and accounts that it used just once; `party_*` the line's third party (`party_count` -1 without one);
    `iban_others` other third parties that hold the bank details which this one uses for the first time. Medians and
    spreads (median absolute deviations) are of log10(cents); a tail counts lines at least as far from the median.

    Entry columns (shape n): `company` entries before; `journal*`, `author*` the journal's and the author's;
    `hour_count` the author's entries within an hour of this one's time; `lag` in days, and `lag_tail` how many of the
    `lag_timed` entries of the journal lay as far off; `number_*` of `wisebook_ml.habits.numbering.Step`; `pair_value`
    how surprising the rarest pair of accounts is; `burst` entries by the author within ten minutes, and `burst_tail`
    how many were in one as large; `near_limit` purchases just below an approval limit of the same third party within
    two months; `debuts`, `party_lines` third parties that appeared first in the journal; `altered` 1 where a validated
    entry's content was changed or deleted.
    """

    line: dict[str, Floats]
    entry: dict[str, Floats]
    pairs: list[tuple[str, str]]
    duplicates: list[Match]
    reversals: list[Match]
    limits: Ints


LINE_COLUMNS = (
    "account_count",
    "side_count",
    "side_rounds",
    "side_median",
    "side_spread",
    "side_tail",
    "journal_lines",
    "journal_singles",
    "party_count",
    "party_median",
    "party_spread",
    "party_tail",
    "iban_others",
)
ENTRY_COLUMNS = (
    "company",
    "journal",
    "journal_off_days",
    "journal_pieces",
    "off_day",
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
    "debuts",
    "party_lines",
    "newcomer_median",
    "newcomer_spread",
    "totals_median",
    "totals_spread",
    "altered",
)


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """Entries that were taken, as columns, with the habits they met; and those that contradict what is known."""

    batch: EntryBatch
    arrivals: SequenceOf[Arrival]
    habits: Habits
    conflicts: SequenceOf[Conflict]


def observe(entries: SequenceOf[Ecriture], state: CompanyHabits, limits: SequenceOf[int]) -> Met:
    """Read what the company was used to before each entry, and add each entry to it.

    Parameters
    ----------
    entries : sequence of Ecriture
        Of one company, in the order of their publication; what was delivered before is left out.
    state : CompanyHabits
        Updated in place; the caller owns it.
    limits : sequence of int
        Approval limits in cents, ascending.
    """
    taken, conflicts = arrivals(entries, state)
    batch = EntryBatch.from_entries([entries[arrival.position] for arrival in taken])
    pass_ = _Pass(batch, state, sorted(limits))
    for index, arrival in enumerate(taken):
        pass_.take(index, arrival)
    return Met(batch, taken, pass_.habits(), conflicts)


class _Pass:
    """One pass over a batch: the columns it fills, and the state it reads and updates."""

    def __init__(self, batch: EntryBatch, state: CompanyHabits, limits: list[int]) -> None:
        self.batch = batch
        self.state = state
        self.limits = limits
        self.line_rows: list[tuple[float, ...]] = []
        self.entry_rows: list[tuple[float, ...]] = []
        self.pairs: list[tuple[str, str]] = []
        self.duplicates: list[Match] = []
        self.reversals: list[Match] = []
        self.near: list[int] = []

    def take(self, index: int, arrival: Arrival) -> None:
        state, entry = self.state, self.batch.entries[index]
        key, content, known = arrival.key, arrival.content, not arrival.first
        trace = trace_of(self.batch, index)
        memo = state.memos.get(key)
        if memo is not None:
            state.index.forget(entry.ecriture_id, memo.places)
            if memo.trace is not None:
                state.apply(memo.trace, -1)
        if memo is None:
            order = state.arrivals
            state.arrivals += 1
            numbering = NO_STEP if known else self._number(index)
            burst = self._burst(trace)
            near = self._near_limit(index, trace)
        else:
            order, numbering, burst, near = memo.order, memo.numbering, memo.burst, memo.near_limit
        deleted = entry.operation is Operation.SUPPRESSION
        altered = memo is not None and (memo.altered or (memo.validated and (deleted or memo.content != content)))

        self._lines(trace)
        places = self._entry(index, trace, order, numbering, burst, near, altered=altered)
        if deleted:
            state.index.forget(entry.ecriture_id, places)

        # A revision whose first arrival was forgotten is still part of the habits: it is not added again.
        counted = not deleted and (memo is not None or not known)
        if counted and not known:
            self._count_debuts(trace)
        if counted:
            state.apply(trace, 1)
        state.remember(
            key,
            Memo(
                content=content,
                order=order,
                validated=_is_validated(entry) or (memo is not None and memo.validated),
                trace=trace if counted else None,
                numbering=numbering,
                burst=burst,
                near_limit=near,
                altered=altered,
                places=() if deleted else places,
            ),
        )

    def _lines(self, trace: Trace) -> None:
        state = self.state
        journal = state.journals.get(trace.journal, NO_JOURNAL)
        of_journal = (journal.lines, journal.singles)
        for line in trace.lines:
            account = journal.accounts.get(line.account, NO_ACCOUNT)
            side = account.side(line.debit)
            of_side = (side.amounts.count, side.rounds, *side.amounts.centre(), side.amounts.tail(line.bin))
            if line.party:
                party = state.parties.get(line.party, NO_PARTY)
                of_party: tuple[float, ...] = (party.count, *party.amounts.centre(), party.amounts.tail(line.bin))
            else:
                of_party = (-1, *NAN2, 0)
            holders = state.ibans.get(line.iban) if line.iban else None
            others = 0 if holders is None or line.party in holders else len(holders)
            self.line_rows.append((account.count, *of_side, *of_journal, *of_party, others))

    def _entry(
        self,
        index: int,
        trace: Trace,
        order: int,
        numbering: Step,
        burst: tuple[int, int],
        near: tuple[int, int],
        *,
        altered: bool,
    ) -> Places:
        state, batch = self.state, self.batch
        journal = state.journals.get(trace.journal, NO_JOURNAL)
        author = state.authors.get(trace.author, NO_AUTHOR)
        lags = journal.lags[trace.manual]
        nets = batch.net[batch.first[index] : batch.first[index + 1]].tolist()
        duplicate, reversal, places = state.index.match(batch.entries[index], nets, order)
        pair, pair_value = self._rarest_pair(trace)
        near_limit, limit = near if duplicate.repeats == 0 else (0, 0)
        self.pairs.append(pair)
        self.duplicates.append(duplicate)
        self.reversals.append(reversal)
        self.near.append(limit)
        self.entry_rows.append(
            (
                state.entries,
                journal.entries,
                journal.off_days,
                journal.with_piece,
                trace.off_day,
                author.entries if trace.hour >= 0 and trace.author else math.nan,
                trace.hour,
                _near_hour(author.hours, trace.hour),
                math.nan if trace.lag is None else trace.lag,
                sum(lags.values()),
                _tail(lags, trace.lag),
                numbering.steps,
                numbering.irregular,
                numbering.jump,
                pair_value,
                *burst,
                near_limit,
                journal.debuts,
                journal.party_lines,
                *state.party_amounts.centre(),
                *state.totals.centre(),
                altered,
            )
        )
        return places

    def _count_debuts(self, trace: Trace) -> None:
        new = {line.party for line in trace.lines if line.party and line.party not in self.state.parties}
        if new:
            self.state.journals.setdefault(trace.journal, JournalProfile()).debuts += len(new)

    def _number(self, index: int) -> Step:
        entry = self.batch.entries[index]
        parts = split_number(entry.ecriture_num)
        if parts is None:
            return NO_STEP
        prefix, number = parts
        year = entry.exercice or str(entry.ecriture_date.year)
        sequence = self.state.sequences.setdefault((entry.journal_code, year, prefix), Sequence())
        return sequence.step(number)

    def _burst(self, trace: Trace) -> tuple[int, int]:
        """Return how many entries the author made by hand within ten minutes, and how often as many before."""
        if not trace.manual or not trace.author or not trace.stamp:
            return 0, 0
        author = self.state.authors.setdefault(trace.author, AuthorProfile())
        size = 1
        for stamp in reversed(author.stamps):
            if trace.stamp - stamp > BURST_SECONDS:
                break
            size += abs(trace.stamp - stamp) <= BURST_SECONDS
        author.stamps.append(trace.stamp)
        before = sum(times for other, times in author.bursts.items() if other >= size)
        author.bursts[size] = author.bursts.get(size, 0) + 1
        return size, before

    def _rarest_pair(self, trace: Trace) -> tuple[tuple[str, str], float]:
        """Return the pair of accounts that is rarest given how often both are used, and log10 of how much so."""
        state = self.state
        best, value = ("", ""), 0.0
        for pair in trace.pairs:
            met = state.pairs.get(pair, 0)
            if met > MAX_MET:
                continue
            least = min(state.account_lines.get(pair[0], 0), state.account_lines.get(pair[1], 0))
            rarity = math.log10((least + 1) / (met + 0.5))
            if rarity > value:
                best, value = pair, rarity
        return best, value

    def _near_limit(self, index: int, trace: Trace) -> tuple[int, int]:
        """Return how many purchases near a limit the third party had with this one, and the limit (0: not near).

        A fixed price is no attempt to stay below a limit: amounts that repeat are left out by the caller.
        """
        total = int(self.batch.total[index])
        limit = next((cents for cents in self.limits if total < cents), 0)
        if limit == 0 or total < limit * (1 - NEAR_LIMIT_SHARE) or not self._is_purchase(index):
            return 0, 0
        party = next((line.party for line in trace.lines if line.party), "")
        if not party:
            return 0, 0
        day = int(self.batch.day[index])
        days = self.state.near_limit_days(party)
        days.append(day)
        return sum(abs(day - other) <= NEAR_LIMIT_DAYS for other in days), limit

    def _is_purchase(self, index: int) -> bool:
        """Return whether an entry commits the company: an expense or an asset against a class 4 account."""
        batch = self.batch
        lines = batch.lines_of(index)
        spent = any(batch.on_debit[k] and batch.root[k] // 10_000 in SPENDING for k in lines)
        return spent and any(not batch.on_debit[k] and batch.root[k] // 10_000 == THIRD_PARTIES for k in lines)

    def habits(self) -> Habits:
        lines = np.array(self.line_rows, dtype=np.float64).reshape(-1, len(LINE_COLUMNS)).T
        entries = np.array(self.entry_rows, dtype=np.float64).reshape(-1, len(ENTRY_COLUMNS)).T
        return Habits(
            line={name: np.ascontiguousarray(lines[k]) for k, name in enumerate(LINE_COLUMNS)},
            entry={name: np.ascontiguousarray(entries[k]) for k, name in enumerate(ENTRY_COLUMNS)},
            pairs=self.pairs,
            duplicates=self.duplicates,
            reversals=self.reversals,
            limits=np.array(self.near, dtype=np.int64),
        )


def _is_validated(entry: Ecriture) -> bool:
    return entry.valid_date is not None or entry.operation is Operation.VALIDATION


def _near_hour(hours: dict[int, int], hour: int) -> int:
    """Return the entries within an hour of `hour`, on the same kind of day."""
    if hour < 0:
        return 0
    base = hour - hour % 24
    return sum(hours.get(base + (hour + step) % 24, 0) for step in (-1, 0, 1))


def _tail(lags: dict[int, int], lag: int | None) -> int:
    """Return how many lags lie as far from zero as `lag`, on its side."""
    if lag is None:
        return 0
    if lag < 0:
        return sum(times for other, times in lags.items() if other <= lag)
    return sum(times for other, times in lags.items() if other >= lag)

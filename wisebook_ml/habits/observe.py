"""The habits that each entry meets, as columns: what the company was used to just before it.

This is the only pass over entries in their order. Everything after it is columnar, and everything it knows comes from
the entries before, so that the result does not depend on how the stream was cut into batches.
"""

import math
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

import numpy as np

from schemas import Operation
from wisebook_ml.habits.matching import Match
from wisebook_ml.habits.numbering import NO_STEP, Sequence, split_number
from wisebook_ml.habits.profiles import AuthorProfile, CompanyHabits, JournalProfile, Memo, PartyProfile
from wisebook_ml.habits.trace import Trace, content_digest, identity, trace_of
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints

__all__ = ["ENTRY_COLUMNS", "LINE_COLUMNS", "Habits", "observe"]

BURST_SECONDS = 600
"""Window of a burst: what one person can enter by hand in ten minutes is a handful."""

NEAR_LIMIT_SHARE = 0.05
"""Just below an approval limit: within 5 % of it (the margin in use in audit software)."""

NEAR_LIMIT_DAYS = 60
"""Amounts kept below a limit belong together for two months."""

NO_PARTY = PartyProfile()
NAN2 = (math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """Columns beside an `EntryBatch`: counts before the entry, NaN where a fact is not known.

    Line columns (shape m): `account_*` of the line's account, `journal_account` how often its journal used that
    account, `party_*` of its third party (`party_count` -1 without one), `iban_others` third parties with the same
    bank details. Medians and deviations are of log10(cents).

    Entry columns (shape n): `company` entries before; `journal*`, `author*` the journal's and the author's;
    `hour_count` the author's entries within an hour of this one's time; `lag` in days and `lag_tail` how many entries
    of the journal lay as far off; `number_share`, `number_jump` of `Sequence.step`; `pair_value` how surprising the
    rarest pair of accounts is; `burst` entries by the author within ten minutes; `near_limit` amounts just below an
    approval limit by the same author or for the same third party within two months; `parties`, `party_lines` for the
    rate of new third parties; `altered` 1 where a validated entry's content was changed or deleted.
    """

    line: dict[str, Floats]
    entry: dict[str, Floats]
    pairs: list[tuple[str, str]]
    duplicates: list[Match]
    reversals: list[Match]
    limits: Ints
    first: list[bool]
    keys: list[int]


LINE_COLUMNS = (
    "account_count",
    "account_side",
    "account_rounds",
    "account_median",
    "account_spread",
    "journal_account",
    "journal_lines",
    "party_count",
    "party_median",
    "party_spread",
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
    "number_share",
    "number_jump",
    "pair_value",
    "burst",
    "burst_tail",
    "near_limit",
    "parties",
    "party_lines",
    "newcomer_median",
    "newcomer_spread",
    "totals_median",
    "totals_spread",
    "altered",
)


def observe(batch: EntryBatch, state: CompanyHabits, limits: SequenceOf[int]) -> Habits:
    """Read what the company was used to before each entry, and add each entry to it.

    Parameters
    ----------
    batch : EntryBatch
        Entries of one company, in order; each a first arrival or a later revision of what was seen.
    state : CompanyHabits
        Updated in place; the caller owns it.
    limits : sequence of int
        Approval limits in cents, ascending.
    """
    pass_ = _Pass(batch, state, sorted(limits))
    for index in range(len(batch)):
        pass_.take(index)
    return pass_.habits()


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
        self.first: list[bool] = []
        self.keys: list[int] = []

    def take(self, index: int) -> None:
        state, entry = self.state, self.batch.entries[index]
        key = identity(entry.ecriture_id)
        content = content_digest(entry)
        trace = trace_of(self.batch, index)
        memo = state.memos.get(key)
        known = key in state.seen
        if memo is not None and memo.trace is not None:
            state.apply(memo.trace, -1)
        if memo is None:
            order = state.arrivals
            state.arrivals += 1
            numbering = NO_STEP if known else self._number(index)
            burst = self._burst(trace)
        else:
            order, numbering, burst = memo.order, memo.numbering, memo.burst
        deleted = entry.operation is Operation.SUPPRESSION
        altered = memo is not None and memo.validated and (deleted or memo.content != content)

        self._lines(trace)
        self._entry(index, trace, order, numbering, burst, altered=altered)
        self.first.append(not known)
        self.keys.append(key)

        # A revision whose first arrival was forgotten is still part of the habits: it is not added again.
        counted = not deleted and (memo is not None or not known)
        if counted:
            state.apply(trace, 1)
        state.remember(
            key,
            Memo(
                revision=entry.revision,
                content=content,
                order=order,
                validated=entry.valid_date is not None or (memo is not None and memo.validated),
                trace=trace if counted else None,
                numbering=numbering,
                burst=burst,
            ),
        )

    def _lines(self, trace: Trace) -> None:
        state = self.state
        journal = state.journals.get(trace.journal) or JournalProfile()
        journal_lines = journal.lines
        for line in trace.lines:
            account = state.accounts.get(line.account)
            if account is None:
                of_account = (0, 0, 0, *NAN2)
            else:
                side = account.debits if line.debit else account.count - account.debits
                of_account = (account.count, side, account.rounds, *account.amounts.centre())
            if line.party:
                party = state.parties.get(line.party, NO_PARTY)
                of_party: tuple[float, ...] = (party.count, *party.amounts.centre())
            else:
                of_party = (-1, *NAN2)
            holders = state.ibans.get(line.iban) if line.iban else None
            others = 0 if holders is None else len(holders) - (line.party in holders)
            self.line_rows.append(
                (*of_account, journal.accounts.get(line.account, 0), journal_lines, *of_party, others)
            )

    def _entry(
        self,
        index: int,
        trace: Trace,
        order: int,
        numbering: tuple[float, int],
        burst: int,
        *,
        altered: bool,
    ) -> None:
        state, batch = self.state, self.batch
        journal = state.journals.get(trace.journal) or JournalProfile()
        author = state.authors.get(trace.author) or AuthorProfile()
        nets = batch.net[batch.first[index] : batch.first[index + 1]].tolist()
        duplicate, reversal = state.index.match(batch.entries[index], nets, order)
        pair, pair_value = self._rarest_pair(trace)
        near, limit = self._near_limit(index, trace)
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
                journal.timed,
                _tail(journal.lags, trace.lag),
                *numbering,
                pair_value,
                burst,
                sum(times for size, times in author.bursts.items() if size >= burst),
                near,
                len(state.parties),
                state.party_lines,
                *state.party_amounts.centre(),
                *state.totals.centre(),
                altered,
            )
        )

    def _number(self, index: int) -> tuple[float, int]:
        entry = self.batch.entries[index]
        parts = split_number(entry.ecriture_num)
        if parts is None:
            return NO_STEP
        prefix, number = parts
        year = entry.exercice or ""
        sequence = self.state.sequences.setdefault((entry.journal_code, year, prefix), Sequence())
        return sequence.step(number)

    def _burst(self, trace: Trace) -> int:
        """Return how many entries the author made by hand within ten minutes, this one included."""
        if not trace.manual or not trace.author or not trace.stamp:
            return 0
        author = self.state.authors.setdefault(trace.author, AuthorProfile())
        author.stamps.append(trace.stamp)
        size = sum(abs(trace.stamp - stamp) <= BURST_SECONDS for stamp in author.stamps)
        author.bursts[size] = author.bursts.get(size, 0) + 1
        return size

    def _rarest_pair(self, trace: Trace) -> tuple[tuple[str, str], float]:
        """Return the pair of accounts that is rarest given how often both are used, and log10 of how much so."""
        state = self.state
        best, value = ("", ""), 0.0
        for pair in trace.pairs:
            one, other = state.accounts.get(pair[0]), state.accounts.get(pair[1])
            if one is None or other is None:
                continue
            rarity = math.log10((min(one.count, other.count) + 1) / (state.pairs.get(pair, 0) + 0.5))
            if rarity > value:
                best, value = pair, rarity
        return best, value

    def _near_limit(self, index: int, trace: Trace) -> tuple[int, int]:
        """Return how many amounts near a limit came together with this one, and the limit (0: not near one)."""
        total = int(self.batch.total[index])
        limit = next((cents for cents in self.limits if total < cents), 0)
        if total < limit * (1 - NEAR_LIMIT_SHARE) or limit == 0:
            return 0, 0
        day = int(self.batch.day[index])
        most = 0
        parties = {line.party for line in trace.lines if line.party}
        for who in sorted({f"author:{trace.author}"} | {f"party:{name}" for name in parties}):
            if who == "author:":
                continue
            days = self.state.near_limit_days(who)
            days.append(day)
            most = max(most, sum(abs(day - other) <= NEAR_LIMIT_DAYS for other in days))
        return max(most, 1), limit

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
            first=self.first,
            keys=self.keys,
        )


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

"""What is remembered of a company: its habits, its recent entries, and what is known of every entry already seen.

All of it is a fold of the company's entries in the order of their publication, and nothing else: no clock, no other
company. What bounds memory forgets the oldest by that order, so that a replay forgets the same.
"""

from collections import deque
from dataclasses import dataclass, field

from wisebook_ml.habits.bounded import count, forget_oldest
from wisebook_ml.habits.histogram import AmountHistogram
from wisebook_ml.habits.matching import EntryIndex, Places
from wisebook_ml.habits.numbering import Sequence, Step
from wisebook_ml.habits.trace import LineTrace, Trace

__all__ = [
    "AccountProfile",
    "AuthorProfile",
    "CompanyHabits",
    "JournalProfile",
    "Memo",
    "PartyProfile",
]

MAX_SEEN = 500_000
"""Entries whose revision is remembered, to recognise what is delivered again: some 50 MB for a company that large."""

MAX_MEMOS = 20_000
"""Entries that can be taken out of the habits when a revision replaces them: a year of a small company. An older
entry's revision is scored against habits that still include it."""

NEAR_LIMIT_MEMORY = 16
"""Days kept per author or third party: more than that many near one limit is the same finding."""

MAX_NEAR_LIMITS = 20_000
"""Authors and third parties whose amounts near a limit are followed."""


@dataclass(slots=True)
class SideProfile:
    """Habit of one side of an account in a journal: its lines (``amounts.count``), and round ones among them."""

    rounds: int = 0
    amounts: AmountHistogram = field(default_factory=AmountHistogram)


@dataclass(slots=True)
class AccountProfile:
    """Habit of one account in one journal: a VAT account means another thing in sales than in declarations."""

    debit: SideProfile = field(default_factory=SideProfile)
    credit: SideProfile = field(default_factory=SideProfile)

    @property
    def count(self) -> int:
        """Number of lines."""
        return self.debit.amounts.count + self.credit.amounts.count

    def side(self, debit: bool) -> SideProfile:
        """Return the habit of one side."""
        return self.debit if debit else self.credit


@dataclass(slots=True)
class JournalProfile:
    """Habit of one journal.

    `singles` counts accounts that it used just once, which tells how likely a new one is. `lags` counts days from
    an entry's date to its entry into the books, of entries made by hand and of others. `debuts` counts third parties
    that appeared here first, out of `party_lines`.
    """

    entries: int = 0
    lines: int = 0
    off_days: int = 0
    with_piece: int = 0
    accounts: dict[str, AccountProfile] = field(default_factory=dict)
    singles: int = 0
    lags: dict[bool, dict[int, int]] = field(default_factory=lambda: {True: {}, False: {}})
    party_lines: int = 0
    debuts: int = 0


@dataclass(slots=True)
class AuthorProfile:
    """Habit of one author: `hours` of the working day (0 to 23) and of days off (24 to 47)."""

    entries: int = 0
    hours: dict[int, int] = field(default_factory=dict)
    bursts: dict[int, int] = field(default_factory=dict)
    stamps: deque[int] = field(default_factory=lambda: deque(maxlen=512))


@dataclass(slots=True)
class PartyProfile:
    """Habit of one third party."""

    count: int = 0
    amounts: AmountHistogram = field(default_factory=AmountHistogram)


@dataclass(slots=True)
class Memo:
    """What is remembered of one recent entry.

    `numbering`, `burst` and `near_limit` are facts of its first arrival; once `altered` after its validation it
    stays so; `trace` is None where it was deleted.
    """

    content: int
    order: int
    validated: bool
    trace: Trace | None
    numbering: Step
    burst: tuple[int, int]
    near_limit: tuple[int, int]
    altered: bool
    places: Places


@dataclass(slots=True)
class CompanyHabits:
    """All that is remembered of a company's entries."""

    entries: int = 0
    arrivals: int = 0
    account_lines: dict[str, int] = field(default_factory=dict)
    journals: dict[str, JournalProfile] = field(default_factory=dict)
    authors: dict[str, AuthorProfile] = field(default_factory=dict)
    parties: dict[str, PartyProfile] = field(default_factory=dict)
    party_lines: int = 0
    party_amounts: AmountHistogram = field(default_factory=AmountHistogram)
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    ibans: dict[str, dict[str, int]] = field(default_factory=dict)
    near_limits: dict[str, deque[int]] = field(default_factory=dict)
    sequences: dict[tuple[str, str, str], Sequence] = field(default_factory=dict)
    totals: AmountHistogram = field(default_factory=AmountHistogram)
    seen: dict[int, tuple[int, int]] = field(default_factory=dict)
    memos: dict[int, Memo] = field(default_factory=dict)
    index: EntryIndex = field(default_factory=EntryIndex)

    def apply(self, trace: Trace, sign: int) -> None:
        """Add a trace to the habits (`sign` 1), or take it out again (-1)."""
        self.entries += sign
        journal = self.journals.setdefault(trace.journal, JournalProfile())
        journal.entries += sign
        journal.off_days += sign * trace.off_day
        journal.with_piece += sign * trace.has_piece
        if trace.lag is not None:
            count(journal.lags[trace.manual], trace.lag, sign)
        if trace.hour >= 0 and trace.author:
            author = self.authors.setdefault(trace.author, AuthorProfile())
            author.entries += sign
            count(author.hours, trace.hour, sign)
            if author.entries == 0 and not author.stamps:
                del self.authors[trace.author]
        for line in trace.lines:
            journal.lines += sign
            count(self.account_lines, line.account, sign)
            self._apply_line(journal, line, sign)
            if line.party:
                journal.party_lines += sign
                self._apply_party(line.party, line.bin, line.iban, sign)
        if journal.entries == 0 and journal.debuts == 0:
            del self.journals[trace.journal]
        for pair in trace.pairs:
            count(self.pairs, pair, sign)
        if trace.lines:
            self.totals.add(max(line.bin for line in trace.lines), sign)

    def _apply_line(self, journal: JournalProfile, line: LineTrace, sign: int) -> None:
        account = journal.accounts.get(line.account)
        if account is None:
            account = journal.accounts[line.account] = AccountProfile()
        before = account.count
        side = account.side(line.debit)
        side.rounds += sign * line.round
        side.amounts.add(line.bin, sign)
        after = before + sign
        journal.singles += (after == 1) - (before == 1)
        if after == 0:
            del journal.accounts[line.account]

    def _apply_party(self, name: str, bin_: int, iban: str, sign: int) -> None:
        party = self.parties.setdefault(name, PartyProfile())
        party.count += sign
        party.amounts.add(bin_, sign)
        if party.count <= 0:
            del self.parties[name]
        self.party_lines += sign
        self.party_amounts.add(bin_, sign)
        if iban:
            holders = self.ibans.setdefault(iban, {})
            count(holders, name, sign)
            if not holders:
                del self.ibans[iban]

    def remember(self, key: int, memo: Memo) -> None:
        """Keep what is known of an entry, and forget the oldest beyond the limit."""
        self.memos[key] = memo
        forget_oldest(self.memos, MAX_MEMOS)

    def see(self, key: int, revision: int, digest: int) -> None:
        """Remember the revision of an entry, and forget the oldest beyond the limit."""
        self.seen[key] = (revision, digest)
        forget_oldest(self.seen, MAX_SEEN)

    def near_limit_days(self, who: str) -> deque[int]:
        """Return the days of amounts near an approval limit of an author or a third party, to be extended."""
        days = self.near_limits.pop(who, None)
        if days is None:
            days = deque(maxlen=NEAR_LIMIT_MEMORY)
        self.near_limits[who] = days
        forget_oldest(self.near_limits, MAX_NEAR_LIMITS)
        return days

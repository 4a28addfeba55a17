"""Habits in plain dictionaries: what the compiled pass is compared with.

Written to be read: one company, one entry at a time, no arrays, and texts as they are where the pass has hashes. What
an entry says by itself (its document, its hour, the normal forms of labels) comes from its facts, which have tests of
their own. The limits that no test reaches with real entries are left out, but for those of layout that change what is
found: memos (`max_memos`), candidates, bursts and days near a limit.
"""

import datetime as dt
import math
import unicodedata
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from schemas import Ligne
from wisebook_ml.habits.layout import BURST_MEMORY, CANDIDATES, MAX_MEMOS, NAME_BYTES, NEAR_LIMIT_MEMORY
from wisebook_ml.habits.meet import IN_USE, PLAIN_ENTRY
from wisebook_ml.habits.pairings import NATURAL, UNLIKELY, pairing
from wisebook_ml.ledger.accounts import habit_account
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import NO_LAG, Facts

NAN2 = (math.nan, math.nan)
PER_DECADE = 8
MAX_LAG, MAX_PAIR_ACCOUNTS, MAX_LINES = 60, 12, 12
BURST_SECONDS, NEAR_SHARE, NEAR_LIMIT_DAYS = 600, 0.05, 60
SAME_PIECE_DAYS, NEAR_DAYS, REVERSAL_DAYS = 400, 7, 15
MIN_CENTS, HABIT = 100_00, 3
SHARED = object()
MAX_NAME, MIN_NAME = 32, 5

Row = dict[str, float]


def party_of(line: Ligne) -> str:
    """Return a line's third party: its auxiliary account, or an individual account of class 40 or 41."""
    if line.comp_aux_num or not line.compte_num.startswith(("40", "41")):
        return line.comp_aux_num
    individual = line.compte_num[3:]
    return individual if any(ch.isalpha() for ch in individual) else ""


def side_of(root: int) -> int:
    """Return whether a third party is a supplier, a customer or another."""
    return root // 1000 if root // 10_000 == 4 else 0


def shape_of(line: Ligne) -> str:
    """Return the shape of a third party's number: its first letter, then kinds of characters."""
    number = line.comp_aux_num or line.compte_num
    kinds = ["9" if ch.isdigit() else "A" if ch.isalpha() else "-" for ch in number]
    return "".join([plain(number[0]) if kinds[0] == "A" else kinds[0], *kinds[1:]])


def plain(text: str) -> str:
    """Return a text without case and accents."""
    return "".join(ch for ch in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(ch))


def name_of(line: Ligne) -> str:
    """Return the letters and figures of a third party's name, as far as they are read."""
    return "".join(ch for ch in plain(line.comp_aux_lib) if ch.isalnum())[:MAX_NAME]


def nearby(name: str) -> set[str]:
    """Return a name, and what is left of it without one of its letters."""
    return {name} | {name[:k] + name[k + 1 :] for k, ch in enumerate(name) if not ch.isdigit()}


def centre(bins: Counter[int]) -> tuple[float, float]:
    """Return the lower median of log10(cents) and the lower median of the distances from it."""
    if not bins.total():
        return NAN2
    ordered = sorted(bins.elements())
    half = (len(ordered) - 1) // 2
    middle = ordered[half]
    return (middle + 0.5) / PER_DECADE, sorted(abs(bin_ - middle) for bin_ in ordered)[half] / PER_DECADE


def tail(bins: Counter[int], asked: int, middle: int | None = None) -> int:
    """Return how many lie at least as far from the middle (the lower median) as a bin, on its side."""
    ordered = sorted(bins.elements())
    if not ordered:
        return 0
    middle = ordered[(len(ordered) - 1) // 2] if middle is None else middle
    return sum(bin_ >= asked if asked >= middle else bin_ <= asked for bin_ in ordered)


def reach(bins: Counter[int], asked: int) -> float:
    """Return what all but one in a hundred, and one more, stay within, on the side of a bin hardly any is beyond."""
    ordered = sorted(bins.elements())
    rank = 1 + len(ordered) // 100
    if not ordered or tail(bins, asked) > rank:
        return math.nan
    above = asked >= ordered[(len(ordered) - 1) // 2]
    return (ordered[-rank if above else rank - 1] + 0.5) / PER_DECADE


FORGOTTEN = ((0, 0, 0), (0, 0), (0, 0))
"""What is said of the number, the burst and the limit of a first arrival that was forgotten."""


@dataclass
class Line:
    """What one line says."""

    account: str
    habit: str
    party: str
    iban: str
    net: int
    root: int
    debit: bool
    bin: int
    round: bool
    names: tuple[int, int, int]
    shape: tuple[int, str]
    name: str
    called: str

    @property
    def has_purpose(self) -> bool:
        """Whether it is one of expenses or income."""
        return self.root // 10_000 in (6, 7)


@dataclass
class Entry:
    """What one entry says."""

    id: str
    journal: str
    author: str
    day: int
    total: int
    first: bool
    facts: dict[str, Any]
    document_text: bytes
    lines: list[Line]

    @classmethod
    def of(cls, batch: EntryBatch, facts: Facts, i: int, *, first: bool) -> "Entry":
        record = batch.entry(i)
        lines = [
            Line(
                line.compte_num,
                habit_account(line.compte_num),
                party_of(line),
                line.iban_empreinte,
                int(batch.net[k]),
                int(batch.root[k]),
                bool(batch.on_debit[k]),
                int(facts.bin[k]),
                bool(facts.round[k]),
                (int(facts.holder[k]), int(facts.holder_one[k]), int(facts.holder_two[k])),
                (side_of(int(batch.root[k])), shape_of(line)),
                name_of(line),
                line.comp_aux_lib.encode()[:NAME_BYTES].decode(errors="ignore").strip(),
            )
            for k, line in zip(batch.lines_of(i), record.lignes, strict=True)
        ]
        said = (
            "content digest sequence number hour stamp lag document label label_letters "
            "off_day manual has_piece referenced validated deleted"
        )
        return cls(
            record.ecriture_id,
            record.journal_code,
            record.saisie_par,
            record.ecriture_date.toordinal(),
            int(batch.total[i]),
            first,
            {name: getattr(facts, name)[i].item() for name in said.split()},
            facts.document_text[i].tobytes().rstrip(b"\0"),
            lines,
        )

    @property
    def lag(self) -> int | None:
        lag = self.facts["lag"]
        return None if lag == NO_LAG else max(-MAX_LAG, min(MAX_LAG, lag))

    @property
    def dealer(self) -> str:
        """The third party of the largest line that has one."""
        own = [line for line in self.lines if line.party and line.net]
        return max(own, key=lambda line: abs(line.net)).party if own else ""

    @property
    def about(self) -> object:
        """Its third party or, without one, the letters of its label."""
        return self.dealer or self.facts["label_letters"]

    @property
    def dealings(self) -> list[Line]:
        """The lines that say what the third party was dealt with for."""
        return [line for line in self.lines if self.dealer and not line.party and line.root // 10_000 in (2, 6, 7)]

    @property
    def pairs(self) -> set[frozenset[str]]:
        """Accounts that meet across the entry, in whatever order; none where they are too many to say anything."""
        debits = {line.habit for line in self.lines if line.debit}
        credits_ = {line.habit for line in self.lines if not line.debit}
        if len(debits) + len(credits_) > MAX_PAIR_ACCOUNTS:
            return set()
        return {frozenset((d, c)) for d in debits for c in credits_ if d != c}


@dataclass
class Memo:
    """What is remembered of a recent entry; `entry` is what was counted, None where nothing was."""

    order: int
    number: tuple[int, int, int]
    burst: tuple[int, int]
    near: tuple[int, int]
    latest: Entry
    document: int = 0
    validated: bool = False
    altered: bool = False
    entry: Entry | None = None
    left_in: bool = False
    places: list[Any] = field(default_factory=list)


class Sequence:
    """A journal's numbers: after a jump both places are followed."""

    def __init__(self, number: int) -> None:
        self.last, self.other, self.jumped = number, -1, False
        self.steps = self.irregular = self.repeated = 0

    def step(self, number: int) -> int:
        reach = 2 if self.jumped else 1
        goes_on = self.other >= 0 and self.other < number <= self.other + reach
        jump = 0 if goes_on else number - self.last - 1
        self.steps += 1
        self.irregular += jump != 0
        self.repeated += jump == -1
        if jump > 0 or (goes_on and number != self.last + 1):
            self.last, self.other = number, self.last
        elif jump == 0:
            self.last = number
        elif number != self.last:
            self.other = number
        self.jumped = jump > 0
        return jump


class Company:
    """All that is remembered of one company."""

    def __init__(self, max_memos: int = MAX_MEMOS) -> None:
        self.max_memos = max_memos
        self.seen: dict[str, tuple[int, int]] = {}
        self.memos: dict[str, Memo] = {}
        self.arrivals = self.entries = 0
        self.journals: dict[str, Counter[str]] = defaultdict(Counter)
        self.lags: dict[tuple[str, bool], Counter[int]] = defaultdict(Counter)
        self.sides: dict[tuple[str, str, bool], Counter[int]] = defaultdict(Counter)
        self.rounds: Counter[tuple[str, str, bool]] = Counter()
        self.used: dict[str, Counter[str]] = defaultdict(Counter)
        self.accounts: Counter[str] = Counter()
        self.pairs: Counter[frozenset[str]] = Counter()
        self.hours: dict[str, Counter[int]] = defaultdict(Counter)
        self.bursts: dict[str, Counter[int]] = defaultdict(Counter)
        self.stamps: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=BURST_MEMORY - 1))
        self.parties: dict[str, Counter[int]] = defaultdict(Counter)
        self.holders: dict[str, Counter[str]] = defaultdict(Counter)
        self.first_payees: dict[str, tuple[int, int, int]] = {}
        self.party_amounts: Counter[int] = Counter()
        self.dealings: dict[str, Counter[str]] = defaultdict(Counter)
        self.purposes: dict[tuple[object, str, bool], Counter[int]] = defaultdict(Counter)
        self.totals: Counter[int] = Counter()
        self.named: dict[str, Line] = {}
        self.sequences: dict[int, Sequence] = {}
        self.nears: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=NEAR_LIMIT_MEMORY))
        self.pieces: dict[tuple[str, int], Any] = {}
        self.places: dict[Any, deque[str]] = {}

    def tell(self, ecriture_id: str, revision: int, digest: int) -> str:
        """Return what an arrival is, and remember it."""
        before = self.seen.get(ecriture_id)
        if before is None or revision > before[0]:
            self.seen[ecriture_id] = (revision, digest)
            return "first" if before is None else "revision"
        return "conflict" if revision == before[0] and digest != before[1] else "known"

    def take(self, entry: Entry, limits: list[int]) -> tuple[Row, list[Row], dict[str, Any]]:
        """Return what an entry and its lines meet, and which entries and accounts were named; then count it."""
        row: Row = {}
        memo = self.memos.get(entry.id)
        replaces = memo is not None
        if memo is None:
            # A revision whose first arrival was forgotten is no new work of its author.
            new = (self.number(entry), self.burst(entry), self.near_limit(entry, limits)) if entry.first else FORGOTTEN
            memo = Memo(self.arrivals, *new, latest=entry)
            self.arrivals += 1
        else:
            self.unplace(entry.id, memo)
            if memo.entry is not None:
                self.count(memo.entry, -1)
                memo.entry = None
            changed = entry.facts["deleted"] or memo.latest.facts["content"] != entry.facts["content"]
            memo.altered |= memo.validated and changed
        row["number_jump"], row["number_steps"], row["number_irregular"] = memo.number
        row["burst"], row["burst_tail"] = memo.burst
        row["altered"] = memo.altered
        singles = list(self.used[entry.journal].values()).count(1)
        lines = [self.meet_line(entry, line) | {"journal_singles": singles} for line in entry.lines]
        row |= self.meet_company(entry)
        namesake = self.meet_newcomers(entry, lines)
        row["pair_value"], pairs = self.rarest_pairs(entry)
        named = {"pairs": pairs, "namesake": namesake, **self.match(entry, memo, row)}
        row["near_limit"], row["near_total"] = (0, 0) if row["duplicate_repeats"] else memo.near
        self.keep(entry, memo, replaces=replaces)
        return row, lines, named

    def meet_newcomers(self, entry: Entry, rows: list[Row]) -> str:
        """Write what is odd about the new third parties; return the name that one is like. Then note them."""
        called, new = "", [self.parties[line.party].total() == 0 and bool(line.party) for line in entry.lines]
        for line, row, is_new in zip(entry.lines, rows, new, strict=True):
            row["number_alike"] = row["namesake"] = row["numbers"] = row["number_singles"] = 0
            if not is_new:
                continue
            shapes = Counter(other.shape for other in self.named.values() if other.shape[0] == line.shape[0])
            row["numbers"], row["number_singles"] = shapes.total(), list(shapes.values()).count(1)
            row["number_alike"] = max(0, shapes[line.shape] - (line.party in self.named))
            row["namesake"], found = self.nearest(line)
            called = found if row["namesake"] else called
        if not entry.facts["deleted"]:
            for line, is_new in zip(entry.lines, new, strict=True):
                if is_new:
                    self.named.setdefault(line.party, line)
        return called

    def nearest(self, line: Line) -> tuple[int, str]:
        """Return whether a name is a known one (1), or one but for a letter (2), and the first bearer's."""
        if len(line.name) < MIN_NAME:
            return 0, ""
        side = line.shape[0]
        known = [
            (party, other)
            for party, other in self.named.items()
            if other.shape[0] == side and len(other.name) >= MIN_NAME
        ]
        same = [(party, other) for party, other in known if other.name == line.name]
        if same:
            party, other = same[0]
            return (0, "") if party == line.party else (1, other.called)
        # Whole first, then without each letter in turn; the first who bears such a name has it.
        for form in [
            line.name,
            *(line.name[:k] + line.name[k + 1 :] for k in range(len(line.name)) if not line.name[k].isdigit()),
        ]:
            holders = [(party, other) for party, other in known if form in nearby(other.name)]
            if holders and holders[0][0] != line.party:
                return 2, holders[0][1].called
        return 0, ""

    def keep(self, entry: Entry, memo: Memo, *, replaces: bool) -> None:
        """Remember an entry and count it; what is forgotten can be found no more, but stays counted."""
        memo.latest = entry
        memo.validated |= entry.facts["validated"]
        if not replaces:
            memo.left_in = not entry.first
            if len(self.memos) == self.max_memos:
                oldest = next(iter(self.memos))
                self.unplace(oldest, self.memos.pop(oldest))
            self.memos[entry.id] = memo
        if entry.facts["deleted"]:
            memo.places = []
        for place in memo.places:
            self.places.setdefault(place, deque(maxlen=CANDIDATES)).append(entry.id)
        if not entry.facts["deleted"] and not memo.left_in:
            if entry.first:
                known = {party for party, amounts in self.parties.items() if amounts.total()}
                self.journals[entry.journal]["debuts"] += len({line.party for line in entry.lines} - known - {""})
            memo.entry = entry
            self.count(entry, 1)

    def count(self, entry: Entry, times: int) -> None:
        """Count an entry in the habits, or (`times` -1) take it out again."""
        said, journal = entry.facts, self.journals[entry.journal]
        self.entries += times
        journal["entries"] += times
        journal["off_days"] += times * said["off_day"]
        journal["pieces"] += times * said["has_piece"]
        journal["references"] += times * said["referenced"]
        on_saturday = dt.date.fromordinal(entry.day).weekday() == 5
        journal["holidays"] += times * (said["off_day"] and not on_saturday)
        if entry.lag is not None:
            self.lags[entry.journal, said["manual"]][entry.lag] += times
        if said["hour"] >= 0 and entry.author:
            self.hours[entry.author][said["hour"]] += times
        for line in entry.lines:
            side = (entry.journal, line.habit, line.debit)
            journal["lines"] += times
            self.sides[side][line.bin] += times
            self.rounds[side] += times * line.round
            self.used[entry.journal][line.habit] += times
            self.accounts[line.habit] += times
            if line.party:
                journal["party_lines"] += times
                self.parties[line.party][line.bin] += times
                self.party_amounts[line.bin] += times
                if line.iban:
                    if not +self.holders[line.iban]:
                        self.first_payees[line.iban] = line.names
                    self.holders[line.iban][line.party] += times
        for line in entry.dealings:
            self.dealings[entry.dealer][line.habit] += times
        for line in entry.lines:
            if line.has_purpose:
                self.purposes[entry.about, line.habit, line.debit][line.bin] += times
        for pair in entry.pairs:
            self.pairs[pair] += times
        self.totals[max(line.bin for line in entry.lines)] += times

    def number(self, entry: Entry) -> tuple[int, int, int]:
        """Return jump, steps and irregular steps before of an entry's number; zeros where it says nothing."""
        number, key = entry.facts["number"], entry.facts["sequence"]
        if number < 0 or not entry.first:
            return 0, 0, 0
        sequence = self.sequences.get(key)
        if sequence is None:
            self.sequences[key] = Sequence(number)
            return 0, 0, 0
        steps, irregular, repeated = sequence.steps, sequence.irregular, sequence.repeated
        jump = sequence.step(number)
        return jump, steps, repeated if jump == -1 else irregular

    def burst(self, entry: Entry) -> tuple[int, int]:
        """Return how many entries the author made by hand within ten minutes, and how often as many before."""
        stamp = entry.facts["stamp"]
        if not entry.facts["manual"] or not entry.author or not stamp:
            return 0, 0
        size = 1
        for other in reversed(self.stamps[entry.author]):
            if stamp - other > BURST_SECONDS:
                break
            size += abs(stamp - other) <= BURST_SECONDS
        self.stamps[entry.author].append(stamp)
        before = sum(times for other, times in self.bursts[entry.author].items() if other >= size)
        self.bursts[entry.author][size] += 1
        return size, before

    def near_limit(self, entry: Entry, limits: list[int]) -> tuple[int, int]:
        """Return how many purchases near a limit the third party had with this one, and the limit."""
        limit = next((cents for cents in limits if entry.total < cents), 0)
        spent = any(line.debit and line.root // 10_000 in (2, 6) for line in entry.lines)
        owed = any(not line.debit and line.root // 10_000 == 4 for line in entry.lines)
        party = next((line.party for line in entry.lines if line.party), "")
        if not limit or entry.total < limit * (1 - NEAR_SHARE) or not (spent and owed and party):
            return 0, 0
        self.nears[party].append(entry.day)
        return sum(abs(entry.day - day) <= NEAR_LIMIT_DAYS for day in self.nears[party]), limit

    def meet_line(self, entry: Entry, line: Line) -> Row:
        """Return the habits that one line meets."""
        side = self.sides[entry.journal, line.habit, line.debit]
        amounts = self.parties[line.party]
        holders = +self.holders[line.iban] if line.party and line.iban else Counter[str]()
        own = self.purposes[entry.about, line.habit, line.debit] if line.has_purpose else Counter[int]()
        dealt = +self.dealings[entry.dealer] if line in entry.dealings else Counter[str]()
        return {
            "account_count": self.used[entry.journal][line.habit],
            "side_count": side.total(),
            "side_rounds": self.rounds[entry.journal, line.habit, line.debit],
            "side_median": centre(side)[0],
            "side_spread": centre(side)[1],
            "side_tail": tail(side, line.bin),
            "side_reach": reach(side, line.bin),
            "journal_lines": self.journals[entry.journal]["lines"],
            "party_count": amounts.total() if line.party else -1,
            "party_median": centre(amounts)[0] if line.party else math.nan,
            "party_spread": centre(amounts)[1] if line.party else math.nan,
            "party_tail": tail(amounts, line.bin) if line.party else 0,
            "party_reach": reach(amounts, line.bin) if line.party else math.nan,
            "purpose_count": own.total() if line.has_purpose else -1,
            "purpose_median": centre(own)[0],
            "purpose_spread": centre(own)[1],
            "purpose_tail": tail(own, line.bin),
            "purpose_reach": reach(own, line.bin),
            "iban_others": 0 if line.party in holders or self.of_one_house(line) else len(holders),
            "dealing_count": dealt[line.habit],
            "dealt": dealt.total(),
            "dealings": len(dealt),
        }

    def of_one_house(self, line: Line) -> bool:
        """Return whether a line's third party is named as the first with its bank details."""
        whole, one, two = self.first_payees.get(line.iban, (0, 0, 0))
        return bool(
            (line.names[0] and line.names[0] in (whole, one))
            or (whole and whole == line.names[1])
            or (two and two == line.names[2])
        )

    def meet_company(self, entry: Entry) -> Row:
        """Return the habits of the company, the journal and the author."""
        said, journal = entry.facts, self.journals[entry.journal]
        hour, hours = said["hour"], self.hours[entry.author]
        timed, day = hour >= 0 and bool(entry.author), hour - hour % 24
        lags = self.lags[entry.journal, said["manual"]]
        return {
            "company": self.entries,
            "company_dealt": sum(dealt.total() for dealt in self.dealings.values()),
            "company_dealers": sum(dealt.total() > 0 for dealt in self.dealings.values()),
            "company_dealings": sum(len(+dealt) for dealt in self.dealings.values()),
            "journal": journal["entries"],
            "journal_off_days": journal["off_days"],
            "journal_pieces": journal["pieces"],
            "journal_references": journal["references"],
            "journal_holidays": journal["holidays"],
            "author": hours.total() if timed else math.nan,
            "hour": hour,
            "hour_count": sum(hours[day + (hour + step) % 24] for step in (-1, 0, 1)) if timed else 0,
            "lag": math.nan if entry.lag is None else entry.lag,
            "lag_timed": lags.total(),
            "lag_tail": 0 if entry.lag is None else tail(lags, entry.lag, middle=0),
            "debuts": journal["debuts"],
            "party_lines": journal["party_lines"],
            "newcomer_median": centre(self.party_amounts)[0],
            "newcomer_spread": centre(self.party_amounts)[1],
            "totals_median": centre(self.totals)[0],
            "totals_spread": centre(self.totals)[1],
        }

    def rarest_pairs(self, entry: Entry) -> tuple[float, list[frozenset[str]]]:
        """Return how rare the rarest pair of accounts is, and which pairs are as rare."""
        roots = {line.habit: line.root for line in reversed(entry.lines)}
        sides = {(line.habit, line.debit) for line in entry.lines}
        rarity = {}
        for pair in entry.pairs:
            together = pairing(*(roots[account] for account in pair))
            if self.pairs[pair] > 2 or together == NATURAL:
                continue
            least = min(self.accounts[account] for account in pair)
            if together == UNLIKELY and len(sides) <= PLAIN_ENTRY:
                least = max(least, IN_USE)
            rarity[pair] = math.log10((least + 1) / (self.pairs[pair] + 0.5))
        most = max(rarity.values(), default=0.0)
        return (most, [pair for pair, value in rarity.items() if value == most]) if most > 0.0 else (0.0, [])

    def match(self, entry: Entry, memo: Memo, row: Row) -> dict[str, str]:
        """Look for the entries that one repeats and reverses; note in its memo where it will be found."""
        largest = max((line for line in entry.lines if line.party), key=lambda line: abs(line.net), default=None)
        if largest is not None and largest.net == 0:
            largest = None
        memo.document = self.document(entry, ("party", largest.party) if largest else ("entry", entry.id))
        memo.places = []
        place = by_lines = None
        if len(entry.lines) <= MAX_LINES and any(line.net for line in entry.lines):
            by_lines = tuple(sorted((line.account, line.net) for line in entry.lines))
        if largest is not None:
            place = ("party", largest.party, entry.journal, largest.net)
        elif by_lines is not None and max(abs(line.net) for line in entry.lines) >= MIN_CENTS:
            place = ("journal", entry.journal, by_lines)
        duplicate = reversal = ""
        row["duplicate"] = row["duplicate_days"] = row["duplicate_repeats"] = 0
        row["reversal"] = row["reversal_days"] = row["reversal_alike"] = 0
        if place is not None:
            duplicate = self.duplicate(entry, memo, self.earlier(place, memo), largest is None, row)
            memo.places.append(place)
        if by_lines is not None:
            opposite = tuple(sorted((account, -net) for account, net in by_lines))
            reversal = self.reversal(entry, self.earlier(("lines", opposite), memo), row)
            memo.places.append(("lines", by_lines))
        return {"duplicate": duplicate, "reversal": reversal}

    def document(self, entry: Entry, holder: tuple[str, str]) -> int:
        """Return the entry's document, 0 where it names several or none."""
        document = entry.facts["document"]
        if not document:
            return 0
        key = (entry.journal, document)
        if self.pieces.setdefault(key, holder) == holder:
            return int(document)
        self.pieces[key] = SHARED
        return 0

    def earlier(self, place: Any, memo: Memo) -> list[tuple[str, Memo]]:
        """Return earlier entries under a key, the oldest first."""
        found = [(other, self.memos[other]) for other in self.places.get(place, ())]
        return [(other, kept) for other, kept in found if kept.order < memo.order]

    def duplicate(self, entry: Entry, memo: Memo, earlier: list[tuple[str, Memo]], lenient: bool, row: Row) -> str:
        """Return the id of the entry that one repeats most surely."""
        found, said = "", entry.facts
        days_of = [other.latest.day for _, other in earlier]
        in_pairs = len(set(days_of)) < len(days_of)
        near = any(b - a <= NEAR_DAYS for a, b in pairwise(sorted(days_of)))
        row["duplicate_repeats"] = len(earlier)
        for ecriture_id, other in earlier:
            days, then = abs(entry.day - other.latest.day), other.latest.facts
            same = memo.document != 0 and memo.document == other.document
            if same and days <= (NEAR_DAYS if lenient else SAME_PIECE_DAYS):
                value = 1.0 if said["label_letters"] == then["label_letters"] and not in_pairs else 0.4
            elif days > NEAR_DAYS:
                continue
            else:
                near_text = alike(entry.document_text, other.latest.document_text)
                told_apart = memo.document and other.document and not near_text
                numbered = said["label"] != said["label_letters"] and then["label"] != then["label_letters"]
                renumbered = numbered and said["label_letters"] == then["label_letters"]
                by_label = said["label"] != then["label"] and (lenient or (renumbered and not near_text))
                value = 0.4 if told_apart or (near and len(earlier) >= HABIT) or in_pairs or by_label else 0.8
            if value > row["duplicate"]:
                row["duplicate"], row["duplicate_days"], found = value, days, ecriture_id
        return found

    def reversal(self, entry: Entry, earlier: list[tuple[str, Memo]], row: Row) -> str:
        """Return the id of the entry that one reverses the soonest."""
        found = ""
        for ecriture_id, other in earlier:
            days = entry.day - other.latest.day
            if 0 <= days <= REVERSAL_DAYS and (not found or days < row["reversal_days"]):
                row["reversal"], row["reversal_days"], found = 1.0 - days / (2 * REVERSAL_DAYS), days, ecriture_id
                row["reversal_alike"] = float(entry.facts["label"] == other.latest.facts["label"])
        return found

    def unplace(self, ecriture_id: str, memo: Memo) -> None:
        """Make an entry impossible to find."""
        for place in memo.places:
            kept = [other for other in self.places.get(place, ()) if other != ecriture_id]
            self.places[place] = deque(kept, maxlen=CANDIDATES)
        memo.places = []


def alike(one: bytes, other: bytes) -> bool:
    """Return whether two references differ by two neighbours swapped, or one goes on where the other ends."""
    if len(one) != len(other):
        return one.startswith(other) or other.startswith(one)
    differ = [k for k in range(len(one)) if one[k] != other[k]]
    if len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    return one[differ[0]] == other[differ[1]] and one[differ[1]] == other[differ[0]]


class Reference:
    """The habits of all companies of a partition."""

    def __init__(self, limits: list[int], max_memos: int = MAX_MEMOS) -> None:
        self.limits = limits
        self.max_memos = max_memos
        self.companies: dict[int, Company] = {}
        self.taken: list[int] = []
        self.first: list[bool] = []
        self.conflicts: list[int] = []
        self.entries: list[Row] = []
        self.lines: list[Row] = []
        self.named: list[dict[str, Any]] = []

    def observe(self, batch: EntryBatch, facts: Facts) -> None:
        """Take the entries of a batch."""
        for i in range(len(batch)):
            record = batch.entry(i)
            company = self.companies.setdefault(record.societe_id, Company(self.max_memos))
            told = company.tell(record.ecriture_id, record.revision, int(facts.digest[i]))
            if told == "conflict":
                self.conflicts.append(i)
            if told not in ("first", "revision"):
                continue
            row, lines, named = company.take(Entry.of(batch, facts, i, first=told == "first"), self.limits)
            self.taken.append(i)
            self.first.append(told == "first")
            self.entries.append(row)
            self.lines += lines
            self.named.append(named)

"""When letterings are judged, and what is told of them (compiled).

A group is unequal for a while: its lines are lettered one after the other. So it is judged only when it should be
complete. Where the times of entry are known (live books), that is some days after it last changed. In a file without
them, it is when lettered lines on the side that it lacks have come that far and more; but in a file that comes journal
by journal another one may bring what is lacking: there, groups wait for a tick. A group is lettered when all its lines
are there: where the date of that is known, the file must have come past it, too; a group with both sides and a payment
is complete sooner than an invoice or a payment alone.
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.subjects.lettering_layout import books_of, companies_of, ends_of, groups_of, waiting_of, word_pool_of
from wisebook_ml.subjects.packing import link, read_text, unlink

__all__ = [
    "CLOSED",
    "HABIT_SHARE",
    "NO_HABIT",
    "OPENED",
    "PAID_SLACK",
    "SETTLED_DAYS",
    "SLACK_DAYS",
    "TEXT_BYTES",
    "USUAL_SHARE",
    "is_settled",
    "judge_due",
    "scan",
    "settle",
    "stop_waiting",
]

OPENED, CLOSED, HABIT_SHARE, NO_HABIT = range(4)
"""What it tells: a group is unequal, or no longer; that is a habit of an account, or no longer."""

WAIT_DAYS = 10
"""Days after its last change at which a group of live books is complete: an invoice can be typed after its payment."""

SLACK_DAYS, MOST_SLACK = 90, 240
"""How much further lettered lines of a file must have come: 60 days to pay (article L441-10 of the commercial code) and
a month of delay; it grows where groups were completed later than that."""

ONE_SIDE_SLACK = 180
"""The same for a group with one side only: a file has the letters of its end, so that its other side was there then; an
invoice that waited for half a year has a lettering with nothing against it."""

PAID_SLACK, LATE_MARGIN = 75, 15
"""The same for a group with both sides and a payment, of which a whole line may be lacking: two monthly instalments
and two weeks. It grows where payments came in parts further apart than that."""

SETTLED_DAYS, LACKING, PARTS = 10, 0.75, 0.05
"""The same where a payment came last and the difference is less than that share of the smallest line: no line is
lacking, the amounts differ. Not where more than so many of an account's groups are paid in parts all the same."""

LETTERED_SLACK, LETTERED_MOST = 30, 366
"""How much further than the date of its letters a file must have come, and how far that date can lie behind the lines
of a group and be believed."""

START_DAYS, START_BOTH = 150, 45
"""Days of a file's beginning in which a payment without invoice settled one of the year before, or one that exceeds its
invoices an invoice of it, too."""

BOTH, PAID = 3, 7
"""What a group has: both sides; and a payment, too."""

SMALL_CENTS, SMALL_SHARE, SMALL_KNOWN = 100, 0.02, 5
"""Differences up to a euro are the habit of an account where more than so many of its groups have one."""

USUAL_SHARE, USUAL_KNOWN, USUAL_ENDS = 0.20, 10, 0.10
"""From which share and number of unequal groups on the lettering of an account is unusable, and when it is usable
again."""

TEXT_BYTES = 3 * 256 + 800
"""Bytes of the texts of an event."""


@compiled
def stop_waiting(state: Array, row: int) -> None:
    """Take a group out of the list in which it waits."""
    groups = groups_of(state).rows
    if groups[row].waiting == 1:
        unlink(waiting_of(state)[groups[row].company][0], groups, row)
    elif groups[row].waiting == 2:
        unlink(ends_of(state)[groups[row].book][0], groups, row)
    groups[row].waiting = 0


@compiled
def settle(state: Array, row: int, i: int, events: Array, used: Array, texts: Array) -> None:
    """Let a group that changed wait to be judged, or see that it is equal."""
    groups = groups_of(state).rows
    group = groups[row]
    company = companies_of(state).rows[group.company]
    stop_waiting(state, row)
    if group.debit != group.credit:
        if group.live != 0:
            group.waiting, group.due = 1, company.now + WAIT_DAYS
            link(waiting_of(state)[group.company][0], groups, row)
        else:
            group.waiting = 2
            link(ends_of(state)[group.book][0], groups, row)
        return
    if group.open != 0:
        if group.live == 0:
            # It was complete later than thought: others wait longer.
            company.slack = min(MOST_SLACK, max(company.slack, group.last_day - group.first_day + 30))
        _tell(state, row, CLOSED, i, 0, events, used, texts)
    if group.live == 0 and group.late + LATE_MARGIN > company.paid_slack:
        # Half of the way: one that is paid very late is no habit.
        company.paid_slack = min(MOST_SLACK, company.paid_slack + (group.late + LATE_MARGIN - company.paid_slack) // 2)
    group.sides, group.lettered, group.lettered_first, group.late = 0, 0, 0, 0
    group.smallest, group.ends_paid = 0, 0
    _count(state, row, 1 if group.debits + group.credits > 0 else 0)
    _review(state, group.book, i, events, used, texts)


@compiled
def _count(state: Array, row: int, outcome: int) -> None:
    """Count how a group came out, once: 1 equal, 2 unequal, 3 with a small difference."""
    group = groups_of(state).rows[row]
    book = books_of(state).rows[group.book]
    if group.outcome == outcome:
        return
    book.balanced += (outcome == 1) - (group.outcome == 1)
    book.unequal += (outcome == 2) - (group.outcome == 2)
    book.small += (outcome == 3) - (group.outcome == 3)
    group.outcome = outcome


@compiled
def _review(state: Array, book: int, i: int, events: Array, used: Array, texts: Array) -> None:
    """Tell where an account's lettering has become usable again."""
    noted = books_of(state).rows[book]
    if noted.open != 0 and noted.unequal < USUAL_ENDS * (noted.balanced + noted.unequal + noted.small):
        noted.open = 0
        _tell_book(state, book, NO_HABIT, i, events, used)


@compiled
def judge_due(
    state: Array, company: int, i: int, limit: int, usual: bool, active: bool,
    events: Array, used: Array, texts: Array,
) -> bool:  # fmt: skip
    """Judge a company's groups of live books that should be complete; return whether there was room to tell."""
    ends, groups = waiting_of(state)[company][0], groups_of(state).rows
    now = companies_of(state).rows[company].now
    while ends.first != 0 and groups[ends.first].due <= now:
        if len(events) - used[0] < 3 or len(texts) - used[1] < TEXT_BYTES:
            return False
        row = ends.first
        stop_waiting(state, row)
        _judge(state, row, i, limit, usual, active, events, used, texts)
    return True


@compiled
def scan(
    state: Array, book: int, tick: bool, i: int, limit: int, usual: bool, active: bool,
    events: Array, used: Array, texts: Array,
) -> bool:  # fmt: skip
    """Judge the groups of an account in a file that should be complete; return whether there was room to tell."""
    noted, groups = books_of(state).rows[book], groups_of(state).rows
    company = companies_of(state).rows[noted.company]
    row = ends_of(state)[book][0].first
    while row != 0:
        following, group = groups[row].after, groups[row]
        lacks_credit = group.debit > group.credit
        clock = noted.credit_clock if lacks_credit else noted.debit_clock
        if tick:
            clock = max(clock, company.last_day)
        elif company.by_journal != 0 or company.behind != 0 or noted.journals == 0:
            clock = 0  # another journal may bring what is lacking
        if clock >= _complete_on(company, noted, group):
            if len(events) - used[0] < 3 or len(texts) - used[1] < TEXT_BYTES:
                return False
            stop_waiting(state, row)
            # Money without invoice, early in a file: the invoice is one of the year before.
            settles = lacks_credit != (noted.root // 10 == 41)
            start = START_BOTH if group.sides & BOTH == BOTH else START_DAYS
            if not (settles and group.first_day < company.first_day + start):
                _judge(state, row, i, limit, usual, active, events, used, texts)
        row = following
    return True


@compiled
def _complete_on(company: Array, book: Array, group: Array) -> int:
    """Return the date that a file must have come to before a group of it should be complete."""
    lettered = min(group.lettered, group.last_day + LETTERED_MOST)
    if group.sides == PAID and group.lettered_first >= group.last_day:
        return int(lettered + 1)  # all of it was lettered when the last line was there
    if group.sides == PAID:
        at_once = is_settled(group) and book.parts <= PARTS * book.balanced
        return int(max(group.last_day, lettered) + (SETTLED_DAYS if at_once else company.paid_slack))
    if lettered > group.last_day:
        return int(lettered + LETTERED_SLACK)
    return int(group.last_day + (company.slack if group.sides & BOTH == BOTH else max(ONE_SIDE_SLACK, company.slack)))


@compiled
def is_settled(group: Array) -> bool:
    """Return whether a payment came last, and no whole line is lacking."""
    gap = abs(group.debit - group.credit)
    return bool(group.sides == PAID and group.ends_paid != 0 and gap < LACKING * group.smallest)


@compiled
def _judge(
    state: Array, row: int, i: int, limit: int, usual: bool, active: bool, events: Array, used: Array, texts: Array
) -> None:
    """Tell of a group whose sums differ by more than a company's limit, or no longer do."""
    group = groups_of(state).rows[row]
    book = books_of(state).rows[group.book]
    gap = abs(group.debit - group.credit)
    all_known = book.balanced + book.unequal + book.small
    if usual and book.small >= SMALL_KNOWN and book.small > SMALL_SHARE * all_known:
        limit = max(limit, SMALL_CENTS)
    _count(state, row, 2 if gap > max(limit, SMALL_CENTS) else 3)
    _review(state, group.book, i, events, used, texts)
    if gap <= limit:
        if group.open != 0:
            _tell(state, row, CLOSED, i, limit, events, used, texts)
        return
    if book.unequal >= USUAL_KNOWN and book.unequal > USUAL_SHARE * all_known:
        if book.open == 0 and active:
            book.open = 1
            _tell_book(state, group.book, HABIT_SHARE, i, events, used)
        if group.open == 0:
            return
    if active and not (group.open != 0 and group.told == group.debit - group.credit):
        _tell(state, row, OPENED, i, limit, events, used, texts)


@compiled
def _tell(state: Array, row: int, kind: int, i: int, limit: int, events: Array, used: Array, texts: Array) -> None:
    """Write down what became of a group."""
    group, words = groups_of(state).rows[row], word_pool_of(state).links
    group.open = 1 if kind == OPENED else 0
    group.told = group.debit - group.credit
    group.revision += 1
    event = events[used[0]]
    used[0] += 1
    event.societe = companies_of(state).rows[group.company].societe
    event.debit, event.credit, event.limit = group.debit, group.credit, limit
    event.position, event.kind, event.revision = i, kind, group.revision
    event.lines, event.root, event.day = group.debits + group.credits, 0, group.last_day
    event.text = used[1]
    event.compte, event.aux, event.letter, event.id = (
        group.compte_length, group.aux_length, group.letter_length, group.id_length,
    )  # fmt: skip
    at = read_text(words, group.compte, group.compte_length, texts, used[1])
    at = read_text(words, group.aux, group.aux_length, texts, at)
    at = read_text(words, group.letter, group.letter_length, texts, at)
    used[1] = read_text(words, group.id, group.id_length, texts, at)


@compiled
def _tell_book(state: Array, row: int, kind: int, i: int, events: Array, used: Array) -> None:
    """Write down what became of an account's lettering as a whole: how many groups, and how many unequal ones."""
    book = books_of(state).rows[row]
    book.revision += 1
    event = events[used[0]]
    used[0] += 1
    event.societe = companies_of(state).rows[book.company].societe
    event.debit, event.credit, event.limit = book.unequal, book.balanced + book.unequal + book.small, 0
    event.position, event.kind, event.revision = i, kind, book.revision
    event.lines, event.root, event.day = 0, book.root, 0
    event.text, event.compte, event.aux, event.letter, event.id = used[1], 0, 0, 0, 0

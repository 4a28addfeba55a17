"""Books entry by entry say what all entries together say, in whatever order they came."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import Echeancier, Ecriture, Ligne, Operation, PositionTresorerie, SourcePosition, from_minor, to_minor
from schemas.money import MAX_MINOR
from wisebook_ml.fec.exercice import is_opening
from wisebook_ml.treasury.books.cash_book import Untold
from wisebook_ml.treasury.books.company import Followed
from wisebook_ml.treasury.books.expected import STALE, Due
from wisebook_ml.treasury.books.from_entries import cash_moves, latest_entries, positions_from_entries
from wisebook_ml.treasury.books.lateness import due_rows, lateness_of, paid_late
from wisebook_ml.treasury.books.open_items import (
    BookLine,
    Party,
    book_lines,
    due_day,
    habits_of,
    settled,
    settlements,
)
from wisebook_ml.treasury.books.state import BooksState
from wisebook_ml.treasury_desk.source import cash_from_entries

FIRST = dt.date(2025, 3, 3)
LAST = FIRST + dt.timedelta(days=30)
BANK, CASH, CLIENT, SUPPLIER, SALES = "512000", "530000", "411000", "401000", "707000"


def line(compte: str, cents: int, **fields: object) -> Ligne:
    side = {"debit": from_minor(cents)} if cents >= 0 else {"credit": from_minor(-cents)}
    return replace(Ligne(compte_num=compte, **side), **fields)


def entry(id_: str, day: dt.date, *lines: Ligne, journal: str = "BQ", revision: int = 1) -> Ecriture:
    return Ecriture(
        societe_id=1,
        ecriture_id=id_,
        revision=revision,
        journal_code=journal,
        ecriture_date=day,
        lignes=list(lines) or [line(SALES, 1)],
    )


def moved(id_: str, day: int, cents: int, **fields: object) -> Ecriture:
    date = FIRST + dt.timedelta(days=day)
    return replace(entry(id_, date, line(BANK, cents), line(SALES, -cents)), **fields)


def days(offset: int) -> dt.date:
    return FIRST + dt.timedelta(days=offset)


def positions(made: Sequence[Followed]) -> list[tuple[str, str, str, str, str, int]]:
    return [
        (one.date.isoformat()[5:], one.compte_num, one.solde, one.entrees, one.sorties, one.revision)
        for one in made
        if isinstance(one, PositionTresorerie)
    ]


def expected(made: Sequence[Followed]) -> list[Echeancier]:
    return [one for one in made if isinstance(one, Echeancier)]


class TestDays:
    def test_a_day_is_told_when_a_later_one_begins(self) -> None:
        state = BooksState()
        assert state.take(moved("A", 0, 50_00), days(0)) == []
        assert state.take(moved("B", 0, -20_00), days(0)) == []
        made = state.take(moved("C", 1, 5_00), days(1))
        assert positions(made) == [("03-03", BANK, "30.00", "50.00", "20.00", 1)]
        assert {one.source for one in made if isinstance(one, PositionTresorerie)} == {SourcePosition.COMPTABILITE}
        assert positions(state.end(1)) == [("03-04", BANK, "35.00", "5.00", "0.00", 1)]
        assert state.end(1) == []

    def test_every_account_has_the_last_day(self) -> None:
        state = BooksState()
        state.take(entry("A", days(0), line(BANK, 50_00), line(CASH, 10_00)), days(0))
        state.take(moved("B", 1, 5_00), days(1))
        assert positions(state.end(1)) == [
            ("03-04", BANK, "55.00", "5.00", "0.00", 1),
            ("03-04", CASH, "10.00", "0.00", "0.00", 1),
        ]

    def test_a_correction_is_told_of_all_days_that_it_changes(self) -> None:
        state = BooksState()
        for number in range(3):
            state.take(moved(f"A{number}", number, 10_00), days(number))
        state.end(1)
        state.take(moved("A1", 1, 4_00, revision=2), days(3))
        assert positions(state.end(1)) == [
            ("03-04", BANK, "14.00", "4.00", "0.00", 2),
            ("03-05", BANK, "24.00", "10.00", "0.00", 2),
        ]
        state.take(moved("A1", 1, 4_00, revision=3, operation=Operation.SUPPRESSION), days(4))
        assert positions(state.end(1))[0] == ("03-04", BANK, "10.00", "0.00", "0.00", 3)
        state.take(moved("A1", 1, 10_00), days(5))
        assert state.end(1) == [], "an older revision that comes late"

    def test_what_is_dated_later_waits_for_its_day(self) -> None:
        state = BooksState()
        state.take(moved("A", 0, 10_00), days(0))
        state.take(moved("B", 5, 7_00), days(0))
        assert [row[0] for row in positions(state.end(1))] == ["03-03"]
        assert state.tick(1, days(5)) == []
        assert positions(state.tick(1, days(5))) == [("03-08", BANK, "17.00", "7.00", "0.00", 1)]

    def test_opening_balances_count_once(self) -> None:
        state = BooksState()
        state.take(entry("AN", days(0), line(BANK, 100_00), line("101000", -100_00), journal="AN"), days(0))
        state.take(moved("A", 1, 10_00), days(1))
        state.take(entry("AN2", days(2), line(BANK, 110_00), line("101000", -110_00), journal="AN"), days(2))
        state.take(moved("B", 3, 1_00), days(3))
        assert positions(state.end(1)) == [("03-06", BANK, "111.00", "1.00", "0.00", 1)]

    def test_an_opening_balance_that_repeats_the_first_year_counts_for_nothing(self) -> None:
        books = [moved("A", 0, 10_00), entry("AN", days(2), line(BANK, 10_00), journal="AN"), moved("B", 3, 1_00)]
        assert [one.solde for one in positions_from_entries(books, days(3))][-1] == "11.00"

    def test_amounts_that_no_record_can_say_are_named(self) -> None:
        state = BooksState()
        for number in range(2):
            huge = entry(f"V{number}", days(0), line(CLIENT, MAX_MINOR, date_echeance=days(9)), line(SALES, -MAX_MINOR))
            state.take(huge, days(0))
        for number in range(2):
            state.take(moved(f"A{number}", 0, MAX_MINOR), days(0))
        state.take(entry("C", days(0), line(CASH, 10_00)), days(0))
        made = state.take(moved("B", 1, -MAX_MINOR), days(1))
        assert positions(made) == [("03-03", CASH, "10.00", "10.00", "0.00", 1)]
        bank, client = (one for one in made if isinstance(one, Untold))
        assert bank == Untold(1, FIRST, BANK, 2 * MAX_MINOR)
        assert (client.compte_num, client.cents) == ("", 2 * MAX_MINOR)
        books = [*(moved(f"A{number}", 0, MAX_MINOR) for number in range(2)), moved("B", 1, 0)]
        assert cash_from_entries(1, [*books, entry("C", days(1), line(CASH, 1))]).rejected[0] == bank.message("en")
        # The day after, the balance is one that can be said.
        assert positions(state.end(1))[0][:3] == ("03-04", BANK, "99999999999.99")

    def test_one_mistyped_year_does_not_stop_the_calendar(self) -> None:
        state = BooksState()
        state.take(moved("A", 0, 10_00), days(0))
        far = dt.date(2205, 3, 3)
        assert state.take(replace(moved("B", 0, 3_00), ecriture_date=far), far) == []
        assert positions(state.take(moved("C", 1, 1_00), days(1))) == [("03-03", BANK, "10.00", "10.00", "0.00", 1)]
        assert positions(state.end(1)) == [("03-04", BANK, "11.00", "1.00", "0.00", 1)]

    def test_the_daily_tick_mends_a_wrong_clock(self) -> None:
        state = BooksState()
        state.take(moved("A", 0, 10_00), days(0))
        far = dt.date(2052, 3, 3)
        for name in ("B", "C"):
            state.take(moved(name, 0, 1_00), far)
        assert state.take(moved("D", 1, 1_00), days(1)) == [], "no day ends by itself"
        assert state.tick(1, days(1)) == []
        assert positions(state.take(moved("E", 2, 1_00), days(2)))[-1][:3] == ("03-04", BANK, "13.00")

    def test_a_year_without_entries_is_believed_with_the_second_one(self) -> None:
        state = BooksState()
        state.take(moved("A", 0, 10_00), days(0))
        state.take(moved("B", 500, 1_00), days(500))
        assert [row[2] for row in positions(state.take(moved("C", 500, 1_00), days(500)))] == ["10.00"]
        assert [row[2] for row in positions(state.end(1))] == ["12.00"]

    def test_a_balance_that_no_record_can_say_is_not_told(self) -> None:
        state = BooksState()
        for number in range(2):
            state.take(moved(str(number), number, 10**13 - 1), days(number))
        assert [row[0] for row in positions(state.end(1))] == []

    def test_companies_do_not_meet(self) -> None:
        state = BooksState()
        state.take(moved("A", 0, 10_00), days(0))
        state.take(replace(moved("A", 3, 1_00), societe_id=2), days(3))
        assert [one.societe_id for one in state.end(0)] == [1, 2]


class TestItems:
    def invoice(self, **fields: object) -> Ecriture:
        return entry("F1", days(0), line(CLIENT, 120_00, piece_ref="F1", **fields), line(SALES, -120_00), journal="VE")

    def test_an_invoice_is_expected_until_it_is_paid(self) -> None:
        state = BooksState()
        state.take(self.invoice(date_echeance=days(14)), days(0))
        (told,) = expected(state.end(1))
        assert (told.date, told.revision) == (days(0), 1)
        assert [(one.date, one.montant) for one in told.paiements] == [(days(14), "120.00")]
        paid = entry("P1", days(1), line(BANK, 120_00), line(CLIENT, -120_00, piece_ref="F1"))
        assert state.take(paid, days(1)) == []
        (told,) = expected(state.end(1))
        assert (told.date, told.paiements) == (days(1), [])

    def test_it_is_open_until_the_day_of_its_lettering(self) -> None:
        state = BooksState()
        state.take(self.invoice(ecriture_let="AA", date_let=days(3), date_echeance=days(14)), days(0))
        assert len(expected(state.end(1))[0].paiements) == 1
        state.take(moved("A", 3, 1_00), days(3))
        assert expected(state.end(1))[0].paiements == []

    def test_what_is_overdue_is_spread_over_the_days_to_come_and_forgotten_in_the_end(self) -> None:
        state = BooksState()
        state.take(self.invoice(date_echeance=days(14)), days(0))
        state.tick(1, days(20))
        (late,) = expected(state.end(1))
        amounts = [to_minor(one.montant) for one in late.paiements]
        assert len(amounts) > 40
        assert 60_00 < sum(amounts) < 120_00, "it may never come"
        assert max(amounts) < 20_00, "of three days where two of them are a weekend"
        state.tick(1, days(366))
        assert [one.paiements for one in expected(state.end(1))] == [[]]

    def test_the_habit_of_a_kind_tells_when_a_new_third_party_pays(self) -> None:
        state = BooksState()
        for number in range(3):
            lettered = {"comp_aux_num": "C2", "ecriture_let": f"L{number}", "date_let": days(10)}
            state.take(entry(f"I{number}", days(0), line(CLIENT, 5_00, **lettered), journal="VE"), days(0))
            state.take(entry(f"P{number}", days(10), line(CLIENT, -5_00, **lettered)), days(10))
        april = dt.date(2025, 4, 1)
        state.tick(1, april)
        state.take(entry("F9", april, line(CLIENT, 9_00, comp_aux_num="C9"), journal="VE"), april)
        (told,) = expected(state.end(1))
        assert [(one.date, one.montant) for one in told.paiements] == [(dt.date(2025, 4, 11), "9.00")]


REVISIONS = st.tuples(
    st.integers(0, 30),
    st.sampled_from([BANK, CASH, CLIENT, SUPPLIER, SALES]),
    st.integers(-500, 500),
    st.sampled_from(["", "", "F1", "F2"]),
    st.sampled_from(["", "AA", "BB"]),
    st.sampled_from([None, 4, 20, 40]),
    st.sampled_from(["BQ", "BQ", "BQ", "AN"]),
    st.booleans(),
)


@st.composite
def ledgers(draw: st.DrawFn) -> list[Ecriture]:
    """Return revisions of some entries, shuffled."""
    made = []
    for number in range(draw(st.integers(1, 12))):
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            day, other, cents, piece, code, until, journal, gone = draw(REVISIONS)
            lettered = {"ecriture_let": code, "date_let": None if until is None else days(until)} if code else {}
            lines = [
                line(other, cents, piece_ref=piece, **lettered),
                line(draw(st.sampled_from([BANK, CLIENT, SALES])), -cents, piece_ref=piece, **lettered),
            ]
            one = entry(f"E{number}", days(day), *lines, journal=journal, revision=revision)
            made.append(replace(one, operation=Operation.SUPPRESSION) if gone and revision > 1 else one)
    return draw(st.permutations(made))


def last_told(made: Sequence[Followed]) -> dict[tuple[str, dt.date], PositionTresorerie]:
    told: dict[tuple[str, dt.date], PositionTresorerie] = {}
    for one in made:
        if isinstance(one, PositionTresorerie):
            before = told.get((one.compte_num, one.date))
            assert one.revision == (1 if before is None else before.revision + 1)
            told[one.compte_num, one.date] = one
    return told


@settings(max_examples=80, deadline=None)
@given(ledgers(), st.lists(st.integers(0, 30), min_size=40, max_size=40), st.integers(0, 36))
def test_what_was_told_last_is_what_all_entries_say(
    entries: list[Ecriture], published: list[int], restarted: int
) -> None:
    """Whatever the order of entries and their days, and wherever the state was written down and read again."""
    state, made = BooksState(), list[Followed]()
    for place, one in enumerate(entries):
        if place == restarted:
            parts = {name: memoryview(data) for name, data in state.dump()}  # type: ignore[arg-type]
            state = BooksState()
            state.load(parts)
        made += state.take(one, days(published[place]))
    made += state.tick(1, LAST)
    made += state.end(1)

    told, balances = last_told(made), defaultdict[str, int](int)
    wanted = {(one.compte_num, one.date): one for one in positions_from_entries(entries, LAST)}
    for (account, day), one in sorted(told.items()):
        known = wanted.get((account, day))
        if known is not None:
            assert (one.solde, one.entrees, one.sorties) == (known.solde, known.entrees, known.sorties)
            balances[account] = to_minor(one.solde)
        elif any(other == account and before <= day for other, before in wanted):
            assert (to_minor(one.solde), one.entrees, one.sorties) == (balances[account], "0.00", "0.00")
        else:  # before its first day that is left
            assert (one.entrees, one.sorties) == ("0.00", "0.00")
    last = max((day for _, day in told), default=LAST)
    assert {key for key in wanted if key[1] <= last and key[1] != LAST} <= told.keys()

    echeanciers = expected(made)
    paiements = echeanciers[-1].paiements if echeanciers else []
    assert [(one.date.toordinal(), to_minor(one.montant)) for one in paiements] == said_of_all(entries)


def said_of_all(entries: list[Ecriture]) -> list[Due]:
    """Return what is expected after the last evening, from all entries at once."""
    lines = book_lines(entries)
    month = LAST.replace(day=1)
    known = [one for one in settlements(lines) if one.known < month]
    habits = habits_of(known)
    by_party = defaultdict[Party, list[BookLine]](list)
    for party, one in lines:
        if one.lettered is None or one.lettered > LAST:
            by_party[party].append(one)
    found = [item for party in sorted(by_party) for item in settled(party, by_party[party])]
    items = [(item, due_day(item, habits)) for item in found]
    moved = [
        one.ecriture_date
        for one in latest_entries(entries)
        if not is_opening(one.journal_code, one.journal_lib) and any(cents for cents in cash_moves(one).values())
    ]
    lateness = lateness_of(paid_late(known, habits, month), items, LAST)
    return due_rows(items, lateness, LAST, max(moved, default=dt.date.min))


@settings(max_examples=30, deadline=None)
@given(ledgers(), st.lists(st.integers(0, 30), min_size=40, max_size=40), st.integers(0, 36))
def test_a_restart_changes_nothing(entries: list[Ecriture], published: list[int], restarted: int) -> None:
    whole, state = BooksState(), BooksState()
    for place, one in enumerate(entries):
        if place == restarted:
            parts = {name: memoryview(data) for name, data in state.dump()}  # type: ignore[arg-type]
            state = BooksState()
            state.load(parts)
        assert state.take(one, days(published[place])) == whole.take(one, days(published[place]))
    assert state.end(1) == whole.end(1)
    assert list(state.dump()) == list(whole.dump())


def test_what_stays_expected_is_told_again_before_it_is_stale() -> None:
    state, day = BooksState(), dt.date(2025, 3, 3)
    line = Ligne(compte_num="411000", piece_ref="F1", debit="50.00", date_echeance=dt.date(2025, 4, 30))
    sale = Ecriture(societe_id=1, ecriture_id="A", journal_code="VE", ecriture_date=day, lignes=[line])
    state.take(sale, day)
    told = [one for ahead in range(1, 50) for one in state.tick(1, day + dt.timedelta(days=ahead))]
    evenings = [one.date for one in told if isinstance(one, Echeancier)]
    gaps = [(after - before).days for before, after in itertools.pairwise(evenings)]
    assert len(gaps) > 5
    assert max(gaps) <= STALE

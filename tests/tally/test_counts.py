"""Blocks of counts: what is in them, where they end, and that neither cuts nor restarts change a byte."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import CLASSES_SCORE, Comptage, Tick
from schemas.marker import ABSENCE, IMPORT
from schemas.money import MAX_TOTAL_MINOR
from wisebook_ml.habits.store import StateError
from wisebook_ml.tally.counts import BLOCK, Counted, Counts

NOW = dt.datetime(2024, 11, 19, 8, tzinfo=dt.UTC)


def counted(rows: Sequence[tuple[int, int, bytes, int, int, int]]) -> Counted:
    """Return rows of company, hour, journal, lines, cents and bar as they are counted."""
    numbers = [[row[k] for row in rows] for k in (0, 1, 3, 4, 5)]
    return Counted(np.array(numbers, np.int64), [row[2] for row in rows])


def tick(minuterie: str = "statistics", societe_id: int = 0, echeance: dt.datetime = NOW) -> Tick:
    return Tick(societe_id=societe_id, minuterie=minuterie, echeance=echeance)


class TestContents:
    def test_companies_hours_and_journals_are_counted_apart_and_in_order(self) -> None:
        counts = Counts(5)
        counts.add(counted([(9, 24, b"VE", 2, 100, 0), (2, 25, b"AC", 3, 250, 19), (2, 25, b"AC", 2, -50, 19)]))
        counts.add(counted([(2, 24, b"VE", 2, 10, 4), (2, 25, b"AB", 2, 1, 4)]))
        (block,) = counts.tick(tick(), 40)
        assert (block.partition, block.depuis, block.jusque, block.horloge, block.battement) == (
            *(5, 0, 41, NOW),
            "statistics",
        )
        codes = [block.journaux[place] for place in block.journal]
        assert list(zip(block.societes, block.heures, codes, strict=True)) == [
            (2, 24, "VE"),
            (2, 25, "AB"),
            (2, 25, "AC"),
            (9, 24, "VE"),
        ]
        assert (block.ecritures, block.lignes, block.centimes) == ([1, 1, 2, 1], [2, 2, 5, 2], [10, 1, 200, 100])
        assert block.scores == [[0] * 4 + [1], [0] * 4 + [1], [0] * 19 + [2], []]

    def test_sums_are_exact_and_stay_within_what_a_record_can_say(self) -> None:
        counts = Counts()
        counts.add(counted([(1, 0, b"OD", 1, MAX_TOTAL_MINOR, 0), (1, 0, b"OD", 1, 1 - MAX_TOTAL_MINOR, 0)]))
        counts.add(counted([(1, 0, b"VE", 1, MAX_TOTAL_MINOR, 0)] * 900))
        (block,) = counts.pass_limit(BLOCK)
        assert block.centimes == [1, MAX_TOTAL_MINOR]
        assert msgspec.json.decode(msgspec.json.encode(block), type=Comptage) == block

    def test_a_full_block_of_the_longest_codes_fits_into_one_record(self) -> None:
        counts = Counts()
        codes = ["".join(chr(ord("é") + (k >> bit) % 2) + "\t" for bit in range(32)).encode() for k in range(BLOCK)]
        counts.add(counted([(1, hour, code, 99, MAX_TOTAL_MINOR, 3) for hour, code in enumerate(codes)]))
        (block,) = counts.pass_limit(BLOCK)
        assert len(msgspec.json.encode(block)) < 1_000_000


class TestEnds:
    def test_a_block_ends_before_the_first_record_beyond_it(self) -> None:
        counts = Counts()
        assert counts.limit == BLOCK
        assert counts.pass_limit(5 * BLOCK + 7) == []
        assert (counts.begin, counts.limit) == (5 * BLOCK, 6 * BLOCK)

    def test_the_tick_of_the_statistics_tells_even_that_nothing_came(self) -> None:
        counts = Counts()
        (end,) = counts.tick(tick(), 1030)
        assert (end.depuis, end.jusque, end.battement, end.horloge) == (0, 1031, "statistics", NOW)
        assert (counts.begin, counts.limit) == (1031, 2 * BLOCK)

    def test_the_tick_of_a_file_ends_a_block_and_is_no_clock(self) -> None:
        counts = Counts()
        counts.tick(tick(ABSENCE), 1)
        counts.add(counted([(7, 24, b"VE", 2, 100, 0)]))
        later = NOW + dt.timedelta(100)
        (block,) = counts.tick(tick(IMPORT, 7, later), 9)
        assert (block.societes, block.jusque, block.horloge, block.battement) == ([7], 10, NOW, "")

    @pytest.mark.parametrize("name", [ABSENCE, "drift", "weekly"])
    def test_other_ticks_only_tell_the_time(self, name: str) -> None:
        counts = Counts()
        counts.add(counted([(7, 24, b"VE", 2, 100, 0)]))
        assert counts.tick(tick(name), 3) == []
        assert (counts.begin, counts.clock) == (0, NOW)

    def test_a_tick_of_one_company_is_nothing_to_the_others(self) -> None:
        counts = Counts()
        assert counts.tick(tick("statistics", 7), 3) == []
        assert (counts.begin, counts.clock) == (0, None)


ROWS = st.tuples(
    st.integers(1, 3),
    st.sampled_from([-9_000_000, 0, 1, 480_000]),  # years late, and of a publisher whose clock is wrong
    st.sampled_from([b"AC", b"VE", "é".encode()]),
    st.integers(1, 9),
    st.integers(-(10**15), 10**15),
    st.integers(0, CLASSES_SCORE - 1),
)
EVENTS = st.lists(
    st.tuples(st.one_of(ROWS, st.sampled_from(["statistics", ABSENCE, IMPORT])), st.integers(1, 400)), max_size=60
)


@settings(deadline=None)
@given(events=EVENTS, cuts=st.sets(st.integers(0, 60)), restarts=st.sets(st.integers(0, 60)))
def test_no_cut_and_no_restart_changes_a_byte(
    events: list[tuple[tuple[int, int, bytes, int, int, int] | str, int]], cuts: set[int], restarts: set[int]
) -> None:
    """The same blocks however it is cut, and together all that was counted, once."""

    def run(cuts: set[int], restarts: set[int]) -> tuple[list[bytes], bytes]:
        counts, offset, made, waiting = Counts(), -1, [], []
        for number, (event, step) in enumerate(events):
            offset += step
            if number in restarts:
                counts.add(counted(waiting))
                again = Counts()
                again.load(counts.dump())
                counts, waiting = again, []
            if offset >= counts.limit or number in cuts or isinstance(event, str):
                counts.add(counted(waiting))
                waiting = []
            if offset >= counts.limit:
                made += counts.pass_limit(offset)
            if isinstance(event, str):
                made += counts.tick(tick(event, 1 if event == IMPORT else 0), offset)
            else:
                waiting.append(event)
        counts.add(counted(waiting))
        return [msgspec.json.encode(one) for one in made], counts.dump()

    whole, state = run(set(), set())
    assert run(cuts, set()) == run(cuts, restarts) == (whole, state)

    rest = Counts()
    rest.load(state)
    told = [msgspec.json.decode(one, type=Comptage) for one in whole] + rest.pass_limit(1 << 40)
    found = Counter[tuple[int, str, int]]()
    for block in told:
        assert list(zip(block.societes, block.heures, block.journal, strict=True)) == sorted(
            set(zip(block.societes, block.heures, block.journal, strict=True))
        )
        for societe_id, hour, place, count, bars in zip(
            block.societes, block.heures, block.journal, block.ecritures, block.scores, strict=True
        ):
            found[societe_id, block.journaux[place], hour] += count
            assert sum(bars) in (count, 0)
    rows = [event for event, _ in events if not isinstance(event, str)]
    assert found == Counter((row[0], row[2].decode(), row[1]) for row in rows)
    assert sum(sum(block.lignes) for block in told) == sum(row[3] for row in rows)
    ends = [(block.depuis, block.jusque) for block in told]
    assert ends == sorted(ends)


@pytest.mark.parametrize("data", [b"", b"no state", msgspec.msgpack.encode((0, None, b"123", [b"AC"]))])
def test_what_is_no_state_is_refused(data: bytes) -> None:
    with pytest.raises(StateError, match="no state of counts"):
        Counts().load(data)

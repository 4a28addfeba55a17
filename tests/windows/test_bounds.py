"""What a flood, a stopped clock or verdicts of another time do to windows."""

import datetime as dt

import pytest

from schemas import Comptage, Pas, Verdict
from wisebook_ml.windows.calendar import KEPT_AHEAD, moment
from wisebook_ml.windows.events import Counted, Detected, Event, Judged, Slice, counted
from wisebook_ml.windows.fold import WindowFold
from wisebook_ml.windows.hopping import clock_of
from wisebook_ml.windows.keys import Cle, key_of
from wisebook_ml.windows.pane import MOST_VERDICTS, decode_window
from wisebook_ml.windows.rows import Rates, statistic

HOUR = 3_600
NOON = int(dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC).timestamp())
PLACE = key_of(Cle(1, Pas.HEURE, NOON))


class Table(dict[bytes, bytes]):
    """A table that is never lost, and the fold that keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.sums = WindowFold(self.get)

    def take(self, *events: Event) -> None:
        """Fold events, and then let what is over go."""
        self._write(self.sums.fold(events))
        while changes := self.sums.over()[1]:
            self._write(changes)

    def _write(self, changes: list) -> None:  # type: ignore[type-arg]
        for key, value in changes:
            if value is None:
                del self[key]
            else:
                self[key] = value


def judged(number: int, at: int = NOON, offset: int | None = None) -> Judged:
    return Judged(1, at, number, "CONFIRMEE", number if offset is None else offset)


def entries(at: int, offset: int = 0, now: int = NOON) -> Counted:
    return Counted(1, offset, offset + 1, now, [Slice(at, "VE", 1, 2, 100, [1])])


def test_a_flood_of_verdicts_does_not_make_a_value_that_no_record_has_room_for() -> None:
    table, flood = Table(), 60_000
    for start in range(0, flood, 1_000):
        table.take(*map(judged, range(start, start + 1_000)))
    window = decode_window(table[PLACE])
    assert window.avis == {"CONFIRMEE": flood}
    assert len(window.avis_vus) == MOST_VERDICTS
    assert len(table[PLACE]) < 50_000
    table.take(*map(judged, range(1_000)))  # delivered again
    assert decode_window(table[PLACE]).avis == {"CONFIRMEE": flood}


def test_the_same_verdict_published_again_counts_once() -> None:
    table = Table()
    table.take(judged(7, offset=1), judged(7, offset=2))
    assert decode_window(table[PLACE]).avis == {"CONFIRMEE": 1}


def block(horloge: dt.datetime | None, hour: int) -> Comptage:
    return Comptage(
        partition=0,
        depuis=0,
        jusque=1,
        horloge=horloge,
        journaux=["VE"],
        societes=[1],
        heures=[hour // HOUR],
        journal=[0],
        ecritures=[1],
        lignes=[2],
        centimes=[100],
        scores=[[1]],
    )


@pytest.mark.parametrize(("silent_days", "written"), [(9, True), (0, False)])
def test_what_comes_while_no_timer_ticks_is_counted(silent_days: int, written: bool) -> None:
    ticked = moment(NOON - silent_days * 24 * HOUR)
    table = Table()
    table.take(*counted(block(ticked, NOON), NOON * 1_000 if written else None))
    window = decode_window(table[PLACE])
    assert (window.ecritures, window.en_avance) == (1, 0)


def test_a_publisher_whose_clock_is_ahead_is_told() -> None:
    table = Table()
    table.take(*counted(block(moment(NOON), NOON + 25 * HOUR), NOON * 1_000))
    assert decode_window(table[PLACE]).en_avance == 1


def test_windows_that_the_clock_of_entries_never_reaches_end() -> None:
    table = Table()
    table.take(entries(NOON))
    for number in range(0, 2 * KEPT_AHEAD, 30 * 24 * HOUR):
        table.take(judged(number, NOON + HOUR + number))
    assert PLACE in table, "its clock has not moved"
    assert len(table) < 2 * (2 * KEPT_AHEAD // (30 * 24 * HOUR)) * 0.6


def test_a_company_without_entries_is_shown_up_to_its_last_window() -> None:
    table = Table()
    table.take(Detected(1, "", NOON, "treasury", 1, 1, "SOLDE", "INFO", None), judged(2, NOON + 3 * HOUR))
    assert clock_of(map(decode_window, table.values())) == NOON + 3 * HOUR


def test_rates_are_of_the_verdicts_that_stand_and_were_given_there() -> None:
    table = Table()
    table.take(*map(judged, range(9)))
    window = decode_window(table[PLACE])
    assert statistic(window, {}).precision is None, "what was given may have been refused"
    inside, before, after = (moment(NOON + seconds) for seconds in (0, -1, HOUR))
    said = [
        (before, Verdict.FAUX_POSITIF),
        (inside, Verdict.CONFIRMEE),
        (inside, Verdict.MANQUEE),
        (inside, Verdict.FAUX_POSITIF),
        (inside, Verdict.RECLASSEE),
        (inside, Verdict.CONFIRMEE),
        (after, Verdict.FAUX_POSITIF),
    ]
    one = statistic(window, {}, Rates({}, {}, said))
    assert (one.taux_faux_positifs, one.precision, one.avis) == (0.25, 0.75, {"CONFIRMEE": 9})

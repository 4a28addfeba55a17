"""Positions of banks replace those of the books, of the whole company and for good."""

import datetime as dt

import msgspec
import pytest

from schemas import Detection, Etat, PositionTresorerie, Prediction, SourcePosition, from_minor, to_minor
from wisebook_ml.treasury.exceptions import PositionRefused
from wisebook_ml.treasury.forecasting.learning import Join, Lesson
from wisebook_ml.treasury.sources import prevailing
from wisebook_ml.treasury.state import Made, TreasuryState

from .following import quick

FIRST = dt.date(2025, 1, 6)
DAYS = 70


def position(at: int, *, bank: bool, balance: int = 50_000_00, sorties: int = 0) -> PositionTresorerie:
    return PositionTresorerie(
        societe_id=1,
        compte_num="512000",
        date=FIRST + dt.timedelta(days=at),
        solde=from_minor(balance + 10_00 * at - sorties),
        entrees=from_minor((100 + at % 7) * 100),
        sorties=from_minor((90 + at % 7) * 100 + sorties),
        source=SourcePosition.BANQUE if bank else SourcePosition.COMPTABILITE,
    )


def follow(state: TreasuryState, given: list[PositionTresorerie]) -> list[Made]:
    return [one for position in given for one in state.take(position, position.date)]


def restarted(state: TreasuryState) -> TreasuryState:
    fresh = TreasuryState(quick)
    fresh.load({name: memoryview(data) for name, data in state.dump()})  # type: ignore[arg-type]
    return fresh


BOOKS = [position(at, bank=False) for at in range(DAYS)]
ODD = position(DAYS, bank=False, sorties=90_000_00)


def test_forecasts_are_made_of_derived_positions() -> None:
    made = follow(TreasuryState(quick), BOOKS)
    assert {one.key for one in made} == {f"1/TRESORERIE/EUR/{name}" for name in ("SOLDE", "ENTREES", "SORTIES", "FLUX")}


def test_a_position_of_a_bank_takes_all_of_it_back() -> None:
    state = TreasuryState(quick)
    before = follow(state, [*BOOKS, ODD])
    opened = {one.key: one.record for one in before if isinstance(one.record, Detection)}
    assert any(one.etat is Etat.OUVERTE for one in opened.values())
    state = restarted(state)
    made = follow(state, [position(DAYS + 1, bank=True)])
    gone = {one.key.rpartition("/")[2] for one in made if one.record is None}
    assert gone == {"SOLDE", "ENTREES", "SORTIES", "FLUX"}
    for one in made:
        if isinstance(one.record, Detection):
            assert one.record.etat is Etat.CLOSE
            assert one.record.revision == opened[one.key].revision + 1
            opened[one.key] = one.record
    assert {one.etat for one in opened.values()} == {Etat.CLOSE}
    state = restarted(state)
    assert follow(state, [position(DAYS + 2, bank=False), *BOOKS]) == [], "no more of the books, and no dead letter"


def test_the_history_of_the_books_is_forgotten() -> None:
    banks = [position(at, bank=True, balance=9_000_00) for at in range(DAYS, 2 * DAYS)]
    after = TreasuryState(quick)
    follow(after, BOOKS)
    follow(after, banks[:1])
    alone = TreasuryState(quick)
    follow(alone, banks[:1])

    def values(made: list[Made]) -> list[dict[str, float]]:
        return [one.record.valeurs for one in made if isinstance(one.record, Prediction)]

    told = follow(after, banks[1:])
    assert values(told) == values(follow(alone, banks[1:]))
    versions = [one.record.version for one in told if isinstance(one.record, Prediction)]
    assert versions[0] > 1, "a model is never counted down"


def test_a_position_that_is_refused_replaces_nothing() -> None:
    state = TreasuryState(quick)
    follow(state, BOOKS)
    kept = list(state.dump())
    with pytest.raises(PositionRefused):
        state.take(msgspec.structs.replace(position(3, bank=True), sorties="-5.00"), FIRST)
    assert list(state.dump()) == kept


def test_they_are_never_mixed() -> None:
    today = FIRST + dt.timedelta(days=DAYS)
    assert prevailing(BOOKS[:2], today) == BOOKS[:2]
    bank = position(0, bank=True)
    assert prevailing([*BOOKS, bank], today) == [bank]
    future = msgspec.structs.replace(bank, date=dt.date(2999, 1, 1))
    assert prevailing([*BOOKS, future], today) == BOOKS, "the stream refuses it, and goes on from the books"


def test_nothing_is_forecast_or_learnt_between_the_days_of_a_correction() -> None:
    """The books tell the balance of each day since; halfway, it looks as if the money moved on the next day."""
    lessons: list[Lesson] = []

    def start(lesson: Lesson) -> Join:
        lessons.append(lesson)
        return quick(lesson)

    more = 80_000_00
    corrected = [
        msgspec.structs.replace(
            known,
            solde=from_minor(to_minor(known.solde) + more),
            entrees=from_minor(to_minor(known.entrees) + (more if at == 10 else 0)),
            revision=2,
        )
        for at, known in enumerate(BOOKS)
        if at >= 10
    ]
    state = TreasuryState(start)
    follow(state, BOOKS)
    made = [follow(state, [one]) for one in corrected]
    assert not any(isinstance(one.record, Prediction) for follows in made[:-1] for one in follows)
    assert sum(isinstance(one.record, Prediction) for one in made[-1]) == 4

    first = TreasuryState(quick)
    follow(first, BOOKS)
    follow(first, corrected[:30])
    again = restarted(first)
    assert follow(again, corrected[30:]) == made[-1], "wherever it was interrupted"

    follow(state, [position(at, bank=False, balance=50_000_00 + more) for at in range(DAYS, 2 * DAYS)])
    assert len(lessons) > 1
    for lesson in lessons[1:]:
        moved = (lesson.series.entrees + lesson.series.sorties) > more
        assert [lesson.series.first + dt.timedelta(days=int(at)) for at in moved.nonzero()[0]] == [corrected[0].date]

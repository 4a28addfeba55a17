"""When what failed is tried again, and when it is given up."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import StatutLivraison
from wisebook_ml.delivery.schedule import ATTEMPTS, LONGEST_AGE, LONGEST_WAIT, Answer, Backoff, Kind, retry_after

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
WAITS = Backoff(30.0, 1)


@given(seed=st.integers(0, 2**32), key=st.uuids(), asked=st.none() | st.floats(0, 1e12))
def test_every_delivery_ends_within_a_day_and_ten_attempts(seed: int, key: object, asked: float | None) -> None:
    waits, now, attempt = Backoff(30.0, seed), NOON, 0
    while True:
        attempt += 1
        step = waits.step(Answer(Kind.RETRY, "away", 503, asked), key=str(key), attempt=attempt, now=now, issued=NOON)
        if step.prochaine is None:
            break
        assert step.statut is StatutLivraison.A_REESSAYER
        wait = (step.prochaine - now).total_seconds()
        assert min(asked or 0, LONGEST_WAIT) - 1e-3 <= wait <= LONGEST_WAIT
        now = step.prochaine
    assert step.statut is StatutLivraison.ABANDONNEE
    assert "given up" in step.detail
    assert attempt <= ATTEMPTS
    assert now - NOON < LONGEST_AGE
    assert attempt == ATTEMPTS or asked is not None


@pytest.mark.parametrize(("kind", "most"), [(Kind.RETRY, 10), (Kind.FEW, 3), (Kind.NEVER, 1)])
def test_how_often(kind: Kind, most: int) -> None:
    steps = [WAITS.step(Answer(kind, "no"), key="k", attempt=k, now=NOON, issued=NOON) for k in range(1, most + 1)]
    assert [step.statut is StatutLivraison.ABANDONNEE for step in steps] == [False] * (most - 1) + [True]


def test_waits_grow_and_differ() -> None:
    for failures, bound in ((1, 30), (2, 90), (3, 270), (9, LONGEST_WAIT)):
        drawn = [WAITS.seconds(str(k), failures) for k in range(200)]
        assert 0 <= min(drawn) < 0.1 * bound
        assert 0.9 * bound < max(drawn) <= bound


def test_pauses_of_destinations_are_shorter_unless_they_ask_for_more() -> None:
    pauses = [WAITS.pause("d", k, Answer(Kind.RETRY)) for k in range(1, 1000, 50)]
    assert max(pauses) <= dt.timedelta(minutes=10)
    assert WAITS.pause("d", 1, Answer(Kind.RETRY, wait=7200)) == dt.timedelta(hours=2)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0), (" 30 ", 30.0), ("99999999999999999999", LONGEST_WAIT), ("-1", None), ("1.5", None), ("", None),
        (None, None), ("Tue, 10 Mar 2026 12:02:00 GMT", 120.0), ("Tue, 10 Mar 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT), ("Tue, 10 Mar 2026 12:02:00", 120.0), ("²", None),
        ("Tue, 99 Mar 2026 12:02:00 GMT", None),
    ],
)  # fmt: skip
def test_what_a_receiver_may_ask_for(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOON) == seconds

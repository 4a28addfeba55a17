"""What follows from an answer: an end, or another attempt, and when.

References
----------
M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015 (full jitter).
RFC 9110, section 10.2.3 (Retry-After).
"""

import datetime as dt
import email.utils
import random
from enum import Enum

import msgspec

from schemas import StatutLivraison

__all__ = ["ATTEMPTS", "LONGEST_AGE", "Answer", "Backoff", "Kind", "Step", "retry_after"]

ATTEMPTS = 10
"""With the default waits, the last attempt is some 10 hours after the first, 21 at most."""

FEW_ATTEMPTS = 3
"""Attempts where the receiver says that the request is wrong: it may be in the middle of being set up."""

LONGEST_AGE = dt.timedelta(hours=24)
"""An alert that has not arrived by then tells nobody anything; the topic and SQL keep it."""

FACTOR = 3.0
LONGEST_WAIT = 6 * 3600.0
"""Seconds between two attempts at most, whatever the receiver asks for."""

LONGEST_PAUSE = 600.0
"""Seconds for which a destination that fails is left in peace at most, unless it asks for more."""


class Kind(Enum):
    """What an answer means: delivered; worth all attempts; worth few; in vain."""

    DELIVERED = "delivered"
    RETRY = "retry"
    FEW = "few"
    NEVER = "never"


class Answer(msgspec.Struct, frozen=True):
    """What came of an attempt.

    Parameters
    ----------
    kind : Kind
        What it means.
    detail : str
        In words.
    code : int, optional
        The server's status, where it gave one.
    wait : float, optional
        Seconds for which it asks to be left in peace.
    """

    kind: Kind
    detail: str = ""
    code: int | None = None
    wait: float | None = None


class Step(msgspec.Struct, frozen=True):
    """Where a delivery stands after an attempt, when it is tried again, and why."""

    statut: StatutLivraison
    prochaine: dt.datetime | None
    detail: str


class Backoff(msgspec.Struct, frozen=True):
    """Waits between attempts: random between 0 and a bound that triples, so that what failed together comes apart.

    Parameters
    ----------
    base : float
        Bound of the first wait in seconds.
    seed : int
        Of the waits: the same attempt of the same delivery waits as long, whoever asks.

    Examples
    --------
    >>> waits = Backoff(base=30.0, seed=1)
    >>> waits.seconds("a", 1) == waits.seconds("a", 1), waits.seconds("a", 1) == waits.seconds("b", 1)
    (True, False)
    >>> max(waits.seconds(str(k), 2) for k in range(100)) <= 90
    True
    """

    base: float
    seed: int

    def seconds(self, key: str, failures: int) -> float:
        """Return the wait after so many failures."""
        bound = min(self.base * FACTOR ** min(failures - 1, ATTEMPTS), LONGEST_WAIT)
        return random.Random(f"{self.seed}/{key}/{failures}").uniform(0.0, bound)

    def pause(self, key: str, failures: int, answer: Answer) -> dt.timedelta:
        """Return how long a destination is left in peace after so many failures in a row."""
        return dt.timedelta(seconds=max(min(self.seconds(key, failures), LONGEST_PAUSE), _asked(answer)))

    def step(self, answer: Answer, *, key: str, attempt: int, now: dt.datetime, issued: dt.datetime) -> Step:
        """Return where a delivery stands.

        Parameters
        ----------
        answer : Answer
            What came of the attempt.
        key : str
            The delivery.
        attempt : int
            Which one it was, from 1.
        now, issued : datetime
            When it ended; when the alert was published.
        """
        if answer.kind is Kind.DELIVERED:
            return Step(StatutLivraison.LIVREE, None, answer.detail)
        most = {Kind.RETRY: ATTEMPTS, Kind.FEW: FEW_ATTEMPTS, Kind.NEVER: 1}[answer.kind]
        if attempt >= most:
            after = f" (given up after {attempt} attempts)" if attempt > 1 else ""
            return Step(StatutLivraison.ABANDONNEE, None, answer.detail + after)
        again = now + dt.timedelta(seconds=max(self.seconds(key, attempt), _asked(answer)))
        if again >= issued + LONGEST_AGE:
            return Step(StatutLivraison.ABANDONNEE, None, f"{answer.detail} (given up: the alert is a day old)")
        return Step(StatutLivraison.A_REESSAYER, again, answer.detail)


def _asked(answer: Answer) -> float:
    return min(answer.wait or 0.0, LONGEST_WAIT)


def retry_after(value: str | None, now: dt.datetime) -> float | None:
    """Return the seconds that a header Retry-After asks for; None where it says nothing that can be understood.

    Examples
    --------
    >>> noon = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
    >>> retry_after("120", noon), retry_after("Tue, 10 Mar 2026 12:01:00 GMT", noon), retry_after("soon", noon)
    (120.0, 60.0, None)
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        return min(float(value[:9]), LONGEST_WAIT)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT)

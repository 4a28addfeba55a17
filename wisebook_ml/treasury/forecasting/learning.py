"""When a model learns in a stream, and where: beside it, so that no position waits for one."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from wisebook_ml.treasury.exceptions import NotEnoughHistory
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.models.services import promoted_candidate
from wisebook_ml.treasury.forecasting.promoted import Promoted
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.series import DailySeries

__all__ = ["Join", "Learning", "Lesson", "Start", "at_once", "learn", "patience"]

LOGGER = logging.getLogger(__name__)

Join = Callable[[], TreasuryModel | None]
"""Waits for a model; None where none could be learnt."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """All that a model follows from.

    Parameters
    ----------
    series : DailySeries
        What it learns from.
    pays : str
        Whose public holidays the company keeps.
    promoted : tuple of Promoted
        Versions in force, which are candidates beside those that are built in.
    """

    series: DailySeries
    pays: str = "FR"
    promoted: tuple[Promoted, ...] = ()


Start = Callable[[Lesson], Join]
"""Has a model learnt, here or elsewhere."""

FEWEST_NEW, MOST_NEW = 30, 90
"""New days after which a model learns anew: a fifth of what it has learnt from, between these."""


def patience(days: int) -> int:
    """Return after how many new days a model that has learnt from so many learns anew.

    Learning takes longer the more there is, and what a month adds to five years is little: levels are read from the
    series, whenever it was that the model learnt.

    Examples
    --------
    >>> [patience(days) for days in (60, 250, 1800)]
    [30, 50, 90]
    """
    return min(max(days // 5, FEWEST_NEW), MOST_NEW)


def learn(lesson: Lesson) -> TreasuryModel | None:
    """Return the model of a lesson; None where none can be learnt, and the log says why.

    One company's days must not end the worker of all others, and they would again after each restart.

    Raises
    ------
    MissingLibrary
        Where a promoted version needs what is not installed: nothing else forecasts in its place.
    """
    series = lesson.series
    try:
        besides = {one.name: partial(promoted_candidate, one) for one in lesson.promoted}
        model = train(series, country=lesson.pays, besides=besides)
        model.forecast(series)  # it keeps what it has said of days: the first position after it is not to wait for that
    except NotEnoughHistory as error:
        LOGGER.info("no forecast: %s", error)
    except (MemoryError, OSError, ImportError):
        raise
    except Exception:
        LOGGER.exception(
            "no forecast for company %d in %s: learning from the days until %s failed",
            series.societe_id,
            series.devise,
            series.last,
        )
    else:
        return model
    return None


def at_once(lesson: Lesson) -> Join:
    """Learn before returning: for tests, and for who waits anyway."""
    found = learn(lesson)
    return lambda: found


class Learning:
    """A model that is being learnt, or was: the same lesson gives the same one, so only that is kept.

    Parameters
    ----------
    lesson : Lesson
        What it follows from.
    start : callable
        Has it learnt.
    """

    def __init__(self, lesson: Lesson, start: Start) -> None:
        self.lesson = lesson
        self._start = start
        self._join: Join | None = None

    def begin(self) -> None:
        """Start, where that was not done."""
        if self._join is None:
            self._join = self._start(self.lesson)

    def model(self) -> TreasuryModel | None:
        """Return the model; wait for it where it is not there yet."""
        self.begin()
        assert self._join is not None
        return self._join()

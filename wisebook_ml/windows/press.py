"""Publishes rows of windows, with what all verdicts of their companies say, where there is a database to be asked."""

import logging
import threading
import time
from collections.abc import Callable, Sequence, Set

from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import StorageError, VerdictStore, open_database
from wisebook_ml.windows.calendar import moment
from wisebook_ml.windows.fold import Row
from wisebook_ml.windows.rows import NO_RATES, Rates, rates_of, statistic_event

__all__ = ["Press"]

LOGGER = logging.getLogger(__name__)

AGAIN_SECONDS = 300.0
"""How long a database that did not answer is left alone: rows are published by the hour, and do not wait for it."""

FRESH_SECONDS = 10.0
"""How long rates are taken for those of now: after an import, many ticks come at once, and each would ask again."""


class Press:
    """Publishes rows; used by several threads.

    Parameters
    ----------
    settings : Settings
        Whose database has the verdicts.
    bootstrap : str
        Brokers.
    """

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        self._settings = settings
        self._producer = EventProducer(bootstrap, settings.topic_prefix)
        self._lock = threading.Lock()
        self._store: VerdictStore | None = None
        self._ask_from = 0.0
        self._judged: Set[int] = set()
        self._rates_of: dict[int, Rates] = {}

    def publish(self, rows: Sequence[Row], partition: int, now: int | None) -> None:
        """Publish rows of a partition; when it returns, they are delivered.

        Raises
        ------
        PublishError
            Where they are not.
        """
        if not rows:
            return
        with self._lock:
            rates = self._rates({row.window.societe_id for row in rows})
            at = None if now is None else moment(now)
            for row in rows:
                self._producer.send(statistic_event(row, partition, at, rates))
            self._producer.flush()

    def _rates(self, societes: set[int]) -> Callable[[int], Rates]:
        """Return what tells a company's rates: nothing where the database does not answer."""
        now = time.monotonic()
        if now >= self._ask_from:
            self._ask_from = now + FRESH_SECONDS
            self._rates_of = {}
            try:
                if self._store is None:
                    self._store = VerdictStore(open_database(self._settings.sql_url))
                self._judged = self._store.counts().keys()
            except StorageError as error:
                self._fail(error)
        asked = societes & self._judged - self._rates_of.keys()
        try:
            for societe_id in asked:
                assert self._store is not None
                self._rates_of[societe_id] = rates_of(self._store.reliability(societe_id))
        except StorageError as error:
            self._fail(error)
        return lambda societe_id: self._rates_of.get(societe_id, NO_RATES)

    def _fail(self, error: StorageError) -> None:
        self._ask_from = time.monotonic() + AGAIN_SECONDS
        self._judged, self._rates_of = set(), {}
        LOGGER.warning("rates of controls and models are left out of statistics: %s", error)

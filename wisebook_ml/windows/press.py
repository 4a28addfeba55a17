"""Publishes rows of windows, with what all verdicts of their companies say, where there is a database to be asked."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence, Set

from schemas import Fenetre
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import StorageError, VerdictStore, open_database
from wisebook_ml.windows.calendar import end_of, moment, seconds
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
            rates = self._rates(rows)
            at = None if now is None else moment(now)
            for row in rows:
                self._producer.send(statistic_event(row, partition, at, rates))
            self._producer.flush()

    def _rates(self, rows: Sequence[Row]) -> Callable[[int], Rates]:
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
        found: dict[int, Rates] = {}
        windows: dict[int, list[Fenetre]] = defaultdict(list)
        for row in rows:
            windows[row.window.societe_id].append(row.window)
        try:
            for societe_id in self._judged & windows.keys():
                assert self._store is not None
                if societe_id not in self._rates_of:
                    self._rates_of[societe_id] = rates_of(self._store.reliability(societe_id))
                since = min(one.debut for one in windows[societe_id])
                until = max(end_of(one.pas, seconds(one.debut)) for one in windows[societe_id])
                given = self._store.given(societe_id, since, moment(until))
                found[societe_id] = self._rates_of[societe_id]._replace(avis=given)
        except StorageError as error:
            self._fail(error)
        return lambda societe_id: found.get(societe_id, NO_RATES)

    def _fail(self, error: StorageError) -> None:
        self._ask_from = time.monotonic() + AGAIN_SECONDS
        self._judged, self._rates_of = set(), {}
        LOGGER.warning("rates of controls and models are left out of statistics: %s", error)

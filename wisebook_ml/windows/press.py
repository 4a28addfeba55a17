"""Publishes rows of windows, with what all verdicts of their companies say, where there is a database to be asked."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

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
        found: dict[int, Rates] = {}
        if time.monotonic() >= self._ask_from:
            try:
                if self._store is None:
                    self._store = VerdictStore(open_database(self._settings.sql_url))
                for societe_id in {row.window.societe_id for row in rows} & self._store.counts().keys():
                    windows = [row.window for row in rows if row.window.societe_id == societe_id]
                    until = max(end_of(one.pas, seconds(one.debut)) for one in windows)
                    given = self._store.given(societe_id, min(one.debut for one in windows), moment(until))
                    found[societe_id] = rates_of(self._store.reliability(societe_id))._replace(avis=given)
            except StorageError as error:
                self._ask_from = time.monotonic() + AGAIN_SECONDS
                LOGGER.warning("rates of controls and models are left out of statistics: %s", error)
        return lambda societe_id: found.get(societe_id, NO_RATES)

"""Publishing single records on behalf of somebody who waits for an answer."""

import threading
import time

from topics import Topic
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.settings import Settings

__all__ = ["Postbox"]

ANSWER_SECONDS = 15.0
"""How long a person waits for the brokers; a record that took longer may still arrive."""


class Postbox:
    """Delivers one record at a time; any thread may call. Nothing is connected before the first one.

    Parameters
    ----------
    settings : Settings
        Which brokers, and what topic names begin with.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._producer: EventProducer | None = None
        self._there: set[Topic] = set()
        self._failed: tuple[float, ConnectError | None] = (0.0, None)

    def send(self, record: Outgoing) -> None:
        """Deliver a record; when it returns, the brokers have it.

        Raises
        ------
        ConnectError, ReadError
            Where there is no broker, or no such topic; it says what to do.
        PublishError
            Where the brokers did not take the record.
        """
        asked = time.monotonic()
        with self._lock:
            failed, error = self._failed
            if error is not None and failed > asked:  # who waited for an attempt is told what came of it
                raise type(error)(str(error))
            if self._producer is None or record.topic not in self._there:
                try:
                    self._connect(record.topic)
                except ConnectError as error:
                    self._failed = time.monotonic(), error
                    raise
            assert self._producer is not None
            try:
                self._producer.send(record)
                self._producer.flush()
            except PublishError:
                self._producer = None  # the next one starts anew, and looks first whether anybody answers
                raise

    def _connect(self, topic: Topic) -> None:
        bootstrap, prefix = reach_broker(self._settings), self._settings.topic_prefix
        end_offsets(bootstrap, topic.full_name(prefix))  # says at once if the topic is missing
        self._there.add(topic)
        if self._producer is None:
            self._producer = EventProducer(bootstrap, prefix, seconds=ANSWER_SECONDS)

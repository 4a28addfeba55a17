"""The tuning role: settings that somebody wants, and verdicts, in; versions, and the markers of these, out."""

import asyncio
import logging

import faust

from agents.app import Batch, consume, role_app
from agents.feedback import take_feedback
from agents.inbox import Inbox
from schemas import Parametres
from topics import SETTINGS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.topic_ids import topic_id
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore, open_database
from wisebook_ml.transport.failure import end_process
from wisebook_ml.tuning.change import SOURCE, Refusal, Tuner
from wisebook_ml.tuning.reading import explain

__all__ = ["create_app"]

LOGGER = logging.getLogger(__name__)

MAX_DIGITS = 9
"""Of a key that is a company's number."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that puts settings in force.

    A version is in force when its marker is committed among the entries, and only then its record counts as finished.
    """
    app = role_app("tuning", settings)
    bootstrap = resolve_bootstrap(settings)
    engine = open_database(settings.sql_url)
    tuner = Tuner(settings, bootstrap, SettingsStore(engine))
    producer = EventProducer(bootstrap, settings.topic_prefix)
    _take_settings(app, settings, bootstrap, tuner, producer)
    take_feedback(app, settings, engine, tuner)

    def settle() -> None:
        try:
            tuner.settle()
        except Exception as error:  # a restart tries again
            end_process("settings that a crash left without a marker cannot be put in force", error)

    async def start() -> None:
        await asyncio.to_thread(settle)

    app.task(start)
    return app


def _take_settings(app: faust.App, settings: Settings, bootstrap: str, tuner: Tuner, producer: EventProducer) -> None:
    """Have an agent take what is published on `settings`."""
    inbox = Inbox(SETTINGS, settings.topic_prefix, producer, explain=explain)
    topic = ""

    def take(partition: int, raw: RawRecord) -> bool:
        """Take a record; return whether it made sense."""
        for _, wanted in inbox.open(partition, [raw]):
            assert isinstance(wanted, Parametres)  # what SETTINGS declares
            try:
                tuner.take(wanted, origine=f"{topic}/{partition}/{raw.offset}")
            except Refusal as error:
                LOGGER.warning("settings of company %d are refused, the last ones hold: %s", wanted.societe_id, error)
                inbox.refuse(partition, raw, str(error))
            else:
                return True
        return False

    def work(partition: int, records: Batch) -> None:
        nonlocal topic
        topic = topic or topic_id(bootstrap, inbox.name)  # created again, it has other records at the same offsets
        for raw in records:
            if not take(partition, raw):
                _restore(tuner, raw)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(work, partition, records)

    consume(app, SETTINGS, settings, process, concurrency=1)


def _restore(tuner: Tuner, raw: RawRecord) -> None:
    """Announce again what is in force: the topic keeps the last record of a key, which was refused."""
    key = (raw.key or b"").decode(errors="replace")
    if (
        key.isascii()
        and key.isdecimal()
        and len(key) <= MAX_DIGITS
        and ("ce_source", SOURCE.encode()) not in raw.headers
    ):
        tuner.announce(int(key))

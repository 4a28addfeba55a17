"""Keeps detections in SQLite, with aiokafka: what is read twice changes nothing.

What a batch changed is committed in the database first, then the group's offsets in Kafka. After a crash in between the
batch is read again, and every record of it finds itself, or something newer, in the table.

    python aiokafka_subscriber.py localhost:9092 wisebook.detections detections.db [--until-end]

aiokafka reads compressed records only with a library of its extra: `pip install 'aiokafka[lz4]'`.
"""

import asyncio
import json
import signal
import socket
import sqlite3
import sys

from aiokafka import AIOKafkaConsumer

TABLE = """
CREATE TABLE IF NOT EXISTS detections (
    detection_id TEXT PRIMARY KEY,
    societe_id INTEGER, revision INTEGER, etat TEXT, score REAL, severite TEXT, motif TEXT
)
"""

# A record that is not newer than what is kept changes nothing; one of the same revision is another judgement of it.
KEEP = """
INSERT INTO detections VALUES (:detection_id, :societe_id, :revision, :etat, :score, :severite, :motif)
ON CONFLICT (detection_id) DO UPDATE SET revision = excluded.revision, etat = excluded.etat, score = excluded.score,
severite = excluded.severite, motif = excluded.motif WHERE excluded.revision >= detections.revision
"""


def keep(database: sqlite3.Connection, key: bytes | None, value: bytes | None) -> None:
    """Take in one record. Fields that are not known are passed over, and so are values of enumerations."""
    if value is None:  # withdrawn
        database.execute("DELETE FROM detections WHERE detection_id = ?", [(key or b"").decode()])
        return
    told = json.loads(value)
    reasons = told["motifs"]
    database.execute(
        KEEP,
        {
            "motif": reasons[0]["libelle_fr"] if reasons else "",
            **{name: told[name] for name in ("detection_id", "societe_id", "revision", "etat", "score", "severite")},
        },
    )


async def read(bootstrap: str, topic: str, path: str, *options: str) -> None:
    """Read until told to end (SIGTERM, Ctrl-C), or with ``--until-end`` until there is no more."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    database = sqlite3.connect(path)
    database.execute(TABLE)
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        group_id=f"{topic}-to-sqlite-aio",
        group_instance_id=socket.gethostname(),  # one process a machine: started again, it goes on at once
        isolation_level="read_committed",  # not aiokafka's default
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        while not stopping.is_set():
            batch = await consumer.getmany(timeout_ms=500, max_records=500)
            with database:  # a transaction
                for message in (message for run in batch.values() for message in run):
                    try:
                        keep(database, message.key, message.value)
                    except (ValueError, KeyError, TypeError) as fault:
                        print(f"{message.partition}/{message.offset} is no detection: {fault!r}", file=sys.stderr)
            if batch:
                await consumer.commit()
            elif "--until-end" in options and await at_end(consumer):
                return
    finally:
        await consumer.stop()
        database.close()


async def at_end(consumer: AIOKafkaConsumer) -> bool:
    """Tell whether all that is committed has been read."""
    partitions = consumer.assignment()
    if not partitions:
        return False
    ends = await consumer.end_offsets(partitions)
    return all([await consumer.position(partition) >= ends[partition] for partition in partitions])


if __name__ == "__main__":
    asyncio.run(read(*sys.argv[1:]))

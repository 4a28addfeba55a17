"""Keeps detections in SQLite, with confluent-kafka: each takes effect once, whatever happens to this process.

The offset of the next record is written in the same transaction as what the record changed. So after a crash it goes on
exactly where the table stands; the group's own offsets in Kafka are not needed.

    python confluent_subscriber.py localhost:9092 wisebook.detections detections.db [--until-end]
"""

import json
import signal
import socket
import sqlite3
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

TABLES = """
CREATE TABLE IF NOT EXISTS detections (
    detection_id TEXT PRIMARY KEY,
    societe_id INTEGER, revision INTEGER, etat TEXT, score REAL, severite TEXT, motif TEXT
);
CREATE TABLE IF NOT EXISTS offsets (partition INTEGER PRIMARY KEY, next INTEGER);
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


def main(bootstrap: str, topic: str, path: str, *options: str) -> None:
    """Read until told to end (SIGTERM, Ctrl-C), or with ``--until-end`` until there is no more."""
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: stopping.append(number))
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": f"{topic}-to-sqlite",
            "group.instance.id": socket.gethostname(),  # one process a machine: started again, it goes on at once
            "isolation.level": "read_committed",  # what a worker had not finished is not seen
            "auto.offset.reset": "earliest",  # also where the table stands before what is still kept
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )

    def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:
        known = dict(database.execute("SELECT partition, next FROM offsets"))
        for partition in partitions:
            partition.offset = known.get(partition.partition, 0)
        consumer.assign(partitions)

    consumer.subscribe([topic], on_assign=assigned)
    ended: set[int] = set()
    try:
        while not stopping:
            message = consumer.poll(0.5)
            if message is None:
                continue
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                    if "--until-end" in options and len(ended) == len(consumer.assignment()):
                        return
                elif not error.retriable():
                    raise KafkaException(error)
                continue
            with database:  # a transaction
                try:
                    keep(database, message.key(), message.value())
                except (ValueError, KeyError, TypeError) as fault:
                    print(f"{message.partition()}/{message.offset()} is no detection: {fault!r}", file=sys.stderr)
                database.execute("REPLACE INTO offsets VALUES (?, ?)", [message.partition(), message.offset() + 1])
    finally:
        consumer.close()
        database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A deployment of one test: topics, home and database of its own, and worker processes that may be killed."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from click.testing import CliRunner
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from msgspec.structs import replace

from schemas import Activation, Detection, Ecriture, Ligne, Reglage
from topics import DEAD_LETTER, DETECTIONS, ENTRIES, Topic
from wisebook_ml.cli import main
from wisebook_ml.clock import utc_now
from wisebook_ml.demo.workers import environment
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.messaging.reader import SETTLING, end_offsets, read_partition
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pipeline.scoring import PartitionPipeline, encode_detection
from wisebook_ml.scoring.events import Event
from wisebook_ml.settings import Settings, get_settings
from wisebook_ml.training.collect import partition_of

DONE_SECONDS = 300.0
"""How long a role may take to finish what was published, on a machine that does ten other things."""

STOP_SECONDS = 60.0
POLL_SECONDS = 0.1

ANY_PARTITION = -1
"""How the client is told that the key chooses."""

SOURCE = "acceptance"

Raw = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
"""Key, value and headers as they are sent."""

decode_detection = msgspec.json.Decoder(Detection).decode


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as a subscriber with a plain client sees it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]

    def header(self, name: str) -> str:
        """Return the last header of a name, as text."""
        (*_, found) = [value for key, value in self.headers if key == name]
        assert found is not None
        return found.decode()

    @property
    def detection(self) -> Detection:
        """The value, where it is a detection."""
        assert self.value is not None
        return decode_detection(self.value)


def _seen(message: Message) -> Seen:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    headers = message.headers() or []
    assert isinstance(headers, list)
    assert not any(isinstance(value, str) for _, value in headers)
    return Seen(partition, offset, message.key(), message.value(), headers)  # type: ignore[arg-type]  # checked above


class Worker:
    """One worker process of a role."""

    def __init__(self, role: str, log: Path, env: Mapping[str, str]) -> None:
        self.role = role
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "wisebook_ml", "worker", role],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def check(self) -> None:
        """Fail the test where the worker has ended by itself."""
        assert self.running, f"the {self.role} worker ended: {self._process.returncode}\n{self.log.read_text()[-4000:]}"

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Take its processor away, as a host does that is suspended or swaps."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS)


class Deployment:
    """What belongs to one topic prefix.

    Parameters
    ----------
    bootstrap, prefix : str
        The broker, and what no other test has before its topics' names.
    home : Path
        Where its database, artefacts and logs are.
    database_url : str, optional
        Of another database than SQLite below the home.
    """

    def __init__(self, bootstrap: str, prefix: str, home: Path, database_url: str | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.bootstrap = bootstrap
        self.settings = Settings(
            _env_file=None,
            bootstrap_servers=bootstrap,
            topic_prefix=prefix,
            home=home,
            database_url=database_url or f"sqlite:///{home / 'wisebook_ml.db'}",
            artefacts=str(home / "ml_models"),
        )
        self._workers: list[Worker] = []

    @property
    def env(self) -> dict[str, str]:
        """The environment of this deployment's processes."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WISEBOOK_ML_")}
        return {**inherited, **environment(self.settings)}

    # Processes

    def start(self, role: str, **env: str) -> Worker:
        """Start a worker, with further environment variables."""
        log = self.settings.home / f"{role}-{len(self._workers)}.log"
        worker = Worker(role, log, {**self.env, **env})
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        """End the workers that still run."""
        for worker in self._workers:
            if worker.running:
                worker.kill()

    def run(self, *arguments: str, **env: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a command of the command line, with further environment variables.

        In this process, which spares the seconds in which another one would import.
        """
        foreign = [name for name in os.environ if name.startswith("WISEBOOK_ML_")]
        variables = {**dict.fromkeys(foreign), **environment(self.settings), **env}
        handlers, here = logging.root.handlers[:], Path.cwd()
        get_settings.cache_clear()
        os.chdir(self.settings.home)
        try:
            done = CliRunner(env=variables).invoke(main, arguments, prog_name="wisebook-ml")
        finally:
            os.chdir(here)
            get_settings.cache_clear()
            logging.root.handlers[:] = handlers
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout_bytes, done.stderr_bytes)

    def execute(
        self, *arguments: str, timeout: float = DONE_SECONDS, **env: str
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run a command of the command line as a process of its own, to its end."""
        command = [sys.executable, "-m", "wisebook_ml", *arguments]
        return subprocess.run(
            command, env={**self.env, **env}, cwd=self.settings.home, capture_output=True, timeout=timeout, check=False
        )

    # Topics

    def apply(self) -> None:
        """Create the topics."""
        apply_topics(self.bootstrap, self.settings.topic_prefix)

    def name(self, topic: Topic) -> str:
        """Return a topic's full name."""
        return topic.full_name(self.settings.topic_prefix)

    def publish(self, entries: Iterable[Ecriture]) -> None:
        """Publish entries as WiseBook core does."""
        with EventProducer(self.bootstrap, self.settings.topic_prefix) as producer:
            assert publish_entries(entries, producer, SOURCE).refused == []

    def send(self, topic: Topic, records: Iterable[Raw], partition: int | None = None) -> None:
        """Send raw keys, values and headers with a plain client, in order."""
        producer = Producer(
            {
                **client_config(self.bootstrap),
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "message.max.bytes": ENTRIES.max_message_bytes,
            }
        )
        failures: list[KafkaError] = []
        for key, value, headers in records:
            producer.produce(
                self.name(topic),
                key=key,
                value=value,
                headers=list(headers),
                on_delivery=lambda error, _: failures.append(error) if error else None,
                partition=ANY_PARTITION if partition is None else partition,
            )
        assert producer.flush(STOP_SECONDS) == 0
        assert failures == []

    def wait(self, role: str, topic: Topic, *workers: Worker) -> None:
        """Wait until a role has finished and committed all records of a topic, while these workers live."""
        group, name = group_name(self.settings.topic_prefix, role), self.name(topic)
        self.until(lambda: group_lag(self.bootstrap, group, name) == 0, f"{role} done", *workers)

    def lag(self, role: str, topic: Topic) -> int:
        """Return how many records of a topic a role has not finished."""
        return group_lag(self.bootstrap, group_name(self.settings.topic_prefix, role), self.name(topic))

    def until(self, holds: Callable[[], bool], what: str, *workers: Worker) -> None:
        """Wait until something holds, while these workers live."""
        deadline = time.monotonic() + DONE_SECONDS
        while not holds():
            for worker in workers:
                worker.check()
            logs = "\n".join(worker.log.read_text()[-2000:] for worker in workers)
            assert time.monotonic() < deadline, f"not within {DONE_SECONDS:.0f} s: {what}\n{logs}"
            time.sleep(POLL_SECONDS)

    def members(self, role: str) -> dict[str, list[int]]:
        """Return the partitions of each member of a role's group."""
        return group_members(self.bootstrap, group_name(self.settings.topic_prefix, role))

    def read(self, topic: Topic) -> list[Seen]:
        """Return all records of a topic, partition by partition, with a plain client."""
        consumer = Consumer(
            {
                **client_config(self.bootstrap),
                "group.id": f"{self.settings.topic_prefix}acceptance",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.message.max.bytes": DEAD_LETTER.max_message_bytes,
            }
        )
        try:
            partitions = sorted(end_offsets(self.bootstrap, self.name(topic)))  # waits for leaders
            consumer.assign([TopicPartition(self.name(topic), partition, 0) for partition in partitions])
            seen, left = [], set(partitions)
            deadline = time.monotonic() + DONE_SECONDS
            while left:
                assert time.monotonic() < deadline, f"{topic.name} cannot be read to its end"
                message = consumer.poll(1.0)
                if message is None:
                    continue
                error = message.error()
                if error is None:
                    seen.append(_seen(message))
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                elif error.code() not in SETTLING:  # the leaders of a broker that was just started
                    raise KafkaException(error)
            return sorted(seen, key=lambda record: (record.partition, record.offset))
        finally:
            consumer.close()

    def detections(self, societe_id: int | None = None) -> list[Seen]:
        """Return what is on `detections`, of one company where given; a company's are in one order."""
        found = self.read(DETECTIONS)
        return found if societe_id is None else [one for one in found if one.detection.societe_id == societe_id]

    def dead_letters(self, key: bytes | None = None) -> list[Seen]:
        """Return what is on `dead-letter`, of one key where given, in the order of the records they were."""
        found = [one for one in self.read(DEAD_LETTER) if key is None or one.key == key]
        return sorted(found, key=lambda one: (one.header("wb_partition"), int(one.header("wb_offset"))))

    # What must come out

    def undisturbed(self, events: Iterable[Event]) -> list[bytes]:
        """Return the detection values of these events, from one run of the core in this process."""
        outcome = new_scorer(self.settings).process(list(events))
        return [encode_detection(detection) for _, detection in outcome.detections]

    def replayed(self, societe_id: int) -> list[bytes]:
        """Return a company's detection values, from its partition read by a second and fresh reader."""
        topic, values = self.name(ENTRIES), list[bytes]()
        partition = partition_of(societe_id, ENTRIES.partitions)
        first, end = end_offsets(self.bootstrap, topic)[partition]
        pipeline = PartitionPipeline(topic, partition, new_scorer(self.settings), utc_now)
        for run in read_partition(self.bootstrap, topic, partition, first, end):
            values += [out.value for out in pipeline.process(run) if out.topic is DETECTIONS and out.value is not None]
        return [value for value in values if decode_detection(value).societe_id == societe_id]

    def log(self, societe_id: int) -> list[Event]:
        """Return a company's entries and markers in the order of the topic."""
        types: dict[str, type[Ecriture] | type[Activation] | type[Reglage]] = {
            one.ce_type: one for one in (Ecriture, Activation, Reglage)
        }
        read = [msgspec.json.decode(one.value or b"", type=types[one.header("ce_type")]) for one in self.read(ENTRIES)]
        return [event for event in read if event.societe_id == societe_id]


def group_members(bootstrap: str, group: str) -> dict[str, list[int]]:
    """Return the partitions of each member of a group, once its coordinator answers: one that starts loads it first."""
    admin = AdminClient(client_config(bootstrap))
    deadline = time.monotonic() + DONE_SECONDS
    while True:
        try:
            described = admin.describe_consumer_groups([group], request_timeout=STOP_SECONDS)[group].result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                return {}  # nobody has joined it yet
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return {
                member.member_id: [tp.partition for tp in member.assignment.topic_partitions]
                for member in described.members
            }


def with_gaps(events: Iterable[Ecriture], every: int = 10) -> list[Ecriture]:
    """Return the events, every tenth entry out of balance when it is created: that is always detected.

    So a test has enough detections however the other controls are tuned; later revisions of the entry close them.
    """
    gap = Ligne(compte_num="471000", debit="77777.77", ecriture_lib="Écart")
    return [
        replace(event, lignes=[*event.lignes, gap]) if event.revision == 1 and k % every == 0 else event
        for k, event in enumerate(events)
    ]


def last_of_each(values: Iterable[bytes]) -> dict[str, bytes]:
    """Return the last value of each detection id: what holds."""
    return {str(decode_detection(value).detection_id): value for value in values}


def values_of(seen: Iterable[Seen]) -> list[bytes]:
    """Return the values, none of which is missing."""
    values = [one.value for one in seen]
    assert None not in values
    return [value for value in values if value is not None]


def assert_one_value_each(values: Iterable[bytes]) -> None:
    """Check that no detection, revision, models and settings version carries two values."""
    told: dict[object, bytes] = {}
    for value in values:
        found = decode_detection(value)
        models = tuple((model.modele_id, model.version) for model in found.modeles)
        before = told.setdefault((found.detection_id, found.revision, models, found.parametres_version), value)
        assert before == value

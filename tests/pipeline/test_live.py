"""What a worker's partitions do with what a rebalance delivers: again, not yet, or out of the blue; and crashes."""

import hashlib
import logging
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka.admin import AdminClient

from schemas import Detection, DomaineApplication, Ecriture, Etat, Objet, Severite, TypeObjet, detection_id
from tests.acceptance.deployment import Deployment, with_gaps
from tests.chaos.workers import Process
from topics import ENTRIES
from topics.incoming import entry_event
from wisebook_ml.clock import utc_now
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.pipeline import partition as module
from wisebook_ml.pipeline.live import LivePartitions, NotAssigned, new_scorer
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.events import Event, Outcome
from wisebook_ml.scoring.in_force import ModelMissing
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import Buffer
from wisebook_ml.training.collect import partition_of

WAIT = 60.0


class Fold:
    """A small state of which every entry matters: a chain of digests, of which every tenth is a detection."""

    forests = ()
    """Models in force: none."""

    def __init__(self, fingerprint: str = "fold 1") -> None:
        self.fingerprint = fingerprint
        self._counts = np.zeros(1, dtype=np.int64)
        self._chain = bytearray(32)

    def process(self, events: Iterable[Event]) -> Outcome:
        outcome = Outcome()
        for position, event in enumerate(events):
            assert isinstance(event, Ecriture)
            self._counts[0] += 1
            self._chain[:] = hashlib.sha256(self._chain + event.ecriture_id.encode()).digest()
            if self._counts[0] % 10 == 0:
                outcome.detections.append((position, self._detection(event)))
        return outcome

    def score(self, batch, places, markers) -> Outcome:  # what the columnar pipeline calls
        outcome = self.process([batch.entry(k) for k in range(len(batch))])
        outcome.detections = [(int(places[k]), found) for k, found in outcome.detections]
        return outcome

    def dump(self) -> Iterable[tuple[str, Buffer]]:
        yield "counts", self._counts.view(np.uint8).copy()
        yield "chain", bytes(self._chain)

    def load(self, parts: Mapping[str, memoryview]) -> None:
        self._counts = np.frombuffer(parts["counts"], dtype=np.int64)  # kept, and written to
        self._chain = bytearray(parts["chain"])

    def _detection(self, event: Ecriture) -> Detection:
        objet = Objet(type=TypeObjet.ECRITURE, id=event.ecriture_id)
        domaine = DomaineApplication.ECRITURES_COMPTABLES
        return Detection(
            detection_id=detection_id(event.societe_id, domaine, objet),
            societe_id=event.societe_id,
            domaine=domaine,
            objet=objet,
            etat=Etat.OUVERTE,
            revision=int(self._counts[0]),
            journal_code=self._chain.hex()[:10],
            montant="1.00",
            score=1.0,
            severite=Severite.INFO,
            motifs=[],
            contributions={},
            modeles=[],
            parametres_version=0,
        )


SCORERS = [lambda _: Fold(), new_scorer]


class Published:
    """Keeps what is published in memory, and can be told to fail."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []
        self.opened: list[int] = []
        self.closed: list[int] = []
        self.failure: Exception | None = None

    def open(self, partition: int) -> "Published.Of":
        self.opened.append(partition)
        return Published.Of(self, partition)

    class Of:
        def __init__(self, all_: "Published", partition: int) -> None:
            self._all = all_
            self._partition = partition

        def publish(self, records: Sequence[Outgoing]) -> None:
            if self._all.failure is not None:
                raise self._all.failure
            self._all.values += [outgoing.value for outgoing in records]

        def close(self) -> None:
            self._all.closed.append(self._partition)


class Stream:
    """A partition with a ledger."""

    def __init__(self, kafka: str, prefix: str, home: Path) -> None:
        self.kafka = kafka
        self.settings = Settings(
            _env_file=None, topic_prefix=prefix, home=home, bootstrap_servers=kafka, snapshot_records=100
        )
        apply_topics(kafka, prefix)
        self.topic = ENTRIES.full_name(prefix)
        self.publish()

    def publish(self) -> None:
        with EventProducer(self.kafka, self.settings.topic_prefix) as producer:
            publish_entries(generate_ledger(entries=400, seed=3, anomaly_rate=0.05).events, producer, "test")
        offsets = end_offsets(self.kafka, self.topic)
        self.partition = partition_of(1, len(offsets))
        start, end = offsets[self.partition]
        self.records = [
            raw for run in read_partition(self.kafka, self.topic, self.partition, start, end) for raw in run
        ]

    def worker(self, published: Published, scorer: Callable[[Settings], object] = lambda _: Fold()) -> LivePartitions:
        return LivePartitions(self.settings, self.kafka, published.open, scorer)  # type: ignore[arg-type]

    def undisturbed(self, scorer: Callable[[Settings], object] = lambda _: Fold()) -> list[bytes | None]:
        published = Published()
        pipeline = PartitionPipeline(
            self.topic,
            self.partition,
            scorer(self.settings),  # type: ignore[arg-type]
            utc_now,
        )
        published.values += [outgoing.value for outgoing in pipeline.process(self.records)]
        assert len(published.values) > 10
        return published.values

    @property
    def folder(self) -> Path:
        return Path(self.settings.state_url) / self.topic / str(self.partition)

    def snapshots(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.state")) if self.folder.exists() else []

    def wait_for(self, worker: LivePartitions, offset: int) -> None:
        """Wait until a snapshot is there and its writer is free: before, the next one that is due is put off."""
        worker.revoke(())
        assert offset in self.snapshots()


@pytest.fixture(scope="module")
def log(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """Return a partition that no test changes."""
    return Stream(kafka, f"t{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("live"))


@pytest.fixture
def stream(log: Stream, tmp_path: Path) -> Stream:
    """Return the same, with a folder of snapshots of its own."""
    own = object.__new__(Stream)
    own.__dict__.update(log.__dict__)
    own.settings = log.settings.model_copy(update={"home": tmp_path})
    return own


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return the offsets of the records that recoveries read."""
    offsets: list[int] = []

    def counted(*arguments: object) -> Iterator[Sequence[RawRecord]]:
        for run in read_partition(*arguments):  # type: ignore[arg-type]
            offsets.extend(raw.offset for raw in run)
            yield run

    monkeypatch.setattr(module, "read_partition", counted)
    return offsets


@pytest.mark.parametrize("scorer", SCORERS, ids=["fold", "ledger"])
class TestDelivery:
    def test_what_is_delivered_again_is_passed_over(self, stream: Stream, scorer) -> None:
        published = Published()
        partitions = stream.worker(published, scorer)
        records = stream.records
        partitions.process(stream.partition, records[:200])
        partitions.process(stream.partition, records[120:200] + records[120:])
        assert published.values == stream.undisturbed(scorer)

    def test_what_another_worker_scored_meanwhile_is_read_and_not_published(self, stream: Stream, scorer) -> None:
        published, expected = Published(), stream.undisturbed(scorer)
        partitions = stream.worker(published, scorer)
        partitions.process(stream.partition, stream.records[:100])
        before = len(published.values)
        partitions.process(stream.partition, stream.records[300:])
        assert published.values[:before] == expected[:before]
        assert published.values[before:] == expected[len(expected) - len(published.values[before:]) :]
        assert len(published.values) < len(expected)

    def test_a_partition_taken_over_starts_from_the_state_before_it(self, stream: Stream, scorer) -> None:
        published, expected = Published(), stream.undisturbed(scorer)
        stream.worker(published, scorer).process(stream.partition, stream.records[250:])
        assert 0 < len(published.values) < len(expected)
        assert published.values == expected[len(expected) - len(published.values) :]

    def test_a_partition_given_away_is_forgotten_and_recovered(self, stream: Stream, scorer) -> None:
        published = Published()
        partitions = stream.worker(published, scorer)
        partitions.keep([stream.partition])
        partitions.process(stream.partition, stream.records[:250])
        partitions.keep([])
        partitions.keep([stream.partition])
        partitions.process(stream.partition, stream.records[250:])
        assert published.values == stream.undisturbed(scorer)


class TestGaps:
    """Offsets without records: markers of transactions, and what compaction removed."""

    def test_those_within_a_delivery_are_empty_and_those_before_it_are_read(
        self, stream: Stream, reads: list[int]
    ) -> None:
        # As if the others had been compacted away after they were scored: no reader would find them.
        thin = stream.records[100:300:2]
        published = Published()
        partitions = stream.worker(published)
        partitions.process(stream.partition, thin[:50], first_offset=90, next_offset=205)
        assert reads == list(range(90))
        partitions.process(stream.partition, thin[60:], first_offset=205, next_offset=300)
        partitions.process(stream.partition, stream.records[300:], first_offset=300, next_offset=len(stream.records))
        partitions.process(stream.partition, thin[60:], first_offset=205, next_offset=300)  # again: passed over
        assert reads == list(range(90))
        assert len(published.values) == (50 + 40 + len(stream.records) - 300) // 10
        partitions.close()
        assert stream.snapshots()[-1] == len(stream.records)

    def test_entries_in_transactions_of_one_are_scored_without_a_recovery_for_each(
        self, kafka: str, topic_prefix: str, tmp_path: Path
    ) -> None:
        deployment = Deployment(kafka, topic_prefix, tmp_path / "home")
        deployment.apply()
        ledger = with_gaps(generate_ledger(entries=150, seed=3).events)
        producer = TransactionalProducer(kafka, topic_prefix, f"{topic_prefix}core")

        def publish(entries: Sequence[Ecriture]) -> None:
            for entry in entries:
                producer.publish([entry_event(entry, "test")])

        publish(ledger[:100])
        command = ("-m", "wisebook_ml", "worker", "scoring", "--log-level", "debug")
        worker = Process(deployment, "scoring", "scoring.log", command)
        try:
            publish(ledger[100:])  # while it reads, so that batches are small
            deployment.wait("scoring", ENTRIES, worker)
            for entry in ledger[:10]:  # each would be a recovery more than there are partitions
                publish([entry])
                deployment.wait("scoring", ENTRIES, worker)
        finally:
            worker.kill()
        producer.close()
        recoveries = [line for line in worker.log.read_text().splitlines() if "recovered up to offset" in line]
        assert len(recoveries) <= ENTRIES.partitions  # where a partition is assigned, and never again
        (societe_id,) = {entry.societe_id for entry in ledger}
        assert [one.value for one in deployment.detections(societe_id)] == deployment.replayed(societe_id)
        assert len(deployment.detections(societe_id)) > 5


class TestSnapshots:
    def test_a_crashed_worker_s_successor_reads_the_tail_only(
        self, stream: Stream, reads: list[int], caplog: pytest.LogCaptureFixture
    ) -> None:
        published = Published()
        first = stream.worker(published)
        for start in range(0, 250, 50):
            first.process(stream.partition, stream.records[start : start + 50])
            if start + 50 in (100, 200):
                stream.wait_for(first, start + 50)
        assert stream.snapshots() == [100, 200]

        caplog.set_level(logging.INFO)
        stream.worker(published).process(stream.partition, stream.records[250:])
        assert published.values == stream.undisturbed()
        assert reads == list(range(200, 250))
        assert "recovered up to offset 250: snapshot of offset 200 (47 bytes) loaded in" in caplog.text
        assert "50 records read again" in caplog.text

    def test_a_snapshot_ahead_of_what_is_delivered_is_not_used(
        self, stream: Stream, reads: list[int], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        first = stream.worker(Published())
        for offset in (100, 200):
            first.process(stream.partition, stream.records[offset - 100 : offset])
            stream.wait_for(first, offset)
        published, expected = Published(), stream.undisturbed()
        stream.worker(published).process(stream.partition, stream.records[150:])
        assert published.values == expected[15:]
        assert reads == list(range(100, 150))
        assert "s; 1 newer ones are ahead of what is committed" in caplog.text

    def test_a_recovery_takes_snapshots_so_that_each_life_gets_further(
        self, stream: Stream, reads: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Killed(Exception):
            pass

        def short_runs(*arguments: object) -> Iterator[Sequence[RawRecord]]:
            pieces = [run[k : k + 40] for run in counted(*arguments) for k in range(0, len(run), 40)]
            yield from pieces[:4]
            if len(pieces) > 4:
                raise Killed

        counted = module.read_partition
        monkeypatch.setattr(module, "read_partition", short_runs)
        published = Published()
        kept: list[list[int]] = []
        told: list[int] = []
        for _ in range(3):  # lives
            worker = stream.worker(published)
            with suppress(Killed):
                worker.process(stream.partition, stream.records[350:], gets_on=lambda: told.append(1))
            worker.revoke(())
            kept.append(stream.snapshots())
        # Each reads four runs of 40 records, and the next one starts from the 120 of them that made a snapshot due.
        assert kept[:2] == [[120], [120, 240]]
        assert published.values == stream.undisturbed()[35:]
        assert len(told) == 3 + 4 + 4 + 3  # what was loaded, and each run

    def test_the_newest_are_kept(self, stream: Stream) -> None:
        worker = stream.worker(Published())
        for start in range(0, 400, 50):
            worker.process(stream.partition, stream.records[start : start + 50])
            if start % 100:
                stream.wait_for(worker, start + 50)
        worker.close()
        assert stream.snapshots() == [200, 300, 400]
        assert len(list(stream.folder.iterdir())) == 3

    def test_one_is_due_after_some_time_too(self, stream: Stream) -> None:
        stream.settings = stream.settings.model_copy(update={"snapshot_records": 10_000, "snapshot_seconds": 0.1})
        worker = stream.worker(Published())
        worker.process(stream.partition, stream.records[:10])
        assert stream.snapshots() == []
        time.sleep(0.2)
        worker.process(stream.partition, stream.records[10:20])
        stream.wait_for(worker, 20)

    def test_a_worker_that_stops_or_gives_away_leaves_the_last_state(self, stream: Stream, reads: list[int]) -> None:
        published = Published()
        first = stream.worker(published)
        first.keep([stream.partition])
        first.process(stream.partition, stream.records[:33])
        first.revoke([stream.partition])
        assert stream.snapshots() == [33]
        first.revoke([stream.partition])
        first.process(stream.partition, stream.records[33:57])
        first.close()
        assert stream.snapshots() == [33, 57]
        assert published.closed[-1] == stream.partition
        with pytest.raises(RuntimeError, match="not ours"):
            first.process(stream.partition, stream.records[57:])

        stream.worker(published).process(stream.partition, stream.records[57:])
        assert published.values == stream.undisturbed()
        assert reads == []

    @pytest.mark.parametrize("damage", ["torn", "flipped", "empty", "foreign", "renamed"])
    def test_a_damaged_one_is_passed_over_and_the_next_is_used(
        self, stream: Stream, reads: list[int], caplog: pytest.LogCaptureFixture, damage: str
    ) -> None:
        first = stream.worker(Published())
        for offset in (100, 200):
            first.process(stream.partition, stream.records[offset - 100 : offset])
            stream.wait_for(first, offset)
        newest = max(stream.folder.glob("*.state"))
        content = newest.read_bytes()
        match damage:
            case "torn":
                newest.write_bytes(content[:-40])
            case "flipped":
                newest.write_bytes(content[:-50] + bytes([content[-50] ^ 1]) + content[-49:])
            case "empty":
                newest.write_bytes(b"")
            case "foreign":
                newest.write_bytes(b"PK\x03\x04" + bytes(100))
            case "renamed":
                newest.rename(newest.with_name(newest.name.replace("200", "220")))
        published, expected = Published(), stream.undisturbed()
        stream.worker(published).process(stream.partition, stream.records[250:])
        assert published.values == expected[25:]
        assert reads == list(range(100, 250))
        assert "is ignored" in caplog.text

    def test_without_a_usable_one_the_topic_is_read_from_its_start(self, stream: Stream, reads: list[int]) -> None:
        first = stream.worker(Published())
        first.process(stream.partition, stream.records[:100])
        first.close()
        for path in stream.folder.glob("*.state"):
            path.write_bytes(b"")
        published = Published()
        stream.worker(published).process(stream.partition, stream.records[150:])
        assert published.values == stream.undisturbed()[15:]
        assert reads == list(range(150))

    def test_one_of_another_version_is_passed_over_and_the_last_kept_for_the_way_back(
        self, stream: Stream, reads: list[int], caplog: pytest.LogCaptureFixture
    ) -> None:
        old = stream.worker(Published(), lambda _: Fold("fold 0"))
        old.process(stream.partition, stream.records[:200])
        old.close()
        new = stream.worker(Published())
        new.process(stream.partition, stream.records[250:])
        assert reads == list(range(250))
        assert "made from another version of the program, or other settings: 'fold 0', not 'fold 1'" in caplog.text
        new.close()
        assert stream.snapshots() == [200, 250, len(stream.records)]  # the other version's, and one on the way

    def test_one_of_another_strict_mode_is_passed_over(self, stream: Stream, reads: list[int]) -> None:
        first = stream.worker(Published())
        first.process(stream.partition, stream.records[:100])
        first.close()
        for societes in ({1}, {1, 2}):
            stream.settings = stream.settings.model_copy(update={"strict": True, "societes": frozenset(societes)})
            reads.clear()
            worker = stream.worker(Published())
            worker.process(stream.partition, stream.records[150:200])
            worker.close()
            assert reads == list(range(150))
        reads.clear()
        stream.worker(Published()).process(stream.partition, stream.records[250:])
        assert reads == list(range(200, 250))

    def test_one_that_the_scorer_refuses_is_passed_over(self, stream: Stream, reads: list[int]) -> None:
        class Refusing(Fold):
            def load(self, parts: Mapping[str, memoryview]) -> None:
                super().load(parts)
                raise ValueError("a model is missing")

        first = stream.worker(Published())
        first.process(stream.partition, stream.records[:100])
        first.close()
        published = Published()
        stream.worker(published, lambda _: Refusing()).process(stream.partition, stream.records[150:])
        assert published.values == stream.undisturbed()[15:]
        assert reads == list(range(150))

    def test_a_model_that_is_missing_ends_the_worker_rather_than_have_it_read_everything(
        self, stream: Stream, reads: list[int]
    ) -> None:
        class Missing(Fold):
            def load(self, parts: Mapping[str, memoryview]) -> None:
                raise ModelMissing("bring its artefact back")

        first = stream.worker(Published())
        first.process(stream.partition, stream.records[:100])
        first.close()
        with pytest.raises(ModelMissing, match="bring its artefact back"):
            stream.worker(Published(), lambda _: Missing()).process(stream.partition, stream.records[150:])
        assert reads == []

    def test_a_state_that_cannot_be_dumped_does_not_stop_scoring(self, stream: Stream) -> None:
        class Broken(Fold):
            def dump(self) -> Iterable[tuple[str, Buffer]]:
                raise MemoryError

        published = Published()
        worker = stream.worker(published, lambda _: Broken())
        for start in range(0, len(stream.records), 100):
            worker.process(stream.partition, stream.records[start : start + 100])
        worker.close()
        assert published.values == stream.undisturbed()
        assert stream.snapshots() == []

    def test_one_of_a_topic_that_was_created_again_is_passed_over(
        self, kafka: str, topic_prefix: str, tmp_path: Path, reads: list[int], caplog: pytest.LogCaptureFixture
    ) -> None:
        stream = Stream(kafka, topic_prefix, tmp_path)
        first = stream.worker(Published())
        first.process(stream.partition, stream.records[:200])
        first.close()
        assert stream.snapshots() == [200]

        admin = AdminClient({"bootstrap.servers": kafka})
        for future in admin.delete_topics([stream.topic]).values():
            future.result()
        deadline = time.monotonic() + WAIT
        while stream.topic in admin.list_topics(timeout=WAIT).topics:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        apply_topics(kafka, topic_prefix)
        stream.publish()
        stream.worker(Published()).process(stream.partition, stream.records[250:])
        assert reads == list(range(250))
        assert "it was deleted and created again" in caplog.text

    @pytest.mark.parametrize("scorer", SCORERS, ids=["fold", "ledger"])
    @pytest.mark.parametrize("seed", range(3))
    def test_crashes_at_any_point_leave_no_trace(self, stream: Stream, reads: list[int], seed: int, scorer) -> None:
        chance = random.Random(seed)
        stream.settings = stream.settings.model_copy(update={"snapshot_records": 30})
        published, worker = Published(), None
        committed = position = 0
        while committed < len(stream.records):
            if worker is None or chance.random() < 0.2:
                worker, position = stream.worker(published, scorer), committed
            end = min(position + chance.randint(1, 40), len(stream.records))
            worker.process(stream.partition, stream.records[position:end])
            position = end
            if chance.random() < 0.5 or end == len(stream.records):
                committed = end
        assert list(dict.fromkeys(published.values)) == list(dict.fromkeys(stream.undisturbed(scorer)))
        assert len(reads) < len(stream.records)  # how many depends on how soon snapshots are written


class TestPublishing:
    def test_a_partition_is_taken_over_when_it_is_assigned_and_again_each_time(self, stream: Stream) -> None:
        published = Published()
        partitions = stream.worker(published)
        partitions.keep([stream.partition])
        deadline = time.monotonic() + WAIT
        while published.opened != [stream.partition]:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        partitions.process(stream.partition, stream.records[:100])
        partitions.process(stream.partition, stream.records[100:200])
        assert published.opened == [stream.partition]
        partitions.keep([stream.partition])
        partitions.process(stream.partition, stream.records[200:])
        assert published.opened == [stream.partition] * 2
        assert published.closed == [stream.partition]
        assert published.values == stream.undisturbed()

    def test_what_could_not_be_published_is_scored_again(self, stream: Stream) -> None:
        published = Published()
        partitions = stream.worker(published)
        partitions.process(stream.partition, stream.records[:150])
        published.failure = PublishError("the brokers are away")
        with pytest.raises(PublishError):
            partitions.process(stream.partition, stream.records[150:300])
        published.failure = None
        partitions.process(stream.partition, stream.records[150:300])
        partitions.process(stream.partition, stream.records[300:])
        assert published.values == stream.undisturbed()

    def test_records_of_a_partition_that_was_given_away_are_not_published(self, stream: Stream) -> None:
        published = Published()
        partitions = stream.worker(published)
        partitions.keep([stream.partition])
        partitions.keep([stream.partition + 1])
        with pytest.raises(RuntimeError, match="not ours"):
            partitions.process(stream.partition, stream.records)
        assert published.values == []

    def test_a_recovery_ends_when_its_partition_is_given_away(
        self, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reading, given_away = threading.Event(), threading.Event()

        def slow(*arguments: object) -> Iterator[Sequence[RawRecord]]:
            for run in read_partition(*arguments):  # type: ignore[arg-type]
                reading.set()
                assert given_away.wait(WAIT)
                yield run

        monkeypatch.setattr(module, "read_partition", slow)
        published = Published()
        partitions = stream.worker(published)
        partitions.keep([stream.partition])
        errors: list[BaseException] = []

        def work() -> None:
            try:
                partitions.process(stream.partition, stream.records[300:])
            except NotAssigned as error:
                errors.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert reading.wait(WAIT)
        partitions.keep([])
        given_away.set()
        thread.join(WAIT)
        assert len(errors) == 1
        assert published.values == []

    def test_a_worker_that_lost_its_partition_without_noticing_cannot_publish(self, stream: Stream) -> None:
        prefix, partition = stream.settings.topic_prefix, stream.partition

        def open_publisher(number: int) -> TransactionalProducer:
            return TransactionalProducer(stream.kafka, prefix, f"{prefix}scoring-{number}")

        def worker() -> LivePartitions:
            return LivePartitions(stream.settings, stream.kafka, open_publisher, lambda _: Fold())  # type: ignore

        detections = f"{prefix}detections"
        start = end_offsets(stream.kafka, detections)[partition][1]
        lost, owner = worker(), worker()
        lost.keep([partition])
        lost.process(partition, stream.records[:100])
        owner.keep([partition])
        owner.process(partition, stream.records[100:300])
        with pytest.raises(Fenced):
            lost.process(partition, stream.records[100:200])
        owner.process(partition, stream.records[300:])
        owner.close()
        lost.close()
        end = end_offsets(stream.kafka, detections)[partition][1]
        told = [raw.value for run in read_partition(stream.kafka, detections, partition, start, end) for raw in run]
        assert told == stream.undisturbed()

    def test_partitions_are_worked_on_at_the_same_time(self, stream: Stream) -> None:
        barrier = threading.Barrier(3, timeout=WAIT)

        class Meeting(Fold):
            def process(self, events: Iterable[Event]) -> Outcome:
                barrier.wait()
                return super().process(events)

        published = Published()
        partitions = stream.worker(published, lambda _: Meeting())
        threads = [
            threading.Thread(target=partitions.process, args=(number, stream.records[:100])) for number in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT)
        assert sorted(published.values) == sorted(stream.undisturbed()[:10] * 3)
        partitions.close()

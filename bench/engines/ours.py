"""The project itself: a Faust app on the record-batch transport, whose agents get runs of records of one partition."""

import asyncio
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import msgspec

from bench.engines.job import Job, Meter, Task, job_of_process
from bench.engines.tuning import FETCH_BYTES, collect_seldom
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.transport import RecordBatch, each_partition, record_batches, use_record_batches

Work = Callable[[int, Sequence[RawRecord]], int]
"""``(partition, records) -> outputs``."""

IN_THREADS = (Task.DECODE_ENTRIES, Task.DECODE_SMALL, Task.CORE, Task.PUBLISH)
"""What is done in a thread for each partition, as the scoring role does it."""

COMMIT_SECONDS = 1.0
"""As the scoring role commits."""


def main() -> None:
    """Run the job of this process."""
    job = job_of_process()
    app = faust.App(
        job.group,
        broker=f"kafka://{job.bootstrap}",
        datadir=job.home,
        store="memory://",
        autodiscover=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        broker_commit_interval=COMMIT_SECONDS,
        web_enabled=False,
    )
    use_record_batches(app)
    collect_seldom()
    app.agent(record_batches(app, job.topic, partitions=job.partitions))(_agent(job))
    worker = faust.Worker(app, loglevel="warning", override_logging=False, redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()


def _agent(job: Job) -> Callable[[Any], Any]:
    meter, work = Meter(job), _work(job)
    threads = ThreadPoolExecutor(job.partitions)

    async def one_by_one(stream: Any) -> None:
        async for batch in stream:
            meter.outputs += work(batch.partition, _records(batch))
            meter.many(len(batch))

    async def in_threads(stream: Any) -> None:
        await each_partition(stream, in_thread)

    async def in_thread(batch: RecordBatch) -> None:
        loop = asyncio.get_running_loop()
        outputs = await loop.run_in_executor(threads, work, batch.partition, _records(batch))
        meter.outputs += outputs
        meter.many(len(batch))

    chosen = in_threads if job.task in IN_THREADS else one_by_one

    async def agent(stream: Any) -> None:
        try:
            await chosen(stream)
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    return agent


def _records(batch: RecordBatch) -> Sequence[RawRecord]:
    return batch.records  # type: ignore[return-value]  # they have all that a `RawRecord` has


def _work(job: Job) -> Work:
    match job.task:
        case Task.COUNT:
            return lambda _partition, _records: 0
        case Task.DECODE_ENTRIES:
            return _decode_entries()
        case Task.DECODE_SMALL:
            return _decode_small()
        case Task.CORE:
            return _core(job)
        case Task.PUBLISH:
            return _publish(job)
        case _:
            raise ValueError(f"{job.task} is not for this engine")


def _decode_entries() -> Work:
    """Return what turns entries into columns: the scanner of the core; markers between them are left out."""
    try:
        from wisebook_ml.ledger.scan import scan
    except ImportError:
        return _decode_to_columns()

    def work(_partition: int, records: Sequence[RawRecord]) -> int:
        scan([record.value or b"" for record in records])
        return 0

    return work


def _decode_to_columns() -> Work:
    """Return the way before there was a scanner: msgspec, then columns."""
    from schemas import Ecriture
    from wisebook_ml.ledger.batch import EntryBatch

    decode, entry = msgspec.json.Decoder(Ecriture).decode, Ecriture.ce_type.encode()

    def work(_partition: int, records: Sequence[RawRecord]) -> int:
        values = [record.value for record in records if ("ce_type", entry) in record.headers]
        EntryBatch.from_entries([decode(value or b"") for value in values])
        return 0

    return work


def _decode_small() -> Work:
    from bench.engines.small import SmallEvent

    decode = msgspec.json.Decoder(SmallEvent).decode

    def work(_partition: int, records: Sequence[RawRecord]) -> int:
        for record in records:
            decode(record.value or b"")
        return 0

    return work


def _core(job: Job) -> Work:
    from bench.engines.core import Core

    core = Core(job)
    return lambda partition, records: len(core.process(partition, records))


def _publish(job: Job) -> Work:
    """Score and publish: what is left without transactions and snapshots; a producer a partition, as with them."""
    from bench.engines.core import Core
    from wisebook_ml.messaging.producer import EventProducer

    core, producers = Core(job), dict[int, EventProducer]()

    def work(partition: int, records: Sequence[RawRecord]) -> int:
        producer = producers.get(partition)
        if producer is None:
            producer = producers[partition] = EventProducer(job.bootstrap, job.prefix)
        outgoing = core.process(partition, records)
        for record in outgoing:
            producer.send(record)
        producer.flush()
        return len(outgoing)

    return work


if __name__ == "__main__":
    main()

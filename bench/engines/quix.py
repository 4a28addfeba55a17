"""Quix Streams, as its documentation shows it: a StreamingDataFrame with its JSON deserialiser.

Batches (`core`) go through a `BatchingSink`, which gathers what a checkpoint commits, with the `commit_every` that the
page on custom sinks recommends for bounding them.
"""

from typing import Any

from quixstreams import Application
from quixstreams.sinks.base import BatchingSink, SinkBatch

from bench.engines.job import Job, Meter, Task, job_of_process
from bench.engines.tuning import FETCH_BYTES, collect_seldom

COMMIT_EVERY = 10_000
"""Records of a checkpoint, so of the batches of all partitions together; the documentation's example has 1,000, but
larger checkpoints are cheaper, and the core likes them."""


class _CoreSink(BatchingSink):  # type: ignore[misc]  # not installed where types are checked
    """Hands each partition's batch to the columnar core."""

    def __init__(self, job: Job, meter: Meter) -> None:
        super().__init__()
        from bench.engines.core import Core

        self._core = Core(job)
        self._meter = meter

    def write(self, batch: SinkBatch) -> None:
        """Score a batch."""
        from bench.engines.core import raw_record

        records = [raw_record(item.offset, item.key, item.value, item.headers or ()) for item in batch]
        self._meter.outputs += len(self._core.process(batch.partition, records))
        self._meter.many(len(records))


def main() -> None:
    """Run the job of this process."""
    job = job_of_process()
    collect_seldom()
    app = Application(
        broker_address=job.bootstrap,
        consumer_group=job.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        state_dir=job.home,
        loglevel="WARNING",
        consumer_extra_config={"max.partition.fetch.bytes": FETCH_BYTES},
        **({"commit_every": COMMIT_EVERY} if job.task is Task.CORE else {}),
    )
    meter = Meter(job)
    raw = job.task in (Task.COUNT, Task.CORE)
    topic = app.topic(job.topic, value_deserializer="bytes" if raw else "json", key_deserializer="bytes")
    frame = app.dataframe(topic)
    if job.task is Task.CORE:
        frame.sink(_CoreSink(job, meter))
    elif job.task is Task.PER_EVENT:
        _per_event(app, frame, job, meter)
    else:
        frame.update(lambda _value: meter.one())
    app.run()


def _per_event(app: Application, frame: Any, job: Job, meter: Meter) -> None:
    """Score in `apply`, filter what is nothing, and publish the rest with `to_topic`."""
    from bench.per_event import CompanyScorer

    companies: dict[int, CompanyScorer] = {}

    def score(entry: dict[str, Any]) -> dict[str, Any] | None:
        meter.one()
        if "lignes" not in entry:
            return None
        societe = entry["societe_id"]
        if societe not in companies:
            companies[societe] = CompanyScorer()
        detection = companies[societe].score(entry)
        meter.outputs += detection is not None
        return detection

    output = app.topic(job.output, value_serializer="json", key_serializer="bytes")
    frame = frame.apply(score)
    frame = frame.filter(lambda detection: detection is not None)
    frame.to_topic(output, key=lambda detection: detection["detection_id"].encode())


if __name__ == "__main__":
    main()

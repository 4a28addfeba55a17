"""Bulk scoring: partitions read from the topic as fast as they can be scored, outside any group."""

from collections.abc import Iterator, Sequence

from bench.engines.core import Core
from bench.engines.job import Job, Meter, job_of_process
from bench.engines.tuning import collect_seldom
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.replay.ahead import read_ahead

Run = tuple[int, Sequence[RawRecord]]


def main() -> None:
    """Run the job of this process."""
    job = job_of_process()
    collect_seldom()
    meter, core = Meter(job), Core(job)
    for partition, run in read_ahead(_runs(job)):
        meter.outputs += len(core.process(partition, run))
        meter.many(len(run))
    meter.finish()


def _runs(job: Job) -> Iterator[Run]:
    offsets = end_offsets(job.bootstrap, job.topic)
    for partition in job.assigned:
        for run in read_partition(job.bootstrap, job.topic, partition, *offsets[partition]):
            yield partition, run


if __name__ == "__main__":
    main()

"""Bulk scoring: partitions read from the topic as fast as they can be scored, outside any group."""

from bench.engines.core import Core
from bench.engines.job import Meter, job_of_process
from wisebook_ml.messaging.reader import end_offsets, read_partition


def main() -> None:
    """Run the job of this process."""
    job = job_of_process()
    meter, core = Meter(job), Core(job)
    offsets = end_offsets(job.bootstrap, job.topic)
    for partition in job.assigned:
        start, end = offsets[partition]
        for run in read_partition(job.bootstrap, job.topic, partition, start, end):
            meter.outputs += len(core.process(partition, run))
            meter.many(len(run))
    meter.finish()


if __name__ == "__main__":
    main()

"""Compiles what the core compiles, once: later processes find it in the cache, as a deployment's second worker does."""

import tempfile
from pathlib import Path

from bench.engines.core import Core
from bench.engines.job import Job, Task
from bench.ledgers import make_ledgers
from wisebook_ml.messaging.events import RawRecord

COMPANIES, EVENTS = 20, 400
"""Enough for both kinds of companies, with and without a model, and for detections of many kinds."""


def main() -> None:
    """Score a few ledgers."""
    with tempfile.TemporaryDirectory() as folder:
        job = Job(
            task=Task.CORE,
            bootstrap="",
            prefix="",
            topic="warm",
            output="",
            group="",
            partitions=1,
            records=0,
            seconds=0,
            home=folder,
            artefacts=folder,
        )
        records = make_ledgers(COMPANIES, EVENTS, Path(folder)).records
        raw = [RawRecord(offset, one.key, one.value, list(one.headers)) for offset, one in enumerate(records)]
        Core(job).process(0, raw)


if __name__ == "__main__":
    main()

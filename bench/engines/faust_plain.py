"""Plain Faust, as its documentation shows it: an agent that takes events one by one, or in batches with `take`.

The settings of `bench.engines.tuning` do not make it faster: what it does with an event costs more than they save.
"""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import faust

from bench.engines.job import Job, Meter, Task, job_of_process

TAKE, WITHIN = 1_000, 0.05
"""Largest batch of `take`, and how long it may wait for it."""

RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
JSON: dict[str, Any] = {"key_type": bytes, "key_serializer": "raw", "value_serializer": "json"}
"""Faust's own codec, which uses orjson where it is installed, as it is here; no model, which would be slower."""


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
        web_enabled=False,
    )
    codec = RAW if job.task in (Task.COUNT, Task.CORE) else JSON
    topic = app.topic(job.topic, partitions=job.partitions, **codec)
    app.agent(topic)(_agent(app, job))
    worker = faust.Worker(app, loglevel="warning", override_logging=False, redirect_stdouts=False, quiet=True)
    worker.execute_from_commandline()


def _agent(app: faust.App, job: Job) -> Callable[[Any], Any]:
    meter = Meter(job)

    async def per_event(stream: Any) -> None:
        async for _value in stream:
            meter.one()

    async def in_batches(stream: Any) -> None:
        from bench.engines.core import Core, raw_record

        core = Core(job)
        async for events in stream.take_events(TAKE, within=WITHIN):
            runs: dict[int, list[Any]] = {}
            for event in events:
                message = event.message
                headers = message.headers.items() if isinstance(message.headers, dict) else message.headers or ()
                runs.setdefault(message.partition, []).append(
                    raw_record(message.offset, message.key, message.value, headers)
                )
            for partition, records in runs.items():
                meter.outputs += len(core.process(partition, records))
            meter.many(len(events))

    async def score(stream: Any) -> None:
        from bench.per_event import CompanyScorer

        output = app.topic(job.output, key_serializer="raw", value_serializer="json")
        companies: dict[int, CompanyScorer] = {}
        async for entry in stream:
            if "lignes" in entry:
                societe = entry["societe_id"]
                if societe not in companies:
                    companies[societe] = CompanyScorer()
                detection = companies[societe].score(entry)
                if detection is not None:
                    await output.send(key=detection["detection_id"].encode(), value=detection)
                    meter.outputs += 1
            meter.one()

    chosen = {Task.CORE: in_batches, Task.PER_EVENT: score}.get(job.task, per_event)

    async def agent(stream: Any) -> None:
        try:
            await chosen(stream)
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)  # Faust would acknowledge the event and start the agent again

    return agent


if __name__ == "__main__":
    main()

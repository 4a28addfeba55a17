"""Bytewax, as its documentation shows it: a `KafkaSource` with the batch size that it recommends for throughput.

JSON is decoded with orjson in a `map`. Batches (`core`) reach the columnar core in `flat_map_batch`, "a performance
optimization when processing multiple items at once has much reduced overhead"; scoring per event is a `stateful_map`.
"""

from collections.abc import Iterable
from typing import Any

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow, Stream
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main

from bench.engines.job import Job, Meter, Task, job_of_process
from bench.engines.tuning import FETCH_BYTES, collect_seldom

BATCH_SIZE = 1_000
"""The default of `KafkaSource`, "a suitable starting point for higher throughput dataflows"."""

CLIENT = {"max.partition.fetch.bytes": str(FETCH_BYTES)}


class _CountPartition(StatelessSinkPartition[Any]):  # type: ignore[misc]  # not installed where types are checked
    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def write_batch(self, items: list[Any]) -> None:
        """Count what arrives at the end of the flow."""
        self._meter.many(len(items))


class _CountSink(DynamicSink[Any]):  # type: ignore[misc]
    """Counts in batches, the cheapest end that a flow can have."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _CountPartition:
        """Return the sink of the only worker."""
        return _CountPartition(self._meter)


def main() -> None:
    """Run the job of this process."""
    job = job_of_process()
    collect_seldom()
    meter = Meter(job)
    flow = Dataflow("bench")
    source = KafkaSource([job.bootstrap], [job.topic], batch_size=BATCH_SIZE, add_config=CLIENT)
    messages = op.input("entries", flow, source)
    if job.task is Task.CORE:
        op.output("count", op.flat_map_batch("score", messages, _scorer(job, meter)), _CountSink(meter))
    elif job.task is Task.COUNT:
        op.output("count", messages, _CountSink(meter))
    else:
        values = op.map("decode", messages, lambda message: orjson.loads(message.value))
        if job.task is Task.PER_EVENT:
            _per_event(values, job, meter)
        else:
            op.output("count", values, _CountSink(meter))
    cli_main(flow)


def _scorer(job: Job, meter: Meter) -> Any:
    from bench.engines.core import Core, raw_record

    core = Core(job)

    def score(messages: list[Any]) -> Iterable[Any]:
        runs: dict[int, list[Any]] = {}
        for message in messages:
            runs.setdefault(message.partition, []).append(
                raw_record(message.offset, message.key, message.value, message.headers)
            )
        for partition, records in runs.items():
            meter.outputs += len(core.process(partition, records))
        meter.many(len(messages))
        return ()

    return score


def _per_event(values: Stream[Any], job: Job, meter: Meter) -> None:
    """Score in `stateful_map`, keyed by company, and publish what is found."""
    from bench.per_event import CompanyScorer

    def score(state: CompanyScorer | None, entry: dict[str, Any]) -> tuple[CompanyScorer, dict[str, Any] | None]:
        state = state or CompanyScorer()
        detection = state.score(entry) if "lignes" in entry else None
        meter.outputs += detection is not None
        meter.one()
        return state, detection

    keyed = op.key_on("company", values, lambda entry: str(entry["societe_id"]))
    scored = op.stateful_map("score", keyed, score)
    found = op.filter_map("found", scored, lambda item: item[1])
    encoded = op.map(
        "encode", found, lambda item: KafkaSinkMessage(key=item["detection_id"].encode(), value=orjson.dumps(item))
    )
    kop.output("detections", encoded, brokers=[job.bootstrap], topic=job.output)


if __name__ == "__main__":
    main()

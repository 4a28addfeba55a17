"""The worker that the tests run as a process of its own: what it is to do is a JSON object in its argument."""

import asyncio
import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import faust

from wisebook_ml.transport import BatchOptions, RecordBatch, each_partition, record_batches, use_record_batches


class Worker:
    """An app with one agent on a batch topic, which writes down what it finished."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.log = Path(spec["log"]).open("a")  # noqa: SIM115 - open as long as the process
        self.app = faust.App(
            spec["group"],
            broker=f"kafka://{spec['bootstrap']}",
            datadir=tempfile.mkdtemp(),
            store="memory://",
            topic_partitions=spec.get("partitions", 4),
            topic_replication_factor=1,
            topic_allow_declare=bool(spec.get("table")),
            topic_disable_leader=True,
            web_enabled=False,
            consumer_auto_offset_reset="earliest",
            broker_commit_interval=spec.get("commit_interval", 0.2),
            broker_session_timeout=6.0,
            broker_heartbeat_interval=0.5,
        )
        self.transport = use_record_batches(self.app, BatchOptions(**spec.get("options", {})))
        batches = record_batches(self.app, spec["topic"])
        self.app.agent(batches, name="batches")(self.each if spec["style"] == "each" else self.loop)
        if spec.get("table"):
            self.declare_table(spec["table"])
        self.app.task(self.watch)

    def tell(self, **what: Any) -> None:
        """Write a line that the test reads."""
        print(json.dumps({"time": time.time(), **what}), file=self.log, flush=True)

    async def loop(self, stream: Any) -> None:
        """Process as a Faust user writes it."""
        async for batch in stream:
            await self.process(batch)

    async def each(self, stream: Any) -> None:
        """Process several partitions at a time."""
        await each_partition(stream, self.process, concurrency=self.spec.get("concurrency"))

    async def process(self, batch: RecordBatch) -> None:
        """Do to the batch what the test asks for."""
        self.tell(began=batch.partition, first=batch.records[0].offset)
        at = {record.value.decode(): record for record in batch.records if record.value is not None}
        if self.spec.get("exit_at") in at:
            await asyncio.sleep(self.spec.get("exit_after", 0))
            os._exit(9)
        if self.spec.get("raise_at") in at:
            raise ValueError("this one cannot be processed")
        if self.spec.get("hang_at") in at:
            await asyncio.sleep(3600)
        while "hold" in self.spec and not Path(self.spec["hold"]).exists():
            await asyncio.to_thread(time.sleep, 0.05)
        for _ in range(self.spec.get("gets_on", 0)):
            await asyncio.to_thread(time.sleep, 0.5)
            await asyncio.to_thread(batch.gets_on)
        if "sleep" in self.spec:
            await asyncio.to_thread(time.sleep, self.spec["sleep"])
        self.tell(
            partition=batch.partition,
            stretch=[batch.first_offset, batch.next_offset],
            offsets=[record.offset for record in batch.records],
            values=[record.value.decode() if record.value is not None else None for record in batch.records],
        )

    def declare_table(self, topic: str) -> None:
        """Count the keys of another topic in a table, as in plain Faust."""
        app = self.app
        counts = app.Table("counts", default=int, partitions=4)

        @app.agent(app.topic(topic, key_type=str, value_type=bytes, value_serializer="raw"), name="counter")
        async def count(stream: Any) -> None:
            async for key, _ in stream.items():  # noqa: PERF102 - a stream is no dict
                counts[key] += 1
                self.tell(key=key, count=counts[key])

    async def watch(self) -> None:
        """Write down how much is in memory."""
        self.tell(ready=True)
        if "watch" not in self.spec:
            return
        while True:
            health = self.transport.health()
            each = {p: one.buffered + one.in_work for (_, p), one in health.partitions.items()}
            self.tell(held=each, reasons=health.reasons)
            await asyncio.sleep(self.spec["watch"])


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stderr)
    one = Worker(json.loads(sys.argv[1]))
    faust.Worker(
        one.app, loglevel="info", override_logging=False, redirect_stdouts=False, quiet=True
    ).execute_from_commandline()

"""What subscribers see of timers, as a plain reader of committed records reads it."""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from schemas import DemandeEntrainement, ExecutionMinuterie, Tick
from topics import ENTRIES, TIMER_RUNS, TRAINING_REQUESTS, Topic
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.timers.works import Surroundings


def records(around: Surroundings, topic: Topic) -> Iterator[tuple[int, RawRecord]]:
    name = topic.full_name(around.settings.topic_prefix)
    for partition, (first, end) in end_offsets(around.bootstrap, name).items():
        for run in read_partition(around.bootstrap, name, partition, first, end):
            yield from ((partition, raw) for raw in run)


def runs(around: Surroundings) -> Sequence[ExecutionMinuterie]:
    return [msgspec.json.decode(raw.value or b"", type=ExecutionMinuterie) for _, raw in records(around, TIMER_RUNS)]


def requests(around: Surroundings) -> Sequence[DemandeEntrainement]:
    topic = records(around, TRAINING_REQUESTS)
    return [msgspec.json.decode(raw.value or b"", type=DemandeEntrainement) for _, raw in topic]


def ticks(around: Surroundings) -> "Counter[tuple[str, object, int]]":
    """Count ticks by timer, due time and partition."""
    found: Counter[tuple[str, object, int]] = Counter()
    for partition, raw in records(around, ENTRIES):
        tick = msgspec.json.decode(raw.value or b"", type=Tick)
        found[tick.minuterie, tick.echeance, partition] += 1
    return found

"""A company's records, collected from the topics: the data set is the stream itself."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiokafka.partitioner import DefaultPartitioner

from schemas import Avis, Echeancier, Ecriture, PositionTresorerie, Record
from topics import Topic
from wisebook_ml.clock import utc_now
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.treasury.sources import prevailing

__all__ = ["ALL_COMPANIES", "Collection", "collect", "partition_of"]

ALL_COMPANIES = 0
"""The company of global models, which learn from every company."""

Collecting = dict[int, dict[type[Record], list[Record]]]


@dataclass(frozen=True, slots=True)
class Collection:
    """What was collected.

    Attributes
    ----------
    companies : mapping of int to Collected
        By company, in ascending order; only those of which there is something.
    offsets : mapping of str to (int, int)
        `topic/partition` to the offsets read: first, and next after last.
    """

    companies: Mapping[int, Collected]
    offsets: Mapping[str, tuple[int, int]]


def partition_of(societe_id: int, partitions: int) -> int:
    """Return the partition of a company: Kafka's own choice for its key (murmur2)."""
    numbers = list(range(partitions))
    chosen: int = DefaultPartitioner()(str(societe_id).encode(), numbers, numbers)
    return chosen


def collect(
    bootstrap: str,
    prefix: str,
    societe_id: int,
    topics: Sequence[Topic],
    *,
    du: dt.date | None = None,
    au: dt.date | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Collection:
    """Read a company's records in the order of their publication, up to the present ends of the topics.

    Only the company's partition is read, and only its own records are decoded and kept: what is needed of memory is
    what the company's records need, some 2 KB a line of an entry. Records that do not fit their schema are passed over;
    whoever scores them has dead-lettered them.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    societe_id : int
        The company; 0 for all of them.
    topics : sequence of Topic
        What to read: of `entries`, `feedback` and `treasury`.
    du, au : date, optional
        Handed on to the data set. All records are collected: earlier ones form habits and histories.
    progress : callable
        Told the share of the records that was read, in [0, 1].

    Raises
    ------
    ReadError
        Where a topic cannot be read.
    """
    # All ends are asked for first, so that what is learnt from is of one moment.
    stretches = {topic.name: _stretches(bootstrap, topic.full_name(prefix), societe_id) for topic in topics}
    total = sum(end - start for found in stretches.values() for start, end in found.values())
    found: Collecting = {}
    done = 0
    for topic in topics:
        decoder, name = Decoder(topic), topic.full_name(prefix)
        for partition, (start, end) in stretches[topic.name].items():
            for run in read_partition(bootstrap, name, partition, start, end):
                _take(found, run, decoder, societe_id)
                progress((done + run[-1].offset + 1 - start) / total)
            done += end - start
    offsets = {
        f"{topic}/{partition}": stretch for topic, parts in stretches.items() for partition, stretch in parts.items()
    }
    return Collection({number: _collected(found[number], du, au) for number in sorted(found)}, offsets)


def _stretches(bootstrap: str, name: str, societe_id: int) -> dict[int, tuple[int, int]]:
    offsets = end_offsets(bootstrap, name)
    if societe_id == ALL_COMPANIES:
        return offsets
    partition = partition_of(societe_id, len(offsets))
    return {partition: offsets[partition]}


def _take(found: Collecting, run: Sequence[RawRecord], decoder: Decoder, societe_id: int) -> None:
    key = str(societe_id).encode()
    for raw in run:
        # The key is the company, or the record is none that fits; so others need not be decoded.
        if societe_id != ALL_COMPANIES and raw.key != key:
            continue
        try:
            record = decoder.decode(raw)
        except Undecodable:
            continue
        if isinstance(record, Ecriture | Avis | PositionTresorerie | Echeancier):
            found.setdefault(record.societe_id, {}).setdefault(type(record), []).append(record)


def _collected(records: dict[type[Record], list[Record]], du: dt.date | None, au: dt.date | None) -> Collected:
    return Collected(
        entries=[one for one in records.get(Ecriture, ()) if isinstance(one, Ecriture)],
        avis=[one for one in records.get(Avis, ()) if isinstance(one, Avis)],
        positions=prevailing(
            [one for one in records.get(PositionTresorerie, ()) if isinstance(one, PositionTresorerie)],
            utc_now().date(),
        ),
        echeanciers=[one for one in records.get(Echeancier, ()) if isinstance(one, Echeancier)],
        du=du,
        au=au,
    )

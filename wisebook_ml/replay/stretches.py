"""Which offsets a replay covers: from what was asked for, and what the topic still has."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import KafkaException, TopicPartition

from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import ReadError, end_offsets, open_reader, read_partition
from wisebook_ml.replay.bounds import Bound
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.plan import Stretch
from wisebook_ml.training.collect import ALL_COMPANIES, partition_of

__all__ = ["check_records", "stretches_of"]

ANSWER_SECONDS = 15.0


def stretches_of(
    bootstrap: str, topic: str, debut: Bound | None, fin: Bound | None, societes: Sequence[int]
) -> tuple[int, dict[int, Stretch]]:
    """Return how many partitions a topic has, and what is to be replayed of those that have anything of it.

    Parameters
    ----------
    bootstrap, topic : str
        Where.
    debut, fin : Bound or None
        From where, and up to where; None for the beginning and for the end as it is now.
    societes : sequence of int
        Whose partitions; empty for all.

    Raises
    ------
    ReplayError
        Where the topic has nothing there, or has lost it.
    ReadError
        Where it cannot be read.
    """
    there = end_offsets(bootstrap, topic)
    count = len(there)
    wanted = sorted({partition_of(one, count) for one in societes}) if societes else sorted(there)
    starts = _offsets(bootstrap, topic, debut, {one: there[one][0] for one in wanted}, there)
    ends = _offsets(bootstrap, topic, fin, {one: there[one][1] for one in wanted}, there)
    for one in wanted:
        if isinstance(debut, int) and starts[one] < there[one][0] and min(ends[one], there[one][1]) > starts[one]:
            raise ReplayError(
                f"{topic} partition {one} has lost its beginning: it goes from offset {there[one][0]} on, and offset "
                f"{starts[one]} is gone (retention, or a deletion). Replay from {there[one][0]}, where a snapshot has "
                "the state before"
            )
    found = {one: (starts[one], min(ends[one], there[one][1])) for one in wanted}
    found = {one: stretch for one, stretch in found.items() if stretch[0] < stretch[1]}
    if not found:
        told = ", ".join(f"{one}: {first} to {end}" for one, (first, end) in there.items() if one in wanted)
        raise ReplayError(
            f"there is nothing to replay in that range; {topic} has these offsets of partitions now: {told}"
        )
    return count, found


def _offsets(
    bootstrap: str, topic: str, bound: Bound | None, otherwise: Mapping[int, int], there: Mapping[int, Stretch]
) -> Mapping[int, int]:
    """Return the offset of each partition that a bound means."""
    if bound is None:
        return otherwise
    if isinstance(bound, int):
        return dict.fromkeys(otherwise, bound)
    milliseconds = round(bound.astimezone(dt.UTC).timestamp() * 1000)
    reader = open_reader(bootstrap)
    try:
        asked = [TopicPartition(topic, one, max(0, milliseconds)) for one in otherwise]
        found = reader.offsets_for_times(asked, timeout=ANSWER_SECONDS)
    except KafkaException as error:
        raise ReadError(f"topic {topic} on {bootstrap}: {error}") from error
    finally:
        reader.close()
    # A partition that has nothing since then is told as ending (a negative offset).
    return {one.partition: one.offset if one.offset >= 0 else there[one.partition][1] for one in found}


def check_records(bootstrap: str, topic: str, count: int, stretches: Mapping[int, Stretch], societes: set[int]) -> None:
    """Make sure that there are records of the companies, and that they lie where their keys say.

    Partitions that were added later leave a company's earlier entries where they were: its state lies in two places,
    and neither is whole.

    Raises
    ------
    ReplayError
        Where one of that is not so.
    ReadError
        Where the topic cannot be read.
    """
    keys = {str(one).encode() for one in societes}
    some = False
    for partition, (start, end) in stretches.items():
        looked = False
        for run in _runs(bootstrap, topic, partition, start, end):
            if not looked:
                _check_places(topic, partition, count, run)
                looked = True
            if not keys or any(raw.key in keys for raw in run):
                some = True
                break
    if not some:
        whose = f" of {', '.join(f'company {one}' for one in sorted(societes))}" if societes else ""
        raise ReplayError(f"there is nothing to replay: {topic} has no records{whose} in that range")


def _runs(bootstrap: str, topic: str, partition: int, start: int, end: int) -> Iterator[Sequence[RawRecord]]:
    yield from read_partition(bootstrap, topic, partition, start, end)


def _check_places(topic: str, partition: int, count: int, run: Sequence[RawRecord]) -> None:
    for key in {raw.key for raw in run if raw.key is not None and raw.key.isdigit()}:
        company = int(key)
        if company != ALL_COMPANIES and partition_of(company, count) != partition:
            raise ReplayError(
                f"{topic} has another number of partitions than when these entries were published: those of company "
                f"{company} lie in partition {partition}, and of {count} partitions theirs is "
                f"{partition_of(company, count)}. Its state lies in two partitions; replay from where the partitions "
                "were added (--from), or publish the topic anew"
            )

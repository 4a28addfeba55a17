"""What is counted along with scoring: equal to a batch recomputation from the topic, whatever happened on the way."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Comptage, Detection, Ecriture, Parametres, Record, Tick
from schemas.money import to_minor
from topics import COUNTS, DEAD_LETTER, DETECTIONS
from topics.incoming import entry_event, entry_time, tick_event
from wisebook_ml.generator import generate_ledger
from wisebook_ml.habits.store import StateError
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.times import event_time
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.tally.counts import BLOCK

NOW = dt.datetime(2024, 11, 19, 8, tzinfo=dt.UTC)
TOPIC, PARTITION = "wisebook.entries", 3

Place = tuple[int, int, str]
"""Company, hour and journal."""


def new_pipeline() -> PartitionPipeline:
    def nothing(version: object) -> object:
        raise ValueError("the artefact cannot be read")

    scorer = LedgerScorer(load_model=nothing, parametres=Parametres(societe_id=0), seed=1)  # type: ignore[arg-type]
    return PartitionPipeline(TOPIC, PARTITION, scorer, lambda: NOW)


def again(pipeline: PartitionPipeline) -> PartitionPipeline:
    """Return a pipeline that goes on from a snapshot of another one."""
    other = new_pipeline()
    other.state.load({name: bytes(part) for name, part in pipeline.state.dump()})
    other.next_offset = pipeline.next_offset
    return other


def raw(offset: int, record: Record) -> RawRecord:
    made = entry_event(record, "test") if isinstance(record, Ecriture) else tick_event(record, "test")  # type: ignore[arg-type]
    return RawRecord(offset, made.key, made.value, made.headers)


def ledger(societe_id: int) -> list[Ecriture]:
    return generate_ledger(entries=60, seed=societe_id, societe_id=societe_id, anomaly_rate=0.1).events


def mixed() -> list[RawRecord]:
    """Return entries of two companies with ticks, an entry without a readable time, one years late, and no JSON."""
    events: list[Record] = [event for pair in zip(ledger(3), ledger(11), strict=False) for event in pair]
    for place, minuterie in ((90, "statistics"), (50, "absence"), (20, "import"), (10, "statistics")):
        societe_id = 3 if minuterie == "import" else 0
        events.insert(place, Tick(societe_id=societe_id, minuterie=minuterie, echeance=NOW + dt.timedelta(hours=place)))
    records = [raw(37 * place, event) for place, event in enumerate(events)]
    late, bad = ("ce_time", b"1987-05-01T00:00:00+02:00"), ("ce_time", b"at noon")
    for place, time in ((5, late), (6, bad), (7, late)):
        old = records[place]
        records[place] = old._replace(headers=[one for one in old.headers if one[0] != "ce_time"] + [time])
    records[40] = records[40]._replace(value=b"no JSON")
    return records


RECORDS = mixed()


def blocks(outgoing: Sequence[Outgoing]) -> list[Comptage]:
    return [msgspec.json.decode(out.value or b"", type=Comptage) for out in outgoing if out.topic is COUNTS]


def recomputed(records: Sequence[RawRecord]) -> dict[Place, list[int]]:
    """Return entries, lines and cents of each place, from the topic, with nothing but a decoder and a set."""
    found: dict[Place, list[int]] = {}
    seen: set[tuple[int, str, int]] = set()
    for record in records:
        if dict(record.headers)["ce_type"] != Ecriture.ce_type.encode() or record.value == b"no JSON":
            continue
        entry = msgspec.json.decode(record.value or b"", type=Ecriture)
        if (key := (entry.societe_id, entry.ecriture_id, entry.revision)) in seen:
            continue
        seen.add(key)
        hour = int(event_time(record, entry_time(entry)).timestamp()) // 3600
        sums = found.setdefault((entry.societe_id, hour, entry.journal_code), [0, 0, 0])
        sums[0] += 1
        sums[1] += len(entry.lignes)
        sums[2] += sum(to_minor(line.debit) for line in entry.lignes)
    return found


def summed(told: Sequence[Comptage]) -> dict[Place, list[int]]:
    found: dict[Place, list[int]] = {}
    for block in told:
        for societe_id, hour, journal, *told_ in zip(
            block.societes, block.heures, block.journal, block.ecritures, block.lignes, block.centimes, strict=True
        ):
            sums = found.setdefault((societe_id, hour, block.journaux[journal]), [0, 0, 0])
            for k, value in enumerate(told_):
                sums[k] += value
    return found


def with_end(records: Sequence[RawRecord]) -> list[RawRecord]:
    return [*records, raw(100_000, Tick(societe_id=0, minuterie="statistics", echeance=NOW + dt.timedelta(days=30)))]


@pytest.fixture(scope="module")
def whole() -> list[Outgoing]:
    return new_pipeline().process(with_end(RECORDS))


def test_blocks_sum_to_a_batch_recomputation_from_the_topic(whole: list[Outgoing]) -> None:
    assert summed(blocks(whole)) == recomputed(RECORDS)
    assert {societe_id for block in blocks(whole) for societe_id in block.societes} == {3, 11}
    beats = [block for block in blocks(whole) if block.battement]
    assert [block.horloge for block in beats] == [
        NOW + dt.timedelta(hours=10),
        NOW + dt.timedelta(hours=90),
        NOW + dt.timedelta(days=30),
    ]


def test_each_block_says_where_it_came_from_and_is_on_its_partition(whole: list[Outgoing]) -> None:
    counts = [out for out in whole if out.topic is COUNTS]
    ids = Counter(dict(out.headers)["ce_id"] for out in counts)
    assert set(ids.values()) == {1}
    for out, block in zip(counts, blocks(whole), strict=True):
        said = dict(out.headers)
        assert (out.key, out.partition) == (b"3", block.partition) == (b"3", PARTITION)
        assert said["ce_type"] == Comptage.ce_type.encode()
        assert (said["wb_topic"], said["wb_partition"]) == (TOPIC.encode(), b"3")
        # Ended by a tick, which is in it, or by the first record beyond it, which is not.
        cause = int(said["wb_offset"] or b"")
        assert block.jusque == cause + 1 or (block.jusque % BLOCK == 0 and block.jusque <= cause)
    offsets = [int(dict(out.headers)["wb_offset"] or b"") for out in whole]
    assert offsets == sorted(offsets)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(cuts=st.lists(st.tuples(st.integers(0, len(RECORDS)), st.booleans(), st.integers(0, 60)), max_size=5))
def test_cuts_restarts_and_repetitions_change_no_byte(whole: list[Outgoing], cuts: list[tuple[int, bool, int]]) -> None:
    """At a cut, the state is perhaps taken from a snapshot; and a publisher perhaps sends earlier records again."""
    records, pipeline, found, done = with_end(RECORDS), new_pipeline(), [], 0
    repeated = False
    for cut, restart, repetitions in sorted(cuts):
        found += pipeline.process(records[done:cut])
        done = max(done, cut)
        if restart:
            pipeline = again(pipeline)
        if repetitions and done and not repeated:  # they take offsets between two records
            repeated = True
            sent = [one for one in records[max(0, done - repetitions) : done] if _is_entry(one)][:36]
            first = records[done - 1].offset + 1
            found += pipeline.process([one._replace(offset=first + k) for k, one in enumerate(sent)])
    found += pipeline.process(records[done:])
    ours = [out for out in found if out.topic is not DEAD_LETTER]
    expected = [out for out in whole if out.topic is not DEAD_LETTER]
    assert [out.value for out in ours] == [out.value for out in expected]
    if not repeated:
        assert found == whole


def _is_entry(record: RawRecord) -> bool:
    return dict(record.headers)["ce_type"] == Ecriture.ce_type.encode() and record.value != b"no JSON"


def test_detections_tell_the_time_of_the_event_that_they_follow_from(whole: list[Outgoing]) -> None:
    by_offset = {record.offset: record for record in RECORDS}
    detections = [out for out in whole if out.topic is DETECTIONS]
    assert len(detections) > 3
    for out in detections:
        said = dict(out.headers)
        cause = by_offset[int(said["wb_offset"] or b"")]
        entry = msgspec.json.decode(cause.value or b"", type=Ecriture)
        assert said["wb_time"] == event_time(cause, entry_time(entry)).isoformat().encode()
        assert msgspec.json.decode(out.value or b"", type=Detection).societe_id == entry.societe_id


def test_a_snapshot_without_counts_is_of_another_version() -> None:
    pipeline = new_pipeline()
    parts = {name: bytes(part) for name, part in pipeline.state.dump() if not name.startswith("tally/")}
    with pytest.raises(StateError, match="tally/counts is missing"):
        new_pipeline().state.load(parts)


def test_the_histograms_are_those_of_the_composites(whole: list[Outgoing]) -> None:
    entries = [msgspec.json.decode(record.value or b"", type=Ecriture) for record in RECORDS if _is_entry(record)]
    outcome = new_pipeline().state.scorer.process(entries)
    bars = np.bincount((outcome.composites * 20).astype(int), minlength=20)
    told = [
        (bars or [count]) + [0] * (20 - len(bars or [count]))
        for block in blocks(whole)
        for count, bars in zip(block.ecritures, block.scores, strict=True)
    ]
    assert np.sum(told, axis=0).tolist() == bars.tolist()

"""The invariants: what must hold at the end, whatever happened before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.acceptance.deployment import Deployment, Seen, assert_one_value_each, decode_detection, values_of
from topics import COUNTS, DETECTIONS, ENTRIES, SKETCHES
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.topic_ids import topic_id
from wisebook_ml.pipeline.live import new_scorer
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.pipeline.tallied import PartitionState
from wisebook_ml.scoring.in_force import MODELS_PART
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.snapshots import Identity, SnapshotStore
from wisebook_ml.snapshots.format import read_header

from .brokers import open_transactions
from .workers import eventually, files_of, holding

BEYOND = 1 << 62

FEWEST = 50
"""Detections without which a test would show nothing."""


@dataclass
class Undisturbed:
    """A partition of `entries` scored from its start by one scorer that nobody disturbs.

    Attributes
    ----------
    end : int
        The offset behind its last record.
    detections : list
        Offset of the entry, key and value of each.
    letters : list
        Offset, key, value and reason of each dead letter.
    states : dict
        At each offset asked for, the state's digest, and the models in force.
    """

    end: int = 0
    detections: list[tuple[int, bytes | None, bytes | None]] = field(default_factory=list)
    letters: list[tuple[int, bytes | None, bytes | None, bytes | None]] = field(default_factory=list)
    states: dict[int, tuple[str, bytes]] = field(default_factory=dict)


def state_of(scorer: LedgerScorer) -> tuple[str, bytes]:
    """Return what two scorers must have in common: the digest of their state, and their models."""
    return scorer.digest(), bytes(dict(scorer.dump())[MODELS_PART])


def score_undisturbed(deployment: Deployment, partition: int, stops: list[int]) -> Undisturbed:
    """Score a partition from its start, and note the state at some offsets."""
    topic, result, scorer = deployment.name(ENTRIES), Undisturbed(), new_scorer(deployment.settings)
    pipeline = PartitionPipeline(topic, partition, scorer, utc_now)
    first, end = end_offsets(deployment.bootstrap, topic)[partition]
    for stop in [*sorted(stops), end]:
        for run in read_partition(deployment.bootstrap, topic, partition, first, stop):
            for made in pipeline.process(run):
                _note(result, made)
            result.end = run[-1].offset + 1
        result.states[stop] = state_of(scorer)
        first = max(first, stop)
    return result


def _note(result: Undisturbed, made: Outgoing) -> None:
    if made.topic in (COUNTS, SKETCHES):
        return
    headers = dict(made.headers)
    offset = int(headers["wb_offset"] or b"")
    if made.topic is DETECTIONS:
        result.detections.append((offset, made.key, made.value))
    else:
        result.letters.append((offset, made.key, made.value, headers["wb_reason"]))


def snapshots(deployment: Deployment, partition: int) -> Iterator[tuple[int, LedgerScorer]]:
    """Yield the snapshots of a partition, the newest first; fail where one that has its final name is not whole."""
    topic, settings = deployment.name(ENTRIES), deployment.settings
    fingerprint = PartitionState(new_scorer(settings)).fingerprint
    identity = Identity(topic, topic_id(deployment.bootstrap, topic), partition, fingerprint)
    found = 0
    for offset, parts in SnapshotStore.of(settings).newest(identity, after=-1, at_most=BEYOND):
        found += 1
        state = PartitionState(new_scorer(settings))
        state.load(parts)
        yield offset, state.scorer
    files = files_of(f"{settings.state_url}/{topic}/{partition}", ".state")
    # Of another version of the program there may be one, after an upgrade.
    assert found == sum(_identity_of(path).fingerprint == fingerprint for path in files)


def _identity_of(path: Path) -> Identity:
    with path.open("rb") as file:
        return read_header(file).identity


def assert_snapshots_true(deployment: Deployment) -> int:
    """Check that every snapshot that is there is whole, and the state at its offset; return how many there are."""
    count = 0
    for partition in range(ENTRIES.partitions):
        found = {offset: state_of(scorer) for offset, scorer in snapshots(deployment, partition)}
        if found:
            expected = score_undisturbed(deployment, partition, list(found))
            assert {offset: expected.states[offset] for offset in found} == found
            count += len(found)
    return count


def assert_lag_free(deployment: Deployment, role: str = "scoring") -> None:
    """Wait until a role has finished and committed everything."""
    topic = DETECTIONS if role == "storage" else ENTRIES
    group, name = group_name(deployment.settings.topic_prefix, role), deployment.name(topic)
    eventually(lambda: group_lag(deployment.bootstrap, group, name) == 0, f"{role} done")


def assert_undisturbed(deployment: Deployment, *, to_the_end: bool = True) -> list[Seen]:
    """Check that nobody can tell that anything happened; to be called when all workers have been stopped.

    * Nothing is left to be done, no transaction is open, and no member is left in the group.
    * Every detection that an undisturbed run makes is on the topic, by the same entry, with the same bytes and in the
      same order, and there is no other; so the last value of each detection is the same. Repetitions are allowed.
    * No detection, revision, models and settings version carries two values.
    * The dead letters are those of an undisturbed run.
    * The state in every snapshot is that of an undisturbed run up to the same offset.

    Parameters
    ----------
    deployment : Deployment
        Whose.
    to_the_end : bool
        Whether the newest snapshots must include everything, since the workers were stopped in peace.

    Returns
    -------
    list of Seen
        The committed detection records.
    """
    assert_lag_free(deployment)
    assert open_transactions(deployment) == []
    assert holding(deployment) == []
    seen, dead = deployment.detections(), deployment.dead_letters()
    assert len(seen) > FEWEST
    assert_one_value_each(values_of(seen))
    models = set()
    for partition in range(ENTRIES.partitions):
        states = {offset: state_of(scorer) for offset, scorer in snapshots(deployment, partition)}
        expected = score_undisturbed(deployment, partition, list(states))
        told = [(int(one.header("wb_offset")), one.key, one.value) for one in seen if one.partition == partition]
        assert list(dict.fromkeys(told)) == expected.detections
        assert _last(told) == _last(expected.detections)
        letters = [
            (int(one.header("wb_offset")), one.key, one.value, one.header("wb_reason").encode())
            for one in dead
            if one.header("wb_partition") == str(partition)
        ]
        assert list(dict.fromkeys(letters)) == expected.letters
        assert states
        assert {offset: expected.states[offset] for offset in states} == states
        if to_the_end:
            assert max(states) == expected.end
        models |= {model for _, _, value in told for model in decode_detection(value or b"").modeles}
    assert {model.version for model in models if model.modele_id > 0} == {1, 2}
    return seen


def _last(told: list[tuple[int, bytes | None, bytes | None]]) -> dict[bytes | None, bytes | None]:
    return {key: value for _, key, value in told}

"""Workers come and go while entries flow, and nobody can tell from what is published."""

import random
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import zip_longest
from threading import Thread

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.generator import generate_ledger

from .deployment import Deployment, assert_one_value_each, last_of_each, values_of, with_gaps

KILLS = 1
"""Twenty are for `make chaos`."""

SMALL_BATCHES = {"WISEBOOK_ML_BATCH_SIZE": "50"}
"""Many batches, so that a kill has many places to strike."""


def assert_as_if_nothing_happened(deployment: Deployment, ledgers: Mapping[int, Sequence[Ecriture]]) -> None:
    """Check that every company's detections are those of an undisturbed run."""
    seen = deployment.detections()
    assert_one_value_each(values_of(seen))
    for societe_id, events in ledgers.items():
        expected = deployment.undisturbed(events)
        assert len(expected) > 0
        told = values_of(one for one in seen if one.detection.societe_id == societe_id)
        assert last_of_each(told) == last_of_each(expected)
        assert set(told) == set(expected)
        assert list(dict.fromkeys(told)) == list(dict.fromkeys(expected))
    assert deployment.dead_letters() == []


def test_a_scoring_worker_killed_again_and_again_and_stopped_once_leaves_no_trace(deployment: Deployment) -> None:
    events = with_gaps(generate_ledger(entries=1500, seed=21, societe_id=5).events)
    chance = random.Random(21)
    cuts = [len(events) * k // (KILLS + 2) for k in range(KILLS + 3)]
    worker = deployment.start("scoring", **SMALL_BATCHES)
    told = 0
    for part in range(KILLS + 1):
        deployment.publish(events[cuts[part] : cuts[part + 1]])
        # Somewhere in the part: when some more of its detections are out, while it works on the next.
        wanted = told + chance.randint(1, 5)
        deployment.until(partial(has_told, deployment, wanted), f"{wanted} detections", worker)
        if part < KILLS:
            worker.kill()
        else:
            assert worker.stop() == 0
        told = len(set(values_of(deployment.detections())))
        worker = deployment.start("scoring", **SMALL_BATCHES)
    deployment.publish(events[cuts[-2] :])
    deployment.wait("scoring", ENTRIES, worker)
    assert_as_if_nothing_happened(deployment, {5: events})


def has_told(deployment: Deployment, wanted: int) -> bool:
    """Tell whether at least so many different detection records are out."""
    return len(set(values_of(deployment.detections()))) >= wanted


def test_two_workers_share_the_companies_and_one_leaves_as_if_there_had_been_one(deployment: Deployment) -> None:
    ledgers = {k: with_gaps(generate_ledger(entries=200, seed=22, societe_id=k).events) for k in range(1, 9)}
    # As WiseBook publishes: everybody's entries of the day, one after the other.
    events = [event for day in zip_longest(*ledgers.values()) for event in day if event is not None]
    thirds = [
        events[: len(events) // 3],
        events[len(events) // 3 : 2 * len(events) // 3],
        events[2 * len(events) // 3 :],
    ]

    first = deployment.start("scoring", **SMALL_BATCHES)
    deployment.publish(thirds[0])
    deployment.until(lambda: len(deployment.detections()) > 0, "detections by the first worker", first)
    second = deployment.start("scoring", **SMALL_BATCHES)
    stream = Thread(target=deployment.publish, args=(thirds[1],))
    stream.start()
    deployment.until(lambda: len(holding(deployment)) == 2, "two workers with partitions", first, second)
    stream.join()
    assert sorted(p for mine in holding(deployment) for p in mine) == list(range(ENTRIES.partitions))

    stream = Thread(target=deployment.publish, args=(thirds[2],))
    stream.start()
    assert first.stop() == 0
    stream.join()
    deployment.wait("scoring", ENTRIES, second)
    assert_as_if_nothing_happened(deployment, ledgers)


def holding(deployment: Deployment) -> list[list[int]]:
    """Return the partitions of each scoring worker that has some."""
    return [partitions for partitions in deployment.members("scoring").values() if partitions]

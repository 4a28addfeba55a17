"""A deployment that outgrows its partitions: everything goes on in twice as many as if nothing had happened."""

import datetime as dt
import json
from typing import Any

import pytest
from msgspec.structs import replace

from schemas import CodeMotif, ReglageControle, Tick
from tests.acceptance.deployment import Deployment, assert_one_value_each, last_of_each, values_of, with_gaps
from topics import DETECTIONS, ENTRIES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets
from wisebook_ml.storage import SettingsStore, open_database
from wisebook_ml.timers.plan import Due
from wisebook_ml.timers.works import Surroundings, tick_entries

pytestmark = pytest.mark.chaos

COMPANIES = (1, 2, 3, 7, 16, 20)
ENTRIES_EACH = 300
DUE = dt.datetime(2024, 7, 1, 2, tzinfo=dt.UTC)
TWELVE = {"WISEBOOK_ML_PARTITIONS": "12"}


class Grown(Deployment):
    """The same home and database at another prefix."""

    def __init__(self, before: Deployment) -> None:
        super().__init__(before.bootstrap, f"new{before.settings.topic_prefix}", before.settings.home)

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, **TWELVE}


def replay_after_the_move(new: Grown) -> None:
    """Check that a replay of the new topics finds what stands there, and that what it finds otherwise can hold."""

    def replayed(*arguments: str) -> dict[str, Any]:
        done = new.execute("replay", *arguments, "--json")
        assert done.returncode == 0, done.stderr.decode()
        return dict(json.loads(done.stdout))

    compared = replayed("--dry-run")["comparison"]
    assert compared["same"] > 50
    assert [compared[name] for name in ("new", "gone", "changed", "missing")] == [0] * 4
    before = last_of_each(values_of(new.detections()))
    (company, *_), store = COMPANIES, SettingsStore(open_database(new.settings.sql_url))
    off = {CodeMotif.DESEQUILIBRE: ReglageControle(actif=False)}
    made = store.append(company, lambda base: replace(base, controles=off), "after the move")
    assert made is not None
    done = replayed("--societe", str(company), "--settings", str(made.version), "--promote")
    # Some of it was published before the move, and some after: all the same, now that it stands here.
    assert done["promoted"][str(company)] + done["left"] == sum(
        done["comparison"][name] for name in ("new", "gone", "changed", "relabelled")
    )
    told = new.detections(company)
    assert_one_value_each(values_of(told))
    promoted = [one for one in told if one.detection.parametres_version == made.version]
    assert len(promoted) == done["promoted"][str(company)] > 0
    others = {key: value for key, value in last_of_each(values_of(new.detections())).items() if key in before}
    changed = {str(one.detection.detection_id) for one in promoted}
    assert {key for key in before if others[key] != before[key]} <= changed


def test_twice_as_many_partitions_and_nobody_can_tell(deployment: Deployment) -> None:
    ledgers = {
        company: with_gaps(generate_ledger(entries=ENTRIES_EACH, seed=company, societe_id=company).events)
        for company in COMPANIES
    }
    half = {company: len(events) // 2 for company, events in ledgers.items()}
    deployment.publish(event for company, events in ledgers.items() for event in events[: half[company]])
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        for tick in tick_entries("drift", Due(DUE, DUE), Surroundings(deployment.settings, deployment.bootstrap)):
            producer.send(tick)
    scoring, storage = deployment.start("scoring"), deployment.start("storage")
    deployment.wait("scoring", ENTRIES, scoring)
    deployment.wait("storage", DETECTIONS, storage)
    new = Grown(deployment)

    early = deployment.execute("topics", "move", "--to", new.settings.topic_prefix, **TWELVE)
    assert early.returncode == 1
    assert "stop all workers" in early.stderr.decode()
    assert scoring.stop() == 0
    assert storage.stop() == 0
    odd = deployment.execute("topics", "move", "--to", new.settings.topic_prefix, WISEBOOK_ML_PARTITIONS="8")
    assert odd.returncode == 1
    assert "8 is no multiple of that: set WISEBOOK_ML_PARTITIONS to one, such as 12" in odd.stderr.decode()
    done = deployment.execute("topics", "move", "--to", new.settings.topic_prefix, **TWELVE)
    assert done.returncode == 0, done.stderr.decode()
    assert len(end_offsets(new.bootstrap, new.name(ENTRIES))) == 12
    again = deployment.execute("topics", "move", "--to", new.settings.topic_prefix, **TWELVE)
    assert again.returncode == 1
    assert f"There are records on {new.name(ENTRIES)}" in again.stderr.decode()

    moved = values_of(new.detections())
    rest = [event for company, events in ledgers.items() for event in events[half[company] :]]
    new.publish(rest)
    scoring = new.start("scoring")
    new.wait("scoring", ENTRIES, scoring)
    assert scoring.stop() == 0
    found = values_of(new.detections())
    assert len(found) > len(moved)  # what was known is not told again

    for company, events in ledgers.items():
        own = values_of(new.detections(company))
        tick = Tick(minuterie="drift", echeance=DUE, societe_id=0)
        undisturbed = deployment.undisturbed([*events[: half[company]], tick, *events[half[company] :]])
        assert own == undisturbed
        assert len({one.partition for one in new.detections(company)}) == 1
    scoring = new.start("scoring")
    new.wait("scoring", ENTRIES, scoring)
    replay_after_the_move(new)
    assert scoring.stop() == 0
    new.close()

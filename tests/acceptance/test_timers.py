"""The role `timers`: after an outage, with a leader that is killed in the middle of it, and by hand."""

import datetime as dt
import json
from collections import Counter

import msgspec

from schemas import ExecutionMinuterie, StatutExecution, Tick
from topics import ENTRIES, TIMER_RUNS
from wisebook_ml.cli.timers import NOBODY_LEADS
from wisebook_ml.clock import utc_now
from wisebook_ml.storage import TimerRunStore, open_database
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.plan import due

from .deployment import Deployment, Raw

OUTAGE, HOUR = dt.timedelta(days=10), dt.timedelta(hours=1)
LEADS = "this worker leads"
TICKING = {"absence", "drift", "statistics"}


def on_topic(run: ExecutionMinuterie) -> Raw:
    type_ = ("ce_type", ExecutionMinuterie.ce_type.encode())
    return run.minuterie.encode(), msgspec.json.encode(run), [type_]


def runs(deployment: Deployment) -> list[ExecutionMinuterie]:
    read = [msgspec.json.decode(one.value or b"", type=ExecutionMinuterie) for one in deployment.read(TIMER_RUNS)]
    return [run for run in read if run.statut is not StatutExecution.ARMEE]


def test_an_outage_is_caught_up_with_once_though_the_leader_is_killed(deployment: Deployment) -> None:
    nobody = deployment.run("timers", "list")
    assert nobody.returncode == 0, nobody.stderr.decode()
    assert NOBODY_LEADS in nobody.stderr.decode()

    before = utc_now() - OUTAGE
    armed = [
        ExecutionMinuterie(minuterie=name, echeance=before, statut=StatutExecution.ARMEE, acquise=before, debut=before)
        for name in TIMERS
    ]
    deployment.send(TIMER_RUNS, map(on_topic, armed))

    storage = deployment.start("storage")
    workers = [deployment.start("timers"), deployment.start("timers")]
    deployment.until(lambda: len(runs(deployment)) > 0, "the first run", *workers)
    leader = next(worker for worker in workers if LEADS in worker.log.read_text())
    leader.kill()
    (successor,) = (worker for worker in workers if worker is not leader)
    deployment.until(lambda: LEADS in successor.log.read_text(), "a successor", successor)
    deployment.until(lambda: len(runs(deployment)) >= len(TIMERS), "all timers", successor)

    done = runs(deployment)
    for start in armed:
        first, *later = [run for run in done if run.minuterie == start.minuterie]
        todo = due(TIMERS[start.minuterie].schedule, start, first.debut)
        assert todo is not None
        assert (first.statut, first.echeance, first.sautees) == (StatutExecution.REUSSIE, todo.echeance, todo.sautees)
        assert [run.echeance - first.echeance for run in later] in ([], [HOUR])  # where the hour has just struck
    ticks = [msgspec.json.decode(one.value or b"", type=Tick) for one in deployment.read(ENTRIES)]
    assert Counter((tick.minuterie, tick.echeance) for tick in ticks) == {
        (run.minuterie, run.echeance): ENTRIES.partitions for run in done if run.minuterie in TICKING
    }

    # By hand, while the successor leads; it goes on.
    asked = deployment.run("timers", "run", "absence", "--by", "marie", "--json")
    assert asked.returncode == 0, asked.stderr.decode()
    assert msgspec.json.decode(asked.stdout, type=ExecutionMinuterie).publies == {"entries": ENTRIES.partitions}
    unknown = deployment.run("timers", "run", "nightly")
    assert unknown.returncode == 2
    assert "there is no timer 'nightly'; there are absence, auto-retrain, drift" in unknown.stderr.decode()
    listed = deployment.run("timers", "list", "--json")
    assert listed.returncode == 0, listed.stderr.decode()
    assert NOBODY_LEADS not in listed.stderr.decode()
    rows = {row["minuterie"]: row for row in map(json.loads, listed.stdout.splitlines())}
    assert set(rows) == set(TIMERS)
    assert rows["absence"]["derniere"]["demandeur"] == "marie"
    assert rows["weekly"]["derniere"]["statut"] == "REUSSIE"
    assert dt.datetime.fromisoformat(rows["drift"]["prochaine"]).hour == 3

    store = TimerRunStore(open_database(deployment.settings.sql_url))
    deployment.until(lambda: len(store.list()) >= len(done) + len(TIMERS) + 1, "runs in SQL", storage, successor)
    assert store.list("drift")[0] == next(run for run in done if run.minuterie == "drift")
    assert successor.stop() == 0
    assert storage.stop() == 0
    assert deployment.dead_letters() == []

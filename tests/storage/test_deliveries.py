"""The queue of deliveries: nothing lost, one destination in work at once, and every attempt told."""

import datetime as dt
import threading
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from sqlalchemy import Engine, event

from schemas import Alerte, Canal, Destination, EtatAlerte, Livraison, ReglageAlertes, Severite, StatutLivraison
from wisebook_ml.delivery.planning import Planned, Told, plan
from wisebook_ml.delivery.schedule import Answer, Backoff, Kind
from wisebook_ml.storage import DeliveryClaim, DeliveryLog, DeliveryStore, Issued

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
SECOND, MINUTE, HOUR = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(hours=1)
LEASE = 15 * SECOND
ROOM = {Canal.WEBHOOK: 4, Canal.EMAIL: 4}
WAITS = Backoff(30.0, 1)

HOOK, BOX, OTHER = "https://me:pw@erp.example.fr/hook?t=1", "anne@example.fr", "paul@example.fr"
RULES = ReglageAlertes(
    destinations=[
        Destination(canal=Canal.WEBHOOK, adresse=HOOK),
        Destination(canal=Canal.EMAIL, adresse=f"{BOX}, {OTHER}", langue="en"),
    ]
)
ENDED, FAILED = Answer(Kind.DELIVERED, code=200), Answer(Kind.RETRY, "answered 500\0", 500)


def alert(number: int, **changes: object) -> Alerte:
    one = Alerte(
        alerte_id=uuid.UUID(int=number), societe_id=7, severite=Severite.ELEVEE, titre_fr="t", titre_en="t",
        detections=[uuid.UUID(int=9)], montant="12.00", ouverte_le=NOON,
    )  # fmt: skip
    return replace(one, **changes)


def choose(alerte: Alerte, told: Mapping[str, Sequence[Told]]) -> Sequence[Planned]:
    return plan(alerte, RULES, told)


def planned(store: DeliveryStore, *alerts: Alerte, now: dt.datetime = NOON, issued: dt.datetime = NOON) -> int:
    return store.plan([Issued(one, issued) for one in alerts], choose, now)


def claimed(store: DeliveryStore, now: dt.datetime, **room: int) -> list[DeliveryClaim]:
    asked = {Canal[name.upper()]: count for name, count in room.items()} or ROOM
    return sorted(store.claim(asked, WAITS, now, LEASE), key=lambda one: one.adresse)


def done(store: DeliveryStore, claim: DeliveryClaim, answer: Answer, ended: dt.datetime) -> dt.datetime | None:
    """Record an answer; return when it is tried again."""
    step = WAITS.step(
        answer, key=str(claim.livraison_id), attempt=claim.tentative, now=ended, issued=claim.emise_le
    )  # fmt: skip
    pause = None if answer.kind is Kind.DELIVERED else WAITS.pause(claim.destination, claim.echecs + 1, answer)
    store.finish(claim, step, code=answer.code, ended=ended, pause=pause)
    return step.prochaine


def told(engine: Engine, **asked: object) -> list[tuple[str, StatutLivraison, int]]:
    rows = DeliveryLog(engine).list(7, **asked)  # type: ignore[arg-type]
    return sorted((row.destination, row.statut, row.tentatives) for row in rows)


def attempts(engine: Engine) -> list[Livraison]:
    log = DeliveryLog(engine)
    return list(log.attempts([row.livraison_id for row in log.list(7)]))


def test_what_is_planned_is_delivered_once(engine: Engine) -> None:
    store = DeliveryStore(engine)
    assert planned(store, alert(1)) == 3
    assert planned(store, alert(1)) == 0  # it comes again
    claims = claimed(store, NOON)
    assert [(one.adresse, one.langue, one.tentative, one.echecs) for one in claims] == [
        (BOX, "en", 1, 0), (HOOK, "fr", 1, 0), (OTHER, "en", 1, 0)
    ]  # fmt: skip
    assert [one.alerte for one in claims] == [alert(1)] * 3
    assert claimed(store, NOON + SECOND) == []
    for claim in claims:
        done(store, claim, ENDED, NOON + 2 * SECOND)
    assert claimed(store, NOON + HOUR) == []
    assert told(engine) == [
        (BOX, StatutLivraison.LIVREE, 1),
        ("https://erp.example.fr/hook?…", StatutLivraison.LIVREE, 1),
        (OTHER, StatutLivraison.LIVREE, 1),
    ]
    assert {(one.statut, one.code, one.duree_ms, one.quand) for one in attempts(engine)} == {
        (StatutLivraison.LIVREE, 200, 2000, NOON)
    }
    assert not any("pw" in one.destination for one in attempts(engine))


def test_an_alert_of_another_company_with_the_same_id_takes_nothing_away(engine: Engine) -> None:
    store = DeliveryStore(engine)
    forged = alert(1, societe_id=8, revision=9)
    assert planned(store, forged, alert(1)) == 6  # both companies have the same destinations
    assert planned(store, alert(1), alert(1, societe_id=8)) == 0
    first = claimed(store, NOON)
    for claim in first:
        done(store, claim, ENDED, NOON)
    second = claimed(store, NOON + SECOND)
    assert sorted(Counter(one.alerte.societe_id for one in [*first, *second]).items()) == [(7, 3), (8, 3)]


def test_a_destination_that_fails_is_left_in_peace_and_holds_nobody_up(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1), alert(2))
    box, hook, other = claimed(store, NOON)
    again = done(store, hook, FAILED, NOON + SECOND)
    assert again is not None
    assert NOON + SECOND <= again <= NOON + 31 * SECOND
    for claim in (box, other):
        done(store, claim, ENDED, NOON + SECOND)
    second = claimed(store, NOON + SECOND)
    assert [(one.adresse, one.alerte.alerte_id.int) for one in second] == [(BOX, 2), (OTHER, 2)]
    (row,) = DeliveryLog(engine).list(7, failed=True)
    assert (row.statut, row.code, row.detail, row.prochaine) == (
        StatutLivraison.A_REESSAYER, 500, "answered 500\N{REPLACEMENT CHARACTER}", again
    )  # fmt: skip
    (after,) = claimed(store, NOON + MINUTE, webhook=4)
    assert after.echecs == 1
    done(store, after, ENDED, NOON + MINUTE)
    (last,) = claimed(store, NOON + MINUTE, webhook=4)
    assert (last.echecs, last.destination) == (0, after.destination)
    assert {after.alerte.alerte_id.int, last.alerte.alerte_id.int} == {1, 2}


def test_an_address_that_refuses_one_company_takes_what_others_send(engine: Engine) -> None:
    """Each company signs with a secret of its own: a receiver may take one and refuse the other for hours."""
    store = DeliveryStore(engine)
    planned(store, alert(1, societe_id=7), alert(2, societe_id=8))
    first, second = claimed(store, NOON, webhook=4)
    assert {first.alerte.societe_id, second.alerte.societe_id} == {7, 8}
    done(store, first, Answer(Kind.FEW, "answered 401", 401, wait=6 * 3600.0), NOON)
    done(store, second, ENDED, NOON)
    other = second.alerte.societe_id
    planned(store, alert(3, societe_id=7), alert(4, societe_id=8), now=NOON + SECOND)
    assert [one.alerte.societe_id for one in claimed(store, NOON + SECOND, webhook=4)] == [other]


def test_room(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    assert len(claimed(store, NOON, email=1, webhook=0)) == 1
    assert len(claimed(store, NOON, email=1)) == 1
    assert len(claimed(store, NOON, email=1)) == 0
    assert len(claimed(store, NOON, webhook=1)) == 1


def test_what_a_dead_worker_had_is_tried_again_and_its_attempt_is_told(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    dead = claimed(store, NOON, webhook=1)[0]
    store.renew([dead], NOON + 25 * SECOND)
    assert claimed(store, NOON + 24 * SECOND, webhook=1) == []
    assert claimed(store, NOON + 26 * SECOND, webhook=1) == []  # it is recorded, and waits
    (record,) = attempts(engine)
    assert (record.statut, record.tentative, record.quand) == (StatutLivraison.A_REESSAYER, 1, NOON)
    assert "whether it arrived is not known" in record.detail
    (again,) = claimed(store, NOON + 2 * MINUTE, webhook=1)
    assert (again.livraison_id, again.tentative) == (dead.livraison_id, 2)
    # The dead one was only asleep.
    store.renew([dead], NOON + HOUR)
    done(store, dead, FAILED, NOON + 2 * MINUTE)
    assert claimed(store, NOON + 2 * MINUTE + SECOND, webhook=1) == []
    done(store, again, ENDED, NOON + 2 * MINUTE + SECOND)
    assert [(one.tentative, one.statut) for one in attempts(engine)] == [
        (1, StatutLivraison.A_REESSAYER), (2, StatutLivraison.LIVREE)
    ]  # fmt: skip


def test_what_arrived_though_its_worker_was_given_up_counts(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    asleep = claimed(store, NOON, webhook=1)[0]
    claimed(store, NOON + MINUTE, webhook=1)
    done(store, asleep, ENDED, NOON + MINUTE + SECOND)
    assert claimed(store, NOON + HOUR, webhook=1) == []
    assert [(one.tentative, one.statut) for one in attempts(engine)] == [
        (1, StatutLivraison.A_REESSAYER), (1, StatutLivraison.LIVREE)
    ]  # fmt: skip


def test_a_later_revision_replaces_what_waits(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    claims = claimed(store, NOON)
    for claim in claims:
        done(store, claim, FAILED, NOON)
    later = [alert(1, revision=k, nombre=k) for k in range(2, 40)] + [alert(1, revision=40, etat=EtatAlerte.RESOLUE)]
    assert planned(store, *later, now=NOON + SECOND) == 39 + 2
    after = claimed(store, NOON + HOUR)
    assert [(one.alerte.revision, one.adresse) for one in after] == [(40, BOX), (40, HOOK), (40, OTHER)]
    for claim in after:
        done(store, claim, ENDED, NOON + HOUR)
    states = Counter((row.destination, row.statut) for row in DeliveryLog(engine).list(7))
    assert states == {
        (BOX, StatutLivraison.REMPLACEE): 1, (BOX, StatutLivraison.LIVREE): 1,
        (OTHER, StatutLivraison.REMPLACEE): 1, (OTHER, StatutLivraison.LIVREE): 1,
        ("https://erp.example.fr/hook?…", StatutLivraison.REMPLACEE): 39,
        ("https://erp.example.fr/hook?…", StatutLivraison.LIVREE): 1,
    }  # fmt: skip
    ends = [one for one in attempts(engine) if one.statut is StatutLivraison.REMPLACEE]
    assert len(ends) == 41
    assert {one.tentative for one in ends} == {0, 1}


def test_a_claim_knows_what_has_arrived_before(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    (first,) = claimed(store, NOON, webhook=1)
    assert first.dite is None
    done(store, first, ENDED, NOON)
    planned(store, alert(1, revision=2, nombre=2), alert(1, revision=3, nombre=3), now=NOON + SECOND)
    (last,) = claimed(store, NOON + SECOND, webhook=1)
    assert (last.alerte.revision, last.dite) == (3, alert(1))


def test_nobody_is_told_of_the_end_of_what_he_was_never_told_of(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1), alert(2), alert(2, revision=2, nombre=2))
    planned(store, alert(1, revision=2, etat=EtatAlerte.RESOLUE))
    assert {one.alerte.alerte_id.int for one in claimed(store, NOON)} == {2}
    rows = DeliveryLog(engine).list(7, alerte=str(uuid.UUID(int=1)))
    assert Counter((row.revision, row.statut) for row in rows) == {
        (1, StatutLivraison.REMPLACEE): 3, (2, StatutLivraison.ABANDONNEE): 3
    }  # fmt: skip
    assert any("over before anybody was told" in row.detail for row in rows)
    assert planned(store, alert(1, revision=3)) == 3  # it is open again: the first they hear


def test_an_alert_of_yesterday_is_told_to_nobody(engine: Engine) -> None:
    store = DeliveryStore(engine)
    assert planned(store, alert(1), issued=NOON - 25 * HOUR) == 3
    assert claimed(store, NOON) == []
    assert {(one.statut, one.tentative) for one in attempts(engine)} == {(StatutLivraison.ABANDONNEE, 0)}
    assert planned(store, alert(1, revision=2)) == 3  # it was not told: so this is the first they hear


def test_what_waited_for_a_day_is_given_up(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1), alert(2))
    first = claimed(store, NOON, webhook=1)[0]
    done(store, first, Answer(Kind.RETRY, "answered 503", 503, wait=1e9), NOON)
    assert claimed(store, NOON + 5 * HOUR, webhook=1) == []
    assert claimed(store, NOON + 24 * HOUR) == []
    assert {row.statut for row in DeliveryLog(engine).list(7)} == {StatutLivraison.ABANDONNEE}
    assert {row.detail for row in DeliveryLog(engine).list(7)} == {
        "(given up: the alert is a day old)", "answered 503 (given up: the alert is a day old)"
    }  # fmt: skip


def test_the_clock_of_a_publisher_that_is_ahead(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1), issued=NOON + 1000 * HOUR)
    assert claimed(store, NOON)[0].emise_le == NOON


def test_what_is_published(engine: Engine) -> None:
    store, log = DeliveryStore(engine), DeliveryLog(engine)
    planned(store, alert(1))
    for claim in claimed(store, NOON):
        done(store, claim, FAILED, NOON)
    waiting = [attempt for attempt, _ in log.unpublished()]
    assert len(waiting) == 3
    log.published(waiting[:2])
    assert [attempt for attempt, _ in log.unpublished()] == waiting[2:]
    log.published([])
    log.published(waiting)
    assert log.unpublished() == []
    assert waiting[0].prochaine is not None


def test_old_rows_are_removed(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1), alert(2))
    for claim in claimed(store, NOON):
        done(store, claim, ENDED, NOON)
    assert store.purge(NOON) == 0
    assert store.purge(NOON + SECOND) == 3
    assert len(DeliveryLog(engine).list(7)) == 3  # those that still wait
    assert len(attempts(engine)) == 0
    for claim in claimed(store, NOON + SECOND):
        done(store, claim, ENDED, NOON + SECOND)
    assert store.purge(NOON + HOUR) == 3
    assert planned(store, alert(3)) == 3


def test_a_purge_takes_no_destination_away_from_what_is_just_planned(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, alert(1))
    for claim in claimed(store, NOON):
        done(store, claim, ENDED, NOON)
    purge = threading.Thread(target=store.purge, args=(NOON + HOUR,))

    def between(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO livraison ") and purge.ident is None:
            purge.start()
            purge.join(1.0)  # it waits for the plan, or is through with it

    event.listen(engine, "before_cursor_execute", between)
    assert planned(store, alert(2)) == 3
    purge.join()
    assert [one.alerte.alerte_id.int for one in claimed(store, NOON)] == [2, 2, 2]


def test_who_asks(engine: Engine) -> None:
    store, log = DeliveryStore(engine), DeliveryLog(engine)
    planned(store, alert(1), alert(2), alert(3, societe_id=8))
    assert len(log.list(7)) == 6
    assert len(log.list(8)) == 3
    assert {row.alerte_id.int for row in log.list(7, alerte=str(uuid.UUID(int=2)))} == {2}
    assert len(log.list(7, alerte="0000")) == 6
    assert log.list(7, alerte="1") == log.list(7, alerte="nobody") == []
    assert log.list(7, failed=True) == []
    assert len(log.list(7, limit=1)) == 1


def test_workers_that_ask_at_once_share_the_work(engine: Engine) -> None:
    store = DeliveryStore(engine)
    planned(store, *(alert(k) for k in range(1, 6)))
    taken: list[DeliveryClaim] = []

    def work() -> None:
        for _ in range(6):
            for claim in claimed(store, NOON):
                taken.append(claim)
                done(store, claim, ENDED, NOON)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while rest := claimed(store, NOON):
        taken += rest
        for claim in rest:
            done(store, claim, ENDED, NOON)
    assert len(taken) == 15
    assert len({one.livraison_id for one in taken}) == 15
    assert {one.tentative for one in taken} == {1}

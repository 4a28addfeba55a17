"""The office with real databases and a real broker: nothing lost or changed by failures in between."""

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from schemas import Acquittement, Alerte, CodeMotif, Detection, Etat, EtatAlerte, Parametres, ReglageAlertes
from topics import ALERTS
from wisebook_ml.alerting.office import Acknowledged, Office, Taken
from wisebook_ml.alerting.policies import Policies
from wisebook_ml.alerting.state import CompanyState
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import RawRecord, event_headers
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.storage import AlertStore, ForeignRow, SettingsStore, create_engine, upgrade

from .made import HOUR, MINUTE, NINE, detection

PARTITION = 3
TOPIC = "t.detections"


class Unreliable(EventProducer):
    """A producer that loses its broker once, before or after delivery, where it is told to."""

    fails = ""

    def flush(self) -> None:
        """Flush, and fail as told."""
        if self.fails == "before":
            self.fails = ""
            raise PublishError("the broker is away")
        super().flush()
        if self.fails == "after":
            self.fails = ""
            raise PublishError("the answer got lost")


class Place:
    """A database, a broker and an office whose clock is set by hand."""

    def __init__(self, engine: Engine, bootstrap: str, prefix: str) -> None:
        self.engine, self.bootstrap, self.prefix = engine, bootstrap, prefix
        self.store = AlertStore(engine)
        self.producer = Unreliable(bootstrap, prefix)
        self.now = NINE
        self.office = self.restarted()

    def restarted(self, topic_id: str = "one") -> Office:
        """Return the office of a process that has just started."""
        policies = Policies(SettingsStore(self.engine))
        self.office = Office(
            self.store, policies, self.producer, topic=TOPIC, topic_id=topic_id, clock=lambda: self.now
        )
        return self.office

    def alerts(self) -> list[Alerte]:
        """Return what is on the topic, in order."""
        name = ALERTS.full_name(self.prefix)
        return [
            msgspec.json.decode(raw.value or b"", type=Alerte)
            for partition, (start, end) in end_offsets(self.bootstrap, name).items()
            for run in read_partition(self.bootstrap, name, partition, start, end)
            for raw in run
        ]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, kafka: str, topic_prefix: str) -> Iterator[Place]:
    """Return a place with empty tables and topics."""
    url = f"sqlite:///{tmp_path / 'a.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    apply_topics(kafka, topic_prefix, declared=(ALERTS,))
    engine = create_engine(url)
    upgrade(engine)
    yield Place(engine, kafka, topic_prefix)
    engine.dispose()


def taken(records: Sequence[Detection], first: int = 0, made: dt.datetime = NINE) -> list[Taken]:
    """Return detections with the records they came in."""
    return [
        (RawRecord(first + k, b"", b"", event_headers(one, id_=str(k), source="test", time=made)), one)
        for k, one in enumerate(records)
    ]


def acknowledged(alert: Alerte, by: str, societe_id: int = 7) -> Acknowledged:
    one = Acquittement(societe_id=societe_id, alerte_id=alert.alerte_id, auteur=by)
    return RawRecord(0, b"7", b"", event_headers(one, id_="a", source="test", time=NINE)), one


def brief(alerts: Sequence[Alerte]) -> list[tuple[int, int, str]]:
    return [(one.revision, one.nombre, one.etat.value) for one in alerts]


def test_a_batch_that_comes_again_changes_nothing(place: Place) -> None:
    batch = taken([detection(k) for k in range(12)])
    place.office.take(PARTITION, batch[:5])
    place.restarted().take(PARTITION, batch)
    place.office.take(PARTITION, batch)
    told = place.alerts()
    assert brief(told) == [(1, 1, "OUVERTE"), (2, 10, "OUVERTE")]
    (alert,) = place.store.list(7)
    assert (alert.nombre, alert.revision) == (12, 2)
    assert len(place.store.members(alert.alerte_id)) == 12
    # Of a topic that was created again, other records stand at the same offsets.
    place.restarted("another").take(PARTITION, taken([detection(100)]))
    assert place.store.list(7)[0].nombre == 13


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broker_that_goes_away_gets_the_same_records(place: Place, when: str) -> None:
    batch = taken([detection(k) for k in range(12)])
    place.producer.fails = when
    with pytest.raises(PublishError):
        place.office.take(PARTITION, batch)
    office = place.restarted()
    office.look_at_clock([1, 2])  # another worker's partitions
    office.look_at_clock([PARTITION])
    office.take(PARTITION, batch)
    told = place.alerts()
    assert {one.revision: one for one in told} == {one.revision: one for one in reversed(told)}
    assert brief(told)[-2:] == [(1, 1, "OUVERTE"), (2, 10, "OUVERTE")]
    assert place.store.pending([PARTITION]) == []


def test_any_cut_makes_the_same_records_and_companies_are_apart(place: Place) -> None:
    codes = (CodeMotif.DOUBLON, CodeMotif.SOUS_SEUIL)
    records = [detection(k, codes[k % 3 == 0], societe_id=k % 2 + 1) for k in range(60)]
    records += [detection(k, etat=Etat.CLOSE, revision=2, societe_id=k % 2 + 1) for k in range(60)]
    place.office.take(PARTITION, taken(records))
    whole = place.alerts()
    others = [detection(one.objet.id[1:], societe_id=one.societe_id + 100) for one in records]
    assert len({one.societe_id for one in others}) == 2
    start = 0
    again = [
        msgspec.structs.replace(
            one,
            detection_id=other.detection_id,
            societe_id=other.societe_id,
        )
        for one, other in zip(records, others, strict=True)
    ]
    for size in (1, 2, 7, 30, 80):
        place.restarted().take(PARTITION, taken(again[start : start + size], first=1_000 + start))
        start += size

    def told(alerts: Sequence[Alerte], societe_id: int) -> list[tuple[str, int, int, str]]:
        return [(one.cause, one.revision, one.nombre, one.etat.value) for one in alerts if one.societe_id == societe_id]

    for societe_id in (1, 2):
        assert told(whole, societe_id)
        assert told(place.alerts(), societe_id + 100) == told(whole, societe_id)


def test_the_clock_tells_what_is_due_and_survives_a_restart(place: Place) -> None:
    versions = SettingsStore(place.engine)
    none_at_once = ReglageAlertes(budget_horaire=0, escalade=30)
    versions.append(0, lambda _: Parametres(societe_id=0, alertes=none_at_once), "all")
    place.office.take(PARTITION, taken([detection(0)]))
    assert len(place.alerts()) == 1  # nobody has announced that version
    versions.mark(0, 1)
    place.restarted().take(PARTITION, taken([detection(k, CodeMotif.BENFORD) for k in range(1, 5)], first=1))
    place.now = NINE + HOUR - MINUTE
    place.office.look_at_clock([PARTITION])
    assert len(place.alerts()) == 1
    place.now = NINE + HOUR
    for _ in range(2):
        place.restarted().look_at_clock([PARTITION])
    assert brief(place.alerts())[1:] == [(1, 4, "OUVERTE")]
    place.now = NINE + HOUR + 30 * MINUTE
    place.office.look_at_clock([PARTITION])
    assert place.alerts()[-1].escalade == 1


def test_acknowledgements(place: Place) -> None:
    place.office.take(PARTITION, taken([detection(0)]))
    (alert,) = place.alerts()
    wrong = acknowledged(alert, "anne", societe_id=8)
    assert [reason.partition(";")[0] for _, reason in place.office.acknowledge(PARTITION, "acks", [wrong])] == [
        f"company 8 has no alert {alert.alerte_id} that was made of detections"
    ]
    for _ in range(2):
        assert place.office.acknowledge(PARTITION, "acks", [acknowledged(alert, "anne")]) == []
    assert brief(place.alerts()) == [(1, 1, "OUVERTE"), (2, 1, "ACQUITTEE")]
    kept = place.store.get(alert.alerte_id, 7)
    assert kept is not None
    assert (kept.etat, kept.acquittee_par) == (EtatAlerte.ACQUITTEE, "anne")
    assert place.store.get(alert.alerte_id, 8) is None


def test_what_concerns_nobody_leaves_no_trace(place: Place) -> None:
    versions = SettingsStore(place.engine)
    versions.append(7, lambda _: Parametres(societe_id=7, alertes=ReglageAlertes(actif=False)), "off")
    versions.mark(7, 1)
    place.restarted().take(PARTITION, taken([detection(k) for k in range(20)]))
    with place.store.session(PARTITION, "one") as session:
        assert session.position == 0
    assert place.store.count(everything=True) == 0
    assert place.alerts() == []


def test_a_record_with_the_id_of_another_companys_detection_is_refused(place: Place) -> None:
    own = detection(0)
    forged = msgspec.structs.replace(detection(0, revision=5, societe_id=8), detection_id=own.detection_id)
    batch = taken([own, forged, detection(1, societe_id=8), forged])
    refused = place.office.take(PARTITION, batch)
    assert [raw.offset for raw, _ in refused] == [1, 3]
    assert "is that of another company's detection" in refused[0][1]
    # Whoever refused them may have ended before it was told; and in a batch of their own they are refused alike.
    assert [raw.offset for raw, _ in place.restarted().take(PARTITION, batch)] == [1, 3]
    assert len(place.office.take(PARTITION + 1, taken([forged]))) == 1
    assert sorted((one.societe_id, one.nombre) for one in place.alerts()) == [(7, 1), (8, 1)]
    (alert,) = place.store.list(7)
    assert [(one.societe_id, one.revision) for one in place.store.members(alert.alerte_id)] == [(7, 1)]


def test_rows_never_change_their_company(place: Place) -> None:
    place.office.take(PARTITION, taken([detection(0)]))
    (alert,) = place.store.list(7)
    (member,) = place.store.members(alert.alerte_id)
    alien_alert, alien_member = (msgspec.structs.replace(one, societe_id=8) for one in (alert, member))
    for alerts, members in (([alien_alert], []), ([], [alien_member])):
        with (
            pytest.raises(ForeignRow, match="to be taken again"),
            place.store.session(PARTITION, "one") as session,
        ):
            session.keep(CompanyState(societe_id=8), None, alerts, members, [])
    assert place.store.get(alert.alerte_id, 7) == alert
    assert place.store.members(alert.alerte_id) == [member]
    assert place.store.count(8, everything=True) == 0

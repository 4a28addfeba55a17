"""The role `statistics`: killed in the middle, its windows are what a recomputation from the topics says."""

import datetime as dt
import json
import random
import uuid
from collections.abc import Iterable, Iterator

import msgspec
from confluent_kafka.admin import AdminClient
from fastapi.testclient import TestClient

from schemas import (
    Avis,
    CodeMotif,
    Comptage,
    Detection,
    DomaineApplication,
    Etat,
    Fenetre,
    MotifDetection,
    Objet,
    Record,
    Severite,
    Statistique,
    Tick,
    TypeObjet,
    Verdict,
)
from tests.windows.recomputation import Place, Window, recompute
from tests.windows.worker import told
from topics import COUNTS, DETECTIONS, ENTRIES, FEEDBACK, STATISTICS, WINDOWS, Topic
from wisebook_ml.access import Right
from wisebook_ml.api import create_api
from wisebook_ml.clock import utc_now
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.groups import group_name
from wisebook_ml.storage import TokenStore, open_database
from wisebook_ml.training.collect import partition_of
from wisebook_ml.windows.calendar import seconds
from wisebook_ml.windows.events import Counted, counted, detected, judged
from wisebook_ml.windows.view import WindowView

from .deployment import Deployment, Raw

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
COMPANIES = (1, 2, 3, 11)
BLOCKS = 300
SCORED = 5


def raw(record: Record, key: object, time: dt.datetime, **headers: str) -> Raw:
    told_ = {"ce_type": record.ce_type, "ce_time": time.isoformat(), **headers}
    return str(key).encode(), msgspec.json.encode(record), [(name, value.encode()) for name, value in told_.items()]


def some_hour(chance: random.Random, k: int) -> dt.datetime:
    """Mostly the present, which goes on; sometimes days or a year late, and sometimes in the future."""
    late = chance.choices([0, 1, 9, 390, 500, -3], [80, 8, 6, 3, 2, 1])[0]
    return NOW - 20 * DAY + k * HOUR - late * DAY


def comptage(societe_id: int, k: int, chance: random.Random) -> Comptage:
    rows = sorted((some_hour(chance, k), place) for place in range(2))
    return Comptage(
        partition=partition_of(societe_id, COUNTS.partitions),
        depuis=10 * k,
        jusque=10 * k + 10,
        horloge=NOW - 20 * DAY + k * HOUR,
        journaux=["AC", "VE"],
        societes=[societe_id] * 2,
        heures=[int(hour.timestamp()) // 3600 for hour, _ in rows],
        journal=[place for _, place in rows],
        ecritures=[1, 1],
        lignes=[2, 2],
        centimes=[100 * chance.randint(1, 9999) + 50 for _ in rows],
        scores=[[0, 1], []],
    )


def detection(societe_id: int, k: int, chance: random.Random) -> Raw:
    found = Detection(
        detection_id=uuid.UUID(int=1000 * societe_id + k % 50),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=Objet(type=TypeObjet.ECRITURE, id=f"E-{k % 50}"),
        etat=chance.choice([Etat.OUVERTE, Etat.OUVERTE, Etat.CLOSE]),
        revision=1,
        journal_code=chance.choice(["VE", "AC", None]),
        montant="1.00",
        score=50.0,
        severite=chance.choice(list(Severite)),
        motifs=[
            MotifDetection(code=code, poids=poids, valeur=1.0, seuil=1.0, libelle_fr="f", libelle_en="e")
            for code, poids in ((CodeMotif.DOUBLON, 20.0), (chance.choice(list(CodeMotif)), 30.0))
        ],
        contributions={},
        modeles=[],
        parametres_version=0,
    )
    time = some_hour(chance, k)
    where = {"wb_topic": "entries", "wb_offset": str(10 * k), "wb_time": time.isoformat()}
    return raw(found, found.detection_id, time + dt.timedelta(milliseconds=chance.randint(1, 500)), **where)


def avis(societe_id: int, k: int, chance: random.Random) -> Raw:
    said = Avis(
        societe_id=societe_id,
        detection_id=uuid.UUID(int=1000 * societe_id + k),
        verdict=chance.choice([Verdict.CONFIRMEE, Verdict.FAUX_POSITIF]),
        auteur="marie",
    )
    return raw(said, societe_id, some_hour(chance, k))


def twice(records: Iterable[Raw], chance: random.Random) -> Iterator[Raw]:
    """Have some records come again, later."""
    waiting: list[Raw] = []
    for one in records:
        yield one
        if chance.random() < 0.1:
            waiting.append(one)
        if waiting and chance.random() < 0.1:
            yield waiting.pop()
    yield from waiting


def publish(deployment: Deployment, first: int, last: int) -> None:
    chance = random.Random(first)
    for societe_id in COMPANIES:
        partition = partition_of(societe_id, COUNTS.partitions)
        blocks = (raw(comptage(societe_id, k, chance), partition, NOW) for k in range(first, last))
        deployment.send(COUNTS, twice(blocks, chance), partition)
        deployment.send(
            DETECTIONS, twice((detection(societe_id, k, chance) for k in range(first, last)), chance), partition
        )
        deployment.send(
            FEEDBACK, twice((avis(societe_id, k, chance) for k in range(first, last, 10)), chance), partition
        )


def tick(deployment: Deployment, k: int) -> None:
    """End a block of every partition with the hourly tick."""
    now = NOW - 20 * DAY + k * HOUR
    for partition in range(COUNTS.partitions):
        beat = Comptage(partition=partition, depuis=10 * k, jusque=10 * k + 1, horloge=now, battement="statistics")
        deployment.send(COUNTS, [raw(beat, partition, now)], partition)


def expected(deployment: Deployment) -> dict[Place, Window]:
    """Recompute the windows from what is on the topics."""

    def events(topic: Topic, type_: type[Record]) -> Iterator[tuple[Record, RawRecord]]:
        for one in deployment.read(topic):
            if one.value == b"{" or (topic is COUNTS and b'"depuis":10000000' in (one.value or b"")):
                continue
            yield (
                msgspec.json.decode(one.value or b"", type=type_),
                RawRecord(one.offset, one.key, one.value, one.headers),
            )

    written = int(utc_now().timestamp() * 1_000)  # later than any of the ticks, so that nothing is ahead of the time
    told_ = [counted(one, written) for one, _ in events(COUNTS, Comptage)]  # type: ignore[arg-type]  # of that type
    found = [detected(one, raw_, "") for one, raw_ in events(DETECTIONS, Detection)]  # type: ignore[arg-type]
    verdicts = [judged(one, raw_, None) for one, raw_ in events(FEEDBACK, Avis)]  # type: ignore[arg-type]
    windows, _ = recompute(
        [one for said in told_ for one in said if isinstance(one, Counted)],
        [one for one in found if one is not None],
        [one for one in verdicts if one is not None],
    )
    return windows


def place(window: Fenetre) -> Place:
    return window.societe_id, window.journal_code, window.pas.value, seconds(window.debut)


def test_a_killed_worker_leaves_exact_windows(deployment: Deployment) -> None:
    scoring = deployment.start("scoring")
    deployment.publish(generate_ledger(entries=300, seed=3, societe_id=SCORED).events)
    publish(deployment, 0, BLOCKS // 2)
    tick(deployment, BLOCKS // 2)
    first = deployment.start("statistics", WISEBOOK_ML_BATCH_SIZE="2")
    deployment.until(lambda: len(deployment.read(WINDOWS)) > 20, "some windows", first)
    first.kill()
    bad = raw(comptage(1, 10**6, random.Random(1)), partition_of(1, COUNTS.partitions), NOW)
    deployment.send(COUNTS, [(b"1", b"{", [])], partition_of(1, COUNTS.partitions))
    deployment.send(COUNTS, [bad], (partition_of(1, COUNTS.partitions) + 1) % COUNTS.partitions)
    publish(deployment, BLOCKS // 2 + 1, BLOCKS)
    beat = Tick(societe_id=0, minuterie="statistics", echeance=NOW)  # of the entries: it ends the scorer's blocks
    for partition in range(ENTRIES.partitions):
        deployment.send(ENTRIES, [raw(beat, 0, NOW)], partition)
    second = deployment.start("statistics", WISEBOOK_ML_BATCH_SIZE="50")
    deployment.wait("scoring", ENTRIES, scoring)
    for topic in (COUNTS, DETECTIONS, FEEDBACK):
        deployment.wait("statistics", topic, second)
    tick(deployment, BLOCKS + 1)
    deployment.wait("statistics", COUNTS, second)

    windows = expected(deployment)
    assert {where[0] for where in windows} == {*COMPANIES, SCORED}
    view = WindowView(deployment.bootstrap, deployment.settings.topic_prefix)
    for societe_id in (*COMPANIES, SCORED):
        assert {place(one): told(one) for one in view.of(societe_id)} == {
            where: one for where, one in windows.items() if where[0] == societe_id
        }
    assert sum(one["ecritures"] for where, one in windows.items() if where[:3] == (SCORED, "", "JOUR")) > 200
    assert any(one.value is None for one in deployment.read(WINDOWS))
    assert any(one["tardives"] for one in windows.values())
    letters = [(one.header("wb_reason"), one.header("wb_detail")) for one in deployment.dead_letters()]
    assert sorted(reason for reason, _ in letters) == ["NOT_JSON", "REFUSED"]
    assert any("company 1 belongs into partition" in detail for _, detail in letters)

    # The last row of each window that is kept is what it is.
    rows: dict[tuple[int, dt.datetime, bool], Statistique] = {}
    for one in deployment.read(STATISTICS):
        row = msgspec.json.decode(one.value or b"", type=Statistique)
        rows[row.societe_id, row.debut, row.fin - row.debut > HOUR] = row
    for (societe_id, journal, pas, debut), window in windows.items():
        if not journal:
            row = rows[societe_id, dt.datetime.fromtimestamp(debut, dt.UTC), pas == "JOUR"]
            assert (row.ecritures, row.detections, row.avis) == tuple(
                window[name] for name in ("ecritures", "detections", "avis")
            )
            assert (row.tardives, row.en_avance) == (window["tardives"], window["en_avance"])
            assert sum(row.journaux.values()) == row.ecritures
    check_readers(deployment, windows)
    assert second.stop() == 0


def test_two_workers_share_the_partitions_and_count_once(deployment: Deployment) -> None:
    """A second worker joins in the midst of the work, and the first one leaves: each window is counted once."""
    publish(deployment, 0, 40)
    first = deployment.start("statistics", WISEBOOK_ML_BATCH_SIZE="10")
    deployment.until(lambda: len(deployment.read(WINDOWS)) > 20, "some windows", first)
    second = deployment.start("statistics", WISEBOOK_ML_BATCH_SIZE="10")
    deployment.until(lambda: sizes(deployment) == [3, 3], "each has half of the partitions", first, second)
    publish(deployment, 40, 80)
    tick(deployment, 80)
    for topic in (COUNTS, DETECTIONS, FEEDBACK):
        deployment.wait("statistics", topic, first, second)
    check_windows(deployment)
    assert first.stop() == 0
    publish(deployment, 81, 100)
    tick(deployment, 100)
    for topic in (COUNTS, DETECTIONS, FEEDBACK):
        deployment.wait("statistics", topic, second)
    check_windows(deployment)
    assert deployment.dead_letters() == []
    assert second.stop() == 0


def sizes(deployment: Deployment) -> list[int]:
    """Return how many partitions of the counts each member of the group has."""
    group = group_name(deployment.settings.topic_prefix, "statistics")
    admin = AdminClient({"bootstrap.servers": deployment.bootstrap})
    found = admin.describe_consumer_groups([group])[group].result()
    name = deployment.name(COUNTS)
    return sorted(sum(one.topic == name for one in member.assignment.topic_partitions) for member in found.members)


def check_windows(deployment: Deployment) -> None:
    """Compare all windows with a recomputation from the topics."""
    windows = expected(deployment)
    view = WindowView(deployment.bootstrap, deployment.settings.topic_prefix)
    for societe_id in COMPANIES:
        assert {place(one): told(one) for one in view.of(societe_id)} == {
            where: one for where, one in windows.items() if where[0] == societe_id
        }


def check_readers(deployment: Deployment, windows: dict[Place, Window]) -> None:
    """Ask the command line and the API."""
    listed = deployment.run("statistics", "1", "--json", "--journal", "VE")
    assert listed.returncode == 0, listed.stderr.decode()
    report = json.loads(listed.stdout)
    hours = [int(dt.datetime.fromisoformat(one["debut"]).timestamp()) for one in report["panneaux"]]
    assert len(hours) == 24
    of_hours = [windows.get((1, "VE", "HEURE", hour), {"ecritures": 0})["ecritures"] for hour in hours]
    assert [one["ecritures"] for one in report["panneaux"]] == of_hours
    assert report["ensemble"]["ecritures"] == sum(of_hours) > 0
    unknown = deployment.run("statistics", "99")
    assert unknown.returncode == 1
    assert unknown.stderr.decode().startswith("Error: nothing is counted of company 99")
    assert len(unknown.stderr.splitlines()) == 1

    engine = open_database(deployment.settings.sql_url)
    _, token = TokenStore(engine).create("test", None, [Right.READ], now=utc_now())
    engine.dispose()
    with TestClient(create_api(deployment.settings), headers={"Authorization": f"Token {token}"}) as client:
        asked: dict[str, object] = {"societe": 1, "journal": "VE"}
        assert client.get("/api/ml/statistiques/fenetres/", params=asked).json() == report
        days = client.get("/api/ml/statistiques/fenetres/", params={"societe": 1, "dernier": "30d"}).json()
        assert len(days["panneaux"]) == 30
        assert client.get("/api/ml/statistiques/fenetres/", params={"societe": 99}).status_code == 404

"""Alerts on a real Kafka: a storm is a handful of records, also of a worker that is killed, and people take note."""

from collections.abc import Iterator, Sequence

import msgspec
import pytest
from msgspec.structs import replace

from schemas import (
    Acquittement,
    Alerte,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    EtatAlerte,
    MotifDetection,
    Objet,
    Parametres,
    ReglageAlertes,
    Severite,
    TypeObjet,
    detection_id,
)
from topics import ACKNOWLEDGEMENTS, ALERTS, DETECTIONS
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import event_headers
from wisebook_ml.storage import AlertStore, SettingsStore, open_database
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment, Raw, Worker

STORM, DISTURBED, NOTHING, STRANGER = 41, 42, 43, 44
MANY = 10_000
HANDFUL = 12
"""Records that a storm of two causes makes at most."""


def detected(societe_id: int, number: int, code: CodeMotif, *, closed: bool = False) -> Raw:
    """Return a record of a detection, as the scoring role publishes it; made now."""
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E{number}")
    id_ = detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)
    motif = MotifDetection(code=code, poids=90.0, valeur=1.0, seuil=1.0, libelle_fr="Écart", libelle_en="Gap")
    found = Detection(
        detection_id=id_, societe_id=societe_id, domaine=DomaineApplication.ECRITURES_COMPTABLES, objet=objet,
        etat=Etat.CLOSE if closed else Etat.OUVERTE, revision=1 + closed, ecriture_id=objet.id, journal_code="AC",
        montant="12.00", score=90.0, severite=Severite.ELEVEE, motifs=[motif], contributions={}, modeles=[],
        parametres_version=0,
    )  # fmt: skip
    headers = event_headers(found, id_=f"{id_}/1", source="acceptance", time=utc_now())
    return str(id_).encode(), msgspec.json.encode(found), headers


def storm(societe_id: int) -> list[Raw]:
    """Return ten thousand detections of two causes."""
    codes = (CodeMotif.DOUBLON, CodeMotif.DESEQUILIBRE)
    return [detected(societe_id, k, codes[k % 4 == 0]) for k in range(MANY)]


def send(deployment: Deployment, societe_id: int, records: Sequence[Raw]) -> None:
    deployment.send(DETECTIONS, records, partition_of(societe_id, DETECTIONS.partitions))


def alerts_of(deployment: Deployment, societe_id: int) -> list[Alerte]:
    key = str(societe_id).encode()
    return [msgspec.json.decode(one.value or b"", type=Alerte) for one in deployment.read(ALERTS) if one.key == key]


def distinct(told: Sequence[Alerte]) -> list[tuple[str, int, int]]:
    """Return cause, revision and number of each record, once; a record that comes again is the same."""
    seen: dict[tuple[object, int], Alerte] = {}
    for one in told:
        assert seen.setdefault((one.alerte_id, one.revision), one) == one
    return [(one.cause, one.revision, one.nombre) for one in seen.values()]


@pytest.fixture(scope="module")
def alerting(shared: Deployment) -> Iterator[Worker]:
    engine = open_database(shared.settings.sql_url)
    versions = SettingsStore(engine)
    off = Parametres(societe_id=NOTHING, alertes=ReglageAlertes(actif=False))
    versions.append(NOTHING, lambda base: replace(off, version=base.version), "test")
    versions.mark(NOTHING, 1)
    engine.dispose()
    send(shared, DISTURBED, storm(DISTURBED))
    worker = shared.start("alerting")
    store = AlertStore(open_database(shared.settings.sql_url))
    shared.until(lambda: store.count(DISTURBED) > 0, "the first batches", worker)
    worker.kill()
    worker = shared.start("alerting")
    yield worker
    assert worker.stop() == 0


def test_a_storm_is_a_handful_of_alerts_whoever_dies(shared: Deployment, alerting: Worker) -> None:
    send(shared, STORM, storm(STORM))
    send(shared, NOTHING, [detected(NOTHING, k, CodeMotif.DOUBLON) for k in range(100)])
    shared.wait("alerting", DETECTIONS, alerting)
    undisturbed, disturbed = alerts_of(shared, STORM), alerts_of(shared, DISTURBED)
    told = distinct(undisturbed)
    levels = [("DESEQUILIBRE", k, 10 ** (k - 1)) for k in (1, 2, 3, 4)]
    assert sorted(told) == levels + [("DOUBLON", k, n) for _, k, n in levels]
    assert distinct(disturbed) == told
    assert len(undisturbed) <= HANDFUL
    assert len(disturbed) <= 2 * HANDFUL
    assert alerts_of(shared, NOTHING) == []
    store = AlertStore(open_database(shared.settings.sql_url))
    assert sum(one.nombre for one in store.list(DISTURBED)) == MANY
    assert store.count(NOTHING, everything=True) == 0


def test_people_take_note(shared: Deployment, alerting: Worker) -> None:
    societe_id = 45
    send(shared, societe_id, [detected(societe_id, 1, CodeMotif.DOUBLON)])
    shared.until(lambda: bool(alerts_of(shared, societe_id)), "the alert", alerting)
    (alert,) = alerts_of(shared, societe_id)
    noted = shared.run("alerts", "ack", str(societe_id), str(alert.alerte_id)[:8], "--by", "anne", "--comment", "vu")
    assert noted.returncode == 0, noted.stderr.decode()
    last = alerts_of(shared, societe_id)[-1]
    assert (last.etat, last.acquittee_par, last.commentaire) == (EtatAlerte.ACQUITTEE, "anne", "vu")
    send(shared, societe_id, [detected(societe_id, 1, CodeMotif.DOUBLON, closed=True)])
    shared.until(lambda: alerts_of(shared, societe_id)[-1].etat is EtatAlerte.RESOLUE, "its end", alerting)


def test_what_cannot_be_acknowledged_is_a_dead_letter(shared: Deployment, alerting: Worker) -> None:
    key = str(STRANGER).encode()
    unknown = Acquittement(societe_id=STRANGER, alerte_id=alerts_of(shared, STORM)[0].alerte_id, auteur="anne")
    headers = event_headers(unknown, id_="1", source="acceptance", time=utc_now())
    shared.send(ACKNOWLEDGEMENTS, [(key, msgspec.json.encode(unknown), headers), (key, b"{}", headers)])
    shared.until(lambda: len(shared.dead_letters(key)) == 2, "dead letters", alerting)
    other, shapeless = shared.dead_letters(key)
    assert other.header("wb_reason") == "REFUSED"
    assert f"company {STRANGER} has no alert" in other.header("wb_detail")
    assert shapeless.header("wb_reason") == "SCHEMA"

"""Positions in; forecasts and detections out, with a real broker, and a crash that changes nothing of it."""

import datetime as dt
from collections import Counter

import msgspec

from schemas import (
    Alerte,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    EtatAlerte,
    PositionTresorerie,
    Prediction,
    from_minor,
    to_minor,
)
from topics import ALERTS, DEAD_LETTER, DETECTIONS, PREDICTIONS, TREASURY
from wisebook_ml.clock import utc_now
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.treasury import treasury_positions
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.treasury import TreasuryPipeline
from wisebook_ml.training.collect import partition_of
from wisebook_ml.treasury.state import TreasuryState

from .deployment import Deployment

SOCIETE = 7
DAYS = 130
BELOW = 5_000_000
"""Cents under the floor that the last day ends."""

RESERVE = 10**10
"""Cents that a company has which nothing threatens."""

Told = tuple[str, bytes | None, bytes | None]


def company() -> list[PositionTresorerie]:
    """Return the positions of a generated company; on the last day somebody empties the account, and more."""
    ledger = generate_ledger(entries=1500, seed=11, societe_id=SOCIETE)
    days = treasury_positions(ledger.publications, seed=11)
    moved = Counter(one.compte_num for one in days if one.entrees != "0.00" or one.sorties != "0.00")
    ((account, _),) = moved.most_common(1)
    days = [one for one in days if one.compte_num == account][:DAYS]
    last = days[-1]
    taken = to_minor(last.solde) + BELOW
    odd = msgspec.structs.replace(last, solde=from_minor(-BELOW), sorties=from_minor(to_minor(last.sorties) + taken))
    return [*days[:-1], odd]


def publish(deployment: Deployment, positions: list[PositionTresorerie]) -> None:
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        assert publish_positions(positions, producer, "acceptance").refused == []


def warnings(deployment: Deployment) -> list[Alerte]:
    """Return the alerts about a shortage of cash."""
    told = [msgspec.json.decode(one.value or b"", type=Alerte) for one in deployment.read(ALERTS)]
    return [one for one in told if one.cause == CodeMotif.RISQUE_LIQUIDITE]


def test_a_floor_that_is_set_warns_at_once(deployment: Deployment) -> None:
    rich = [msgspec.structs.replace(one, solde=from_minor(to_minor(one.solde) + RESERVE)) for one in company()[:80]]
    publish(deployment, rich)
    treasury = deployment.start("treasury")
    tuning = deployment.start("tuning")
    alerting = deployment.start("alerting")
    deployment.wait("treasury", TREASURY, treasury)
    assert not [one for one in deployment.read(DETECTIONS) if one.detection.objet.id == "EUR"]

    floor = str(10 * RESERVE // 100)
    done = deployment.run("settings", "set", "--societe", str(SOCIETE), "--plancher", floor, "--timeout", "60")
    assert done.returncode == 0, done.stderr.decode()
    deployment.until(lambda: bool(warnings(deployment)), "the alert", treasury, alerting)
    (dry,) = [one.detection for one in deployment.read(DETECTIONS) if one.detection.objet.id == "EUR"]
    assert [motif.code for motif in dry.motifs] == [CodeMotif.RISQUE_LIQUIDITE]
    assert (dry.etat, dry.parametres_version) == (Etat.OUVERTE, 1)
    (alert,) = warnings(deployment)
    assert alert.detections == [dry.detection_id]
    assert (alert.titre_fr, alert.titre_en) == (dry.motifs[0].libelle_fr, dry.motifs[0].libelle_en)

    done = deployment.run("settings", "set", "--societe", str(SOCIETE), "--plancher", "defaut", "--timeout", "60")
    assert done.returncode == 0, done.stderr.decode()
    deployment.wait("treasury", TREASURY, treasury)
    *_, closed = [one.detection for one in deployment.read(DETECTIONS) if one.detection.objet.id == "EUR"]
    assert (closed.detection_id, closed.etat, closed.parametres_version) == (dry.detection_id, Etat.CLOSE, 2)
    assert tuning.running
    deployment.until(lambda: len(warnings(deployment)) > 1, "the end of the alert", alerting)
    assert warnings(deployment)[-1].etat is EtatAlerte.RESOLUE


def replayed(deployment: Deployment) -> list[Told]:
    """Return what must follow, from the partition read by a fresh reader in one piece."""
    topic, partition = deployment.name(TREASURY), partition_of(SOCIETE, TREASURY.partitions)
    first, end = end_offsets(deployment.bootstrap, topic)[partition]
    raws = [raw for run in read_partition(deployment.bootstrap, topic, partition, first, end) for raw in run]
    made = TreasuryPipeline(topic, partition, TreasuryState(), utc_now).process(raws)
    return [(one.topic.name, one.key, one.value) for one in made]


def test_a_forecast_an_anomaly_and_a_warning_though_a_worker_is_killed(deployment: Deployment) -> None:
    days = company()
    future = msgspec.structs.replace(days[0], date=utc_now().date() + dt.timedelta(days=30))
    small = {"WISEBOOK_ML_SNAPSHOT_RECORDS": "40"}
    publish(deployment, [*days[:90], future])
    first = deployment.start("treasury", **small)
    deployment.until(lambda: len(deployment.read(PREDICTIONS)) > 40, "forecasts", first)
    first.kill()
    publish(deployment, days[90:])
    second = deployment.start("treasury", **small)
    deployment.wait("treasury", TREASURY, second)

    seen = {topic.name: deployment.read(topic) for topic in (PREDICTIONS, DETECTIONS, DEAD_LETTER)}
    expected = replayed(deployment)
    assert len(expected) > 4 * 40
    for name, records in seen.items():
        once: dict[tuple[str, ...], tuple[str, bytes | None, bytes | None]] = {}
        for one in records:  # what was published again has the same value
            ids = (one.header("wb_offset"),) if name == DEAD_LETTER.name else (one.header("ce_id"),)
            assert once.setdefault(ids, (name, one.key, one.value)) == (name, one.key, one.value)
        assert list(once.values()) == [one for one in expected if one[0] == name]
        if name != DEAD_LETTER.name:
            assert {one.partition for one in records} == {partition_of(SOCIETE, TREASURY.partitions)}

    last = days[-1].date
    (letter,) = {one.value: one for one in seen[DEAD_LETTER.name]}.values()
    assert "lies in the future" in letter.header("wb_detail")
    newest = {one.key: one.value for one in seen[PREDICTIONS.name]}
    balance = msgspec.json.decode(newest[f"{SOCIETE}/TRESORERIE/EUR/SOLDE".encode()] or b"", type=Prediction)
    assert len(balance.valeurs) == 90
    assert min(balance.valeurs) == (last + dt.timedelta(days=1)).isoformat()
    found = {one.key: one.detection for one in seen[DETECTIONS.name]}
    opened = {one.objet.id: one for one in found.values() if one.etat is Etat.OUVERTE}
    assert {one.domaine for one in found.values()} == {DomaineApplication.FLUX_TRESORERIE}
    assert CodeMotif.FLUX_INHABITUEL in {motif.code for motif in opened[f"EUR/{last.isoformat()}"].motifs}
    dry: Detection = opened["EUR"]
    assert [motif.code for motif in dry.motifs] == [CodeMotif.RISQUE_LIQUIDITE]

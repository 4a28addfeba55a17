"""Sketches in; reports, one request of a training and an OBSOLETE model out, with a real broker and a crash."""

from pathlib import Path

import msgspec

from schemas import DemandeEntrainement, Derive, DomaineApplication, Esquisse, Motif, Statut, TypeModele
from tests.drift_checks.sketches import DAY, FIRST, ROWS, VARIABLES, Models, artefact, rows
from topics import DEAD_LETTER, DRIFT, ENTRIES, SKETCHES, TRAINING_REQUESTS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift_checks.reports import last_reports
from wisebook_ml.drift_checks.state import DriftState
from wisebook_ml.storage import DriftStore, ModelRegistry, open_database

from .deployment import Deployment, Raw

SOCIETE = 3
STABLE, MOVED, WORLD = 6, 2, 900
"""Days as they were, days with a shift, and the number of a global model that the registry does not have."""


def raw(record: Esquisse) -> Raw:
    return str(record.modele_id).encode(), msgspec.json.encode(record), [("ce_type", Esquisse.ce_type.encode())]


def test_a_shift_is_told_once_though_the_worker_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    models = Models(reference_of(VARIABLES, rows(99, 40 * ROWS)))
    registry = ModelRegistry(engine := open_database(deployment.settings.sql_url))
    artefacts = ArtefactStore.of(deployment.settings)
    number = registry.create(SOCIETE, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id
    for societe_id, modele_id in ((SOCIETE, number), (0, WORLD)):
        version = artefacts.save(
            artefact(models.reference),
            societe_id=societe_id,
            modele_id=modele_id,
            version=1,
            type_modele=TypeModele.ISOLATION_FOREST,
        )
        if modele_id == number:
            registry.record_version(version)
    registry.promote(number, 1)

    def day(k: int) -> list[Esquisse]:
        shift = 0.25 if k >= STABLE else 0.0  # half a standard deviation
        own = models.sketch(k, modele_id=number, societe_id=SOCIETE, shift=shift)
        parts = [models.sketch(k, modele_id=WORLD, societe_id=0, partition=one, n=60) for one in range(6)]
        return [own, *parts, own]

    days = [day(k) for k in range(STABLE + MOVED)]
    bad = msgspec.structs.replace(days[0][0], donnees="AAAA")
    deployment.send(SKETCHES, [raw(bad), *(raw(one) for records in days[: STABLE + 1] for one in records)])
    small = {"WISEBOOK_ML_SNAPSHOT_RECORDS": "10", "WISEBOOK_ML_BATCH_SIZE": "10"}
    first, storage = deployment.start("drift", **small), deployment.start("storage")
    deployment.until(lambda: deployment.read(DRIFT) != [], "reports", first)
    first.kill()
    deployment.send(SKETCHES, [raw(one) for records in days[STABLE + 1 :] for one in records])
    second = deployment.start("drift", **small)
    deployment.wait("drift", SKETCHES, second)

    values: dict[str, bytes] = {}
    for one in deployment.read(DRIFT):
        assert one.value is not None
        assert values.setdefault(one.header("ce_id"), one.value) == one.value
    reports = [msgspec.json.decode(value, type=Derive) for value in values.values()]
    state = DriftState(ENTRIES.partitions, models)
    followed = [found.record for records in days for record in records for found in state.take(record)]
    for modele_id in (number, WORLD):
        told = [one for one in reports if one.modele_id == modele_id]
        expected = [one for one in followed if isinstance(one, Derive) and one.modele_id == modele_id]
        if modele_id == WORLD:
            remark = "Default thresholds: the registry has no such model."
            assert {tuple(one.remarques_en) for one in told} == {(remark,)}
            told = [msgspec.structs.replace(one, remarques_fr=[], remarques_en=[]) for one in told]
        assert told == expected
    drifted = [one for one in reports if one.derive]
    assert [[moved.variable for moved in one.variables] for one in drifted] == [["montant"]] * MOVED
    assert drifted[0].echeance == FIRST + STABLE * DAY

    # What the first had published and not committed comes again, the same.
    asked = {one.value: one for one in deployment.read(TRAINING_REQUESTS)}
    requests = [msgspec.json.decode(value or b"", type=DemandeEntrainement) for value in asked]
    assert [(one.modele_id, one.societe_id, one.motif, one.demandeur) for one in requests] == [
        (number, SOCIETE, Motif.DERIVE, "drift")
    ]
    assert [one for one in followed if isinstance(one, DemandeEntrainement)] == requests

    deployment.wait("storage", DRIFT, storage)
    assert registry.get(number).statut is Statut.OBSOLETE
    assert DriftStore(engine).last(number) == drifted[-1]
    letters = {(one.key, one.header("wb_reason"), one.header("wb_offset")) for one in deployment.read(DEAD_LETTER)}
    assert {letter[:2] for letter in letters} == {(str(number).encode(), "REFUSED")}
    assert len(letters) == 1

    picture = tmp_path / "drift.png"
    printed = deployment.run("drift", "report", "forêt", "--plot", str(picture), "--lang", "en")
    assert printed.returncode == 0, printed.stderr.decode()
    assert "Amount of the entry: the usual amount is" in printed.stdout.decode()
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert last_reports(deployment.bootstrap, deployment.settings.topic_prefix)[number] == drifted[-1]
    assert second.stop() == 0
    assert storage.stop() == 0

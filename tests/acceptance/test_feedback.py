"""Verdicts through a real broker and a real database: counted at once, learnt from, and refused where they are none."""

import json
import uuid
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from bench.detections import detection_of
from schemas import (
    Avis,
    CodeMotif,
    Detection,
    ModeleUtilise,
    Reglage,
    Severite,
    Verdict,
)
from topics import ENTRIES, FEEDBACK
from wisebook_ml.clock import utc_now
from wisebook_ml.feedback.desk import AUTHOR
from wisebook_ml.storage import DetectionStore, SettingsStore, StoredDetection, VerdictStore, open_database

from .deployment import Deployment, Raw, Worker

YES, NO = Verdict.CONFIRMEE, Verdict.FAUX_POSITIF


def detection(societe_id: int, number: int, code: CodeMotif = CodeMotif.MONTANT_ROND, journal: str = "OD") -> Detection:
    severite = Severite.MOYENNE
    made = detection_of(societe_id, f"E-{number}", code, severite=severite, score=60.0, journal_code=journal)
    return replace(made, montant="1000.00", modeles=[ModeleUtilise(modele_id=0, version=0)])


def store(deployment: Deployment, *detections: Detection) -> list[Detection]:
    rows = [
        StoredDetection(detection=one, ce_time=utc_now(), partition=0, offset=k) for k, one in enumerate(detections)
    ]
    DetectionStore(open_database(deployment.settings.sql_url)).write(rows)
    return list(detections)


def on(one: Detection, verdict: Verdict, **changes: object) -> Avis:
    said = Avis(societe_id=one.societe_id, detection_id=one.detection_id, verdict=YES, auteur="marie")
    return msgspec.structs.replace(said, verdict=verdict, **changes)


def raw(avis: Avis) -> Raw:
    return str(avis.societe_id).encode(), msgspec.json.encode(avis), [("ce_type", Avis.ce_type.encode())]


def give(deployment: Deployment, worker: Worker, *avis: Avis) -> None:
    deployment.send(FEEDBACK, [raw(one) for one in avis])
    deployment.wait("tuning", FEEDBACK, worker)


@pytest.fixture(scope="module")
def tuning(shared: Deployment) -> Iterator[Worker]:
    worker = shared.start("tuning")
    yield worker
    assert worker.stop() == 0


def stats(deployment: Deployment, societe_id: int) -> dict[str, object]:
    done = deployment.run("feedback", "stats", "--societe", str(societe_id), "--json")
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


def test_verdicts_show_in_the_statistics_at_once(shared: Deployment, tuning: Worker) -> None:
    first, second, third = store(shared, *(detection(1, number) for number in range(3)))
    give(shared, tuning, on(first, YES), on(second, NO), on(third, Verdict.RECLASSEE, compte_num="6063"))
    told = stats(shared, 1)
    assert told["avis"] == {"CONFIRMEE": 1, "FAUX_POSITIF": 1, "RECLASSEE": 1}
    rates = told["taux"]
    assert isinstance(rates, list)
    by_journal = {(one["nom"], one["journal_code"]): (one["rejets"], one["avis"]) for one in rates}
    assert by_journal["MONTANT_ROND", "OD"] == by_journal["MONTANT_ROND", None] == by_journal["0/0", None] == (1, 3)
    shown = shared.run("feedback", "stats", "--lang", "fr").stdout.decode()
    assert "Société 1 : 3 verdicts en vigueur" in shown
    assert "33\u202f%" in shown


def test_what_is_dismissed_again_and_again_counts_less_from_a_recorded_offset_on(
    shared: Deployment, tuning: Worker
) -> None:
    found = store(shared, *(detection(2, number) for number in range(8)))
    give(shared, tuning, *(on(one, NO) for one in found))
    versions = SettingsStore(open_database(shared.settings.sql_url)).history(2)
    last = max((one.parametres for one in versions), key=lambda one: one.version)
    (lowered,) = last.attenuations
    assert (lowered.code, lowered.journal_code) == (CodeMotif.MONTANT_ROND, "OD")
    assert 0.25 <= lowered.facteur < 0.8
    assert last.auteur == AUTHOR
    assert "MONTANT_ROND, journal OD" in last.motif
    assert f"({lowered.rejets} FAUX_POSITIF / {lowered.avis})" in last.motif
    markers = [one for one in shared.read(ENTRIES) if one.key == b"2" and one.header("ce_type") == Reglage.ce_type]
    assert msgspec.json.decode(markers[-1].value or b"", type=Reglage).parametres == last
    assert SettingsStore(open_database(shared.settings.sql_url)).last(1) is None, "other companies keep theirs"


def test_bad_verdicts_become_dead_letters_that_say_what_to_do(shared: Deployment, tuning: Worker) -> None:
    (good,) = store(shared, detection(3, 1))
    (foreign,) = store(shared, detection(4, 1))
    nowhere = on(good, YES, detection_id=uuid.uuid4())
    of_another = on(foreign, YES, societe_id=3)
    against = on(good, NO, auteur="paul")
    give(shared, tuning, on(good, YES), nowhere, of_another, against, on(good, YES, auteur="paul"))
    letters = shared.dead_letters(b"3")
    assert [(one.value, one.header("wb_reason")) for one in letters] == [
        (raw(nowhere)[1], "UNKNOWN_DETECTION"),
        (raw(of_another)[1], "UNKNOWN_DETECTION"),
        (raw(against)[1], "CONTRADICTION"),
    ]
    assert "take the id from `detections`" in letters[0].header("wb_detail")
    assert '"remplace": true' in letters[2].header("wb_detail")
    assert letters[2].header("wb_topic") == shared.name(FEEDBACK)
    give(shared, tuning, on(good, NO, auteur="paul", remplace=True))
    assert stats(shared, 3)["avis"] == {"FAUX_POSITIF": 1}
    assert len(shared.dead_letters(b"3")) == 3


def test_a_verdict_may_be_faster_than_the_database(shared: Deployment, tuning: Worker) -> None:
    early = detection(5, 1)
    shared.send(FEEDBACK, [raw(on(early, YES))])
    verdicts = VerdictStore(open_database(shared.settings.sql_url))
    store(shared, early)
    shared.until(lambda: len(verdicts.list(5)) == 1, "the verdict is stored", tuning)
    assert shared.dead_letters(b"5") == []


def test_nothing_is_counted_twice_though_the_worker_is_killed(deployment: Deployment) -> None:
    found = store(deployment, *(detection(6, number) for number in range(60)))
    worker = deployment.start("tuning")
    verdicts = VerdictStore(open_database(deployment.settings.sql_url))
    deployment.send(FEEDBACK, [raw(on(one, YES)) for one in found[:30]])
    deployment.until(lambda: len(verdicts.list(6)) > 0, "first rows", worker)
    worker.kill()
    changed = [on(found[0], NO, remplace=True), on(found[0], YES, auteur="paul")]
    deployment.send(FEEDBACK, [raw(one) for one in [*changed, *(on(one, NO) for one in found[30:])]])
    worker = deployment.start("tuning")
    deployment.wait("tuning", FEEDBACK, worker)
    assert verdicts.counts(6) == {6: {YES: 29, NO: 31}}
    assert {one.value for one in deployment.dead_letters(b"6")} == {raw(changed[1])[1]}


def test_the_command_line_gives_verdicts(shared: Deployment, tuning: Worker) -> None:
    (one,) = store(shared, detection(7, 1))
    id_, by = str(one.detection_id), ("--par", "paul")

    def run(*arguments: str) -> str:
        done = shared.run("feedback", *arguments)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    assert run("give", id_, "CONFIRMEE", *by) == f"CONFIRMEE published for detection {id_}, revision 1.\n"
    shared.wait("tuning", FEEDBACK, tuning)
    refused = shared.run("feedback", "give", id_, "FAUX_POSITIF", *by)
    assert refused.returncode == 1
    assert "contradicts CONFIRMEE by 'paul'" in refused.stderr.decode()
    run("give", id_, "RECLASSEE", "--compte", "606300", "--replace", *by)
    run("missed", "E-9", "--societe", "7", "--commentaire", "vu au contrôle", *by)
    shared.wait("tuning", FEEDBACK, tuning)
    said = run("list", "--societe", "7", "--all")
    assert "RECLASSEE 606300" in said
    assert "CONFIRMEE (replaced)" in said
    assert "entry E-9" in said
    assert shared.dead_letters(b"7") == []

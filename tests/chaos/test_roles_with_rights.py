"""All roles at once on a broker that checks rights, each as its own user: what no declaration on paper shows."""

import re
from pathlib import Path

import pytest

from schemas import DomaineApplication, TypeModele
from tests.acceptance.deployment import with_gaps
from tests.cluster.cluster import ADMIN, Cluster
from tests.cluster.secured import USERS, SecuredDeployment, acting_as
from topics import (
    ALERTS,
    COUNTS,
    DETECTIONS,
    ENTRIES,
    MODELS,
    SETTINGS,
    SKETCHES,
    STATISTICS,
    TRAINING_CAMPAIGNS,
    TREASURY,
    WINDOWS,
)
from topics.access import ACCESS
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.treasury import treasury_positions
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.promotion import promote
from wisebook_ml.training.request import follow_campaign, request_training

pytestmark = pytest.mark.chaos

SOCIETE = 7
ROLES = [access.role for access in ACCESS if access.group.startswith("ml-")]
DENIED = re.compile(r"authori[sz]ation.?failed|may not do that", re.IGNORECASE)
TRAINING_SECONDS = 240.0


def test_all_roles_do_their_work_with_the_rights_that_are_declared(tmp_path: Path) -> None:
    with Cluster(tmp_path / "cluster", brokers=1) as cluster, acting_as(cluster.environment(ADMIN)):
        deployment = SecuredDeployment(cluster, "roles.", tmp_path / "home")
        deployment.apply()
        deployment.run("settings", "set", "--societe", str(SOCIETE), "--budget", "0.05", "--par", "test")
        ledger = generate_ledger(entries=1_500, seed=5, societe_id=SOCIETE)
        workers = {role: deployment.start(role) for role in ROLES}
        try:
            with acting_as(cluster.environment(USERS.format(role="publisher"))):
                deployment.publish(with_gaps(ledger.events))
                with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
                    days = treasury_positions(ledger.publications, seed=11)
                    assert publish_positions(days, producer, "test").refused == []
            for role, topic in (
                ("scoring", ENTRIES), ("prediction", ENTRIES), ("cash", ENTRIES), ("treasury", TREASURY),
                ("tuning", SETTINGS), ("storage", DETECTIONS), ("alerting", DETECTIONS), ("delivery", ALERTS),
                ("statistics", COUNTS), ("drift", SKETCHES),
            ):  # fmt: skip
                deployment.wait(role, topic, *workers.values())
            _train(deployment)
            deployment.wait("scoring", ENTRIES, *workers.values())
            for timer in ("statistics", "drift"):
                run = deployment.run("timers", "run", timer, **cluster.environment(ADMIN))
                assert run.returncode == 0, run.stderr.decode()
            for topic in (STATISTICS, WINDOWS, TRAINING_CAMPAIGNS, MODELS, COUNTS, SKETCHES):
                deployment.until(lambda topic=topic: bool(deployment.read(topic)), topic.name, *workers.values())
        finally:
            statuses = {role: worker.stop() for role, worker in workers.items() if worker.running}
            deployment.close()
        denied = {
            role: found.group()
            for role, worker in workers.items()
            if (found := re.search(rf".*(?:{DENIED.pattern}).*", worker.log.read_text(), re.IGNORECASE))
        }
        assert denied == {}
        assert statuses == dict.fromkeys(ROLES, 0)


def _train(deployment: SecuredDeployment) -> None:
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    domaine = DomaineApplication.ECRITURES_COMPTABLES
    model = registry.get_or_create(SOCIETE, "Anomalies", TypeModele.ISOLATION_FOREST, domaine, {})
    request = request_training(deployment.settings, deployment.bootstrap, model, demandeur="test")
    (*_, last) = follow_campaign(deployment.settings, deployment.bootstrap, request, TRAINING_SECONDS)
    assert last.version is not None, last
    with acting_as(deployment.cluster.environment(USERS.format(role="api"))):
        promote(deployment.settings, deployment.bootstrap, model, last.version.version)

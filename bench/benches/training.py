"""(i) Training by topic: from the request to the first event, and how long a ledger of 100,000 lines takes.

A generated ledger, its verdicts and nothing else are on the topics; a training worker of its own does the rest:
collecting, making the data set, fitting, evaluating on the later 30 %, storing and announcing.
"""

import subprocess
import time

from bench.context import Context, Deployment, Failed
from bench.live import stop
from bench.results import line_of
from schemas import StatutCampagne, TypeModele
from wisebook_ml.generator import generate_ledger
from wisebook_ml.generator.verdicts import judge_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_avis, publish_entries
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.defaults import default_models
from wisebook_ml.training.request import follow_campaign, request_training

__all__ = ["run"]

LINES = 100_000
LINES_PER_ENTRY = 3.3
SOCIETE, SEED = 1, 7

TREES = (
    TypeModele.ISOLATION_FOREST,
    TypeModele.RANDOM_FOREST,
    TypeModele.XGBOOST,
    TypeModele.GRADIENT_BOOSTING,
)

FIRST_EVENT_SECONDS = 2.0
TRAINING_SECONDS = 60.0
WAIT_SECONDS = 600.0
START_SECONDS = 8.0
"""For the worker to join its group: a request made before would measure its start."""


def run(context: Context) -> None:
    """Train each kind of trees once."""
    deployment = context.deployment("training")
    lines = _publish(context, deployment)
    models = default_models(ModelRegistry(open_database(deployment.settings.sql_url)), SOCIETE)
    worker = deployment.start_worker("training")
    try:
        time.sleep(START_SECONDS)
        for kind in TREES:
            context.say(f"training {kind.value}")
            _train(context, deployment, worker, kind, models[kind], lines)
    finally:
        stop(worker)


def _publish(context: Context, deployment: Deployment) -> int:
    """Put the ledger and the verdicts on the topics; return the lines of its entries."""
    context.say(f"generating a ledger of {LINES:,} lines")
    ledger = generate_ledger(entries=round(LINES / LINES_PER_ENTRY), seed=SEED, societe_id=SOCIETE, validation_rate=0.0)
    judged = judge_ledger(ledger.publications, ledger.labels, seed=SEED)
    events = [*ledger.events, *(correction.ecriture for correction in judged.corrections)]
    with EventProducer(context.bootstrap, deployment.settings.topic_prefix) as producer:
        publish_entries(events, producer, "bench")
        publish_avis(judged.avis, producer, "bench")
    return sum(len(entry.lignes) for entry in {entry.ecriture_id: entry for entry in events}.values())


def _train(
    context: Context,
    deployment: Deployment,
    worker: "subprocess.Popen[bytes]",
    kind: TypeModele,
    modele_id: int,
    lines: int,
) -> None:
    begun = time.monotonic()
    request = request_training(deployment.settings, context.bootstrap, modele_id, demandeur="bench")
    first = end = None
    for campaign in follow_campaign(deployment.settings, context.bootstrap, request, WAIT_SECONDS):
        if worker.poll() is not None:
            raise Failed(f"the training worker ended: {deployment.log_tail('training')}")
        if first is None and campaign.statut is StatutCampagne.EN_COURS:
            first = time.monotonic() - begun
        end = campaign
    seconds = time.monotonic() - begun
    name = f"training.{kind.value.lower()}"
    if end is None or end.statut is not StatutCampagne.REUSSIE:
        context.results.add(line_of(name, None, "s", error=end.erreur if end else "no answer"))
        return
    context.results.add(
        line_of(
            f"{name}.first_event", first, "s", at_most=FIRST_EVENT_SECONDS, note="from the request, as a reader sees"
        )
    )
    context.results.add(
        line_of(
            name,
            seconds,
            "s",
            at_most=TRAINING_SECONDS,
            ledger_lines=lines,
            rows=end.lignes,
            rows_tested=end.lignes_test,
            decision=end.decision,
        )
    )

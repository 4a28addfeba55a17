"""All topics, declared in one place (created and verified by ``wisebook-ml topics apply|check``).

Adding a topic is adding one declaration here; its record types live in `schemas`.
"""

import datetime as dt
import os

from schemas import (
    Acquittement,
    Activation,
    Alerte,
    AnnonceModele,
    AnnulationEntrainement,
    Avis,
    Campagne,
    Comptage,
    DemandeEntrainement,
    Derive,
    Detection,
    Echeancier,
    Ecriture,
    Esquisse,
    ExecutionMinuterie,
    Fenetre,
    Livraison,
    Parametres,
    PositionTresorerie,
    Prediction,
    Reglage,
    Reprise,
    Statistique,
    Tick,
    Travailleur,
)
from topics.topic import Topic, partition_count

__all__ = [
    "ACKNOWLEDGEMENTS",
    "ALERTS",
    "ALL",
    "COUNTS",
    "DEAD_LETTER",
    "DELIVERIES",
    "DETECTIONS",
    "DRIFT",
    "ENTRIES",
    "FEEDBACK",
    "MODELS",
    "PREDICTIONS",
    "SETTINGS",
    "SKETCHES",
    "STATISTICS",
    "TIMER_RUNS",
    "TRAINING_CAMPAIGNS",
    "TRAINING_REQUESTS",
    "TREASURY",
    "WINDOWS",
    "WORKERS",
    "Topic",
]

COMPANY_PARTITIONS = partition_count(os.environ)
"""Partitions of what is keyed by company: the most scoring workers that can share the work. `WISEBOOK_ML_PARTITIONS`.

`detections` has as many as `entries`, since a detection goes to the partition of its entry.
"""

DAY = dt.timedelta(days=1)
YEAR = 365 * DAY

ENTRY_BYTES = 8 * 1024 * 1024
"""An opening entry can have tens of thousands of lines at some 230 bytes each; Kafka's 1 MiB holds 4,500."""
DEAD_LETTER_BYTES = ENTRY_BYTES + 64 * 1024
"""Whatever a source topic took must fit here, with the headers that say what was wrong."""

ENTRIES = Topic(
    name="entries",
    key="societe_id",
    records=(Ecriture, Activation, Reglage, Tick, Reprise),
    description="Journal entries in the order of their publication, and the markers that stand between them. All "
    "records of a company belong into one partition: the key is its number as text, and murmur2 of the key chooses the "
    "partition, as in Java's clients; clients made with librdkafka need partitioner=murmur2_random.",
    partitions=COMPANY_PARTITIONS,
    max_message_bytes=ENTRY_BYTES,
)
TREASURY = Topic(
    name="treasury",
    key="societe_id",
    records=(PositionTresorerie, Echeancier, Activation, Reglage),
    description="Positions of bank accounts, day by day, what the books let expect, and the markers that stand between "
    "them. The partition of a company is that of its entries.",
    partitions=COMPANY_PARTITIONS,
)
FEEDBACK = Topic(
    name="feedback",
    key="societe_id",
    records=(Avis,),
    description="Verdicts of accountants on detections.",
    partitions=COMPANY_PARTITIONS,
)
DETECTIONS = Topic(
    name="detections",
    key="detection_id",
    records=(Detection,),
    description="Explained detections; the last record of an id is the one that holds.",
    retention=YEAR,
    compacted=True,
    partitions=COMPANY_PARTITIONS,
)
ALERTS = Topic(
    name="alerts",
    key="societe_id",
    records=(Alerte,),
    description="What a person should look at now, grouped and rate-limited.",
    retention=30 * DAY,
    partitions=COMPANY_PARTITIONS,
)
ACKNOWLEDGEMENTS = Topic(
    name="acknowledgements",
    key="societe_id",
    records=(Acquittement,),
    description="Who has taken note of which alert.",
    retention=YEAR,
    partitions=COMPANY_PARTITIONS,
)
DELIVERIES = Topic(
    name="deliveries",
    key="societe_id",
    records=(Livraison,),
    description="Every attempt to bring an alert to a webhook or a mailbox, with its outcome. A record may come again "
    "after a crash, with the same ce_id.",
    retention=30 * DAY,
    partitions=COMPANY_PARTITIONS,
)
PREDICTIONS = Topic(
    name="predictions",
    key="sujet",
    records=(Prediction,),
    description="Forecasts, recommended accounts, client risks and segments.",
    compacted=True,
    partitions=COMPANY_PARTITIONS,
)
TRAINING_REQUESTS = Topic(
    name="training-requests",
    key="modele_id",
    records=(DemandeEntrainement, AnnulationEntrainement),
    description="What to train, why, and for whom.",
    retention=30 * DAY,
)
TRAINING_CAMPAIGNS = Topic(
    name="training-campaigns",
    key="modele_id",
    records=(Campagne,),
    description="Progress and result of every training.",
)
MODELS = Topic(
    name="models",
    key="modele_id",
    records=(AnnonceModele,),
    description="Champion and challenger version of each model.",
    compacted=True,
)
SETTINGS = Topic(
    name="settings",
    key="societe_id",
    records=(Parametres,),
    description="Thresholds, weights, alert budget and word list of each company. Whoever publishes a version asks for "
    "it; it is in force where the role `tuning` has announced it (ce_source wisebook-ml/tuning), from its marker on.",
    compacted=True,
)
COUNTS = Topic(
    name="counts",
    key="partition",
    records=(Comptage,),
    description="Blocks of counts, as entries are scored: what statistics are made of. On their partition.",
    retention=30 * DAY,
    partitions=COMPANY_PARTITIONS,
)
SKETCHES = Topic(
    name="sketches",
    key="modele_id",
    records=(Esquisse,),
    description="What each model has met of a day, by partition of the entries: what drift is told from.",
    retention=60 * DAY,
    partitions=COMPANY_PARTITIONS,
)
WINDOWS = Topic(
    name="windows",
    key="societe_id/pas/debut",
    records=(Fenetre,),
    description="The windows of the statistics: the changelog of a table, by which it is recovered and read. A "
    "tombstone says that one has expired. On the partition of the entries.",
    compacted=True,
    partitions=COMPANY_PARTITIONS,
)
STATISTICS = Topic(
    name="statistics",
    key="societe_id",
    records=(Statistique,),
    description="Hourly counts of each company.",
    retention=YEAR,
)
DRIFT = Topic(
    name="drift",
    key="modele_id",
    records=(Derive,),
    description="Drift reports of each model.",
    retention=YEAR,
)
TIMER_RUNS = Topic(
    name="timer-runs",
    key="minuterie",
    records=(ExecutionMinuterie,),
    description="Every run of a timer, with its outcome and duration; the last record of a timer says how far it is.",
    retention=YEAR,
    compacted=True,
)
WORKERS = Topic(
    name="workers",
    key="travailleur_id",
    records=(Travailleur,),
    description="What each process says of itself every few seconds; a tombstone says that it has stopped.",
    retention=DAY,
    compacted=True,
)
DEAD_LETTER = Topic(
    name="dead-letter",
    key="original key",
    records=(),
    description="Records that do not fit their schema: the original bytes, with the reason in the headers.",
    retention=90 * DAY,
    max_message_bytes=DEAD_LETTER_BYTES,
)

ALL = (
    ENTRIES,
    TREASURY,
    FEEDBACK,
    DETECTIONS,
    ALERTS,
    ACKNOWLEDGEMENTS,
    DELIVERIES,
    PREDICTIONS,
    TRAINING_REQUESTS,
    TRAINING_CAMPAIGNS,
    MODELS,
    SETTINGS,
    COUNTS,
    SKETCHES,
    WINDOWS,
    STATISTICS,
    DRIFT,
    TIMER_RUNS,
    WORKERS,
    DEAD_LETTER,
)

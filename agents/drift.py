"""The drift role: sketches of what models meet in; reports of drift and requests of trainings out."""

import faust

from agents.app import role_app
from agents.fold import TopicFold
from topics import ENTRIES, SKETCHES
from wisebook_ml.drift_checks.asking import Database
from wisebook_ml.drift_checks.references import References
from wisebook_ml.drift_checks.said import Published
from wisebook_ml.drift_checks.state import DriftState
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.pipeline.drift import DriftPipeline
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import SnapshotStore

__all__ = ["create_app"]

SNAPSHOTS = "drift"
"""Folder of this role's snapshots, below the scoring role's: each removes what it cannot use."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that checks models for drift.

    As in the scoring role, what follows from a batch is published in one transaction, and its offset is committed
    afterwards. A check that was published is not made again.
    """
    app = role_app("drift", settings)
    fold = TopicFold(app, "drift", settings, SKETCHES)
    bootstrap = resolve_bootstrap(settings)
    try:
        partitions = len(end_offsets(bootstrap, ENTRIES.full_name(settings.topic_prefix)))
    except ReadError as error:
        raise ConnectError(str(error)) from error
    published = Published(bootstrap, settings.topic_prefix)
    database, references = Database(settings.sql_url), References.of(settings)

    def pipeline(topic: str, partition: int) -> DriftPipeline:
        state = DriftState(partitions, references, advise=database, said=published)
        return DriftPipeline(topic, partition, state, begins=published.look_again)

    live = LivePartitions(
        settings,
        bootstrap,
        fold.open_publisher,
        topic=SKETCHES,
        pipeline=pipeline,
        store=SnapshotStore(f"{settings.state_url.rstrip('/')}/{SNAPSHOTS}"),
    )
    fold.run(live)
    return app

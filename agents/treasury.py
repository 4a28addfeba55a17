"""The treasury role: positions in; forecasts, what is unlike them, and warnings of running dry out."""

import faust

from agents.app import role_app
from agents.fold import TopicFold
from topics import TREASURY
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.pipeline.learners import Learners, limit_tensorflow
from wisebook_ml.pipeline.learnt import LearntModels
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.pipeline.promoted import promoted_opener
from wisebook_ml.pipeline.treasury import TreasuryPipeline
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import SnapshotStore
from wisebook_ml.treasury.state import TreasuryState

__all__ = ["create_app"]

SNAPSHOTS = "treasury"
"""Folder of this role's snapshots, below the scoring role's: each removes what it cannot use."""

BATCH = 30
"""Positions of a batch: years that come at once have a model learn on the way, again and again, and a batch is not to
take minutes."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that watches treasury.

    As in the scoring role, what follows from a batch is published in one transaction, and its offset is committed
    afterwards; what follows again after a crash has the same values. Models learn in a process beside, from positions
    that were published already, and take their place at the company's next day.
    """
    app = role_app("treasury", settings)
    fold = TopicFold(app, "treasury", settings, TREASURY)
    learners = Learners(LearntModels.of(settings))
    open_version = promoted_opener(ArtefactStore.of(settings))
    limit_tensorflow()  # an LSTM in force is asked here

    def accepts(societe_id: int) -> bool:
        return not settings.strict or societe_id in settings.societes

    def pipeline(topic: str, partition: int) -> TreasuryPipeline:
        state = TreasuryState(learners.start, open_version=open_version)
        return TreasuryPipeline(topic, partition, state, utc_now, accepts=accepts)

    partitions = LivePartitions(
        settings,
        resolve_bootstrap(settings),
        fold.open_publisher,
        pipeline=pipeline,
        store=SnapshotStore(f"{settings.state_url.rstrip('/')}/{SNAPSHOTS}"),
        topic=TREASURY,
    )
    fold.run(partitions, closed=learners.close, max_records=BATCH)
    return app

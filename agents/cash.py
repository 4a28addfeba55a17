"""The cash role: entries in; what they say of a company's cash out, for companies whose banks say nothing."""

import faust

from agents.app import role_app
from agents.fold import TopicFold
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.pipeline.cash import CashPipeline
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import SnapshotStore
from wisebook_ml.treasury.books.state import BooksState

__all__ = ["create_app"]

SNAPSHOTS = "cash"
"""Folder of this role's snapshots, below the scoring role's: each removes what it cannot use."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that derives positions and expected payments from the books.

    As in the scoring role, what follows from a batch is published in one transaction, and its offset is committed
    afterwards; what follows again after a crash has the same values.
    """
    app = role_app("cash", settings)
    fold = TopicFold(app, "cash", settings)

    def accepts(societe_id: int) -> bool:
        return not settings.strict or societe_id in settings.societes

    partitions = LivePartitions(
        settings,
        resolve_bootstrap(settings),
        fold.open_publisher,
        pipeline=lambda topic, partition: CashPipeline(topic, partition, BooksState(), accepts=accepts),
        store=SnapshotStore(f"{settings.state_url.rstrip('/')}/{SNAPSHOTS}"),
    )
    fold.run(partitions)
    return app

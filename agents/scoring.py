"""The scoring role: entries in, explained detections and dead letters out."""

import faust
import numpy as np

from agents.app import role_app
from agents.fold import TopicFold
from agents.swap import HotSwap
from schemas import VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.models.opinion import Opinion
from wisebook_ml.pipeline.live import LivePartitions, new_scorer
from wisebook_ml.pipeline.opinions import model_loader
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.scoring.in_force import takes_part
from wisebook_ml.settings import Settings

__all__ = ["create_app"]

MODELS = 64
"""Models kept besides those in force: one has a megabyte or two, a Random Forest ten."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that scores entries.

    What follows from a batch is published in one transaction, and only then the batch counts as finished. Since the
    same entries give the same detections, what is scored again after a crash is published again with the same values;
    and since a partition's transactions have one id, whoever is given it shuts out whoever had it.
    """
    warm_up()  # before the group hands out partitions, which would wait for it
    app = role_app("scoring", settings)
    fold = TopicFold(app, "scoring", settings)
    stored = model_loader(ArtefactStore.of(settings))

    def load(version: VersionModele) -> IsolationForest | Opinion:
        model = stored(version)
        if isinstance(model, IsolationForest):
            model.score(np.zeros((1, len(model.features))))
        return model

    swap = HotSwap(settings, load, takes_part, capacity=MODELS)
    partitions = LivePartitions(
        settings,
        resolve_bootstrap(settings),
        fold.open_publisher,
        lambda settings: new_scorer(settings, swap.models.get),
    )
    fold.run(partitions, swap)
    return app

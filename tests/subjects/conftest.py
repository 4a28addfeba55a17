"""What tests of subjects share."""

from collections.abc import Callable

import pytest

from schemas import Parametres, VersionModele
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.stream import LedgerScorer


def _no_model(version: VersionModele) -> IsolationForest:
    raise ValueError(f"there is no model {version.modele_id}")


@pytest.fixture
def new_scorer() -> Callable[[], LedgerScorer]:
    """Make scorers of new partitions, without models."""
    return lambda: LedgerScorer(load_model=_no_model, parametres=Parametres(societe_id=0), seed=4)

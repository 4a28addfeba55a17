"""A model of three variables, and sketches of its days."""

import base64
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from schemas import Esquisse
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import Scale, Variable
from wisebook_ml.drift_checks.day import STEPS
from wisebook_ml.drift_checks.usual import Usual, VersionKey
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import fit_isolation_forest

VARIABLES = (
    Variable("montant", "montant de l'écriture", "amount of the entry", Scale.LOG10_CENTS),
    Variable("rarete", "rareté", "rarity"),
    Variable("journal", "journal", "journal", Scale.CATEGORY),
)
FIRST = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)
"""3:00 in France."""

DAY = dt.timedelta(days=1)
ROWS = 300


def rows(seed: int, n: int = ROWS, shift: float = 0.0) -> dict[str, np.ndarray]:
    """Return rows; the amount is moved by `shift` (it has a standard deviation of 0.5)."""
    rng = np.random.default_rng(seed)
    return {
        "montant": rng.normal(4.0 + shift, 0.5, n),
        "rarete": rng.gamma(2.0, 1.0, n),
        "journal": rng.choice(["AC", "VE", "BQ"], n, p=[0.5, 0.3, 0.2]).astype(object),
    }


def artefact(reference: Reference) -> bytes:
    """Return the artefact of a small Isolation Forest with a reference."""
    matrix = np.random.default_rng(5).normal(size=(300, len(FEATURE_NAMES)))
    forest = fit_isolation_forest(matrix, FEATURE_NAMES, seed=1, n_estimators=5)
    return replace(forest, reference=reference.dump()).dump()


@dataclass
class Models:
    """References by version, as the artefact store has them."""

    reference: Reference
    without: set[int] = field(default_factory=set)
    """Versions that have none."""

    def __call__(self, version: VersionKey) -> Usual | None:
        """Return the reference of a version."""
        return None if version.version in self.without else Usual(self.reference)

    def sketch(
        self,
        day: int,
        *,
        modele_id: int = 7,
        version: int = 1,
        societe_id: int = 3,
        partition: int = 2,
        shift: float = 0.0,
        score: float = 0.2,
        n: int = ROWS,
        echeance: dt.datetime | None = None,
        columns: Mapping[str, np.ndarray] | None = None,
    ) -> Esquisse:
        """Return what a model has met until the due time of a day."""
        seed = 1_000 * day + 10 * partition + version
        sketch = Sketch(self.reference.layout)
        if n:
            sketch.update(columns or rows(seed, n, shift))
        scores = np.clip(np.random.default_rng(seed).normal(score, 0.05, sketch.rows), 0, 1)
        return Esquisse(
            modele_id=modele_id,
            version=version,
            societe_id=societe_id,
            partition=partition,
            echeance=echeance or FIRST + day * DAY,
            lignes=sketch.rows,
            donnees=base64.b64encode(sketch.dump()).decode() if sketch.rows else "",
            scores=base64.b64encode(np.rint(scores * STEPS).astype("<u2").tobytes()).decode(),
        )

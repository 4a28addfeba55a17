"""Thirty variables of different shapes, and days of them."""

from collections.abc import Callable

import numpy as np
import pytest

from wisebook_ml.drift.layout import Columns
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import Scale, Variable

DAY, DAYS = 300, 40

VARIABLES = tuple(
    Variable(f"x{k:02d}", f"variable {k}", f"variable {k}", Scale.LOG10_CENTS if k == 0 else Scale.PLAIN)
    for k in range(28)
) + tuple(Variable(f"c{k}", f"catégorie {k}", f"category {k}", Scale.CATEGORY) for k in range(2))

SHAPES: tuple[Callable[[np.random.Generator, int], np.ndarray], ...] = (
    lambda rng, n: rng.normal(4.0, 0.5, n),
    lambda rng, n: rng.gamma(2.0, 1.0, n),
    lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.random(n)),
    lambda rng, n: rng.poisson(2.0, n).astype(float),
    lambda rng, n: (rng.random(n) < 0.03).astype(float),
    lambda rng, n: np.round(rng.random(n), 1),
    lambda rng, n: rng.standard_t(4, n),
)


def rows(rng: np.random.Generator, n: int = DAY) -> dict[str, np.ndarray]:
    """Return stable rows."""
    columns = {one.name: SHAPES[k % len(SHAPES)](rng, n) for k, one in enumerate(VARIABLES[:28])}
    columns["c0"] = rng.choice(["AC", "VE", "BQ", "OD"], n, p=[0.4, 0.4, 0.15, 0.05]).astype(object)
    columns["c1"] = np.array([f"agent {k}" for k in rng.zipf(1.8, n) % 60], dtype=object)
    return columns


def sketch(monitor: Monitor, columns: Columns) -> Sketch:
    """Return the sketch of a day."""
    one = Sketch(monitor.reference.layout)
    one.update(columns)
    return one


@pytest.fixture(scope="session")
def monitor() -> Monitor:
    """A monitor that knows forty stable days."""
    return Monitor(reference_of(VARIABLES, rows(np.random.default_rng(7), DAY * DAYS)))

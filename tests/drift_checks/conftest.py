"""A reference of forty stable days, and models that have it."""

import pytest

from wisebook_ml.drift.reference import Reference, reference_of

from .sketches import ROWS, VARIABLES, Models, rows


@pytest.fixture(scope="session")
def known() -> Reference:
    """Forty stable days."""
    return reference_of(VARIABLES, rows(99, 40 * ROWS))


@pytest.fixture
def models(known: Reference) -> Models:
    """Models whose versions all have this reference."""
    return Models(known)

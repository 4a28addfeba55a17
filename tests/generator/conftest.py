import pytest

from wisebook_ml.generator import Ledger, generate_ledger


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    """A year of 20,000 entries with everything planted."""
    return generate_ledger(entries=20_000, seed=1)

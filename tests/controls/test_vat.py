"""VAT rates: the compiled search says what trying all sums says."""

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.controls.tva_taux import MAX_BASES, MIXED, RATES, fits, implausibility

CENTS = st.integers(1, 10**7) | st.sampled_from([100_00, 200_00, 20_00, 40_00, 5_50, 10_00])


def plainly(vats: list[int], bases: list[int]) -> float:
    """Return how implausible VAT is, by trying all sums of its bases."""
    if not vats or not bases or len(bases) > MAX_BASES:
        return 0.0
    sums = [sum(chosen) for size in range(1, len(bases) + 1) for chosen in combinations(bases, size)]
    if all(any(fits(vat, base) for base in sums) for vat in vats) or any(fits(sum(vats), base) for base in sums):
        return 0.0
    return MIXED if len(bases) > 1 and sum(vats) <= RATES[-1] * sum(bases) else 1.0


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(CENTS, max_size=4), st.lists(CENTS, max_size=MAX_BASES + 1))
def test_implausibility(vats: list[int], bases: list[int]) -> None:
    found = implausibility(np.array(vats, dtype=np.int64), np.array(bases, dtype=np.int64))
    assert found == plainly(vats, bases)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.sampled_from(RATES), st.lists(CENTS, min_size=1, max_size=MAX_BASES))
def test_vat_of_any_of_its_bases_is_plausible(rate: float, bases: list[int]) -> None:
    vat = np.array([round(rate * sum(bases[: 1 + len(bases) // 2]))], dtype=np.int64)
    assert implausibility(vat, np.array(bases, dtype=np.int64)) == 0.0

"""VAT rates: the compiled search says what trying all sums says."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.controls.tva_taux import (
    MAX_BASES,
    MIXED,
    RATES,
    SURE,
    UNEXPLAINED,
    fits,
    implausibility,
    is_applied,
    is_mistyped,
    is_slip,
)

CENTS = st.integers(1, 10**7) | st.sampled_from([100_00, 200_00, 20_00, 40_00, 5_50, 10_00])


def plainly(vats: list[int], bases: list[int]) -> float:
    """Return how implausible VAT is, by trying all sums of its bases."""
    if not vats or not bases or len(bases) > MAX_BASES:
        return 0.0
    sums = [sum(chosen) for size in range(1, len(bases) + 1) for chosen in combinations(bases, size)]
    if all(any(fits(vat, base) for base in sums) for vat in vats) or any(fits(sum(vats), base) for base in sums):
        return 0.0
    if sum(vats) > RATES[-1] * sum(bases):
        return SURE
    if len(bases) > 1:
        return MIXED
    return SURE if is_applied(sum(vats), sum(bases)) or is_mistyped(sum(vats), sum(bases)) else UNEXPLAINED


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


@pytest.mark.parametrize(
    ("vat", "base", "found"),
    [
        (96_33, 507_00, True),  # 19 %
        (101_53, 700_21, True),  # 14.5 %
        (172_05, 1_000_28, True),  # 17.2 %
        (93_48, 507_63, False),  # 18.41 %: fuel, a fifth of whose VAT is not deductible, and its card
        (117_22, 694_24, False),  # 16.88 %: electricity, with a standing charge at the reduced rate
        (1_90, 10_00, False),  # 19 %, as any tax of some cents is of some rate
    ],
)
def test_a_rate_that_was_applied_is_a_round_one(vat: int, base: int, found: bool) -> None:
    assert is_applied(vat, base) is found


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(1, 10**9), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_a_slip(cents: int, place: int, more: int) -> None:
    digits = [int(digit) for digit in str(cents)]
    place %= len(digits)
    digits[place] = (digits[place] + more) % 10
    other = int("".join(map(str, digits)))
    if other and len(str(other)) == len(str(cents)):
        assert is_slip(cents, other)
        assert is_slip(other, cents)
    assert not is_slip(cents, cents)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.integers(10, 10**9), st.integers(0, 8))
def test_so_are_two_neighbours_that_are_swapped(cents: int, place: int) -> None:
    digits = list(str(cents))
    place %= len(digits) - 1
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    if digits != list(str(cents)) and digits[0] != "0":
        assert is_slip(cents, int("".join(digits)))

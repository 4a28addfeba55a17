"""Sketches: the same for the same rows, however they are cut; their measures are within the stated error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wisebook_ml.drift.exceptions import DriftError, NotEnoughReference, OtherLayout
from wisebook_ml.drift.ks import ks, ks_bound
from wisebook_ml.drift.layout import Layout
from wisebook_ml.drift.sketch import NEW, Sketch, merged
from wisebook_ml.drift.variables import Scale, Variable
from wisebook_ml.drift.wasserstein import Counted, wasserstein, wasserstein_error

X, C = Variable("x", "x", "x"), Variable("c", "c", "c", Scale.CATEGORY)
LAYOUT = Layout.of(
    (X, C),
    {
        "x": np.concatenate([np.zeros(300), np.random.default_rng(1).gamma(2.0, 3.0, 700)]),
        "c": ["a", "b", "b", None] * 250,
    },
)

numbers = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf")]))
row = st.tuples(numbers, st.one_of(st.none(), st.sampled_from("abcdefghijklmnopqrstuvwxyz")))


def sketch_of(some: list[tuple[float, str | None]], layout: Layout = LAYOUT) -> Sketch:
    one = Sketch(layout)
    one.update({"x": np.array([x for x, _ in some], dtype=np.float64), "c": [c for _, c in some]})
    return one


@settings(max_examples=60, deadline=None)
@given(st.lists(row, max_size=60), st.lists(row, max_size=60), st.lists(row, max_size=60))
def test_merging_is_associative_commutative_and_equal_to_counting_at_once(
    first: list, second: list, third: list
) -> None:
    parts = [sketch_of(some) for some in (first, second, third)]
    whole = sketch_of([*first, *second, *third]).dump()
    left = merged(LAYOUT, [merged(LAYOUT, parts[:2]), parts[2]])
    right = merged(LAYOUT, [parts[0], merged(LAYOUT, parts[:0:-1])])
    assert left.dump() == right.dump() == whole
    assert Sketch.load(LAYOUT, whole).dump() == whole


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(40, 400), st.floats(-2, 2), st.floats(0.3, 3), st.booleans())
def test_measures_are_within_their_stated_error(seed: int, n: int, shift: float, scale: float, zeros: bool) -> None:
    rng = np.random.default_rng(seed)
    before = rng.lognormal(0.0, 0.7, 900)
    after = scale * rng.lognormal(0.0, 0.7, n) + shift
    if zeros:
        before[:200], after[: n // 3] = 0.0, 0.0
    layout = Layout.of((X,), {"x": before})
    grid = layout.grids[0]
    assert grid is not None
    old, new = Sketch(layout), Sketch(layout)
    old.update({"x": before})
    new.update({"x": after})
    exact = stats.ks_2samp(before, after).statistic
    found = ks(old.counts, new.counts).value
    assert found - 1e-9 <= exact <= ks_bound(grid, old.counts, new.counts) + 1e-9
    assert ks_bound(grid, old.counts, new.counts) - found <= 0.03
    pair = Counted(old.counts, old.sums), Counted(new.counts, new.sums)
    exact = stats.wasserstein_distance(before, after) / before.std()
    found = wasserstein(grid, *pair).value
    assert found - 1e-4 <= exact <= found + wasserstein_error(grid, *pair) + 1e-4


def test_means_are_exact() -> None:
    values = np.random.default_rng(3).gamma(2.0, 3.0, 5000)
    one = sketch_of([(float(x), "a") for x in values])
    assert one.mean(0) == pytest.approx(values.mean(), abs=1e-4)
    assert one.present(0) == 5000


def test_new_values_are_kept_by_name_and_bounded() -> None:
    one = sketch_of([(1.0, f"nouveau {k % 50}") for k in range(200)])
    assert len(one.new[1]) == NEW
    assert set(one.new[1].values()) == {4}
    assert int(one.counts[LAYOUT.cells(1)][-1]) == 200


def test_missing_values_are_counted_apart() -> None:
    one = sketch_of([(float("nan"), None), (1.0, "a"), (float("nan"), "b")])
    assert one.missing.tolist() == [2, 1]
    assert (one.counts[LAYOUT.cells(0)].sum(), one.counts[LAYOUT.cells(1)].sum()) == (1, 2)


def test_sketches_of_other_references_are_refused() -> None:
    other = Layout.of((X, C), {"x": np.arange(100.0), "c": ["a"] * 100})
    with pytest.raises(OtherLayout):
        sketch_of([]).merge(Sketch(other))
    with pytest.raises(OtherLayout):
        Sketch.load(other, sketch_of([]).dump())
    assert Layout.load(other.dump()).fingerprint == other.fingerprint


@pytest.mark.parametrize("data", [b"", b"\x90", b"nothing", sketch_of([(1.0, "a")]).dump()[:-1]])
def test_what_is_no_sketch_is_refused(data: bytes) -> None:
    with pytest.raises(DriftError):
        Sketch.load(LAYOUT, data)


def test_columns_have_to_be_there_and_of_one_length() -> None:
    with pytest.raises(DriftError, match="without a column c"):
        Sketch(LAYOUT).update({"x": np.zeros(2)})
    with pytest.raises(DriftError, match="different lengths"):
        Sketch(LAYOUT).update({"x": np.zeros(2), "c": ["a"]})
    with pytest.raises(NotEnoughReference):
        Layout.of((X,), {"x": np.zeros(0)})
    assert Layout.of((X,), {"x": np.full(3, np.nan)}).first == [0, 3]

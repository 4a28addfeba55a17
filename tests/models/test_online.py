"""The online detector: repeatable, silent until it knows something, bounded."""

import numpy as np
import pytest
from river.anomaly import HalfSpaceTrees

from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.half_space_trees import HEIGHT, N_TREES, WINDOW, grow_splits
from wisebook_ml.models.online import WARM_UP, online_attribute, online_dtype, online_tail
from wisebook_ml.models.ranks import cell_of


class Detector:
    """A company's record, and the splits that it shares."""

    def __init__(self, features: int, seed: int = 5) -> None:
        self.splits = grow_splits(seed, features)
        self.learned = np.zeros(1, online_dtype(features))[0]

    def learn(self, row: Floats) -> float:
        return online_tail(self.learned, self.splits, row, True)

    def score(self, row: Floats) -> float:
        return online_tail(self.learned, self.splits, row, False)

    def attribute(self, row: Floats) -> Floats:
        return online_attribute(self.learned, self.splits, row)


@pytest.fixture(scope="module")
def unit(rows: Floats) -> Floats:
    """Return more rows than it takes to warm up, scaled."""
    return np.vstack([rows, rows[::-1]]) / rows.max()


def usual(k: int) -> Floats:
    return np.full(4, 0.2 + (k % 10) / 100)


def warmed_up() -> Detector:
    detector = Detector(4)
    for k in range(WARM_UP + 50):
        detector.learn(usual(k))
    return detector


def test_tails_are_shares_of_rivers_scores(unit: Floats) -> None:
    """Written out: river's score before learning, among those since the first window."""
    detector = Detector(unit.shape[1], seed=11)
    trees = HalfSpaceTrees(n_trees=N_TREES, height=HEIGHT, window_size=WINDOW, seed=11)
    cells: list[int] = []
    for count, row in enumerate(unit):
        named = dict(enumerate(row.tolist()))
        cell = cell_of(trees.score_one(named))
        expected = (sum(other >= cell for other in cells) + 1) / (len(cells) + 1) if count >= WARM_UP else 1.0
        if count > WARM_UP:
            assert detector.score(row) == expected, f"row {count}"
        assert detector.learn(row) == expected, f"row {count}"
        trees.learn_one(named)
        if count >= WINDOW:
            cells.append(cell)


def test_the_same_seed_says_the_same(unit: Floats) -> None:
    one, other = Detector(unit.shape[1]), Detector(unit.shape[1])
    assert [one.learn(row) for row in unit] == [other.learn(row) for row in unit]
    assert one.learned.tobytes() == other.learned.tobytes()
    assert one.attribute(unit[0]).tobytes() == other.attribute(unit[0]).tobytes()


def test_another_seed_grows_other_trees(unit: Floats) -> None:
    one, other = Detector(unit.shape[1], seed=5), Detector(unit.shape[1], seed=6)
    assert [one.learn(row) for row in unit] != [other.learn(row) for row in unit]


def test_companies_that_share_splits_share_nothing_else(unit: Floats) -> None:
    alone, splits = Detector(unit.shape[1]), grow_splits(5, unit.shape[1])
    expected = [alone.learn(row) for row in unit]
    companies = np.zeros(3, online_dtype(unit.shape[1]))
    said = []
    for row in unit:
        said.append(online_tail(companies[1], splits, row, True))
        online_tail(companies[2], splits, np.ascontiguousarray(row[::-1]), True)
    assert said == expected
    assert companies[1].tobytes() == alone.learned.tobytes()
    assert not any(companies[0].tobytes())


def test_it_says_nothing_until_it_is_warmed_up(unit: Floats) -> None:
    detector = Detector(unit.shape[1])
    tails = [detector.learn(row) for row in unit]
    assert set(tails[:WARM_UP]) == {1.0}
    assert all(0.0 < tail <= 1.0 for tail in tails)
    assert len(set(tails[WARM_UP:])) > 1


def test_what_was_learned_before_is_not_learned_again(unit: Floats) -> None:
    detector = Detector(unit.shape[1])
    for row in unit:
        detector.learn(row)
        before = detector.learned.tobytes()
        detector.score(row)
        assert detector.learned.tobytes() == before


def test_what_lies_where_nothing_lay_is_unusual() -> None:
    detector = warmed_up()
    assert detector.score(np.full(4, 0.9)) < 0.02
    assert detector.learn(np.full(4, 0.9)) < 0.02


def test_attribution_is_for_the_feature_that_is_unusual() -> None:
    row = np.array([0.25, 0.25, 0.95, 0.25])
    shares = warmed_up().attribute(row)
    assert shares.argmax() == 2
    assert (shares >= 0.0).all()
    assert row.tolist() == [0.25, 0.25, 0.95, 0.25]


@pytest.mark.parametrize("learned", [0, 1, WINDOW - 1])
def test_before_the_first_window_there_is_nothing_to_attribute(learned: int) -> None:
    detector = Detector(4)
    for k in range(learned):
        detector.learn(usual(k))
    assert detector.attribute(np.full(4, 0.9)).tolist() == [0.0] * 4


def test_a_company_costs_ten_kilobytes() -> None:
    assert online_dtype(16).itemsize < 10_000

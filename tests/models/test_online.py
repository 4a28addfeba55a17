"""The online detector: repeatable, silent until it knows something, bounded."""

import pytest

from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.online import WARM_UP, OnlineDetector


def unit(rows: Floats) -> list[list[float]]:
    return (rows / rows.max()).tolist()


def test_the_same_seed_says_the_same(rows: Floats) -> None:
    one, other = OnlineDetector(seed=5), OnlineDetector(seed=5)
    assert [one.score_then_learn(row) for row in unit(rows)] == [other.score_then_learn(row) for row in unit(rows)]
    assert one.attribute(unit(rows)[0]) == other.attribute(unit(rows)[0])


def test_another_seed_grows_other_trees(rows: Floats) -> None:
    one, other = OnlineDetector(seed=5), OnlineDetector(seed=6)
    assert [one.score_then_learn(row) for row in unit(rows)] != [other.score_then_learn(row) for row in unit(rows)]


def test_two_companies_do_not_share_their_chance(rows: Floats) -> None:
    """Learning in between draws nothing from a generator that both use."""
    alone, one, other = (OnlineDetector(seed=5) for _ in range(3))
    expected = [alone.score_then_learn(row) for row in unit(rows)]
    said = []
    for row in unit(rows):
        said.append(one.score_then_learn(row))
        other.score_then_learn(row[::-1])
    assert said == expected


def test_it_says_nothing_until_it_is_warmed_up(rows: Floats) -> None:
    detector = OnlineDetector(seed=5)
    tails = [detector.score_then_learn(row) for row in unit(rows)]
    assert set(tails[:WARM_UP]) == {1.0}
    assert all(0.0 < tail <= 1.0 for tail in tails)
    assert len(set(tails[WARM_UP:])) > 1


def test_what_lies_where_nothing_lay_is_unusual(rows: Floats) -> None:
    detector = OnlineDetector(seed=5)
    usual = [[0.2 + (k % 10) / 100] * 4 for k in range(WARM_UP + 50)]
    for row in usual:
        detector.score_then_learn(row)
    assert detector.score_then_learn([0.9] * 4) < 0.02


def test_attribution_is_for_the_feature_that_is_unusual() -> None:
    detector = OnlineDetector(seed=5)
    for k in range(WARM_UP + 50):
        detector.score_then_learn([0.2 + (k % 10) / 100] * 4)
    shares = detector.attribute([0.25, 0.25, 0.95, 0.25])
    assert shares.index(max(shares)) == 2
    assert all(share >= 0.0 for share in shares)


@pytest.mark.parametrize("size", [0, 3])
def test_before_the_first_entry_there_is_nothing_to_attribute(size: int) -> None:
    assert OnlineDetector().attribute([0.5] * size) == [0.0] * size

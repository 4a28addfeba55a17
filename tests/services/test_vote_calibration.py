"""Probabilities from votes."""

import numpy as np
import pytest

from wisebook_ml.services.vote_calibration import VoteCalibration, calibrated


def lines(count: int, slope: float, none: float) -> tuple[np.ndarray, np.ndarray]:
    """Return votes, and which candidate was right as often as a calibration says."""
    rng = np.random.default_rng(3)
    votes = rng.beta(0.5, 1.5, size=(count, 6))
    chances = VoteCalibration(slope, none).probabilities(votes)
    which = (rng.random((count, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    return votes, which[:, None] == np.arange(6)


@pytest.mark.parametrize(("slope", "none"), [(1.0, 0.0), (2.0, -2.0), (0.6, 1.0)])
def test_it_finds_what_votes_are_worth(slope: float, none: float) -> None:
    found = calibrated(*lines(4000, slope, none))

    assert found.slope == pytest.approx(slope, abs=0.1)
    assert found.none == pytest.approx(none, abs=0.25)


def test_the_order_of_candidates_stays_and_none_has_the_rest() -> None:
    votes, right = lines(300, 0.6, 1.0)

    shares = calibrated(votes, ~right).probabilities(votes)

    assert (shares.argmax(axis=1) == votes.argmax(axis=1)).all()
    assert (shares.sum(axis=1) < 1).all()
    assert (shares > 0).all()


def test_unanimous_votes_and_few_lines_are_no_certainty() -> None:
    votes = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])

    found = calibrated(votes, votes == 1)

    assert 0.9 < found.probabilities(votes)[0, 0] < 1
    assert calibrated(np.zeros((0, 2)), np.zeros((0, 2), bool)) == VoteCalibration()


def test_an_account_that_is_no_candidate_shares_with_those_that_are() -> None:
    votes = np.array([[0.7, 0.2]])
    calibration = VoteCalibration(1.3, -1.0)

    alone = calibration.besides(votes, np.array([0.3]))
    among = calibration.probabilities(np.array([[0.7, 0.2, 0.3]]))[:, 2]

    assert alone == pytest.approx(among)

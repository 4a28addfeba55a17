"""The gate: who becomes the champion, and what is said of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wisebook_ml.services.base import Gate
from wisebook_ml.training.baselines import Baseline
from wisebook_ml.training.gate import Champion, decide

TOP = Gate("top1", margin=0.01, min_rows=30, floor=0.5)
ERROR = Gate("mape", higher_is_better=False, margin=-0.02, min_rows=30, floor=0.4)

finite = st.floats(-10, 10)


@pytest.mark.parametrize(
    ("value", "champion", "rows", "promoted", "text"),
    [
        (0.60, None, 100, True, "promoted: first version, top1 0.6 on 100 rows"),
        (0.40, None, 100, False, "challenger: top1 0.4 on 100 rows, needs 0.5"),
        (0.60, None, 29, False, "challenger: needs a hold-out of 30 rows, has 29"),
        (0.62, 0.60, 100, True, "promoted: top1 0.62 against 0.6 of version 3 on 100 rows"),
        (
            0.605,
            0.60,
            100,
            False,
            "challenger: top1 0.605 against 0.6 of version 3 on 100 rows, needs a gain of 0.01",
        ),
        (0.48, 0.40, 100, False, "challenger: top1 0.48 against 0.4 of version 3 on 100 rows, needs 0.5"),
        (math.nan, 0.40, 100, False, "challenger: top1 is not defined on this hold-out of 100 rows"),
    ],
)
def test_more_is_better(value: float, champion: float | None, rows: int, promoted: bool, text: str) -> None:
    decision = decide({"top1": value}, None if champion is None else Champion(3, {"top1": champion}), rows, TOP)
    assert (decision.promoted, decision.text) == (promoted, text)


@pytest.mark.parametrize(
    ("value", "champion", "promoted", "text"),
    [
        (0.10, 0.12, True, "promoted: mape 0.1 against 0.12 of version 3 on 100 rows"),
        (0.13, 0.12, True, "promoted: mape 0.13 against 0.12 of version 3 on 100 rows"),
        (0.15, 0.12, False, "challenger: mape 0.15 against 0.12 of version 3 on 100 rows, may lose 0.02 at most"),
        (0.45, 0.90, False, "challenger: mape 0.45 against 0.9 of version 3 on 100 rows, must not exceed 0.4"),
    ],
)
def test_less_is_better(value: float, champion: float, promoted: bool, text: str) -> None:
    decision = decide({"mape": value}, Champion(3, {"mape": champion}), 100, ERROR)
    assert (decision.promoted, decision.text) == (promoted, text)


def test_a_champion_that_cannot_be_loaded_leaves_the_floor_alone_to_decide() -> None:
    broken = Champion(2, {}, "its SHA-256 differs")
    good, bad = decide({"top1": 0.6}, broken, 100, TOP), decide({"top1": 0.4}, broken, 100, TOP)
    assert (good.promoted, good.gain) == (True, None)
    assert good.text == "promoted: top1 0.6 on 100 rows; version 2 cannot be compared: its SHA-256 differs"
    assert not bad.promoted


def test_a_champion_without_the_metric_is_said_to_have_none() -> None:
    assert "its top1 is not defined on this hold-out" in decide({"top1": 0.6}, Champion(2, {}), 100, TOP).text


@given(finite, finite, st.booleans(), finite)
def test_the_gain_is_positive_where_the_new_version_is_better(
    new: float, old: float, higher_is_better: bool, margin: float
) -> None:
    gate = Gate("m", higher_is_better=higher_is_better, margin=margin)
    decision = decide({"m": new}, Champion(1, {"m": old}), 100, gate)
    assert decision.gain is not None
    assert (decision.gain > 0) == ((new > old) if higher_is_better else (new < old)) or new == old
    assert decision.promoted == (decision.gain >= margin)
    assert decision.text.startswith("promoted" if decision.promoted else "challenger")


@pytest.mark.parametrize(
    ("value", "champion", "promoted", "text"),
    [
        (
            0.61,
            None,
            False,
            "challenger: mape 0.61 against 0.55 of the baseline 'business_day' on 219 rows, has to be 2 % better",
        ),
        (
            0.54,
            None,
            False,
            "challenger: mape 0.54 against 0.55 of the baseline 'business_day' on 219 rows, has to be 2 % better",
        ),
        (
            0.53,
            None,
            True,
            "promoted: first version, mape 0.53 against 0.55 of the baseline 'business_day' on 219 rows",
        ),
        (
            0.54,
            0.9,
            False,
            "challenger: mape 0.54 against 0.9 of version 3 and 0.55 of the baseline 'business_day' on 219 rows, has "
            "to be 2 % better",
        ),
        (
            0.53,
            0.4,
            False,
            "challenger: mape 0.53 against 0.4 of version 3 and 0.55 of the baseline 'business_day' on 219 rows, may "
            "lose 0.02 at most",
        ),
    ],
)
def test_nothing_is_promoted_that_does_not_beat_the_best_baseline(
    value: float, champion: float | None, promoted: bool, text: str
) -> None:
    gate, baseline = Gate("mape", higher_is_better=False, margin=-0.02), Baseline("business_day", 0.55)
    before = None if champion is None else Champion(3, {"mape": champion})
    decision = decide({"mape": value}, before, 219, gate, baseline)
    assert (decision.promoted, decision.text) == (promoted, text)

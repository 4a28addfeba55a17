"""From evidence to a score: what can be said of the arithmetic, whatever the controls."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import CodeMotif, Parametres, Severite
from wisebook_ml.controls import CONTROLS
from wisebook_ml.scoring.fusion import (
    HABITUAL_RATE,
    RATE_KNOWN,
    SCORES_KNOWN,
    Evidence,
    Measured,
    Verdict,
    apportion,
    judge,
    model_strength,
)
from wisebook_ml.scoring.severity import FALLBACK_CENTS, materiality, severity
from wisebook_ml.scoring.state import CompanyState

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)
SHARES = st.lists(st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, 1e-300]), min_size=1, max_size=30)
STRENGTHS = st.lists(st.floats(0, 1), min_size=len(CONTROLS), max_size=len(CONTROLS))
NO_MODEL = None


def measured(strengths: list[float], thresholds: float = 1.0, weight: float = 0.5) -> Measured:
    """Return findings of one entry: each value is its strength, so that at most full strength passes."""
    row = np.array([strengths])
    size = len(CONTROLS)
    return Measured((), row, row, (thresholds,) * size, (weight,) * size)


def verdict(strengths: list[float], model: Evidence | None = NO_MODEL, state: CompanyState | None = None) -> Verdict:
    return judge("AC", measured(strengths), 0, model, state or CompanyState(), 0.01, first=True)


def model(strength: float) -> Evidence:
    return Evidence(CodeMotif.FORET_ISOLATION, 2.0, 3.3, strength, 0.45)


class TestApportion:
    @REPEATABLE
    @given(st.integers(0, 10_000), SHARES)
    def test_parts_sum_to_the_score(self, score: int, shares: list[float]) -> None:
        parts = apportion(score, shares)
        assert sum(parts) == score
        assert len(parts) == len(shares)
        assert all(0 <= part <= score for part in parts)

    @REPEATABLE
    @given(st.integers(0, 10_000), SHARES)
    def test_each_part_is_its_share_within_a_hundredth(self, score: int, shares: list[float]) -> None:
        total = math.fsum(shares)
        if total > 0:
            for part, share in zip(apportion(score, shares), shares, strict=True):
                assert abs(part - score * share / total) < 1 + 1e-6

    @REPEATABLE
    @given(st.integers(0, 10_000), SHARES)
    def test_a_larger_share_gets_no_smaller_part(self, score: int, shares: list[float]) -> None:
        parts = apportion(score, sorted(shares, reverse=True))
        if sum(shares) > 0:
            assert parts == sorted(parts, reverse=True)

    def test_nobody_to_share_with(self) -> None:
        assert apportion(100, []) == []

    def test_shares_of_nothing_leave_it_to_the_first(self) -> None:
        assert apportion(100, [0.0, 0.0]) == [100, 0]


class TestComposite:
    @REPEATABLE
    @given(STRENGTHS, st.integers(0, len(CONTROLS) - 1), st.floats(0, 1))
    def test_more_evidence_never_lowers_it(self, strengths: list[float], which: int, more: float) -> None:
        stronger = list(strengths)
        stronger[which] = max(strengths[which], more)
        assert verdict(strengths).composite <= verdict(stronger).composite <= 1.0

    @REPEATABLE
    @given(STRENGTHS, st.floats(0, 1))
    def test_neither_does_a_models_say(self, strengths: list[float], more: float) -> None:
        assert verdict(strengths).composite <= verdict(strengths, model(more)).composite

    @REPEATABLE
    @given(STRENGTHS)
    def test_it_is_the_noisy_or(self, strengths: list[float]) -> None:
        expected = 1.0 - math.prod(1.0 - 0.5 * strength for strength in strengths)
        assert verdict(strengths).composite == pytest.approx(expected, abs=1e-12)

    def test_without_evidence_it_is_nothing(self) -> None:
        nothing = verdict([0.0] * len(CONTROLS), model(0.0))
        assert nothing == Verdict(flagged=False, composite=0.0, evidence=())


class TestFlagged:
    def test_a_control_that_passes_is_enough(self) -> None:
        one = [1.0, *[0.0] * (len(CONTROLS) - 1)]
        assert verdict(one).flagged
        assert not verdict([0.9, *one[1:]]).flagged

    def test_several_that_do_not_pass_can_be_enough_together(self) -> None:
        assert verdict([0.6] * 5 + [0.0] * (len(CONTROLS) - 5)).flagged

    def test_what_a_journal_always_does_does_not_pass_alone(self) -> None:
        k = next(k for k, control in enumerate(CONTROLS) if not control.required)
        one = [1.0 if n == k else 0.0 for n in range(len(CONTROLS))]
        state = CompanyState()
        flagged = [verdict(one, state=state).flagged for _ in range(RATE_KNOWN + 10)]
        assert flagged == [True] * RATE_KNOWN + [False] * 10
        weakened = verdict(one, state=state).evidence[0].strength
        assert weakened == pytest.approx(HABITUAL_RATE)

    def test_a_habit_of_one_journal_does_not_excuse_another(self) -> None:
        k = next(k for k, control in enumerate(CONTROLS) if not control.required)
        one = [1.0 if n == k else 0.0 for n in range(len(CONTROLS))]
        state = CompanyState()
        for _ in range(RATE_KNOWN + 10):
            verdict(one, state=state)
        assert judge("VE", measured(one), 0, None, state, 0.01, first=True).flagged

    def test_no_habit_excuses_what_regulation_asks_for(self) -> None:
        k = next(k for k, control in enumerate(CONTROLS) if control.required)
        one = [1.0 if n == k else 0.0 for n in range(len(CONTROLS))]
        state = CompanyState()
        assert all(verdict(one, state=state).flagged for _ in range(RATE_KNOWN + 10))

    def test_the_budget_sets_the_threshold_once_scores_are_known(self) -> None:
        """Of many like scores, none stands out; the same score among quiet ones does."""
        some = [0.6] * 2 + [0.0] * (len(CONTROLS) - 2)
        quiet, loud = CompanyState(), CompanyState()
        for _ in range(SCORES_KNOWN + 1):
            verdict([0.0] * len(CONTROLS), state=quiet)
            verdict(some, state=loud)
        assert verdict(some, state=quiet).composite > 0.5
        assert verdict(some, state=quiet).flagged
        assert not verdict(some, state=loud).flagged

    def test_a_revision_is_not_counted_again(self) -> None:
        state = CompanyState()
        judge("AC", measured([1.0] * len(CONTROLS)), 0, None, state, 0.01, first=False)
        assert state == CompanyState()


@REPEATABLE
@given(st.floats(1e-9, 1), st.floats(1e-9, 1))
def test_a_rarer_score_is_no_weaker_evidence(one: float, other: float) -> None:
    assert model_strength(min(one, other)) >= model_strength(max(one, other))
    assert 0.0 <= model_strength(one) <= 1.0


class TestSeverity:
    @pytest.mark.parametrize(
        ("score", "ordinary", "large", "small"),
        [
            (0, "INFO", "FAIBLE", "INFO"),
            (2499, "INFO", "FAIBLE", "INFO"),
            (2500, "FAIBLE", "MOYENNE", "INFO"),
            (4500, "MOYENNE", "ELEVEE", "FAIBLE"),
            (6500, "ELEVEE", "CRITIQUE", "MOYENNE"),
            (8500, "CRITIQUE", "CRITIQUE", "ELEVEE"),
            (10000, "CRITIQUE", "CRITIQUE", "ELEVEE"),
        ],
    )
    def test_the_table(self, score: int, ordinary: str, large: str, small: str) -> None:
        material = 1_000_00
        assert severity(score, material, material) == Severite(ordinary)
        assert severity(score, 5 * material, material) == Severite(large)
        assert severity(score, material // 50 - 1, material) == Severite(small)

    @REPEATABLE
    @given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 10**15), st.integers(1, 10**13))
    def test_a_higher_score_is_never_less_serious(self, one: int, other: int, amount: int, material: int) -> None:
        order = list(Severite)
        low, high = sorted((one, other))
        assert order.index(severity(low, amount, material)) <= order.index(severity(high, amount, material))

    def test_what_is_material_is_what_the_company_says(self) -> None:
        assert materiality(Parametres(societe_id=1, seuil_signification="250.00"), 5.0, 1.0) == 250_00
        assert materiality(Parametres(societe_id=1, seuil_signification="0"), 5.0, 1.0) == 1

    def test_or_what_its_entries_say(self) -> None:
        parametres = Parametres(societe_id=1)
        assert materiality(parametres, math.nan, math.nan) == FALLBACK_CENTS
        assert materiality(parametres, 4.0, 0.0) == 100_00
        assert materiality(parametres, 4.0, 0.5) > 100_00

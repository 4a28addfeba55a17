"""From evidence to a score: what can be said of the arithmetic, whatever the controls."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Parametres, Severite
from wisebook_ml.controls import CONTROLS
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.habits.arrivals import company_key, company_of
from wisebook_ml.habits.profiles import journal_of
from wisebook_ml.ledger.hashing import hash_text, mix
from wisebook_ml.scoring.belief import MODEL_WEIGHT, TAIL_FULL, TAIL_ONSET, Heard, model_strength
from wisebook_ml.scoring.core import REQUIRED, RULE, SYSTEMIC
from wisebook_ml.scoring.fusion import apportion
from wisebook_ml.scoring.judge import (
    HABITUAL_RATE,
    OPENED,
    RATE_KNOWN,
    REPEATED,
    SCORES_KNOWN,
    Judgement,
    judge_entries,
    new_judgement,
)
from wisebook_ml.scoring.severity import FALLBACK_CENTS, materiality, severity
from wisebook_ml.scoring.state import MAX_CONTROLS, ScoringState

from .company import SPLITS

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)
SHARES = st.lists(st.floats(0, 1e6) | st.sampled_from([0.0, 1.0, 1e-300]), min_size=1, max_size=30)
STRENGTHS = st.lists(st.floats(0, 1), min_size=len(CONTROLS), max_size=len(CONTROLS))
SIZE = len(CONTROLS)
WEIGHT = 0.5
EACH_ITS_OWN = np.arange(SIZE)


class Judge:
    """Judges entries of one company by the strengths of their evidence; each passes by itself at full strength."""

    def __init__(self, causes: npt.NDArray[np.int64] = EACH_ITS_OWN) -> None:
        self.state = ScoringState()
        self.causes = causes
        self.strengths = np.zeros((1, SIZE))
        self.judged = 0

    def judge(
        self,
        strengths: list[float],
        model: float = 0.0,
        *,
        journal: str = "AC",
        first: bool = True,
        about: str | None = None,
    ) -> Judgement:
        """Judge one entry, about somebody else each time unless it is said about whom.

        `model` is the strength of the model's evidence. What is left of `strengths` is kept.
        """
        self.judged += 1
        about = f"number {self.judged}" if about is None else about
        self.state.judged.reserve({"scales": 1, "detectors": 1, "rates": 1, "found": 1, "repeats": MAX_CONTROLS}, {})
        directory = self.state.habits.directory()
        key = hash_text(journal)
        journal_of(directory, company_of(directory, 1), mix(company_key(1), key))
        self.strengths = np.array([strengths])
        judgement = new_judgement(np.array([tail_of(model)]), len(FEATURE_NAMES))
        done = judge_entries(
            0,
            np.array([1]),
            np.array([key]),
            np.array([hash_text(about)]),
            np.array([99]),
            np.array([first]),
            np.array([False]),
            np.zeros((1, len(FEATURE_NAMES))),
            SPLITS,
            self.strengths.copy(),
            self.strengths,
            np.ones((1, SIZE)),
            np.ones((1, SIZE)),
            np.full((1, SIZE), WEIGHT),
            np.full(1, 0.01),
            np.zeros(1, np.int64),
            REQUIRED,
            RULE,
            SYSTEMIC,
            self.causes,
            Heard(np.full(1, TAIL_FULL), np.full(1, MODEL_WEIGHT), np.ones(1)),
            directory,
            self.state.judged.directory(),
            judgement,
        )
        assert done == 1
        return judgement

    def flags(self, strengths: list[float], *, journal: str = "AC", about: str | None = None) -> bool:
        """Return whether an entry is flagged."""
        return bool(self.judge(strengths, journal=journal, about=about).outcome[0] == OPENED)


def tail_of(strength: float) -> float:
    """Return the tail probability at which a model's evidence has this strength."""
    return float(10 ** -(TAIL_ONSET + strength * (TAIL_FULL - TAIL_ONSET)))


def composite(strengths: list[float], model: float = 0.0) -> float:
    return float(Judge().judge(strengths, model).composite[0])


def one_that(*, required: bool, rule: bool | None = None) -> list[float]:
    """Return full strength of one control alone, which regulation asks for or not, and facts decide or not."""
    k = next(
        k
        for k, control in enumerate(CONTROLS)
        if control.required is required and (rule is None or control.rule is rule)
    )
    return [1.0 if n == k else 0.0 for n in range(SIZE)]


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
    @given(STRENGTHS, st.integers(0, SIZE - 1), st.floats(0, 1))
    def test_more_evidence_never_lowers_it(self, strengths: list[float], which: int, more: float) -> None:
        stronger = list(strengths)
        stronger[which] = max(strengths[which], more)
        assert composite(strengths) <= composite(stronger) <= 1.0

    @REPEATABLE
    @given(STRENGTHS, st.floats(0, 1))
    def test_neither_does_a_models_say(self, strengths: list[float], more: float) -> None:
        assert composite(strengths) <= composite(strengths, more)

    @REPEATABLE
    @given(STRENGTHS)
    def test_it_is_the_noisy_or(self, strengths: list[float]) -> None:
        expected = 1.0 - math.prod(1.0 - WEIGHT * strength for strength in strengths)
        assert composite(strengths) == pytest.approx(expected, abs=1e-12)

    def test_without_evidence_it_is_nothing(self) -> None:
        judge = Judge()
        nothing = judge.judge([0.0] * SIZE)
        assert (nothing.outcome[0], nothing.composite[0]) == (0, 0.0)


class TestFlagged:
    def test_a_control_that_passes_is_enough(self) -> None:
        one = one_that(required=True)
        assert Judge().flags(one)
        assert not Judge().flags([0.15 * strength for strength in one])

    def test_one_that_facts_decide_is_whatever_the_budget(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=True)
        for _ in range(SCORES_KNOWN * 2):
            judge.judge([0.9] * SIZE)
        assert judge.flags(one)

    def test_one_that_habits_decide_is_only_within_the_budget(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=False)
        for _ in range(SCORES_KNOWN * 2):
            judge.judge([0.9] * SIZE)
        assert not judge.flags(one)

    def test_several_that_do_not_pass_can_be_enough_together(self) -> None:
        assert Judge().flags([0.6] * 5 + [0.0] * (SIZE - 5))

    def test_what_a_journal_always_does_does_not_pass_alone(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=True)
        assert [judge.flags(one) for _ in range(RATE_KNOWN + 10)] == [True] * RATE_KNOWN + [False] * 10
        judge.judge(one)
        assert judge.strengths.max() <= HABITUAL_RATE

    def test_what_one_third_party_does_again_and_again_does_not_pass_alone(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=True)
        for _ in range(SCORES_KNOWN * 2):
            judge.judge([0.9] * SIZE)
        assert [judge.flags(one, about="TOTAL") for _ in range(REPEATED + 2)] == [True] * REPEATED + [False] * 2
        assert judge.flags(one, about="another")

    def test_what_is_found_often_in_a_company_says_less_each_time(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=True)
        said = [float(judge.judge(one, journal=f"{k}").composite[0]) for k in range(5)]
        assert said == sorted(said, reverse=True)
        assert said[4] < said[0] / 2

    def test_a_habit_of_one_journal_does_not_excuse_another(self) -> None:
        judge, one = Judge(), one_that(required=False, rule=True)
        for _ in range(RATE_KNOWN + 10):
            judge.flags(one)
        assert judge.flags(one, journal="VE")

    def test_no_habit_excuses_what_regulation_asks_for(self) -> None:
        judge, one = Judge(), one_that(required=True)
        assert all(judge.flags(one) for _ in range(RATE_KNOWN + 10))

    def test_the_budget_sets_the_threshold_once_scores_are_known(self) -> None:
        """Of many like scores, none stands out; the same score among quiet ones does."""
        some = [0.6] * 2 + [0.0] * (SIZE - 2)
        quiet, loud = Judge(), Judge()
        for _ in range(SCORES_KNOWN + 1):
            quiet.judge([0.0] * SIZE)
            loud.judge(some)
        assert composite(some) > 0.5
        assert quiet.flags(some)
        assert not loud.flags(some)

    def test_a_revision_is_not_counted_again(self) -> None:
        judge = Judge()
        judge.judge([1.0] * SIZE, first=False)
        judged = judge.state.judged
        assert not judged["scales.rows"]["cells"].any()
        assert not judged["scales.rows"]["total"].any()
        assert not judged["rates.rows"]["judged"].any()
        assert not judged["rates.rows"]["fired"].any()
        assert not judged["found.rows"]["judged"].any()
        assert not judged["found.rows"]["reached"].any()


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

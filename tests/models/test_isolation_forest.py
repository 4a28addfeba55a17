"""The forest as arrays: scikit-learn's scores, the same bytes again, and nothing loaded that is no forest."""

import msgspec
import numpy as np
import pytest
import sklearn.ensemble
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.isolation_forest import CHUNK, IsolationForest, fit_isolation_forest

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=25)
NAMES = ("a", "b", "c")
VALUES = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, 2.0])
"""Free values, and those that tie."""
MATRICES = st.integers(2, 60).flatmap(lambda n: arrays(np.float64, (n, len(NAMES)), elements=VALUES))


@REPEATABLE
@given(MATRICES, MATRICES, st.integers(0, 2**31))
def test_scores_are_scikit_learns(matrix: Floats, others: Floats, seed: int) -> None:
    """Equal on what it was grown on and on what it was not, with ties and with constant columns."""
    matrix[:, 1] = matrix[0, 1]
    size = min(256, len(matrix))
    theirs = sklearn.ensemble.IsolationForest(n_estimators=10, max_samples=size, random_state=seed).fit(matrix)
    ours = fit_isolation_forest(matrix, NAMES, seed=seed, n_estimators=10)
    for asked in (matrix, others):
        assert np.abs(ours.score(asked) + theirs.score_samples(asked)).max() < 1e-9


def test_scores_are_scikit_learns_on_many_rows(forest: IsolationForest, rows: Floats) -> None:
    theirs = sklearn.ensemble.IsolationForest(n_estimators=100, max_samples=256, random_state=3).fit(rows)
    assert np.abs(forest.score(rows) + theirs.score_samples(rows)).max() < 1e-9


def test_rows_that_are_all_alike_are_equally_usual() -> None:
    same = np.ones((50, 3))
    scores = fit_isolation_forest(same, NAMES, seed=1).score(np.vstack([same, np.full((1, 3), 99.0)]))
    assert len(set(scores.tolist())) == 1


def test_one_row_scores_bit_by_bit_as_in_any_batch(forest: IsolationForest, rows: Floats) -> None:
    many = np.vstack([rows] * (CHUNK // len(rows) + 2))
    assert len(many) > CHUNK
    together = forest.score(many)
    alone = np.concatenate([forest.score(row[None, :]) for row in rows])
    assert together[: len(rows)].tobytes() == alone.tobytes()
    assert together[-len(rows) :].tobytes() == alone.tobytes(), "beyond the first chunk too"
    pieces = np.concatenate([forest.score(many[k : k + 7]) for k in range(0, len(rows), 7)])
    assert pieces[: len(rows)].tobytes() == alone.tobytes()


def test_no_rows_have_no_scores(forest: IsolationForest) -> None:
    assert forest.score(np.zeros((0, len(FEATURE_NAMES)))).shape == (0,)


def test_ranks_are_those_of_the_training_rows(forest: IsolationForest, rows: Floats) -> None:
    assert forest.ranks.total == len(rows)
    assert forest.ranks.tail(0.0) == 1.0
    assert forest.ranks.tail(float(forest.score(rows).max())) < 0.01


def test_the_same_seed_gives_the_same_bytes(rows: Floats, forest: IsolationForest) -> None:
    assert fit_isolation_forest(rows, FEATURE_NAMES, seed=3).dump() == forest.dump()
    assert fit_isolation_forest(rows, FEATURE_NAMES, seed=4).dump() != forest.dump()


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_are_refused_with_their_number(rows: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 entries, has {rows}"):
        fit_isolation_forest(np.zeros((rows, 3)), NAMES, seed=1)


class TestAttribution:
    def test_shares_sum_to_the_expected_less_the_actual_path(self, forest: IsolationForest, rows: Floats) -> None:
        expected = forest.expected[forest.roots].mean()
        for row in rows[:50]:
            actual = forest.expected[_leaves(forest, row)].mean()
            assert forest.attribute(row).sum() == pytest.approx(expected - actual, abs=1e-9)

    def test_what_is_far_out_gets_the_largest_share(self, forest: IsolationForest, rows: Floats) -> None:
        usual = np.median(rows, axis=0)
        for k in (0, 8, 15):
            odd = usual.copy()
            odd[k] = 60.0
            assert int(forest.attribute(odd).argmax()) == k

    def test_a_constant_feature_has_none(self, forest: IsolationForest, rows: Floats) -> None:
        assert forest.attribute(rows[0])[3] == 0.0

    def test_the_score_follows_from_the_paths(self, forest: IsolationForest, rows: Floats) -> None:
        """A leaf's expected path is its actual one: attribution and score speak of the same thing."""
        sums = [forest.expected[_leaves(forest, row)].sum() for row in rows[:20]]
        assert np.exp2(-np.array(sums) / forest.scale) == pytest.approx(forest.score(rows[:20]), abs=1e-9)


def _leaves(forest: IsolationForest, row: Floats) -> list[int]:
    """Walk down every tree, one node at a time."""
    single, leaves = row.astype(np.float32), []
    for root in forest.roots.tolist():
        node = root
        while forest.children[node, 0] != node:
            node = int(forest.children[node, int(single[forest.feature[node]] > forest.threshold[node])])
        leaves.append(node)
    return leaves


class TestArtefacts:
    def test_a_forest_comes_back_byte_for_byte(self, forest: IsolationForest, rows: Floats) -> None:
        loaded = IsolationForest.load(forest.dump(), FEATURE_NAMES)
        assert loaded.dump() == forest.dump()
        assert loaded.score(rows).tobytes() == forest.score(rows).tobytes()
        assert loaded.depth == forest.depth
        assert loaded.ranks.tail(0.5) == forest.ranks.tail(0.5)

    @REPEATABLE
    @given(garbage=st.binary(max_size=200))
    def test_garbage_is_refused(self, garbage: bytes) -> None:
        with pytest.raises(ValueError, match="not a model artefact"):
            IsolationForest.load(garbage, FEATURE_NAMES)

    @settings(REPEATABLE, max_examples=60)
    @given(data=st.data())
    def test_a_part_of_one_is_refused(self, data: st.DataObject, forest: IsolationForest) -> None:
        whole = forest.dump()
        with pytest.raises(ValueError, match="not a model artefact"):
            IsolationForest.load(whole[: data.draw(st.integers(0, len(whole) - 1))], FEATURE_NAMES)

    def test_a_forest_of_other_features_is_refused(self, forest: IsolationForest) -> None:
        with pytest.raises(ValueError, match=r"trained on other features .* train it again"):
            IsolationForest.load(forest.dump(), FEATURE_NAMES[:-1])
        with pytest.raises(ValueError, match="other features"):
            IsolationForest.load(forest.dump(), FEATURE_NAMES[::-1])

    def test_another_format_is_refused_by_name(self, forest: IsolationForest) -> None:
        with pytest.raises(ValueError, match="format 'wisebook-ml/isolation-forest/2', expected"):
            IsolationForest.load(_changed(forest, format="wisebook-ml/isolation-forest/2"), FEATURE_NAMES)

    @pytest.mark.parametrize(
        "change",
        [
            {"roots": b"odd"},
            {"children": np.full(400, 10**6, "<i8").tobytes()},
            {"threshold": b""},
            {"feature": np.full(10**5, 99, "<i8").tobytes()},
            {"ranks": (1, 2)},
        ],
        ids=["bytes", "nodes", "lengths", "features", "ranks"],
    )
    def test_arrays_that_contradict_each_other_are_refused(
        self, forest: IsolationForest, change: dict[str, object]
    ) -> None:
        """An artefact that passes its digest but is not whole must not end the stream at the next entry."""
        with pytest.raises(ValueError, match=r".+"):
            IsolationForest.load(_changed(forest, **change), FEATURE_NAMES)


def _changed(forest: IsolationForest, **change: object) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(forest.dump()), **change})

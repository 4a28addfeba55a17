"""The forest as arrays: scikit-learn's scores, the same bytes again, and nothing loaded that is no forest."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
import sklearn.ensemble
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.isolation_forest import MAX_SAMPLES, IsolationForest, fit_isolation_forest
from wisebook_ml.models.isolation_walk import CHUNK, FIXED_POINT
from wisebook_ml.models.ranks import cell_of

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=25)
NAMES = ("a", "b", "c")
VALUES = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, 2.0])
"""Free values, and those that tie."""
MATRICES = st.integers(2, 60).flatmap(lambda n: arrays(np.float64, (n, len(NAMES)), elements=VALUES))


@REPEATABLE
@given(MATRICES, MATRICES, st.integers(0, 2**31), st.integers(1, 11))
def test_scores_are_scikit_learns(matrix: Floats, others: Floats, seed: int, trees: int) -> None:
    """Equal on what it was grown on and on what it was not, with ties and with constant columns."""
    matrix[:, 1] = matrix[0, 1]
    size = min(256, len(matrix))
    theirs = sklearn.ensemble.IsolationForest(n_estimators=trees, max_samples=size, random_state=seed).fit(matrix)
    ours = fit_isolation_forest(matrix, NAMES, seed=seed, n_estimators=trees)
    for asked in (matrix, others):
        assert np.abs(ours.score(asked) + theirs.score_samples(asked)).max() < 1e-9


def test_scores_are_scikit_learns_on_many_rows(forest: IsolationForest, rows: Floats) -> None:
    theirs = sklearn.ensemble.IsolationForest(n_estimators=100, max_samples=256, random_state=3).fit(rows)
    assert np.abs(forest.score(rows) + theirs.score_samples(rows)).max() < 1e-9


def test_a_value_on_a_threshold_takes_scikit_learns_side(rows: Floats) -> None:
    """Thresholds lie between single-precision numbers; the nearest on either side must not be taken for them."""
    theirs = sklearn.ensemble.IsolationForest(n_estimators=25, max_samples=256, random_state=3).fit(rows)
    ours = fit_isolation_forest(rows, FEATURE_NAMES, seed=3, n_estimators=25)
    edges = np.repeat(rows[:1], 3 * 25, axis=0)
    for k, fitted in enumerate(theirs.estimators_):
        feature, threshold = fitted.tree_.feature[0], np.float32(fitted.tree_.threshold[0])
        for j, to in enumerate((-np.inf, threshold, np.inf)):
            edges[3 * k + j, feature] = np.nextafter(threshold, np.float32(to))
    assert np.abs(ours.score(edges) + theirs.score_samples(edges)).max() < 1e-9


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


@pytest.mark.parametrize("shape", [(3,), (5, 2), (5, 4), (1, 1, 3)])
def test_rows_of_another_width_are_refused(shape: tuple[int, ...]) -> None:
    """Compiled code would read what lies behind them."""
    forest = fit_isolation_forest(np.eye(3), NAMES, seed=1)
    with pytest.raises(ValueError, match="the forest has 3 features"):
        forest.score(np.zeros(shape))
    with pytest.raises(ValueError, match="the forest has 3 features"):
        forest.attribute(np.zeros((1, 3)))


def test_columns_and_single_precision_score_alike(forest: IsolationForest, rows: Floats) -> None:
    columns = np.asfortranarray(rows)
    assert forest.score(columns).tobytes() == forest.score(rows).tobytes()
    assert forest.score(rows.astype(np.float32)).tobytes() == forest.score(rows).tobytes()  # type: ignore[arg-type]


def test_tails_are_shares_of_the_training_rows(forest: IsolationForest, rows: Floats) -> None:
    scores = forest.score(rows)
    cells = np.array([cell_of(score) for score in scores.tolist()])
    expected = [(int((cells >= cell).sum()) + 1) / (len(rows) + 1) for cell in cells.tolist()]
    assert forest.tails(scores).tolist() == expected
    assert forest.tails(np.array([0.0, 1.0])).tolist() == [1.0, 1 / (len(rows) + 1)]
    assert forest.trained_on == len(rows)


def test_a_forest_is_small_in_memory(forest: IsolationForest) -> None:
    """A scoring process holds one for each of hundreds of companies."""
    arrays = (forest.starts, forest.nodes, forest.path, forest.lengths, forest.expected, forest.as_large)
    assert sum(array.nbytes for array in arrays) < 250_000
    assert len(forest.dump()) < 250_000


def test_the_same_seed_gives_the_same_bytes(rows: Floats, forest: IsolationForest) -> None:
    assert fit_isolation_forest(rows, FEATURE_NAMES, seed=3).dump() == forest.dump()
    assert fit_isolation_forest(rows, FEATURE_NAMES, seed=4).dump() != forest.dump()


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_are_refused_with_their_number(rows: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 entries, has {rows}"):
        fit_isolation_forest(np.zeros((rows, 3)), NAMES, seed=1)


def test_a_tree_of_too_many_rows_is_refused_with_their_number() -> None:
    with pytest.raises(ValueError, match=f"at most {MAX_SAMPLES} entries, not on {MAX_SAMPLES + 1}"):
        fit_isolation_forest(np.eye(3), NAMES, seed=1, max_samples=MAX_SAMPLES + 1)


class TestAttribution:
    def test_shares_sum_to_the_expected_less_the_actual_path(self, forest: IsolationForest, rows: Floats) -> None:
        expected = forest.expected[forest.starts[:-1]].mean(dtype=np.float64)
        for row in rows[:50]:
            actual = forest.expected[_leaves(forest, row)].mean(dtype=np.float64)
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
        for row, score in zip(rows[:20], forest.score(rows[:20]), strict=True):
            leaves = _leaves(forest, row)
            length = forest.lengths[forest.path[leaves]].sum() / FIXED_POINT
            assert np.exp2(-length / forest.scale) == pytest.approx(score, abs=1e-12)
            assert forest.expected[leaves].sum(dtype=np.float64) == pytest.approx(length, rel=1e-6)

    def test_shares_do_not_depend_on_the_rows_around(self, forest: IsolationForest, rows: Floats) -> None:
        one = forest.attribute(rows[7]).tobytes()
        assert forest.attribute(np.asfortranarray(rows)[7]).tobytes() == one


def _leaves(forest: IsolationForest, row: Floats) -> list[int]:
    """Walk down every tree, one node at a time."""
    single, leaves = row.astype(np.float32), []
    for start in forest.starts[:-1].tolist():
        node = 0
        while (at := forest.nodes[start + node])["left"] != node:
            node = int(at["left"]) + int(single[at["feature"]] > at["threshold"])
        leaves.append(start + node)
    return leaves


class TestArtefacts:
    def test_a_forest_comes_back_byte_for_byte(self, forest: IsolationForest, rows: Floats) -> None:
        loaded = IsolationForest.load(forest.dump(), FEATURE_NAMES)
        assert loaded.dump() == forest.dump()
        assert loaded.score(rows).tobytes() == forest.score(rows).tobytes()
        assert loaded.depth == forest.depth
        assert loaded.trained_on == forest.trained_on

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
        with pytest.raises(ValueError, match="format 'wisebook-ml/isolation-forest/1', expected"):
            IsolationForest.load(_changed(forest, format="wisebook-ml/isolation-forest/1"), FEATURE_NAMES)

    @pytest.mark.parametrize("field", ["starts", "nodes", "path", "lengths", "expected", "as_large"])
    @pytest.mark.parametrize("change", [b"", b"odd", bytes(8)], ids=["empty", "odd", "short"])
    def test_arrays_of_other_lengths_are_refused(self, forest: IsolationForest, field: str, change: bytes) -> None:
        """An artefact that passes its digest but is not whole must not end the stream at the next entry."""
        with pytest.raises(ValueError, match=r".+"):
            IsolationForest.load(_changed(forest, **{field: change}), FEATURE_NAMES)

    @pytest.mark.parametrize(
        ("field", "position", "value"),
        [
            ("starts", 0, 1),
            ("starts", 1, 0),
            ("starts", 1, 2**63 - 1),
            ("starts", 1, -1),
            ("starts", -1, 10**6),
            ("path", -1, 2**16 - 1),
            ("lengths", 0, -1),
            ("lengths", 0, 2**60),
            ("expected", 0, np.nan),
            ("as_large", 1, 2**50),
            ("as_large", 0, 2**50),
            ("as_large", -1, -1),
            ("as_large", -1, 10**6),
        ],
    )
    def test_arrays_that_contradict_each_other_are_refused(
        self, forest: IsolationForest, field: str, position: int, value: float
    ) -> None:
        array = getattr(forest, field).copy()
        array[position] = value
        with pytest.raises(ValueError, match="contradict each other"):
            IsolationForest.load(replace(forest, **{field: array}).dump(), FEATURE_NAMES)

    @pytest.mark.parametrize(
        ("position", "node"),
        [
            (0, (0.0, 2**16 - 1, 0)),
            (0, (0.0, 1, len(FEATURE_NAMES))),
            (1, (0.0, 0, 0)),
            (-1, (np.inf, 0, 0)),
            (-1, (np.nan, None, 0)),
            (-1, (0.0, None, 0)),
        ],
        ids=["beyond its tree", "no such feature", "a circle", "a leaf that leads up", "nan", "a leaf that leads on"],
    )
    def test_a_node_that_leads_nowhere_is_refused(
        self, forest: IsolationForest, position: int, node: tuple[float, int | None, int]
    ) -> None:
        nodes = forest.nodes.copy()
        threshold, left, feature = node
        nodes[position] = (threshold, nodes["left"][position] if left is None else left, feature)
        with pytest.raises(ValueError, match="contradict each other"):
            IsolationForest.load(replace(forest, nodes=nodes).dump(), FEATURE_NAMES)

    @pytest.mark.parametrize("scale", [0.0, -1.0, np.inf, np.nan])
    def test_a_scale_that_scores_cannot_have_is_refused(self, forest: IsolationForest, scale: float) -> None:
        with pytest.raises(ValueError, match="contradict each other"):
            IsolationForest.load(replace(forest, scale=scale).dump(), FEATURE_NAMES)

    @settings(REPEATABLE, max_examples=60)
    @given(position=st.integers(0, 10**6), byte=st.integers(0, 255))
    def test_an_altered_byte_is_refused_or_scores(
        self, forest: IsolationForest, rows: Floats, position: int, byte: int
    ) -> None:
        altered = bytearray(forest.nodes.tobytes())
        altered[position % len(altered)] = byte
        try:
            loaded = IsolationForest.load(_changed(forest, nodes=bytes(altered)), FEATURE_NAMES)
        except ValueError:
            return
        scores = loaded.score(rows)
        assert ((scores > 0.0) & (scores <= 1.0)).all()


def _changed(forest: IsolationForest, **change: object) -> bytes:
    return msgspec.msgpack.encode({**msgspec.msgpack.decode(forest.dump()), **change})

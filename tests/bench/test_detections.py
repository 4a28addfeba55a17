"""The evaluation of detections: what it counts, and that it runs from the books to the pictures."""

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from bench.evaluate.detections.books import HIGH, GeneratedJob, RealJob, generated_jobs, real_jobs
from bench.evaluate.detections.core import Book, Scored, score_book
from bench.evaluate.detections.figures import average_precision, curve_of, mean_of, pooled_precision, share_of
from bench.evaluate.detections.kinds import ABSENT, GROUPS, RULES, STATISTICAL
from bench.evaluate.detections.measure import OURS, MeasuredBook, MeasuredCase, measure
from bench.evaluate.detections.peers import PEERS
from bench.evaluate.detections.pictures import CURVES, KINDS, draw
from bench.evaluate.detections.report import report, table_of_kinds, table_of_misses
from bench.results import Results
from schemas import CodeMotif
from wisebook_ml.generator import Label, generate_ledger, write_ledger

ENTRIES = 400


def case(score: float, *, found: bool = True, code: CodeMotif = CodeMotif.DOUBLON, twin: bool = False) -> MeasuredCase:
    return MeasuredCase(code, "v", True, twin, ("E",), found, found, {OURS: score})


def book(cases: list[MeasuredCase], innocent: list[float]) -> MeasuredBook:
    scores = {OURS: np.array(innocent)}
    return MeasuredBook("s", "g", 0.01, 1, 100, 1.0, tuple(cases), scores, scores, 0.5, 0.01, 0, ())


def test_every_kind_has_one_group() -> None:
    assert set().union(*GROUPS.values()) == {code for code in CodeMotif if not code.is_model}
    assert not RULES & STATISTICAL and not ABSENT & (RULES | STATISTICAL)


class TestFigures:
    @pytest.mark.parametrize("seed", range(5))
    def test_average_precision_is_scikit_learns_ties_and_all(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        positive, negative = generator.integers(0, 9, 12) / 9, generator.integers(0, 7, 80) / 9
        truth = np.repeat([1, 0], [12, 80])
        expected = average_precision_score(truth, np.concatenate([positive, negative]))
        assert average_precision(positive, negative) == pytest.approx(expected)

    def test_without_positives_it_is_nothing(self) -> None:
        assert average_precision(np.zeros(0), np.zeros(3)) == 0.0

    def test_that_of_all_books_together_is_that_of_their_scores_together(self) -> None:
        books = [book([case(0.9), case(0.4)], [0.5, 0.1]), book([case(0.3)], [0.8, 0.3, 0.0])]
        figure = pooled_precision(books, OURS, lambda _: True, seed=1)
        expected = average_precision(np.array([0.9, 0.4, 0.3]), np.array([0.5, 0.1, 0.8, 0.3, 0.0]))
        assert figure.value == pytest.approx(expected)
        assert figure.n == 3
        assert figure.low is not None and figure.low <= expected <= figure.high

    def test_a_share_has_an_interval_that_holds_it(self) -> None:
        figure = share_of([case(0.0, found=k < 30) for k in range(40)], lambda one: one.found, seed=1)
        assert figure.value == 0.75
        assert 0.55 < figure.low < 0.70 < 0.80 < figure.high < 0.92

    @pytest.mark.parametrize("found", [True, False])
    def test_all_or_none_of_a_few_is_no_certainty(self, found: bool) -> None:
        figure = share_of([case(0.0, found=found)] * 10, lambda one: one.found, seed=1)
        assert figure.high - figure.low == pytest.approx(0.2775, abs=0.001)

    def test_of_nothing_there_is_no_figure(self) -> None:
        assert share_of([], lambda one: one.found, seed=1).value is None
        assert mean_of([], lambda one: one.precision, seed=1).value is None
        assert pooled_precision([book([], [0.1])], OURS, lambda _: True, seed=1).value is None

    def test_the_same_seed_draws_the_same_interval(self) -> None:
        books = [book([case(k / 10)], [0.5]) for k in range(9)]
        assert mean_of(books, lambda one: one.cases[0].scores[OURS], 3) == mean_of(
            books, lambda one: one.cases[0].scores[OURS], 3
        )

    def test_a_curve_ends_with_everything(self) -> None:
        recall, precision = curve_of([book([case(0.9), case(0.1)], [0.5, 0.2, 0.0])] * 2, OURS)
        assert (recall[0], precision[0]) == (0.5, 1.0)
        assert (recall[-1], precision[-1]) == (1.0, pytest.approx(2 / 5))


class TestMeasure:
    def test_a_case_counts_with_its_highest_score_from_the_revision_that_shows_it(self) -> None:
        ledger = generate_ledger(entries=60, seed=1, anomaly_rate=0.0, twin_rate=0.0)
        one, other, third = (event.ecriture_id for event in ledger.events[:3])
        labels = [
            Label(code=CodeMotif.RAFALE, variante="v", jumeau=False, cas="anomalie-1", ecriture_id=one, revision=2),
            Label(code=CodeMotif.RAFALE, variante="v", jumeau=False, cas="anomalie-1", ecriture_id=other),
        ]
        scores = {one: [(1, 0.9), (2, 0.3)], other: [(1, 0.5)], third: [(1, 0.4), (2, 0.6)]}
        result = measure(Book("s", "g", 0.01, 1, ledger.events, labels), Scored(scores, []), {})
        assert [planted.scores[OURS] for planted in result.cases] == [0.5]
        assert result.innocent[OURS].tolist() == [0.6]
        assert sorted(result.guilty[OURS]) == [0.5, 0.9]

    def test_every_entry_is_scored_with_a_model_and_without(self) -> None:
        made = GeneratedJob(entries=900, seed=2, rate=0.02).book()
        ids = {event.ecriture_id for event in made.events}
        with_model, without = (score_book(made, with_model=model) for model in (True, False))
        assert with_model.scores.keys() == without.scores.keys() == ids
        assert Counter(len(its) for its in with_model.scores.values()) == Counter(
            Counter(event.ecriture_id for event in made.events).values()
        )
        used = {model.modele_id for found in with_model.detections for model in found.modeles}
        assert used == {0, 1}
        assert {model.modele_id for found in without.detections for model in found.modeles} == {0}


def test_jobs_differ_by_their_seeds() -> None:
    jobs = [*generated_jobs(7, quick=True), *real_jobs(Path("x"), 7, quick=True)]
    assert len(set(jobs)) == len(jobs)


def test_it_runs_from_the_books_to_the_pictures(tmp_path: Path) -> None:
    """A generated ledger and a file that stands for a real one, with all peers."""
    ledger = generate_ledger(entries=ENTRIES, seed=5, anomaly_rate=0.0, twin_rate=0.0)
    write_ledger(ledger, tmp_path / "made")
    (path,) = (tmp_path / "made").glob("*FEC*.txt")
    jobs = [
        GeneratedJob(entries=ENTRIES, seed=1, rate=HIGH, peers=True),
        GeneratedJob(entries=ENTRIES, seed=1, rate=0.0),
        RealJob(path=path, order="date", seed=1, rate=HIGH, peers=True),
    ]
    planted, clean, real = (job() for job in jobs)
    assert (planted.source, clean.source, real.source) == ("generated", "generated", path.stem)
    assert set(planted.innocent) == {OURS, *PEERS} == set(real.innocent)
    assert not any(one.code for one in clean.cases if not one.jumeau)
    results = Results({}, out=io.StringIO())
    report(results, "detection.generated", [planted], [planted], [clean], precision=0.8, seed=1)
    lines = {line["name"]: line for line in results.lines}
    for what in ("average_precision", "recall.rules", "twins_flagged", "alert_rate.clean"):
        assert lines[f"detection.generated.{what}"]["target"] is not None
    beyond = lines["detection.generated.average_precision.beyond_best"]
    assert beyond["compared_with"] in PEERS
    best = max(lines[f"detection.generated.average_precision.{peer}"]["value"] for peer in PEERS)
    assert beyond["target"] == pytest.approx((1 + best) / 2, abs=0.001)
    assert "DESEQUILIBRE" in table_of_kinds(results, "detection.generated")
    assert "flagged wrongly" in table_of_misses([planted])
    draw(tmp_path / "pictures", [planted], [real], seed=1)
    drawn = {name: (tmp_path / "pictures" / name).read_text() for name in (KINDS, CURVES)}
    assert all(text.startswith("<?xml") for text in drawn.values())
    draw(tmp_path / "again", [planted], [real], seed=1)
    assert all((tmp_path / "again" / name).read_text() == text for name, text in drawn.items())

"""The daily check of one model: the last days against what was usual, and what moved.

Each variable is compared over windows of 1, 3 and 10 days. All questions of a check are corrected together (Holm), so
that the probability of any false alarm is `alpha`; what is significant is drift only where it is also large enough to
matter. What cannot be told for want of rows is said, and is no drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from wisebook_ml.drift.base import Distance
from wisebook_ml.drift.correction import holm
from wisebook_ml.drift.histogram import histogram_of, missing_histogram
from wisebook_ml.drift.measures import KS, MISSING, WASSERSTEIN, Test, compared, variance_of
from wisebook_ml.drift.performance import Performance
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift.report import Moved, Report
from wisebook_ml.drift.scores import ScoreChange
from wisebook_ml.drift.sentences import told, told_missing
from wisebook_ml.drift.sketch import Sketch, merged
from wisebook_ml.drift.thresholds import Thresholds

__all__ = ["Monitor"]


class _Answer(NamedTuple):
    """What one test found, in one window."""

    window: int
    place: int
    test: Test
    distances: dict[str, Distance]
    p: float


@dataclass(frozen=True, eq=False)
class Monitor:
    """Compares days with what was usual.

    Parameters
    ----------
    reference : Reference
        What was usual.
    thresholds : Thresholds
        Those of the model.

    Examples
    --------
    >>> import numpy as np
    >>> from wisebook_ml.drift.reference import reference_of
    >>> from wisebook_ml.drift.variables import Scale, Variable
    >>> rng = np.random.default_rng(1)
    >>> amounts = Variable("montant", "montant de l'écriture", "amount of the entry", Scale.LOG10_CENTS)
    >>> monitor = Monitor(reference_of([amounts], {"montant": rng.normal(4.0, 0.5, 9000)}))
    >>> day = Sketch(monitor.reference.layout)
    >>> day.update({"montant": rng.normal(4.3, 0.5, 300)})
    >>> report = monitor.check([day])
    >>> report.derive, [(one.variable.name, one.mesure) for one in report.moved]
    (True, [('montant', 'psi')])
    >>> report.moved[0].libelle_en
    'Amount of the entry: the usual amount has doubled, from €99 to €190 (on the last day).'
    """

    reference: Reference
    thresholds: Thresholds = field(default_factory=Thresholds)

    def check(
        self,
        days: Sequence[Sketch],
        *,
        performance: Sequence[Performance] = (),
        scores: Sequence[tuple[str, ScoreChange]] = (),
    ) -> Report:
        """Return what moved, as of the last of some days.

        Parameters
        ----------
        days : sequence of Sketch
            The last days, the oldest first; as many as the longest window, or fewer at the start.
        performance : sequence of Performance
            What the model is worth, by verdicts and as expected.
        scores : sequence of (str, ScoreChange)
            What watches over scores found since the last check, with the name of the score.
        """
        answers, remarks, rows = self._ask(days)
        adjusted = holm([*(answer.p for answer in answers), *(one.p for one in performance)])
        found = [
            (answer, p)
            for answer, p in zip(answers, adjusted[: len(answers)], strict=True)
            if p <= self.thresholds.alpha
        ]
        best: dict[tuple[int, bool], Moved] = {}
        for answer, p in sorted(found, key=lambda one: (one[0].p, one[0].window)):
            key = (answer.place, MISSING in answer.test.measures)
            if key not in best and (moved := self._moved(answer, p, days)) is not None:
                best[key] = moved
        worse = [
            replace(one, p=p)
            for one, p in zip(performance, adjusted[len(answers) :], strict=True)
            if p <= self.thresholds.alpha and one.fall >= self.thresholds.precision
        ]
        return Report(
            moved=tuple(best.values()),
            performance=tuple(performance),
            worse=tuple(worse),
            scores=tuple(scores),
            remarks=tuple(remarks),
            rows=rows,
        )

    def _ask(self, days: Sequence[Sketch]) -> tuple[list[_Answer], list[tuple[str, str]], int]:
        """Return the answers to all questions, what could not be asked, and the rows of the longest window."""
        thresholds, reference = self.thresholds, self.reference
        before, tests = reference.pooled, reference.tests
        answers: list[_Answer] = []
        rows, asked = 0, False
        for window in reference.windows:
            if window > len(days):
                break
            after = merged(reference.layout, days[-window:])
            rows = after.rows
            if rows < thresholds.min_rows:
                continue
            asked = True
            unused = WASSERSTEIN if rows <= thresholds.small else KS
            for place, some in enumerate(tests):
                for number, test in enumerate(some):
                    if unused in test.measures:
                        continue
                    if MISSING not in test.measures and after.present(place) < thresholds.min_rows:
                        continue
                    variance = variance_of(test, before, after, place)
                    if variance is None:
                        continue
                    distances = test.distances(compared(before, after, place))
                    p = distances[test.measures[0]].p(variance + reference.tau2[place, number, window])
                    answers.append(_Answer(window, place, test, distances, p))
        return answers, _remarks(rows, asked, thresholds, len(days)), rows

    def _moved(self, answer: _Answer, p: float, days: Sequence[Sketch]) -> Moved | None:
        """Return what moved, by the first measure that passes its threshold; None where it is too little to matter."""
        thresholds = self.thresholds
        passed = (name for name in answer.test.measures if answer.distances[name].value >= thresholds.of(name))
        measure = next(passed, None)
        if measure is None:
            return None
        before, after = self.reference.pooled, merged(self.reference.layout, days[-answer.window :])
        missing = measure == MISSING
        sentence = (told_missing if missing else told)(before, after, answer.place, answer.window)
        return Moved(
            variable=self.reference.layout.variables[answer.place],
            mesure=measure,
            valeur=answer.distances[measure].value,
            seuil=thresholds.of(measure),
            p=p,
            jours=answer.window,
            lignes=after.rows,
            libelle_fr=sentence[0],
            libelle_en=sentence[1],
            histogram=(missing_histogram if missing else histogram_of)(before, after, answer.place),
        )


def _remarks(rows: int, asked: bool, thresholds: Thresholds, days: int) -> list[tuple[str, str]]:
    if asked:
        return []
    return [
        (
            f"Trop peu d'écritures pour juger : {rows} en {days} jours, il en faut {thresholds.min_rows}.",
            f"Too few entries to tell: {rows} in {days} days, {thresholds.min_rows} are needed.",
        )
    ]

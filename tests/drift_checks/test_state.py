"""The fold over sketches: the same records give the same reports, however they come and wherever it is restarted."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import DemandeEntrainement, Derive, Esquisse, Motif
from wisebook_ml.drift.performance import Confirmed, judged
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift.thresholds import Thresholds
from wisebook_ml.drift_checks.advice import Advice
from wisebook_ml.drift_checks.exceptions import DriftStateError, SketchRefused
from wisebook_ml.drift_checks.state import DriftState, Found, report_id
from wisebook_ml.drift_checks.usual import VersionKey

from .sketches import DAY, FIRST, Models

PARTITIONS = 3
SHIFT = 0.25
"""Half a standard deviation of the amount."""


def state_of(models: Models) -> DriftState:
    return DriftState(PARTITIONS, models)


def folded(state: DriftState, records: Iterable[Esquisse]) -> list[Found]:
    return [found for record in records for found in state.take(record)]


def reports(found: Iterable[Found]) -> list[Derive]:
    return [one.record for one in found if isinstance(one.record, Derive)]


def requests(found: Iterable[Found]) -> list[DemandeEntrainement]:
    return [one.record for one in found if isinstance(one.record, DemandeEntrainement)]


def told(found: Iterable[Found]) -> list[tuple[uuid.UUID, bytes]]:
    return [(one.id, msgspec.json.encode(one.record)) for one in found]


def dumped(state: DriftState) -> dict[str, bytes]:
    return {name: bytes(part) for name, part in state.dump()}


def restarted(state: DriftState, models: Models) -> DriftState:
    again = state_of(models)
    again.load({name: memoryview(part) for name, part in dumped(state).items()})
    return again


class TestOneCompany:
    def test_a_shift_is_named_and_a_training_asked_for_once(self, models: Models) -> None:
        stable = [models.sketch(day) for day in range(12)]
        moved = [models.sketch(day, shift=SHIFT) for day in range(12, 22)]
        found = folded(state_of(models), stable + moved)
        assert [one.derive for one in reports(found)] == [False] * 12 + [True] * 10
        first = reports(found)[12]
        assert [one.variable for one in first.variables] == ["montant"]
        assert (first.modele_id, first.societe_id, first.version) == (7, 3, 1)
        assert (first.echeance, first.au) == (FIRST + 12 * DAY, dt.date(2026, 3, 13))
        assert first.du == dt.date(2026, 3, 4)  # ten days
        asked = [one for one in found if isinstance(one.record, DemandeEntrainement)]
        assert [one.echeance for one in asked] == [FIRST + 12 * DAY, FIRST + 19 * DAY]  # a week later, again
        request = asked[0].record
        assert isinstance(request, DemandeEntrainement)
        assert (request.motif, request.demandeur, request.modele_id, request.societe_id) == (
            Motif.DERIVE, "drift", 7, 3
        )  # fmt: skip
        assert request.demande_id == str(asked[0].id)
        waits = "A training was asked for on 2026-03-14; the next one will not be before 2026-03-21."
        assert [one.remarques_en for one in reports(found)[12:21]] == [
            [],
            *[[waits]] * 6,
            [],
            [waits.replace("03-14", "03-21").replace("before 2026-03-21", "before 2026-03-28")],
        ]

    def test_what_comes_again_or_late_counts_once(self, models: Models) -> None:
        records = [models.sketch(day) for day in range(3)]
        once, again = state_of(models), state_of(models)
        told_once = told(folded(once, records))
        repeated = [records[0], records[0], records[1], records[0], records[1], records[2], records[2], records[1]]
        assert told(folded(again, repeated)) == told_once
        assert dumped(once) == dumped(again)

    def test_days_without_rows_say_nothing_and_push_nothing_out(self, models: Models) -> None:
        state = state_of(models)
        folded(state, [models.sketch(0), models.sketch(1)])
        assert folded(state, [models.sketch(day, n=0) for day in range(2, 20)]) == []
        (report,) = reports(folded(state, [models.sketch(20)]))
        assert (report.lignes, report.du) == (900, dt.date(2026, 3, 1))

    def test_a_new_version_starts_anew(self, models: Models) -> None:
        state = state_of(models)
        folded(state, [models.sketch(day, shift=SHIFT) for day in range(2)])
        (report, request) = folded(state, [models.sketch(2, version=2, shift=SHIFT)])
        fresh = folded(state_of(models), [models.sketch(2, version=2, shift=SHIFT)])
        assert told([report, request]) == told(fresh)
        assert report.record == reports(fresh)[0]
        assert reports(fresh)[0].du == reports(fresh)[0].au

    def test_scores_are_watched_once_they_are_known(self, models: Models) -> None:
        state = state_of(models)
        stable = folded(state, [models.sketch(day) for day in range(30)])
        assert not any(one.derive for one in reports(stable))
        found = folded(state, [models.sketch(day, score=0.25) for day in range(30, 33)])
        names = {one.variable: one.mesure for report in reports(found) for one in report.variables}
        assert set(names) == {"composite"}
        assert len(requests(found)) == 1

    def test_two_due_times_of_one_day_are_one_day(self, models: Models) -> None:
        state = state_of(models)
        folded(state, [models.sketch(0)])
        by_hand = models.sketch(1, n=100, echeance=FIRST + 12 * dt.timedelta(hours=1))
        (first,) = reports(folded(state, [by_hand]))
        (second,) = reports(folded(state, [models.sketch(1, n=200)]))
        assert (first.au, second.au) == (dt.date(2026, 3, 2), dt.date(2026, 3, 2))

    def test_a_clock_that_was_wrong_silences_nobody(self, models: Models) -> None:
        state = state_of(models)
        folded(state, [models.sketch(0, echeance=FIRST + 10_000 * DAY)])
        (report,) = reports(folded(state, [models.sketch(1)]))
        assert (report.echeance, report.du) == (FIRST + DAY, report.au)

    def test_a_version_without_reference_is_told_once(self, models: Models, caplog: pytest.LogCaptureFixture) -> None:
        models.without = {1}
        state = state_of(models)
        assert folded(state, [models.sketch(day) for day in range(5)]) == []
        assert caplog.text.count("has no reference for drift") == 1
        assert len(reports(folded(state, [models.sketch(5, version=2)]))) == 1


class TestReferenceThatComesLate:
    def test_checks_begin_with_the_next_due_time(self, models: Models, caplog: pytest.LogCaptureFixture) -> None:
        models.without = {1}
        state = state_of(models)
        two = [models.sketch(0, societe_id=0, partition=one) for one in range(PARTITIONS)]
        assert folded(state, two[:1]) == []
        models.without = set()
        assert folded(state, two[1:]) == []  # what the first one told was not kept
        later = [models.sketch(1, societe_id=0, partition=one) for one in range(PARTITIONS)]
        (report,) = reports(folded(state, later))
        assert (report.lignes, report.remarques_en) == (900, [])
        models.without = {1}
        assert folded(state, [models.sketch(2, societe_id=0, partition=one) for one in range(PARTITIONS)]) == []
        assert caplog.text.count("has no reference for drift") == 2


class TestGlobal:
    def day(self, models: Models, day: int, **changes: object) -> list[Esquisse]:
        return [models.sketch(day, societe_id=0, partition=one, **changes) for one in range(PARTITIONS)]  # type: ignore[arg-type]

    def test_it_is_checked_when_all_partitions_have_told(self, models: Models) -> None:
        state = state_of(models)
        first, second, third = self.day(models, 0)
        assert folded(state, [third, first, first]) == []
        (report,) = reports(folded(state, [second]))
        assert report.lignes == 900
        assert report.remarques_fr == []

    def test_what_is_missing_is_said(self, models: Models) -> None:
        state = state_of(models)
        assert folded(state, self.day(models, 0)[:1]) == []
        (report,) = reports(folded(state, self.day(models, 1)[:1]))
        assert (report.lignes, report.echeance) == (300, FIRST)
        assert "partitions 1, 2" in report.remarques_fr[0]
        assert "partitions 1, 2" in report.remarques_en[0]
        assert folded(state, self.day(models, 0)) == []  # too late

    def test_where_partitions_change_the_version_one_by_one(self, models: Models) -> None:
        state = state_of(models)
        folded(state, self.day(models, 0))
        mixed = [models.sketch(1, societe_id=0, partition=one, version=1 + (one > 0)) for one in (1, 0, 2)]
        (report,) = reports(folded(state, mixed))
        assert (report.version, report.lignes) == (2, 600)
        assert "partitions 0, where another version" in report.remarques_en[0]

    @settings(max_examples=15, deadline=None)
    @given(orders=st.lists(st.permutations(range(PARTITIONS)), min_size=14, max_size=14))
    def test_the_order_of_partitions_changes_nothing(self, known: Reference, orders: list[Sequence[int]]) -> None:
        models = Models(known)
        days = [self.day(models, day, shift=SHIFT if day > 11 else 0.0) for day in range(14)]
        straight, other = state_of(models), state_of(models)
        shuffled = [day[k] for day, order in zip(days, orders, strict=True) for k in order]
        assert told(folded(straight, [one for day in days for one in day])) == told(folded(other, shuffled))
        assert dumped(straight) == dumped(other)


def mixed_records(models: Models) -> list[Esquisse]:
    """Return records of a company's model and of a global one, with a new version, a shift, and what comes twice."""
    records = []
    for day in range(16):
        records.append(models.sketch(day, version=1 + (day > 9), shift=SHIFT * (day in {7, 8, 15})))
        records += [
            models.sketch(day, modele_id=8, societe_id=0, partition=one, score=0.2 + 0.2 * (day > 13), n=150)
            for one in range(PARTITIONS - (day == 4))
        ]
    return [again for k, one in enumerate(records) for again in [one] * (1 + (k % 5 == 0))]


@settings(max_examples=20, deadline=None)
@given(cuts=st.sets(st.integers(0, 75), max_size=6))
def test_a_restart_from_a_dump_changes_nothing(known: Reference, cuts: set[int]) -> None:
    models = Models(known)
    records = mixed_records(models)
    straight = state_of(models)
    expected = told(folded(straight, records))
    assert len(requests(folded(state_of(models), records))) == 3
    state, found = state_of(models), list[Found]()
    for k, record in enumerate(records):
        if k in cuts:
            state = restarted(state, models)
        found += state.take(record)
    assert told(found) == expected
    assert dumped(state) == dumped(straight)


def test_what_was_said_holds(models: Models) -> None:
    """Advice may change: what was published is not published otherwise, and what followed from it follows."""
    deaf = Thresholds(psi=9.0, ks=9.0, wasserstein=9.0, chi2=9.0)
    records = [models.sketch(day, shift=SHIFT) for day in range(3)]
    heard = DriftState(PARTITIONS, models, advise=lambda version, due: Advice(deaf))
    assert not any(one.derive for one in reports(folded(heard, records)))

    first = report_id(7, 1, FIRST)
    recalled = DriftState(PARTITIONS, models, said=lambda check: False if check == first else None)
    found = folded(recalled, records)
    assert [one.echeance for one in reports(found)] == [FIRST + DAY, FIRST + 2 * DAY]
    assert [one.echeance for one in found if isinstance(one.record, DemandeEntrainement)] == [FIRST + DAY]

    drifted = DriftState(
        PARTITIONS,
        models,
        advise=lambda version, due: Advice(deaf),
        said=lambda check: True if check == first else None,
    )
    assert requests(folded(drifted, [*records, models.sketch(3)])) == []
    assert drifted._models[7].asked == FIRST


def test_verdicts_and_remarks_are_part_of_a_report(models: Models) -> None:
    worse = judged(Confirmed(170, 30), Confirmed(30, 30))
    assert worse is not None
    asked: list[tuple[VersionKey, dt.datetime]] = []

    def advise(version: VersionKey, due: dt.datetime) -> Advice:
        asked.append((version, due))
        return Advice(performance=(worse,), remarks=(("sans", "without"),))

    (report, request) = folded(DriftState(PARTITIONS, models, advise=advise), [models.sketch(0)])
    assert isinstance(report.record, Derive)
    assert [one.variable for one in report.record.variables] == ["precision"]
    assert report.record.remarques_en == ["without"]
    assert isinstance(request.record, DemandeEntrainement)
    assert asked == [(VersionKey(3, 7, 1), FIRST)]


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            ({"donnees": "AAA"}, "donnees is no base64"),
            ({"donnees": "AAAA"}, "no sketch"),
            ({"scores": "AAAA"}, "scores has 3 bytes"),
            ({"lignes": 7}, "lignes is 7, and the sketch has 300 rows"),
            ({"donnees": ""}, "there is no sketch"),
            ({"partition": 3}, "entries have 3"),
        ],
    )
    def test_what_cannot_be(self, models: Models, changes: dict[str, object], match: str) -> None:
        state = state_of(models)
        with pytest.raises(SketchRefused, match=match):
            state.take(replace(models.sketch(0), **changes))
        assert dumped(state) == dumped(state_of(models))

    def test_a_model_of_another_company(self, models: Models) -> None:
        state = state_of(models)
        state.take(models.sketch(0))
        with pytest.raises(SketchRefused, match="belongs to company 3"):
            state.take(models.sketch(1, societe_id=4))

    def test_a_dump_of_something_else(self, models: Models) -> None:
        with pytest.raises(DriftStateError, match="missing"):
            state_of(models).load({})
        with pytest.raises(DriftStateError):
            state_of(models).load({"models": memoryview(b"\x93")})

"""The parts of the bench that compute: what it says must be right even if nobody looks at it twice."""

import io
import json
from collections import Counter

import msgspec
import pytest

from bench.benches.bulk import together
from bench.benches.latency import company_of_each, out_of_balance, percentile
from bench.engines.job import Job, Measured, Meter, Task
from bench.ledgers import Ledgers, companies_of, has_model, make_ledgers, small_events
from bench.live import Sample, between, steady
from bench.per_event import CODES, CompanyScorer
from bench.preload import PARTITIONS, partition
from bench.results import RATIO, Results, beside_recorded, line_of, table_of
from bench.synthetic import ACCOUNTS, ENTRIES, LINES, entries_of, unbalanced
from schemas import Activation, Ecriture, to_minor
from topics import ENTRIES as ENTRIES_TOPIC
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.controls import CONTROLS
from wisebook_ml.generator import generate_ledger

decode = msgspec.json.Decoder(Ecriture).decode


def job(tmp_path, records=10, seconds=60.0):
    return Job(
        task=Task.COUNT,
        bootstrap="",
        prefix="",
        topic="",
        output="",
        group="",
        partitions=1,
        records=records,
        seconds=seconds,
        home=str(tmp_path),
    )


@pytest.fixture
def ended(monkeypatch):
    """Let the meter return where it would end the process."""

    def end(status):
        raise SystemExit(status)

    monkeypatch.setattr("os._exit", end)


def run_meter(meter, tell):
    with pytest.raises(SystemExit):
        while True:
            tell(meter)


class TestMeter:
    def test_first_record_only_starts_the_clock(self, tmp_path, ended):
        told = job(tmp_path, records=10)
        run_meter(Meter(told), lambda meter: meter.one())
        assert msgspec.json.decode(told.result.read_bytes(), type=Measured).records == 9

    def test_first_batch_only_starts_the_clock(self, tmp_path, ended):
        told = job(tmp_path, records=10)
        run_meter(Meter(told), lambda meter: meter.many(4))
        assert msgspec.json.decode(told.result.read_bytes(), type=Measured).records == 8

    def test_slow_engine_is_stopped_and_counts_what_it_did(self, tmp_path, ended):
        told = job(tmp_path, records=10**9, seconds=0.01)
        run_meter(Meter(told), lambda meter: meter.one())
        measured = msgspec.json.decode(told.result.read_bytes(), type=Measured)
        assert measured.seconds >= 0.01
        assert measured.rate == pytest.approx(measured.records / measured.seconds)


class TestResults:
    def test_every_line_is_json_with_the_same_fields(self):
        out = io.StringIO()
        results = Results({"quick": True}, out)
        results.add(line_of("a", 1.0, "x"))
        results.add(line_of("b", None, "x", at_most=3.0, error="crashed"))
        lines = [json.loads(text) for text in out.getvalue().splitlines()]
        assert all({"name", "value", "unit", "target", "met", "compared_with"} <= set(line) for line in lines)
        assert lines[1]["met"] is False
        assert lines[0]["met"] is None
        assert all(line["quick"] for line in lines)

    @pytest.mark.parametrize(("value", "met"), [(50.0, True), (50.1, False)])
    def test_largest_allowed_value_is_allowed(self, value, met):
        assert line_of("latency", value, "ms", at_most=50.0)["met"] is met

    def test_table_shows_failures_and_misses(self):
        shown = table_of([line_of("a", None, "x", at_least=2.0), line_of("b", 3.0, "x", at_least=2.0)])
        assert "failed" in shown
        assert "NO" in shown
        assert "yes" in shown


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory) -> Ledgers:
    return make_ledgers(20, 400, tmp_path_factory.mktemp("artefacts"))


class TestLedgers:
    def test_entries_are_what_the_generator_publishes(self, ledgers):
        for record in ledgers.records[ledgers.markers :: 97]:
            entry = decode(record.value)
            assert record.key == str(entry.societe_id).encode()
            assert entry.ecriture_id.startswith(f"E{entry.societe_id}-")
            assert record.lines == len(entry.lignes)
            assert msgspec.json.encode(entry) == record.value

    def test_companies_publish_in_the_order_of_their_ledger(self, ledgers):
        seen: dict[int, list[tuple[str, int]]] = {}
        for record in ledgers.records[ledgers.markers :]:
            entry = decode(record.value)
            seen.setdefault(entry.societe_id, []).append((entry.ecriture_id, entry.revision))
        assert len(seen) == 20
        for order in seen.values():
            created = [id_ for id_, revision in order if revision == 1]
            assert created == sorted(created)

    def test_five_percent_have_no_model(self, ledgers):
        markers = [msgspec.json.decode(record.value, type=Activation) for record in ledgers.records[: ledgers.markers]]
        entries = Counter(decode(record.value).societe_id for record in ledgers.records[ledgers.markers :])
        without = set(entries) - {marker.societe_id for marker in markers}
        assert sum(entries[societe] for societe in without) / sum(entries.values()) == pytest.approx(0.05, abs=0.005)

    def test_markers_name_models_that_load(self, tmp_path):
        ledgers = make_ledgers(2, 400, tmp_path)
        for record in ledgers.records[: ledgers.markers]:
            marker = msgspec.json.decode(record.value, type=Activation)
            assert ArtefactStore(tmp_path).load_forest(marker.version).features

    @pytest.mark.parametrize("companies", [60, 120])
    def test_partitions_have_the_same_number_of_companies(self, companies):
        numbers = companies_of(companies)
        assert len(set(numbers)) == companies
        assert set(Counter(partition(str(one).encode()) for one in numbers).values()) == {companies // PARTITIONS}
        without = [one for index, one in enumerate(numbers) if not has_model(index)]
        assert len(without) == companies // 20
        assert len({partition(str(one).encode()) for one in without}) == len(without)

    def test_partitions_have_about_as_many_entries(self, tmp_path):
        entries = Counter(partition(record.key) for record in make_ledgers(24, 400, tmp_path).records)
        assert max(entries.values()) < 1.05 * min(entries.values())

    def test_same_twice(self, ledgers, tmp_path):
        assert make_ledgers(20, 400, tmp_path).records == ledgers.records

    def test_small_events_have_the_size_that_is_said(self):
        sizes = [len(record.value) for record in small_events(500)]
        assert 215 <= sum(sizes) / len(sizes) <= 245


class TestSynthetic:
    def test_every_account_of_every_company_is_touched_three_times(self):
        entries = [decode(record.value) for record in entries_of(1, 4)]
        touched = Counter((entry.societe_id, line.compte_num) for entry in entries for line in entry.lignes)
        assert len(touched) == 3 * ACCOUNTS
        assert set(touched.values()) == {ENTRIES * LINES // ACCOUNTS} == {3}

    def test_entries_balance_and_are_unique(self):
        entries = [decode(record.value) for record in entries_of(7, 9)]
        assert len({entry.ecriture_id for entry in entries}) == len(entries) == 2 * ENTRIES
        for entry in entries:
            assert sum(to_minor(line.debit) - to_minor(line.credit) for line in entry.lignes) == 0
            assert len(entry.lignes) == LINES

    def test_unbalanced_entry_is_valid(self):
        entry = decode(unbalanced(5, "warm").value)
        assert entry.ecriture_id == "warm-5"


class TestLatency:
    def test_planted_entry_is_valid_and_out_of_balance(self):
        value = msgspec.json.encode(generate_ledger(entries=200, seed=3).events[20])
        planted, id_ = out_of_balance(value)
        entry = decode(planted)
        assert entry.ecriture_id == id_
        assert sum(to_minor(line.debit) - to_minor(line.credit) for line in entry.lignes) == 77_777

    def test_one_company_for_each_partition(self):
        assert [partition(str(societe).encode()) for societe in company_of_each()] == list(range(PARTITIONS))

    @pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.999, 100), (1.0, 100)])
    def test_percentiles_are_nearest_ranks(self, share, value):
        assert percentile([float(k) for k in range(1, 101)], share) == value


def test_partitions_of_the_bench_are_those_of_the_topic():
    assert ENTRIES_TOPIC.partitions == PARTITIONS


def test_processes_together_count_from_the_first_start_to_the_last_end():
    runs = [
        Measured(records=100, seconds=1.0, cpu_seconds=1.0, started=10.0),
        Measured(records=100, seconds=3.0, cpu_seconds=1.0, started=11.0),
    ]
    assert together(runs) == pytest.approx(200 / 4.0)


def test_work_ahead_of_the_first_commit_is_not_counted():
    # Two partitions at 10 records a second each, committed in steps of 10; the second is seen a moment after the first.
    made = [Sample([10, 0], 1.0, 0.0), *(Sample([10 * k, 10 * k], k + 0.01, 0.0) for k in range(1, 11))]
    first, last = steady(made, [100, 100])
    rate = (sum(last.offsets) - sum(first.offsets)) / (last.at - first.at)
    assert rate == pytest.approx(20.0)
    assert (sum(made[-1].offsets) - sum(made[0].offsets)) / (made[-1].at - made[0].at) > 20.9  # what it would be else


def test_too_few_commits_are_measured_as_well_as_they_can_be():
    made = [Sample([10, 0], 1.0, 0.0), Sample([20, 20], 2.0, 0.0)]
    assert steady(made, [20, 20]) is None
    assert between(made) == (made[0], made[1])
    assert between(made[:1]) is None


class TestPerEvent:
    """The peers' scorer: straightforward, but it must find what it claims to look for."""

    def test_codes_are_those_of_the_controls(self):
        assert set(CODES) == {str(control.code) for control in CONTROLS}

    def test_finds_planted_anomalies_and_leaves_most_entries_alone(self):
        ledger = generate_ledger(entries=3_000, seed=5)
        scorer, found = CompanyScorer(), {}
        for event in ledger.events:
            detection = scorer.score(json.loads(msgspec.json.encode(event)))
            if detection is not None:
                found.setdefault(detection["ecriture_id"], set()).update(m["code"] for m in detection["motifs"])
        assert len(found) < 0.1 * len(ledger.events)
        sure = ("DESEQUILIBRE", "MOT_CLE", "HORS_EXERCICE", "IBAN_PARTAGE")
        planted = [one for one in ledger.labels if one.code in sure and not one.jumeau and one.ecriture_id]
        assert planted
        hits = sum(str(one.code) in found.get(one.ecriture_id, ()) for one in planted)
        assert hits / len(planted) > 0.6

    def test_revision_is_scored_for_changes_after_validation_only(self):
        entry = json.loads(msgspec.json.encode(generate_ledger(entries=200, seed=3).events[20]))
        scorer = CompanyScorer()
        scorer.score(entry)
        assert scorer.score(entry) is None
        validated = {**entry, "revision": 2, "operation": "VALIDATION"}
        assert scorer.score(validated) is None
        detection = scorer.score({**validated, "revision": 3, "operation": "SUPPRESSION"})
        assert [motif["code"] for motif in detection["motifs"]] == ["MODIFIEE_APRES_VALIDATION"]


def test_only_ratios_are_set_beside_recorded_ones_and_what_is_missing_is_said() -> None:
    recorded = [
        line_of("core.ours", 100_000.0, "lines/s"),
        line_of("core.ratio", 2.0, RATIO, compared_with="quix"),
        line_of("whole.ratio", 5.0, RATIO, compared_with="quix"),
        line_of("decode.ratio", 3.0, RATIO, compared_with="faust"),
    ]
    now = [
        line_of("core.ours", 10.0, "lines/s"),
        line_of("core.ratio", 1.9, RATIO, compared_with="quix"),
        line_of("whole.ratio", 3.9, RATIO, compared_with="quix"),
        line_of("decode.ratio", None, RATIO, compared_with="faust", error="not installed"),
    ]
    assert beside_recorded(now, recorded).splitlines() == [
        "core.ratio (against quix): 1.9 times, recorded 2 (-5 %)",
        "whole.ratio (against quix): 3.9 times, recorded 5 (-22 %)  << WORSE",
        "decode.ratio (against faust): NOT MEASURED, recorded 3",
    ]

"""Records in, records out: headers, keys, partitions, and dead letters that lose nothing."""

import datetime as dt
from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import (
    Activation,
    Alerte,
    Detection,
    Ecriture,
    Etat,
    Ligne,
    Parametres,
    Record,
    Severite,
    Tick,
    TypeModele,
    VersionModele,
)
from topics import ALERTS, DEAD_LETTER, DETECTIONS, ENTRIES
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.ledger.scan import scan
from wisebook_ml.messaging.events import Decoder, Outgoing, RawRecord, Reason, Undecodable
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest
from wisebook_ml.pipeline.scoring import SOURCE, PartitionPipeline, encode_detection
from wisebook_ml.scoring.stream import LedgerScorer

NOW = dt.datetime(2024, 11, 19, 8, 30, tzinfo=dt.UTC)
TOPIC, PARTITION = "wisebook.entries", 4


def unusable(version: VersionModele) -> IsolationForest:
    raise ValueError("the artefact cannot be read")


@pytest.fixture
def pipeline() -> PartitionPipeline:
    """Return a partition that scores company 1, with a clock that stands still."""
    return new_pipeline()


def new_pipeline(now: dt.datetime = NOW) -> PartitionPipeline:
    scorer = LedgerScorer(
        load_model=unusable, parametres=Parametres(societe_id=0), seed=1, accepts=lambda societe_id: societe_id < 9
    )
    return PartitionPipeline(TOPIC, PARTITION, scorer, lambda: now)


def unbalanced(ecriture_id: str = "E1", societe_id: int = 1, **fields: object) -> Ecriture:
    common = {
        "journal_code": "OD",
        "ecriture_date": dt.date(2024, 3, 5),
        "lignes": [Ligne(compte_num="606400", ecriture_lib="Fournitures de bureau", debit="100.00")],
    }
    return Ecriture(societe_id=societe_id, ecriture_id=ecriture_id, **(common | fields))  # type: ignore[arg-type]


def raw(record: Record | bytes | None, offset: int = 0, key: bytes | None = b"1", *, headers: bool = True) -> RawRecord:
    """Return a record as it comes from Kafka, with CloudEvents headers unless a test leaves them out."""
    if not isinstance(record, Record):
        return RawRecord(offset, key, record, [])
    return RawRecord(
        offset, key, msgspec.json.encode(record), [("ce_type", record.ce_type.encode())] if headers else []
    )


def headers(record: Outgoing) -> dict[str, str]:
    names = [name for name, _ in record.headers]
    assert len(set(names)) == len(names)
    return {name: value.decode() for name, value in record.headers}


class TestDetections:
    def test_a_detection_goes_to_the_partition_of_its_entry(self, pipeline: PartitionPipeline) -> None:
        (out,) = pipeline.process([raw(unbalanced(), offset=17)])
        detection = msgspec.json.decode(out.value or b"", type=Detection)
        assert out.topic is DETECTIONS
        assert out.partition == PARTITION
        assert out.key == str(detection.detection_id).encode()
        assert out.value == encode_detection(detection)
        assert (detection.ecriture_id, detection.etat) == ("E1", Etat.OUVERTE)

    def test_its_headers_say_what_it_is_and_where_it_came_from(self, pipeline: PartitionPipeline) -> None:
        (out,) = pipeline.process([raw(unbalanced(), offset=17)])
        key = (out.key or b"").decode()
        assert headers(out) == {
            "ce_specversion": "1.0",
            "ce_id": f"{key}/{TOPIC}/{PARTITION}/17",
            "ce_source": SOURCE,
            "ce_type": "fr.wisebook.ml.detection.v1",
            "ce_time": "2024-11-19T08:30:00+00:00",
            "content-type": "application/json",
            "wb_topic": TOPIC,
            "wb_partition": str(PARTITION),
            "wb_offset": "17",
            "wb_time": "2024-03-05T12:00:00+00:00",
        }

    def test_the_time_is_in_the_headers_only(self) -> None:
        moments = (NOW, NOW + dt.timedelta(1))
        (first,), (second,) = (new_pipeline(moment).process([raw(unbalanced())]) for moment in moments)
        assert (first.key, first.value) == (second.key, second.value)
        assert headers(first)["ce_time"] != headers(second)["ce_time"]

    def test_the_same_event_again_has_the_same_id(self) -> None:
        (first,), (second,) = (new_pipeline().process([raw(unbalanced(), offset=3)]) for _ in range(2))
        assert first == second

    def test_an_entry_without_headers_is_an_entry(self, pipeline: PartitionPipeline) -> None:
        (out,) = pipeline.process([raw(unbalanced(), headers=False)])
        assert out.topic is DETECTIONS

    def test_fields_of_a_later_version_are_accepted(self, pipeline: PartitionPipeline) -> None:
        value = msgspec.json.encode(msgspec.to_builtins(unbalanced()) | {"couleur": "bleu"})
        (out,) = pipeline.process([raw(value)])
        assert out.topic is DETECTIONS

    def test_nothing_comes_of_an_ordinary_entry_or_a_tick(self, pipeline: PartitionPipeline) -> None:
        tick = Tick(societe_id=1, minuterie="absence", echeance=NOW)
        balanced = unbalanced(
            lignes=[
                Ligne(compte_num="606400", ecriture_lib="Fournitures", debit="1"),
                Ligne(compte_num="512000", ecriture_lib="Fournitures", credit="1"),
            ]
        )
        of_nobody_here = Tick(societe_id=0, minuterie="weekly", echeance=NOW)
        ticks = [raw(tick, offset=1), raw(of_nobody_here, offset=2, key=b"0")]
        assert pipeline.process([raw(balanced), *ticks]) == []


VALID = msgspec.json.encode(unbalanced())
MARKER = Activation(
    societe_id=1,
    version=VersionModele(
        modele_id=5,
        version=2,
        societe_id=1,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="1/5/2/model.msgpack",
        sha256="0" * 64,
    ),
)
BAD: dict[str, tuple[RawRecord, str, str]] = {
    "a tombstone": (raw(None), Reason.NULL_VALUE, "null"),
    "no JSON": (raw(b"<xml/>"), Reason.NOT_JSON, "starts with '<xml/>'"),
    "half a record": (raw(VALID[:40]), Reason.NOT_JSON, "starts with"),
    "no text": (raw(b"\xff\xfe\x00"), Reason.NOT_JSON, "starts with"),
    "no Unicode within": (raw(b'{"societe_id": 1, "ecriture_id": "\xff"}'), Reason.NOT_JSON, "starts with"),
    "too deep": (raw(b'{"later":' + b"[" * 100_000), Reason.NOT_JSON, ""),
    "another shape": (raw(b'{"societe_id": "one"}'), Reason.SCHEMA, "societe_id"),
    "a field missing": (raw(b'{"societe_id": 1}'), Reason.SCHEMA, "missing required field"),
    "no lines": (raw(VALID.replace(b'"lignes":[{', b'"lignes":[],"x":[{')), Reason.SCHEMA, "lignes"),
    "a figure for an amount": (raw(VALID.replace(b'"100.00"', b"100.00")), Reason.SCHEMA, "debit"),
    "another event": (
        RawRecord(0, b"1", VALID, [("ce_type", b"fr.wisebook.facture.v9")]),
        Reason.UNKNOWN_TYPE,
        "fr.wisebook.facture.v9",
    ),
    "another company's key": (raw(unbalanced(), key=b"2"), Reason.WRONG_KEY, "publish with societe_id as key"),
    "an unknown company": (raw(unbalanced(societe_id=9), key=b"9"), Reason.REFUSED, "WISEBOOK_ML_SOCIETES"),
    "a broken model": (raw(MARKER), Reason.REFUSED, "the artefact cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
class TestDeadLetters:
    def test_the_bytes_are_untouched(self, pipeline: PartitionPipeline, name: str) -> None:
        bad, _, _ = BAD[name]
        out, *_ = pipeline.process([bad])
        assert out.topic is DEAD_LETTER
        assert (out.key, out.value) == (bad.key, bad.value)
        assert list(out.headers)[: len(bad.headers)] == list(bad.headers)

    def test_the_headers_say_where_and_why(self, pipeline: PartitionPipeline, name: str) -> None:
        bad, reason, detail = BAD[name]
        out, *_ = pipeline.process([at(bad, offset=40)])
        said = headers(out)
        assert (said["wb_topic"], said["wb_partition"], said["wb_offset"]) == (TOPIC, str(PARTITION), "40")
        assert said["wb_reason"] == reason
        assert detail in said["wb_detail"]
        assert len(said["wb_detail"]) < 1000, "a person reads it"

    def test_the_stream_goes_on(self, pipeline: PartitionPipeline, name: str) -> None:
        bad, _, _ = BAD[name]
        records = [raw(unbalanced("E1"), 0), at(bad, offset=1), raw(unbalanced("E2"), 2)]
        alerts = [ALERTS] if bad.value == msgspec.json.encode(MARKER) else []
        topics = [out.topic for out in pipeline.process(records)]
        assert topics == [DETECTIONS, DEAD_LETTER, *alerts, DETECTIONS]
        assert pipeline.next_offset == 3


def at(record: RawRecord, *, offset: int) -> RawRecord:
    return RawRecord(offset, record.key, record.value, record.headers)


def test_every_reason_has_a_case() -> None:
    reasons = {value for name, value in vars(Reason).items() if name.isupper()}
    of_verdicts = {Reason.UNKNOWN_DETECTION, Reason.CONTRADICTION}
    assert {reason for _, reason, _ in BAD.values()} == reasons - of_verdicts


def test_a_model_that_is_refused_makes_the_same_alert_each_time(pipeline: PartitionPipeline) -> None:
    first, again = [pipeline.process([raw(MARKER, offset=offset)])[1] for offset in (40, 41)]
    alert = msgspec.json.decode(first.value or b"", type=Alerte)
    assert (first.topic, first.key, first.partition, again.value) == (ALERTS, b"1", PARTITION, first.value)
    assert (alert.modele, alert.severite) == (MARKER.version, Severite.ELEVEE)
    assert "introuvable" in alert.titre_fr
    assert "missing" in alert.titre_en
    assert headers(first)["ce_source"] == SOURCE
    assert headers(first)["wb_offset"] == "40"


def test_a_contradiction_is_refused(pipeline: PartitionPipeline) -> None:
    changed = unbalanced(lignes=[Ligne(compte_num="606400", debit="1.00")])
    _, out = pipeline.process([raw(unbalanced()), raw(changed, offset=1)])
    assert out.topic is DEAD_LETTER
    assert headers(out)["wb_reason"] == Reason.REFUSED
    assert "publish a change as revision 2" in headers(out)["wb_detail"]


def test_output_is_in_the_order_of_its_causes(pipeline: PartitionPipeline) -> None:
    records = [raw(b"no JSON" if k % 3 == 0 else unbalanced(f"E{k}", 1 + k % 2), 10 * k, None) for k in range(12)]
    offsets = [int(headers(out)["wb_offset"]) for out in pipeline.process(records)]
    assert offsets == [10 * k for k in range(12)]
    assert pipeline.next_offset == 111, "offsets may have holes (transactions, compaction)"


def test_nothing_in_nothing_out(pipeline: PartitionPipeline) -> None:
    assert pipeline.process([]) == []
    assert pipeline.next_offset == 0


@pytest.mark.parametrize("size", [1, 17, 1000])
def test_any_run_length_publishes_the_same_records(size: int) -> None:
    events = generate_ledger(entries=150, seed=3, anomaly_rate=0.2).events
    records: list[RawRecord] = [raw(event, offset) for offset, event in enumerate(events)]
    records[50:50] = [raw(b"no JSON", 49)]
    whole, cut = new_pipeline(), new_pipeline()
    expected = whole.process(records)
    found = [
        out for a, b in pairwise([*range(0, len(records), size), len(records)]) for out in cut.process(records[a:b])
    ]
    assert found == expected
    assert len(expected) > 5
    assert cut.next_offset == whole.next_offset


def changed(**fields: object) -> Callable[[str], bytes]:
    """Return a function that writes an unbalanced entry with other JSON values, whatever the schema says of them."""
    return lambda ecriture_id: msgspec.json.encode(msgspec.to_builtins(unbalanced(ecriture_id)) | fields)


def replaced(old: bytes, new: bytes) -> Callable[[str], bytes]:
    """Return a function that writes an unbalanced entry with other bytes in it."""

    def write(ecriture_id: str) -> bytes:
        value = msgspec.json.encode(unbalanced(ecriture_id))
        assert old in value
        return value.replace(old, new)

    return write


LINE = {"compte_num": "606400", "debit": "1.00"}
DAY = b'"2024-03-05"'
UNSURE = {
    "a nested unknown field": changed(plus_tard={"a": [1, {"b": None}]}),
    "an unknown list": changed(plus_tard=[1, [2]]),
    "more lines than sums are sure of": changed(lignes=[LINE] * 150),
    "a key twice": replaced(b'"societe_id":1', b'"societe_id":7,"societe_id":1'),
    "a revision as a decimal": replaced(b'"societe_id":1', b'"revision":1.0,"societe_id":1'),
    "a day that was not": replaced(DAY, b'"2024-02-30"'),
    "a day without hyphens": replaced(DAY, b'"20240305"'),
    "a day with a time": replaced(DAY, b'"2024-03-05T00:00:00"'),
    "a day before the calendar": replaced(DAY, b'"0000-12-31"'),
    "a time without a zone": changed(saisie_le="2024-03-05T10:00:00"),
    "a time of another planet": changed(saisie_le="2024-03-05T25:00:00Z"),
    "a character in two escapes": replaced(b"Fournitures", b"\\ud83d\\ude00"),
    "half a character": replaced(b"Fournitures", b"\\ud800"),
    "a text that is too long": changed(saisie_par="x" * 201),
    "no journal": changed(journal_code=""),
    "an amount that is none": changed(lignes=[LINE | {"debit": "1e3"}]),
    "sums beyond what an entry may have": changed(lignes=[LINE | {"debit": "99999999999.99"}] * 150),
    "a byte too many": replaced(b"}]}", b"}]}x"),
}
"""What the scanner leaves to msgspec, which takes some of it."""

SURE = {
    "a plain one": changed(),
    "a plain unknown field": changed(plus_tard="bleu"),
    "a character in escapes": replaced(b"Fournitures", b"\\u00e9 \\/ \\t"),
    "a time of the end of the calendar": changed(saisie_le="9999-12-31T23:59:59Z"),
    "the first day": replaced(DAY, b'"0001-01-01"'),
    "white space": lambda ecriture_id: msgspec.json.format(msgspec.json.encode(unbalanced(ecriture_id)), indent=2),
}


def taken_alone(record: RawRecord) -> bool:
    """Return whether the decoder takes a record."""
    try:
        Decoder(ENTRIES).decode(record)
    except Undecodable:
        return False
    return True


@pytest.fixture(scope="module")
def forest() -> IsolationForest:
    return fit_isolation_forest(np.random.default_rng(1).random((300, len(FEATURE_NAMES))), FEATURE_NAMES, seed=1)


class TestMixtures:
    """Entries are scanned by the batch; whatever is no plain entry is decoded alone, and takes its place again."""

    @pytest.mark.parametrize("name", [*UNSURE, *SURE])
    def test_each_is_what_the_decoder_says_of_it_alone(self, pipeline: PartitionPipeline, name: str) -> None:
        value = (UNSURE | SURE)[name]("E1")
        assert len(scan([value]).unsure) == (name in UNSURE), "a case of the other kind tests something else"
        (out,) = pipeline.process([raw(value)])
        assert out.topic is (DETECTIONS if taken_alone(raw(value)) else DEAD_LETTER)
        if out.topic is DEAD_LETTER:
            assert out.value == value

    def test_the_scanner_leaves_both_kinds(self) -> None:
        assert {taken_alone(raw(write("E1"))) for write in UNSURE.values()} == {True, False}

    @settings(derandomize=True, deadline=None, max_examples=30)
    @given(
        kinds=st.lists(
            st.sampled_from([*UNSURE, *SURE, *["a plain one"] * 10, *BAD, "a marker", "a tick", "the hour"]),
            max_size=40,
        ),
        ids=st.integers(1, 40),
        cuts=st.lists(st.integers(0, 40), max_size=3),
    )
    def test_any_mixture_is_as_if_each_came_alone(
        self, forest: IsolationForest, kinds: list[str], ids: int, cuts: list[int]
    ) -> None:
        """In order, results and state; ids that come again are repetitions, or contradictions; counts pass blocks."""
        records = [
            at(self.record(kind, f"E{position % ids}"), offset=100 * position) for position, kind in enumerate(kinds)
        ]
        alone, together, cut = (self.scorer(forest) for _ in range(3))
        expected = [out for record in records for out in alone[0].process([record])]
        assert together[0].process(records) == expected
        ends = sorted(min(end, len(records)) for end in cuts)
        assert expected == [out for a, b in pairwise([0, *ends, len(records)]) for out in cut[0].process(records[a:b])]
        assert alone[1].digest() == together[1].digest() == cut[1].digest()
        assert len({one[0].state.counts.dump() for one in (alone, together, cut)}) == 1
        assert alone[0].next_offset == together[0].next_offset == cut[0].next_offset
        offsets = [int(headers(out)["wb_offset"]) for out in expected]
        assert offsets == sorted(offsets)
        dead = {int(headers(out)["wb_offset"]) for out in expected if out.topic is DEAD_LETTER}
        assert dead >= {record.offset for record in records if not taken_alone(record)}

    @staticmethod
    def record(kind: str, ecriture_id: str) -> RawRecord:
        if kind in BAD:
            return BAD[kind][0]
        if kind == "a marker":
            return raw(MARKER)
        if kind == "a tick":
            return raw(Tick(societe_id=1, minuterie="absence", echeance=NOW))
        if kind == "the hour":
            return raw(Tick(societe_id=0, minuterie="statistics", echeance=NOW), key=b"0")
        return raw((UNSURE | SURE)[kind](ecriture_id))

    @staticmethod
    def scorer(forest: IsolationForest) -> tuple[PartitionPipeline, LedgerScorer]:
        scorer = LedgerScorer(
            load_model=lambda version: forest,
            parametres=Parametres(societe_id=0),
            seed=1,
            accepts=lambda societe_id: societe_id < 9,
        )
        return PartitionPipeline(TOPIC, PARTITION, scorer, lambda: NOW), scorer

    def test_a_batch_of_what_only_the_decoder_takes(self, pipeline: PartitionPipeline) -> None:
        value = UNSURE["a nested unknown field"]
        out = pipeline.process([raw(value(f"E{k}"), offset=k) for k in range(5)])
        assert [msgspec.json.decode(one.value or b"", type=Detection).ecriture_id for one in out] == [
            f"E{k}" for k in range(5)
        ]

"""Records as they travel: what follows from sketches, and what becomes of records that do not fit."""

import msgspec

from schemas import DemandeEntrainement, Derive, Esquisse
from topics import DEAD_LETTER, DRIFT, TRAINING_REQUESTS
from wisebook_ml.drift_checks.state import DriftState, report_id
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.pipeline.drift import SOURCE, DriftPipeline

from .sketches import FIRST, Models


def raw(offset: int, record: Esquisse, key: bytes | None = None) -> RawRecord:
    headers = [("ce_type", Esquisse.ce_type.encode())]
    return RawRecord(offset, key or str(record.modele_id).encode(), msgspec.json.encode(record), headers)


def header(one: Outgoing, name: str) -> str:
    return next((value or b"").decode() for key, value in one.headers if key == name)


def test_a_report_and_a_request(models: Models) -> None:
    begun: list[int] = []
    pipeline = DriftPipeline("wisebook.sketches", 4, DriftState(6, models), begins=lambda: begun.append(1))
    found = pipeline.process([raw(17, models.sketch(0, shift=0.25))])
    assert [(one.topic, one.key, one.partition) for one in found] == [
        (DRIFT, b"7", None), (TRAINING_REQUESTS, b"7", None)
    ]  # fmt: skip
    report, request = found
    assert header(report, "ce_id") == str(report_id(7, 1, FIRST))
    assert (header(report, "ce_source"), header(report, "ce_time")) == (SOURCE, FIRST.isoformat())
    assert [header(report, f"wb_{what}") for what in ("topic", "partition", "offset")] == [
        "wisebook.sketches",
        "4",
        "17",
    ]
    assert msgspec.json.decode(report.value or b"", type=Derive).derive
    asked = msgspec.json.decode(request.value or b"", type=DemandeEntrainement)
    assert header(request, "ce_id") == asked.demande_id
    assert (pipeline.next_offset, begun) == (18, [1])


def test_what_does_not_fit_is_a_dead_letter_and_the_rest_goes_on(models: Models) -> None:
    pipeline = DriftPipeline("wisebook.sketches", 4, DriftState(6, models))
    good = models.sketch(0)
    found = pipeline.process(
        [
            RawRecord(1, b"7", b"{", [("ce_type", Esquisse.ce_type.encode())]),
            raw(2, good, key=b"8"),
            raw(3, msgspec.structs.replace(good, donnees="AAAA")),
            raw(4, good),
        ]
    )
    assert [one.topic for one in found] == [DEAD_LETTER, DEAD_LETTER, DEAD_LETTER, DRIFT]
    assert [header(one, "wb_reason") for one in found[:3]] == ["NOT_JSON", "WRONG_KEY", "REFUSED"]
    assert header(found[2], "wb_detail").startswith("donnees: no sketch")

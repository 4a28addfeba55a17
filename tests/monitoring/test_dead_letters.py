"""Dead letters: whose they are, and what is sent again."""

import msgspec
import pytest

from topics import DEAD_LETTER, DETECTIONS, ENTRIES, Topic
from wisebook_ml.messaging.events import Headers, RawRecord, Reason, dead_letter
from wisebook_ml.monitoring.dead_letters import LostLetter, again, letter_of

PREFIX = "t."
HEADERS: Headers = [("ce_id", b"E-1"), ("wb_topic", b"t.before"), ("ce_time", b"2026-03-02T10:00:00+00:00")]


def letter(
    value: bytes | None, key: bytes | None = b"1", *, topic: Topic = ENTRIES, reason: str = Reason.SCHEMA
) -> RawRecord:
    """Return the dead letter of a record that had provenance headers of its own, as it is read."""
    raw = RawRecord(17, key, value, HEADERS)
    made = dead_letter(DEAD_LETTER, raw, topic=PREFIX + topic.name, partition=3, reason=reason, detail="mend it")
    return RawRecord(5, made.key, made.value, made.headers)


def value_of(societe_id: object) -> bytes:
    return msgspec.json.encode({"societe_id": societe_id, "libelle": "<script>"})


class TestWhose:
    def test_of_the_company_that_key_and_value_name(self) -> None:
        told = letter_of(0, letter(value_of(1)), PREFIX)
        assert (told.societe_id, told.partition_origine, told.offset_origine) == (1, 3, 17)
        assert (told.motif, told.detail, told.topic) == ("SCHEMA", "mend it", "t.entries")
        assert told.heure is not None

    @pytest.mark.parametrize(
        "raw",
        [
            letter(value_of(2)),
            letter(value_of("1")),
            letter(value_of(True)),
            letter(b"{"),
            letter(b"[1]"),
            letter(b"\xff"),
            letter(None),
            letter(value_of(1), key=None),
            letter(value_of(1), key=b"x"),
            letter(value_of(1), reason=Reason.WRONG_KEY),
            letter(value_of(1), topic=DETECTIONS),
        ],
    )
    def test_nobodys_where_there_is_any_doubt(self, raw: RawRecord) -> None:
        told = letter_of(0, raw, PREFIX)
        assert told.societe_id is None
        msgspec.json.encode(told)

    def test_of_a_long_value_the_beginning_is_shown(self) -> None:
        told = letter_of(0, letter(b"\xff" + b"x" * 10_000), PREFIX)
        assert (len(told.extrait), told.octets) == (500, 10_001)


class TestAgain:
    def test_it_is_as_it_was_where_it_was(self) -> None:
        record = again(letter(b"{", b"7"), 0, PREFIX)
        assert (record.topic, record.key, record.value, record.partition) == (ENTRIES, b"7", b"{", 3)
        assert list(record.headers) == [*HEADERS, ("wb_retried", b"0/5")]

    def test_what_was_left_out_or_comes_from_elsewhere_is_refused(self) -> None:
        raw = RawRecord(1, b"1", b"x" * DEAD_LETTER.max_message_bytes, ())
        made = dead_letter(DEAD_LETTER, raw, topic="t.entries", partition=0, reason="SCHEMA", detail="")
        with pytest.raises(LostLetter, match="too many"):
            again(RawRecord(0, made.key, made.value, made.headers), 0, PREFIX)
        with pytest.raises(LostLetter, match=r"t\.entries"):
            again(letter(b"{"), 0, "other.")
        with pytest.raises(LostLetter, match="which topic"):
            again(RawRecord(0, b"1", b"{", ()), 0, PREFIX)

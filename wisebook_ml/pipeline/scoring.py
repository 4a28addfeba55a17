"""One partition of `entries`: raw records in, the records that follow from them out."""

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec

from schemas import Activation, Detection, Ecriture, Tick
from topics import DEAD_LETTER, DETECTIONS, ENTRIES
from wisebook_ml.messaging.events import (
    Decoder,
    Outgoing,
    RawRecord,
    Reason,
    Undecodable,
    dead_letter,
    event_headers,
)
from wisebook_ml.scoring.stream import Event, LedgerScorer

__all__ = ["SOURCE", "PartitionPipeline", "encode_detection"]

SOURCE = "wisebook-ml/scoring"
"""CloudEvents source of detections."""

ENCODER = msgspec.json.Encoder()


def encode_detection(detection: Detection) -> bytes:
    """Return the bytes of a detection: the same wherever it is made."""
    return ENCODER.encode(detection)


class PartitionPipeline:
    """Decodes, scores and encodes the records of one partition, in order.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    scorer : LedgerScorer
        State of the partition's companies.
    clock : callable
        Tells when a detection is made; it travels in the headers and never in the value.
    """

    def __init__(self, topic: str, partition: int, scorer: LedgerScorer, clock: Callable[[], dt.datetime]) -> None:
        self.next_offset = 0
        self._topic = topic
        self._partition = partition
        self._scorer = scorer
        self._clock = clock
        self._decoder = Decoder(ENTRIES)

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return detections and dead letters in the order of what caused them."""
        events: list[Event] = []
        sources: list[RawRecord] = []
        outgoing: list[tuple[int, Outgoing]] = []
        for raw in records:
            try:
                record = self._decoder.decode(raw)
            except Undecodable as error:
                outgoing.append((raw.offset, self._dead(raw, error.reason, error.detail)))
                continue
            assert isinstance(record, Ecriture | Activation | Tick)  # what ENTRIES declares
            events.append(record)
            sources.append(raw)
        outcome = self._scorer.process(events)
        made = self._clock()
        for position, detection in outcome.detections:
            outgoing.append((sources[position].offset, self._detected(sources[position], detection, made)))
        for refused in outcome.refused:
            raw = sources[refused.position]
            outgoing.append((raw.offset, self._dead(raw, Reason.REFUSED, refused.reason)))
        if records:
            self.next_offset = records[-1].offset + 1
        outgoing.sort(key=lambda made: made[0])
        return [record for _, record in outgoing]

    def _dead(self, raw: RawRecord, reason: str, detail: str) -> Outgoing:
        return dead_letter(DEAD_LETTER, raw, topic=self._topic, partition=self._partition, reason=reason, detail=detail)

    def _detected(self, raw: RawRecord, detection: Detection, made: dt.datetime) -> Outgoing:
        headers = event_headers(
            detection,
            id_=f"{detection.detection_id}/{self._topic}/{self._partition}/{raw.offset}",
            source=SOURCE,
            time=made,
        )
        headers += [
            ("wb_topic", self._topic.encode()),
            ("wb_partition", str(self._partition).encode()),
            ("wb_offset", str(raw.offset).encode()),
        ]
        key = str(detection.detection_id).encode()
        return Outgoing(DETECTIONS, key, encode_detection(detection), headers, self._partition)

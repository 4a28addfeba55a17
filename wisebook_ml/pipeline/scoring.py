"""One partition of `entries`: raw records in, the records that follow from them out."""

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from schemas import (
    Activation,
    Comptage,
    Detection,
    DetectionReprise,
    Ecriture,
    Esquisse,
    Reglage,
    Reprise,
    Tick,
)
from topics import COUNTS, DEAD_LETTER, DETECTIONS, ENTRIES, SKETCHES
from topics.incoming import entry_time
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.scan import scan
from wisebook_ml.messaging.events import (
    Decoder,
    Headers,
    Outgoing,
    RawRecord,
    Reason,
    Undecodable,
    dead_letter,
    event_headers,
    provenance,
)
from wisebook_ml.messaging.times import event_time, told_time
from wisebook_ml.pipeline.refusals import alert_of
from wisebook_ml.pipeline.tallied import PartitionState, Run
from wisebook_ml.scoring.events import Marker
from wisebook_ml.scoring.stream import LedgerScorer

__all__ = ["REPLAYED", "SOURCE", "PartitionPipeline", "encode_detection"]

SOURCE = "wisebook-ml/scoring"
"""CloudEvents source of what follows from entries."""

ENCODER = msgspec.json.Encoder()


REPLAYED = "wb_replayed"
"""Header with the offset of the entry that a promoted detection is about (`wisebook_ml.replay`)."""

ENTRY_TYPE = Ecriture.ce_type.encode()


def _headers_of(raw: RawRecord) -> tuple[bool, bytes | None]:
    """Return whether a record's headers say that it is an entry, or nothing about it, and the time that they tell.

    In one pass: what costs is to fetch them from memory, for every record.
    """
    is_entry, told = True, None
    for name, content in raw.headers:
        if name == "ce_type":
            is_entry = is_entry and content == ENTRY_TYPE
        elif name == "ce_time" and told is None:
            told = content or b""
    return is_entry, told


def encode_detection(detection: Detection) -> bytes:
    """Return the bytes of a detection: the same wherever it is made."""
    return ENCODER.encode(detection)


class PartitionPipeline:
    """Decodes, scores, counts and encodes the records of one partition, in order.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    scorer : LedgerScorer
        State of the partition's companies.
    clock : callable
        Tells when a record is made; it travels in the headers and never in the value.
    counted : bool
        Whether entries are counted, and what models met is sketched; detections do not depend on it.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        scorer: LedgerScorer,
        clock: Callable[[], dt.datetime],
        *,
        counted: bool = True,
    ) -> None:
        self.next_offset = 0
        self.lines = 0
        """Lines of the entries that it has taken."""
        self._topic = topic
        self._partition = partition
        self._state = PartitionState(scorer, partition, counted=counted)
        self._clock = clock
        self._decoder = Decoder(ENTRIES)

    @property
    def state(self) -> PartitionState:
        """What it knows of the records before."""
        return self._state

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return what follows from them, in the order of what caused it.

        These are detections, counts, sketches, dead letters and alerts.
        """
        outgoing: list[tuple[int, Outgoing]] = []
        kinds = [_headers_of(raw) for raw in records]
        batch, places, markers = self._decode(records, [is_entry for is_entry, _ in kinds], outgoing)
        self.lines += int(batch.first[-1])
        outcome = self._state.scorer.score(batch, places, markers)
        made = self._clock()
        run = Run(records, [told for _, told in kinds], batch, places, markers)
        for position, counted in self._state.tally(run, outcome):
            raw = records[position]
            outgoing.append((raw.offset, self._counted(raw, counted, made)))
        for position, sketch in self._state.sketch(run, outcome):
            raw = records[position]
            outgoing.append((raw.offset, self._sketched(raw, sketch, made)))
        marked = dict(markers)
        for position, detection in outcome.detections:
            raw = records[position]
            time = told_time(raw)
            if time is None:
                tick = marked.get(position)
                entry = int(np.searchsorted(places, position))
                time = event_time(raw, tick.echeance if isinstance(tick, Tick) else entry_time(batch.entry(entry)))
            outgoing.append((raw.offset, self._detected(raw, detection, made, time)))
        for position, replayed in outcome.replayed:
            raw = records[position]
            outgoing.append((raw.offset, self._replayed(raw, replayed, made)))
        for refused in outcome.refused:
            raw = records[refused.position]
            outgoing.append((raw.offset, self._dead(raw, Reason.REFUSED, refused.reason)))
            marker = marked.get(refused.position)
            if isinstance(marker, Activation):
                outgoing.append((raw.offset, self._alert(marker, refused.reason, raw, made)))
        if records:
            self.next_offset = records[-1].offset + 1
        outgoing.sort(key=lambda made: made[0])
        return [record for _, record in outgoing]

    def _decode(
        self, records: Sequence[RawRecord], entries: Sequence[bool], outgoing: list[tuple[int, Outgoing]]
    ) -> tuple[EntryBatch, Ints, list[tuple[int, Marker]]]:
        """Return the entries as columns with their positions, and the markers; the others become dead letters.

        What the scanner is not sure about, and whatever is no plain entry, is decoded one by one.
        """
        found = [raw.value if is_entry else None for raw, is_entry in zip(records, entries, strict=True)]
        values = [value for value in found if value is not None]
        places = list(range(len(found)))
        unsure: list[int] = []
        if len(values) < len(found):
            unsure = [position for position, value in enumerate(found) if value is None]
            places = [position for position, value in enumerate(found) if value is not None]
        scanned = scan(values)
        sure = [places[k] for k in scanned.accepted.tolist()] if len(scanned.unsure) else places
        unsure += [places[k] for k in scanned.unsure.tolist()]
        unsure += self._wrong_keys(records, sure, scanned.batch.societe.tolist())
        if not unsure:
            return scanned.batch, np.array(places, dtype=np.int64), []
        # Entries that only the decoder understood are written anew, and scanned with the others in their order.
        plain = dict.fromkeys(sure, False)
        markers: list[tuple[int, Marker]] = []
        written: dict[int, bytes] = {}
        for position in sorted(unsure):
            plain.pop(position, None)
            raw = records[position]
            try:
                record = self._decoder.decode(raw)
            except Undecodable as error:
                outgoing.append((raw.offset, self._dead(raw, error.reason, error.detail)))
                continue
            assert isinstance(record, Ecriture | Activation | Reglage | Tick | Reprise)  # what ENTRIES declares
            if isinstance(record, Ecriture):
                written[position] = ENCODER.encode(record)
            else:
                markers.append((position, record))
        if not written:
            chosen = np.array([k for k, position in enumerate(sure) if position in plain], dtype=np.int64)
            return scanned.batch.select(chosen), np.array(list(plain), dtype=np.int64), markers
        kept = sorted([*plain, *written])
        again = scan(
            [written.get(position) or records[position].value or b"" for position in kept],
            trusted=[position in written for position in kept],
        )
        assert len(again.accepted) == len(kept)  # what was accepted before, and what the encoder wrote
        return again.batch, np.array(kept, dtype=np.int64), markers

    def _wrong_keys(self, records: Sequence[RawRecord], positions: list[int], societes: list[int]) -> list[int]:
        """Return the positions of entries whose key is not their company's."""
        keys = {societe: str(societe).encode() for societe in set(societes)}
        expected = [keys[societe] for societe in societes]
        found = [records[position].key for position in positions]
        if found == expected:  # as all are, ordinarily
            return []
        return [position for position, key, other in zip(positions, found, expected, strict=True) if key != other]

    def _dead(self, raw: RawRecord, reason: str, detail: str) -> Outgoing:
        return dead_letter(DEAD_LETTER, raw, topic=self._topic, partition=self._partition, reason=reason, detail=detail)

    def _alert(self, marker: Activation, reason: str, raw: RawRecord, made: dt.datetime) -> Outgoing:
        return alert_of(marker, reason, raw, topic=self._topic, partition=self._partition, source=SOURCE, made=made)

    def _counted(self, raw: RawRecord, counted: Comptage, made: dt.datetime) -> Outgoing:
        where = f"{self._topic}/{self._partition}/{counted.depuis}-{counted.jusque}"
        headers = event_headers(counted, id_=where, source=SOURCE, time=made)
        headers += provenance(self._topic, self._partition, raw.offset)
        key = str(self._partition).encode()
        return Outgoing(COUNTS, key, ENCODER.encode(counted), headers, self._partition)

    def _sketched(self, raw: RawRecord, sketch: Esquisse, made: dt.datetime) -> Outgoing:
        where = f"{self._topic}/{self._partition}/{raw.offset}"
        id_ = f"{sketch.modele_id}/{sketch.version}/{where}"
        headers = event_headers(sketch, id_=id_, source=SOURCE, time=made)
        headers += provenance(self._topic, self._partition, raw.offset)
        return Outgoing(SKETCHES, str(sketch.modele_id).encode(), ENCODER.encode(sketch), headers)

    def _detected(self, raw: RawRecord, detection: Detection, made: dt.datetime, time: dt.datetime) -> Outgoing:
        headers = event_headers(
            detection,
            id_=f"{detection.detection_id}/{self._topic}/{self._partition}/{raw.offset}",
            source=SOURCE,
            time=made,
        )
        headers += provenance(self._topic, self._partition, raw.offset, time, cause=raw.headers)
        return self._of(detection, headers)

    def _replayed(self, raw: RawRecord, found: DetectionReprise, made: dt.datetime) -> Outgoing:
        """Return what a replay found, as it travels: it follows from the marker, and says which entry it is about."""
        detection = found.detection
        id_ = f"{detection.detection_id}/{self._topic}/{self._partition}/{raw.offset}"
        headers = event_headers(detection, id_=id_, source=SOURCE, time=made)
        headers += provenance(self._topic, self._partition, raw.offset, found.instant, cause=raw.headers)
        headers.append((REPLAYED, str(found.decalage).encode()))
        return self._of(detection, headers)

    def _of(self, detection: Detection, headers: Headers) -> Outgoing:
        key = str(detection.detection_id).encode()
        return Outgoing(DETECTIONS, key, encode_detection(detection), headers, self._partition)

"""Models and settings of a replay: put in force before its first record, and kept whatever the markers say."""

from collections.abc import Sequence

import msgspec

from schemas import Activation, Record, Reglage, Reprise
from topics import ENTRIES
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.replay.plan import Plan
from wisebook_ml.training.collect import ALL_COMPANIES, partition_of

__all__ = ["Chosen", "first_markers"]

MARKERS = {one.ce_type.encode() for one in (Activation, Reglage, Reprise)}


def first_markers(plan: Plan, partition: int) -> list[RawRecord]:
    """Return the records that put the replay's versions in force in a partition, at the offset before its first."""
    offset = plan.stretches[partition][0] - 1
    wanted: list[Record] = [*plan.reglages, *plan.activations]
    return [_record(offset, marker) for marker in wanted if _is_here(marker, partition, plan.partitions)]


def _is_here(marker: Record, partition: int, partitions: int) -> bool:
    assert isinstance(marker, Activation | Reglage)
    return marker.societe_id == ALL_COMPANIES or partition_of(marker.societe_id, partitions) == partition


def _record(offset: int, marker: Record) -> RawRecord:
    assert isinstance(marker, Activation | Reglage)
    key = str(marker.societe_id).encode()
    return RawRecord(offset, key, msgspec.json.encode(marker), [("ce_type", marker.ce_type.encode())])


class Chosen:
    """Which records of a stretch a replay scores.

    Those of its companies, and those of all companies (ticks, global models). Left out are markers that would put
    another model or other settings in force than the replay's own, and then also the promotions of earlier replays:
    their results are of other versions.

    Parameters
    ----------
    plan : Plan
        The replay.
    """

    def __init__(self, plan: Plan) -> None:
        self._keys = {str(one).encode() for one in (*plan.societes, ALL_COMPANIES)} if plan.societes else None
        self._kinds = plan.kinds
        self._settings = {one.societe_id for one in plan.reglages}
        self._changes = plan.changes_versions
        self._decoder = Decoder(ENTRIES)

    def of(self, run: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Return those of a run, in their order."""
        run = self.of_companies(run)
        if self._changes:
            run = [raw for raw in run if not self._overruled(raw)]
        return run

    def of_companies(self, run: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Return those of the replay's companies, with all markers: no company's state rests on another's entries."""
        keys = self._keys
        return run if keys is None else [raw for raw in run if raw.key in keys]

    def _overruled(self, raw: RawRecord) -> bool:
        if not any(name == "ce_type" and content in MARKERS for name, content in raw.headers):
            return False
        try:
            marker = self._decoder.decode(raw)
        except Undecodable:
            return False
        if isinstance(marker, Activation):
            return (marker.societe_id, marker.version.type_modele) in self._kinds
        if isinstance(marker, Reglage):
            return marker.societe_id in self._settings
        return isinstance(marker, Reprise)

"""What a partition of `entries` is scored with and counted into: one state, recovered together."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from schemas import Comptage, Esquisse, Tick
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import NO_TIME, EntryBatch, Ints
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.times import FIRST_HOUR, LAST_HOUR, event_hours, utc_time
from wisebook_ml.scoring.events import Activated, Marker, Met, Outcome
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.tally.counts import ALL_COMPANIES, Counted, Counts, score_bars
from wisebook_ml.tally.sketches import DRIFT, Sketches

__all__ = ["PartitionState", "Run"]

COUNTS_PART, SKETCHES_PART = "tally/counts", "tally/sketches"
"""Parts of a dump with the block that is being counted, and what models have met since the last tick."""

OURS = (COUNTS_PART, SKETCHES_PART)

MICROS_AN_HOUR = 3_600_000_000
EPOCH_DAY = 719_163
"""Ordinal of 1970-01-01."""

NOON = 12
"""Hour of entries whose time is not known, as a FEC's: within their day all over Europe."""


class Run(NamedTuple):
    """Records of a partition, what the headers of each tell of its time, and the entries and markers among them.

    `places` are the positions of the entries of `batch`.
    """

    records: Sequence[RawRecord]
    told: Sequence[bytes | None]
    batch: EntryBatch
    places: Ints
    markers: Sequence[tuple[int, Marker]]

    @property
    def ticks(self) -> list[tuple[int, Tick]]:
        """The ticks, with their positions; their due times are in UTC."""
        return [
            (position, replace(marker, echeance=utc_time(marker.echeance)))
            for position, marker in self.markers
            if isinstance(marker, Tick)
        ]


class PartitionState:
    """All that what follows from a partition's next record depends on.

    Parameters
    ----------
    scorer : LedgerScorer
        Habits, models and settings of its companies.
    partition : int
        Which it is: part of what is told of it.
    counted : bool
        Whether there is anything but the scorer: a replay, whose counts nobody reads, leaves out the rest.

    Attributes
    ----------
    scorer : LedgerScorer
    counts : Counts
        The block of counts that has not ended yet.
    sketches : Sketches
        What the models in force have met.
    """

    def __init__(self, scorer: LedgerScorer, partition: int = 0, *, counted: bool = True) -> None:
        self.scorer = scorer
        self._is_counted = counted
        self._partition = partition
        self.counts = Counts(partition)
        self.sketches = Sketches()

    @property
    def fingerprint(self) -> str:
        """What a dump depends on besides the events; the sources of what counts are part of the scorer's."""
        return self.scorer.fingerprint

    def dump(self) -> Iterator[tuple[str, bytes | npt.NDArray[np.uint8]]]:
        """Return copies of the bytes that make the state, with a name each."""
        yield from self.scorer.dump()
        if not self._is_counted:
            return
        yield COUNTS_PART, self.counts.dump()
        yield SKETCHES_PART, self.sketches.dump()

    def load(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Take a state that was dumped; this one must not have taken any records.

        Raises
        ------
        StateError
            Where the parts are none of this version; the state is then of no more use.
        ModelMissing
            See `LedgerScorer.load`.
        """
        for name in OURS if self._is_counted else ():
            if name not in parts:
                raise StateError(f"part {name} is missing")
        self.scorer.load({name: part for name, part in parts.items() if name not in OURS})
        if not self._is_counted:
            return
        self.counts.load(parts[COUNTS_PART])
        for one in self.scorer.forests:
            self.sketches.activate(one.societe_id, one.version, one.reference)
        self.sketches.load(parts[SKETCHES_PART])

    def tally(self, run: Run, outcome: Outcome) -> list[tuple[int, Comptage]]:
        """Count what was scored of a run; return the blocks that ended, with the position of what ended them.

        Parameters
        ----------
        run : Run
        outcome : Outcome
            What the scorer made of it.
        """
        if not self._is_counted:
            return []
        records = run.records
        entries = _counted(run, outcome)
        made: list[tuple[int, Comptage]] = []
        counts, scored, done, start = self.counts, outcome.scored, 0, 0
        for position, tick in chain(run.ticks, [(len(records), None)]):
            behind = position if tick is None else position + 1
            # Each block ends before the first record beyond it, be it an entry, a marker or a dead letter.
            while (start := bisect_left(records, counts.limit, start, behind, key=_offset)) < behind:
                end = int(np.searchsorted(scored, start))
                counts.add(entries.part(done, end))
                made += [(start, one) for one in counts.pass_limit(records[start].offset)]
                done = end
            end = int(np.searchsorted(scored, position))
            counts.add(entries.part(done, end))
            done = end
            if tick is not None:
                made += [(position, one) for one in counts.tick(tick, records[position].offset)]
        return made

    def sketch(self, run: Run, outcome: Outcome) -> list[tuple[int, Esquisse]]:
        """Count what models have met in a run; return the sketches that ended, with the position of the tick.

        Parameters
        ----------
        run : Run
        outcome : Outcome
            What the scorer made of it.
        """
        if not self._is_counted:
            return []
        made: list[tuple[int, Esquisse]] = []
        ends = [(at, tick) for at, tick in run.ticks if tick.minuterie == DRIFT and tick.societe_id == ALL_COMPANIES]
        changes: list[tuple[int, Tick | Activated]] = [*ends, *((one.position, one) for one in outcome.activated)]
        rest: Sequence[Met] = outcome.met
        for position, change in sorted(changes, key=lambda change: change[0]):
            self._meet(one for met in rest if len((one := _part(met, slice(0, _place(met, position)))).positions))
            rest = [one for met in rest if len((one := _part(met, slice(_place(met, position), None))).positions)]
            if isinstance(change, Tick):
                made += [(position, one) for one in self.sketches.end(self._partition, change.echeance)]
            else:
                self.sketches.activate(change.societe_id, change.version, change.reference)
        self._meet(rest)
        return made

    def _meet(self, met: Iterable[Met]) -> None:
        for one in met:
            self.sketches.take(one.modele_id, one.version, one.features, one.composites)


def _place(met: Met, position: int) -> int:
    return int(np.searchsorted(met.positions, position))


def _part(met: Met, rows: slice) -> Met:
    return Met(met.positions[rows], met.modele_id, met.version, met.features[rows], met.composites[rows])


def _offset(raw: RawRecord) -> int:
    return raw.offset


def _counted(run: Run, outcome: Outcome) -> Counted:
    """Return the entries that were scored, as they are counted."""
    batch = run.batch
    rows = np.searchsorted(run.places, outcome.scored)
    saisie = batch.saisie[rows]
    otherwise = np.where(saisie == NO_TIME, (batch.day[rows] - EPOCH_DAY) * 24 + NOON, saisie // MICROS_AN_HOUR).clip(
        FIRST_HOUR, LAST_HOUR
    )
    hours = event_hours([run.told[position] for position in outcome.scored.tolist()], otherwise)
    numbers = [
        batch.societe[rows],
        hours,
        batch.first[rows + 1] - batch.first[rows],
        batch.total_debit[rows],
        score_bars(outcome.composites),
    ]
    return Counted(np.stack(numbers), batch.texts("journal_code", rows))

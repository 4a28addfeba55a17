"""The windows of one partition: what comes in, which values change, what is to be published, what has expired.

Pure: no Kafka and no clock. Values are read and written as bytes, as they stand in the table.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from schemas import Fenetre, Pas
from wisebook_ml.windows.calendar import DAY, floor_of, is_over, last_over
from wisebook_ml.windows.company import CompanyWindows
from wisebook_ml.windows.events import Counted, Detected, Event, Judged, Slice
from wisebook_ml.windows.keys import Cle, cle_of, key_of
from wisebook_ml.windows.pane import Pane, as_published, decode_window, encode_window

__all__ = ["EXPIRED_AT_ONCE", "Change", "Row", "WindowFold"]

AHEAD = DAY
"""How far an event may be ahead of the time: a publisher's clock may be wrong, and time zones are a matter of hours."""

FIRST, LAST = 0, 7_258_118_400
"""1970 to 2200: no books are kept of other times. What is before is late for any window; what is behind, ahead."""

EXPIRED_AT_ONCE = 2_000
"""Windows that are removed after one batch at most: an event that moves a clock by a year ends a year of windows.

The others wait; nobody reads or adds to them any more.
"""

PANES = 4_096
"""Windows that are kept as they are added to, besides their bytes: those of this hour are met in every batch."""

Read = Callable[[bytes], bytes | None]


class Change(NamedTuple):
    """A value to be written; None where the window has expired."""

    key: bytes
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Row:
    """A window that has changed since it was published, and how many entries each journal has of it."""

    key: bytes
    value: bytes
    window: Fenetre
    journaux: dict[str, int]


class WindowFold:
    """Folds events into windows.

    Parameters
    ----------
    read : callable
        Returns the value of a key as it is now, or None.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._companies: dict[int, CompanyWindows] = {}
        self._unpublished: set[Cle] = set()
        self._panes: dict[Cle, Pane] = {}
        self._kept: dict[Cle, tuple[bytes, Pane]] = {}

    def restore(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Learn which windows there are, before anything is folded."""
        for key, value in items:
            cle = cle_of(key)
            company = self._company(cle.societe_id)
            company.add(cle)
            window = decode_window(value)
            if window.depuis is not None and cle.pas is Pas.HEURE:
                company.born(cle.debut, window.depuis)
            if not window.publiee:
                self._unpublished.add(cle)

    def fold(self, events: Iterable[Event]) -> list[Change]:
        """Add events to their windows; return the values that have changed, to be written before the next call.

        They are in the order in which their windows were met: where the end of them is lost by a crash, so that events
        are delivered again, what was told by an earlier event is not lost while the clock of a later one is known.
        """
        self._panes = {}
        for event in events:
            if isinstance(event, Counted):
                self._count(event)
            elif isinstance(event, Detected):
                self._detect(event)
            elif isinstance(event, Judged):
                self._judge(event)
        changes = []
        for cle, pane in self._panes.items():
            if pane.changed:
                changes.append(self._change(cle, pane, encode_window(pane.record())))
                self._company(cle.societe_id).add(cle)
                self._unpublished.add(cle)
        self._panes = {}
        return changes

    def unpublished(self) -> list[Row]:
        """Return the windows that have changed since they were published, of a company hours before days."""
        return [self._row(cle) for cle in sorted(self._unpublished)]

    def published(self, rows: Iterable[Row]) -> list[Change]:
        """Note that rows are published; return the values that say so. What has changed since is left as it is."""
        changes = []
        for row in rows:
            if self._read(row.key) == row.value:
                cle = cle_of(row.key)
                pane = self._read_pane(cle)
                pane.published()
                changes.append(self._change(cle, pane, as_published(row.value)))
                self._unpublished.discard(cle)
        return changes

    def over(self, at_most: int = EXPIRED_AT_ONCE) -> tuple[list[Row], list[Change]]:
        """Return what has expired: rows that nobody was told of, to be published first, and then the tombstones."""
        rows, changes = list[Row](), list[Change]()
        for company in self._companies.values():
            for cle in company.take_over():
                if cle in self._unpublished:
                    rows.append(self._row(cle))
                changes.append(Change(key_of(cle), None))
                company.remove(cle)
                self._unpublished.discard(cle)
                self._kept.pop(cle, None)
                if len(changes) >= at_most:
                    return rows, changes
        return rows, changes

    def _company(self, societe_id: int) -> CompanyWindows:
        company = self._companies.get(societe_id)
        if company is None:
            company = self._companies[societe_id] = CompanyWindows(societe_id)
        return company

    def _pane(self, cle: Cle) -> Pane:
        pane = self._panes.get(cle)
        if pane is None:
            pane = self._panes[cle] = self._read_pane(cle)
        return pane

    def _read_pane(self, cle: Cle) -> Pane:
        """Return a window as it is in the table: decoded, unless these very bytes were made of a pane that is kept."""
        value = self._read(key_of(cle))
        if value is None:
            return Pane(cle)
        kept = self._kept.get(cle)
        return kept[1] if kept is not None and kept[0] is value else Pane(cle, decode_window(value))

    def _change(self, cle: Cle, pane: Pane, value: bytes) -> Change:
        pane.changed = False
        self._kept.pop(cle, None)  # the last changed is the last that is dropped
        self._kept[cle] = (value, pane)
        if len(self._kept) > PANES:
            del self._kept[next(iter(self._kept))]
        return Change(key_of(cle), value)

    def _row(self, cle: Cle) -> Row:
        key = key_of(cle)
        value = self._read(key)
        assert value is not None, f"window {key!r} is known and not there"
        window = self._read_pane(cle).record()
        journaux = {code: part.ecritures for code, part in window.journaux.items() if part.ecritures}
        return Row(key, value, window, journaux)

    def _count(self, block: Counted) -> None:
        company = self._company(block.societe_id)
        most = min(LAST, block.now + AHEAD if block.now is not None else LAST)
        ahead = sum([one.ecritures for one in block.slices if one.hour > most])
        late = sum([one.ecritures for one in block.slices if one.hour < FIRST])
        fitting = [one for one in block.slices if FIRST <= one.hour <= most]
        # The clock as it was after this block, and as it is: after a crash that may be later.
        clock = _later(company.clock_at(block.depuis), max([one.hour for one in fitting], default=None))
        latest = _later(company.clock, clock)
        too_late = last_over(Pas.JOUR, clock)
        over_hour, over_day = last_over(Pas.HEURE, latest), last_over(Pas.JOUR, latest)
        hours: dict[int, list[Slice]] = defaultdict(list)
        days: dict[int, list[Slice]] = defaultdict(list)
        for one in fitting:
            hour, day = floor_of(Pas.HEURE, one.hour), floor_of(Pas.JOUR, one.hour)
            if day <= too_late:
                late += one.ecritures
                continue
            if hour > over_hour:
                hours[hour].append(one)
            if day > over_day:
                days[day].append(one)
        beside = self._beside(block, company, clock, latest) if late or ahead else ()
        for cle in beside:
            slices = (hours if cle.pas is Pas.HEURE else days).pop(cle.debut, ())
            self._add_block(company, cle, block, slices, late, ahead)
        for pas, parts in ((Pas.HEURE, hours), (Pas.JOUR, days)):
            for debut, slices in parts.items():
                self._add_block(company, Cle(block.societe_id, pas, debut), block, slices, 0, 0)

    def _add_block(
        self, company: CompanyWindows, cle: Cle, block: Counted, slices: Sequence[Slice], late: int, ahead: int
    ) -> None:
        pane = self._pane(cle)
        pane.add_block(block.depuis, block.jusque, slices, tardives=late, en_avance=ahead)
        if cle.pas is Pas.HEURE and pane.depuis is not None:
            company.born(cle.debut, pane.depuis)

    def _beside(
        self, block: Counted, company: CompanyWindows, clock: int | None, latest: int | None
    ) -> tuple[Cle, ...]:
        """Return the windows in which entries are told that belong into none: of the company's clock, or of the day."""
        if clock is None and company.clock is not None:
            return ()  # the block has come before: it was told before there was a clock, or of one that is long over
        at = block.now if clock is None else clock
        if at is None:
            return ()
        windows = (Cle(block.societe_id, pas, floor_of(pas, at)) for pas in Pas)
        return tuple(cle for cle in windows if not is_over(cle.pas, cle.debut, latest))

    def _detect(self, one: Detected) -> None:
        for cle in self._places(one.societe_id, one.at):
            self._pane(cle).add_detection(one)

    def _judge(self, one: Judged) -> None:
        for cle in self._places(one.societe_id, one.at):
            self._pane(cle).add_verdict(one)

    def _places(self, societe_id: int, at: int) -> Iterator[Cle]:
        """Yield the windows that something belongs into and that still live."""
        if not FIRST <= at <= LAST:
            return
        company = self._company(societe_id)
        for pas in Pas:
            debut = floor_of(pas, at)
            if not company.is_over(pas, debut):
                yield Cle(societe_id, pas, debut)


def _later(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else max(one, other)

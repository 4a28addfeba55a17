"""Companies' daily flows, kept from one question to the next: only what was published since is read."""

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

import pandas as pd

from schemas import PositionTresorerie, SourcePosition
from topics import TREASURY
from wisebook_ml.clock import utc_now
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.flows import flow_frame
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import partition_of
from wisebook_ml.treasury.sources import prevailing

__all__ = ["KeptFlows"]

MOST_POSITIONS = 200_000
"""Positions that are kept of all companies together, at some 700 bytes each: of fifty, ten years of an account."""

Key = tuple[SourcePosition, str, str, dt.date]


@dataclass(eq=False)
class _Company:
    """What was read of a company: of each account and day, the position that counts."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    read_to: int = 0
    positions: dict[Key, PositionTresorerie] = field(default_factory=dict)
    frame: pd.DataFrame | None = None
    made_on: dt.date | None = None

    def take(self, position: PositionTresorerie) -> None:
        """Take a position, unless a later revision of it is known."""
        key = position.source, position.devise, position.compte_num, position.date
        before = self.positions.get(key)
        if before is None or position.revision >= before.revision:
            self.positions[key] = position
            self.frame = None


class KeptFlows:
    """Reads companies' positions, and from then on only what is new. Any thread may ask.

    Of all that were asked for, those asked for last are kept.

    Parameters
    ----------
    settings : Settings
        Which brokers, and what topic names begin with.
    most : int
        Positions that are kept, of all companies but one.
    """

    def __init__(self, settings: Settings, most: int = MOST_POSITIONS) -> None:
        self._settings = settings
        self._most = most
        self._decoder = Decoder(TREASURY)
        self._lock = threading.Lock()
        self._companies: OrderedDict[int, _Company] = OrderedDict()

    def of(self, societe_id: int) -> pd.DataFrame:
        """Return the daily flows of a company as `flow_frame` does; nobody may change them.

        Raises
        ------
        ConnectError, ReadError
            Where the brokers do not answer, or the topic does not exist.
        """
        with self._lock:
            company = self._companies.setdefault(societe_id, _Company())
            self._companies.move_to_end(societe_id)
        with company.lock:
            self._read_on(societe_id, company)
            today = utc_now().date()  # which positions prevail may change with the day
            if company.frame is None or company.made_on != today:
                positions = prevailing(list(company.positions.values()), today)
                company.frame, company.made_on = flow_frame(Collected(positions=positions)), today
            frame = company.frame
        self._make_room()
        return frame

    def _read_on(self, societe_id: int, company: _Company) -> None:
        bootstrap, topic = reach_broker(self._settings), TREASURY.full_name(self._settings.topic_prefix)
        ends = end_offsets(bootstrap, topic)
        partition = partition_of(societe_id, len(ends))
        first, end = ends[partition]
        if company.read_to > end:  # the topic was made anew
            company.positions.clear()
            company.read_to, company.frame = 0, None
        # What was deleted since it was read, as it was too old, still counts.
        for run in read_partition(bootstrap, topic, partition, max(first, company.read_to), end):
            for raw in run:
                self._take(societe_id, company, raw)
            company.read_to = run[-1].offset + 1
        company.read_to = end

    def _take(self, societe_id: int, company: _Company, raw: RawRecord) -> None:
        if raw.key != str(societe_id).encode():
            return
        try:
            record = self._decoder.decode(raw)
        except Undecodable:  # a dead letter of who takes the topic has told why
            return
        if isinstance(record, PositionTresorerie) and record.societe_id == societe_id:
            company.take(record)

    def _make_room(self) -> None:
        with self._lock:
            kept = sum(len(one.positions) for one in list(self._companies.values()))
            while kept > self._most and len(self._companies) > 1:
                kept -= len(self._companies.popitem(last=False)[1].positions)

"""One partition of `entries`: raw records in; out, what the books say of cash, for the same partition of `treasury`."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence

import msgspec

from schemas import Echeancier, Ecriture, PositionTresorerie, Tick
from schemas.marker import ABSENCE, IMPORT
from topics import ENTRIES, TREASURY
from topics.incoming import NOON, entry_time
from wisebook_ml.messaging.events import Outgoing, RawRecord, Undecodable
from wisebook_ml.messaging.times import event_time
from wisebook_ml.pipeline.folded import FoldedPartition
from wisebook_ml.treasury.books.cash_book import Untold
from wisebook_ml.treasury.books.company import Followed
from wisebook_ml.treasury.books.state import BooksState

__all__ = ["SOURCE", "CashPipeline"]

LOGGER = logging.getLogger(__name__)

SOURCE = "wisebook-ml/cash"
"""CloudEvents source of what follows from the books."""

ALL_COMPANIES = 0
"""A tick of this company is one for all."""

ENCODER = msgspec.json.Encoder()


class CashPipeline(FoldedPartition[BooksState]):
    """Decodes the records of a partition, in order, and has the books say what follows.

    What cannot be decoded, or is of a company that the strict mode does not know, is passed over: it is the scoring
    role that makes it a dead letter. A record whose headers tell no time that can be read is of the time at which its
    entry was made, or of noon of its date, as a FEC's is.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    state : BooksState
        Of the partition's companies.
    accepts : callable
        Whether a company is known.
    """

    reads = ENTRIES
    source = SOURCE

    def __init__(
        self,
        topic: str,
        partition: int,
        state: BooksState,
        *,
        accepts: Callable[[int], bool] = lambda societe_id: True,
    ) -> None:
        super().__init__(topic, partition, state)
        self._accepts = accepts

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return positions and expected payments, in the order of what caused them."""
        outgoing: list[Outgoing] = []
        for raw in records:
            try:
                event = self._decoder.decode(raw)
            except Undecodable:
                continue
            if isinstance(event, Ecriture):
                if self._accepts(event.societe_id):
                    time = event_time(raw, entry_time(event))
                    outgoing += self._told(self._state.take(event, time.date()), raw, time)
            elif isinstance(event, Tick) and (event.societe_id == ALL_COMPANIES or self._accepts(event.societe_id)):
                time = event_time(raw, event.echeance)
                # A file's tick lies months after its last entry, so that whatever is late has come: no day has ended.
                if event.minuterie == IMPORT:
                    made = self._state.end(event.societe_id)
                elif event.minuterie == ABSENCE:
                    made = self._state.tick(event.societe_id, time.date())
                else:
                    continue  # the signal of another timer: the day is not over
                outgoing += self._told(made, raw, time)
        self._reached(records)
        return outgoing

    def _told(self, made: Sequence[Followed], raw: RawRecord, time: dt.datetime) -> Iterator[Outgoing]:
        """Yield records as they travel; what none can say is in the log: the record that ends a day is not to blame."""
        for one in made:
            if isinstance(one, Untold):
                LOGGER.warning("%s", one.message("en"))
            else:
                yield self._outgoing(one, raw, time)

    def _outgoing(self, record: PositionTresorerie | Echeancier, raw: RawRecord, time: dt.datetime) -> Outgoing:
        """Return a record as it travels; its event is of the time of what caused it, and not before its day."""
        what = record.compte_num if isinstance(record, PositionTresorerie) else "ECHEANCIER"
        id_ = f"{record.societe_id}/{what}/{record.date.isoformat()}/{record.revision}"
        time = max(time, dt.datetime.combine(record.date, NOON))
        headers = self._headers(record, raw, id_=id_, time=time)
        return Outgoing(TREASURY, str(record.societe_id).encode(), ENCODER.encode(record), headers, self._partition)

"""From the values of Kafka records to a batch, without one Python object an entry.

What the scanner is not sure about is decoded by msgspec, which decides. If it accepts, its own encoding of the struct
is scanned again as `trusted`, which takes everything that msgspec writes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.records import read_records

__all__ = ["Scanned", "scan"]


class Scanned(NamedTuple):
    """A batch of the accepted values, their positions, and those of the values it is not sure about (ascending)."""

    batch: EntryBatch
    accepted: Ints
    unsure: Ints


def scan(values: Sequence[bytes], *, trusted: bool | Sequence[bool] = False) -> Scanned:
    """Read entries as JSON into a batch, those that ``msgspec.json.Decoder(Ecriture)`` surely accepts.

    Parameters
    ----------
    values : sequence of bytes
        One entry each.
    trusted : bool or sequence of bool
        Which values ``msgspec.json.encode`` wrote from a valid entry. They are taken even if the sums of their amounts
        had to be checked, or a text is longer than the schema allows.

    Examples
    --------
    >>> entry = b'{"societe_id":1,"ecriture_id":"A","journal_code":"OD","ecriture_date":"2024-03-01","lignes":[%s]}'
    >>> batch, accepted, unsure = scan([entry % b'{"compte_num":"471000","debit":"12.5"}', entry % b"", b"{}"])
    >>> batch.debit, accepted, unsure
    (array([1250]), array([0]), array([1, 2]))
    """
    tables = read_records(values, trusted=trusted)
    taken = list(values) if not len(tables.unsure) else [values[k] for k in tables.accepted.tolist()]
    batch = EntryBatch.from_tables(tables.data, taken, tables.first, tables.entries, tables.lines)
    return Scanned(batch, tables.accepted, tables.unsure)

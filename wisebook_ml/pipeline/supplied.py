"""Which optional fields a company's published entries give, as far as the topic knows."""

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.supplied import Supplied
from wisebook_ml.ledger.vocabulary import vocabulary
from wisebook_ml.messaging.events import Decoder, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.training.collect import partition_of

__all__ = ["supplied_on_topic"]

RUN = 1_000
"""Entries counted at once: what is in memory does not grow with the company."""


def supplied_on_topic(bootstrap: str, prefix: str, societe_id: int) -> Supplied:
    """Count which fields the entries of a company give; reads its partition to the present end.

    Every publication counts, a revision too. Records that do not fit their schema are passed over, as dead letters.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    societe_id : int
        The company.

    Raises
    ------
    ReadError
        Where the topic cannot be read.
    """
    topic, key, decoder = ENTRIES.full_name(prefix), str(societe_id).encode(), Decoder(ENTRIES)
    offsets = end_offsets(bootstrap, topic)
    partition = partition_of(societe_id, len(offsets))
    supplied, entries = Supplied(), list[Ecriture]()
    for run in read_partition(bootstrap, topic, partition, *offsets[partition]):
        for raw in run:
            if raw.key != key:  # another company's, which need not be decoded
                continue
            try:
                record = decoder.decode(raw)
            except Undecodable:
                continue
            if isinstance(record, Ecriture):
                entries.append(record)
                if len(entries) == RUN:
                    _count(supplied, entries)
    if entries:
        _count(supplied, entries)
    return supplied


def _count(supplied: Supplied, entries: list[Ecriture]) -> None:
    batch = EntryBatch.from_entries(entries)
    supplied.add(batch, facts_of(batch, vocabulary()))
    entries.clear()

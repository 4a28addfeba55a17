"""Finding a company's entries by what a person has before them: an id, a number, a piece."""

from collections.abc import Sequence

import msgspec

from schemas import Ecriture, Operation
from topics import ENTRIES
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.training.collect import partition_of

__all__ = ["MOST", "EntrySearch", "find_entries"]

MOST = 20
"""Entries that are kept, the latest ones: who finds more than that has to say more."""

ESCAPED = frozenset("\"\\/<>&'")
"""Printable ASCII that JSON has, or may have, in another form."""


class EntrySearch:
    """Takes records of the topic `entries` in their order, and keeps the entries that were asked for, as they stand.

    Parameters
    ----------
    societe_id : int
        The company.
    asked : str
        The entry's id, its number in its journal, or the reference of a piece of one of its lines.
    journal : str, optional
        Only of this journal.
    """

    def __init__(self, societe_id: int, asked: str, journal: str | None = None) -> None:
        self._key = str(societe_id).encode()
        self._asked, self._journal = asked, journal
        self._decoder = Decoder(ENTRIES)
        self._plain = _plain(asked)
        self._found: dict[str, Ecriture] = {}

    @property
    def found(self) -> list[Ecriture]:
        """The entries, the one that was published last first, in its latest revision."""
        return list(reversed(self._found.values()))

    def take(self, run: Sequence[RawRecord]) -> None:
        """Take the next records of the company's partition."""
        for raw in run:
            if raw.key != self._key or not self._may_matter(raw.value or b""):
                continue
            try:
                record = self._decoder.decode(raw)
            except Undecodable:
                continue
            if isinstance(record, Ecriture):
                self._weigh(record)

    def _may_matter(self, value: bytes) -> bool:
        """Tell whether a record has to be decoded; a revision of what was found may no longer have the text."""
        if self._plain is None or self._plain in value:
            return True
        return any(f'"{one}"'.encode() in value or _plain(one) is None for one in self._found)

    def _weigh(self, entry: Ecriture) -> None:
        known = self._found.get(entry.ecriture_id)
        if known is not None and known.revision > entry.revision:
            return
        self._found.pop(entry.ecriture_id, None)
        if entry.operation is Operation.SUPPRESSION or not self._matches(entry):
            return
        self._found[entry.ecriture_id] = entry
        if len(self._found) > MOST:
            del self._found[next(iter(self._found))]

    def _matches(self, entry: Ecriture) -> bool:
        if self._journal is not None and entry.journal_code != self._journal:
            return False
        named = (entry.ecriture_id, entry.ecriture_num)
        return self._asked in named or any(line.piece_ref == self._asked for line in entry.lignes)


def find_entries(
    bootstrap: str, prefix: str, societe_id: int, asked: str, journal: str | None = None
) -> Sequence[Ecriture]:
    """Return the entries of a company that have an id, a number or a piece; reads its partition to the present end.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and the deployment's topic prefix.
    societe_id, asked, journal
        As `EntrySearch` takes them.

    Raises
    ------
    ReadError
        Where the topic cannot be read.
    """
    name = ENTRIES.full_name(prefix)
    offsets = end_offsets(bootstrap, name)
    partition = partition_of(societe_id, len(offsets))
    search = EntrySearch(societe_id, asked, journal)
    for run in read_partition(bootstrap, name, partition, *offsets[partition]):
        search.take(run)
    return search.found


def _plain(text: str) -> bytes | None:
    r"""Return the text as it stands in any JSON document; None where writers may choose to escape it.

    Examples
    --------
    >>> _plain("FC000973"), _plain("pièce"), _plain("A/1")
    (b'"FC000973"', None, None)
    """
    told = text.isascii() and text.isprintable() and not ESCAPED & set(text)
    return msgspec.json.encode(text) if told else None

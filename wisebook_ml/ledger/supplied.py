"""Which optional fields a company's entries give at all: a control whose input nobody gives can find nothing.

Counts are sums over entries, so that they are the same however entries are cut into batches, and two counts add up.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.facts import NO_LAG, Facts
from wisebook_ml.ledger.per_entry import any_line

__all__ = ["FIELDS", "Supplied", "count_supplied"]

FIELDS = (
    "exercice",
    "ecriture_num",
    "valid_date",
    "saisie_par",
    "saisie_le",
    "revision",
    "comp_aux_num",
    "piece_ref",
    "ecriture_lib",
    "ecriture_let",
    "iban_empreinte",
)
"""Fields of an entry or of its lines that a publisher may leave out, and that a control cannot do without.

An entry gives one where controls can use it: a number that ends with figures, a reference that leads to a document, a
validation in whatever way, a third party also by an account of its own (401DUPONT), a `revision` after the first.
"""


def count_supplied(batch: EntryBatch, facts: Facts) -> tuple[Ints, Ints]:
    """Count the entries that give each field.

    Parameters
    ----------
    batch : EntryBatch
        Entries of any companies.
    facts : Facts
        What they say.

    Returns
    -------
    companies : ndarray of int64, shape (c,)
        Those that occur, ascending.
    counts : ndarray of int64, shape (c, 1 + len(FIELDS))
        Their entries, and how many of these give each of `FIELDS`.
    """
    first = batch.first
    given = np.empty((1 + len(FIELDS), len(batch)), dtype=np.bool_)
    given[0] = True
    columns = {
        "exercice": facts.exercice_first > 0,
        "ecriture_num": facts.sequence != 0,
        "valid_date": facts.validated,
        "saisie_par": facts.author != 0,
        "saisie_le": facts.lag != NO_LAG,
        "revision": batch.revision > 1,
        "comp_aux_num": any_line(facts.party != 0, first),
        "piece_ref": facts.has_piece,
        "ecriture_lib": any_line(batch.text("ecriture_lib").length > 0, first),
        "ecriture_let": any_line(batch.text("ecriture_let").length > 0, first),
        "iban_empreinte": any_line(facts.iban != 0, first),
    }
    for k, name in enumerate(FIELDS, 1):
        given[k] = columns[name]
    companies, inverse = np.unique(batch.societe, return_inverse=True)
    counts = np.zeros((len(companies), len(given)), dtype=np.int64)
    np.add.at(counts, inverse, given.T)
    return companies, counts


class Supplied:
    """How many entries of each company give each field, counted over batches.

    Examples
    --------
    >>> from schemas import Ecriture, Ligne
    >>> from wisebook_ml.ledger.facts import facts_of
    >>> from wisebook_ml.ledger.vocabulary import vocabulary
    >>> line = Ligne(compte_num="401DURAND", credit="12.00")
    >>> entry = Ecriture(societe_id=7, ecriture_id="1", journal_code="AC", ecriture_date="2024-03-05", lignes=[line])
    >>> batch = EntryBatch.from_entries([entry])
    >>> supplied = Supplied()
    >>> supplied.add(batch, facts_of(batch, vocabulary()))
    >>> supplied.entries(7), supplied.absent(7, ("saisie_le", "comp_aux_num"))
    (1, ('saisie_le',))
    """

    def __init__(self, counts: Mapping[int, Sequence[int]] | None = None) -> None:
        self._counts = {number: np.array(row, dtype=np.int64) for number, row in (counts or {}).items()}

    def add(self, batch: EntryBatch, facts: Facts) -> None:
        """Count the entries of a batch."""
        companies, counts = count_supplied(batch, facts)
        for number, row in zip(companies.tolist(), counts, strict=True):
            self._counts[number] = self._counts.get(number, 0) + row

    @property
    def companies(self) -> tuple[int, ...]:
        """Those that were counted, ascending."""
        return tuple(sorted(self._counts))

    def entries(self, societe_id: int) -> int:
        """Return how many entries of a company were counted."""
        return int(self._counts[societe_id][0]) if societe_id in self._counts else 0

    def absent(self, societe_id: int, needs: Sequence[str]) -> tuple[str, ...]:
        """Return which of some fields no entry of a company gives; none before its first entry."""
        if not self.entries(societe_id):
            return ()
        row = self._counts[societe_id]
        return tuple(name for name in needs if not row[1 + FIELDS.index(name)])

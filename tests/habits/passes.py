"""One pass over entries, as tests ask for it."""

from collections.abc import Sequence

import numpy as np

from schemas import Ecriture
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.limits import Limits
from wisebook_ml.habits.observe import Met, observe
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.vocabulary import vocabulary


def met(entries: Sequence[Ecriture], store: Store | None = None, limits: Sequence[int] = ()) -> Met:
    """Return what entries meet, in the order given; `limits` are approval limits in cents."""
    return met_batch(EntryBatch.from_entries(entries), store, limits)


def met_batch(batch: EntryBatch, store: Store | None = None, limits: Sequence[int] = ()) -> Met:
    """Return what the entries of a batch meet."""
    facts = facts_of(batch, vocabulary())
    same = Limits.from_lists([np.array(limits, dtype=np.int64)], np.zeros(len(batch), np.int64))
    return observe(batch, facts, new_store() if store is None else store, same)

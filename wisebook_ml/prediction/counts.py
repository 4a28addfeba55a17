"""How much of each kind of data a company has: what decides when its models can be trained for the first time."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import pandas as pd

from schemas import Ecriture
from wisebook_ml.prediction.rows import CLIENTS, PARTIES

__all__ = ["Counts", "Known"]


class Known(msgspec.Struct):
    """What a company has so far: only ever growing, so that each threshold is passed once."""

    entries: int = 0
    lines: int = 0
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    """By client, invoices of which it is known whether they were paid in time."""
    parties: set[str] = msgspec.field(default_factory=set)


class Counts:
    """Counts by company, and which have changed since they were last asked for."""

    def __init__(self) -> None:
        self._of: dict[int, Known] = {}
        self._changed: set[int] = set()

    def take(self, entries: Sequence[Ecriture], first: Sequence[bool], frames: Mapping[str, pd.DataFrame]) -> None:
        """Count entries that came for the first time, and the rows that they caused."""
        for entry, new in zip(entries, first, strict=True):
            if new:
                known = self._known(entry.societe_id)
                known.entries += 1
                known.lines += len(entry.lignes)
        parties = frames[PARTIES]
        for societe_id, tiers in set(zip(parties["societe_id"].tolist(), parties["tiers"].tolist(), strict=True)):
            self._known(societe_id).parties.add(tiers)
        clients = frames[CLIENTS]
        issues = np.rint(np.expm1(clients["issues"].to_numpy(dtype=np.float64))).astype(np.int64)
        for societe_id, client, count in zip(
            clients["societe_id"].tolist(), clients["client"].tolist(), issues.tolist(), strict=True
        ):
            outcomes = self._known(societe_id).outcomes
            outcomes[client] = max(outcomes.get(client, 0), count)

    def changed(self) -> Mapping[int, Mapping[str, int]]:
        """Return the counts of companies that have changed, by name, and begin anew."""
        told = {
            societe_id: {
                "entries": known.entries,
                "lines": known.lines,
                "outcomes": sum(known.outcomes.values()),
                "parties": len(known.parties),
            }
            for societe_id, known in ((societe_id, self._of[societe_id]) for societe_id in sorted(self._changed))
        }
        self._changed.clear()
        return told

    def dump(self) -> bytes:
        """Return the state."""
        # Sets have an order of their own in each process, and the same state should be the same bytes.
        return msgspec.msgpack.encode(
            {societe_id: msgspec.to_builtins(known, order="deterministic") for societe_id, known in self._of.items()}
        )

    def load(self, data: bytes | memoryview) -> None:
        """Take a state that was dumped."""
        self._of = msgspec.msgpack.decode(data, type=dict[int, Known])
        self._changed = set(self._of)

    def _known(self, societe_id: int) -> Known:
        self._changed.add(societe_id)
        return self._of.setdefault(societe_id, Known())

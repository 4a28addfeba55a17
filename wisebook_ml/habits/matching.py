"""Finding the earlier entry that a later one repeats or reverses."""

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from schemas import Ecriture
from wisebook_ml.habits.bounded import forget_oldest
from wisebook_ml.habits.trace import party_of

__all__ = ["NO_MATCH", "EntryIndex", "Match"]

MAX_KEYS = 50_000
"""Keys by which earlier entries are found; the oldest are far outside the windows below."""

CANDIDATES = 6
"""Earlier entries kept per key: a monthly rent fills it, a duplicate is found among the latest."""

SAME_PIECE_DAYS = 400
"""The same invoice number of one supplier is a duplicate within a fiscal year and its closing period."""

NEAR_DAYS = 7
"""Two equal amounts within a week are a duplicate unless they are a habit (reciprocal window in use elsewhere)."""

REVERSAL_DAYS = 15
"""A reversal this soon after the entry has not waited for anybody's review."""

MAX_LINES = 12
"""Longer entries (payroll, opening) are not looked up by their lines."""

CERTAIN, LIKELY, POSSIBLE = 1.0, 0.8, 0.4
"""Strength of a duplicate: same document; near date and no document to tell apart; near date, other document."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An entry that later ones are compared with."""

    order: int
    ecriture_id: str
    day: int
    piece: str
    label: str


@dataclass(frozen=True, slots=True)
class Match:
    """The earlier entry that was found, how surely it matches, and how many days lie between."""

    value: float
    ecriture_id: str = ""
    days: int = 0


NO_MATCH = Match(0.0)


def _normal(text: str) -> str:
    return "".join(ch for ch in text.upper() if ch.isalnum())


@dataclass(slots=True)
class EntryIndex:
    """Recent entries by third party and amount, and by the accounts and amounts of all lines."""

    by_party: dict[Hashable, deque[Earlier]] = field(default_factory=dict)
    by_lines: dict[Hashable, deque[Earlier]] = field(default_factory=dict)

    def match(self, entry: Ecriture, nets: list[int], order: int) -> tuple[Match, Match]:
        """Look an entry up, then make it findable.

        Parameters
        ----------
        entry : Ecriture
            The entry, of which only earlier ones (a smaller `order`) are matches.
        nets : list of int
            Debit less credit of its lines, in cents.
        order : int
            Its place among the company's entries, that of its first arrival.

        Returns
        -------
        duplicate, reversal : Match
            `NO_MATCH` where nothing was found.
        """
        earlier = Earlier(
            order,
            entry.ecriture_id,
            entry.ecriture_date.toordinal(),
            _normal(next((line.piece_ref for line in entry.lignes if line.piece_ref), "")),
            _normal(entry.lignes[0].ecriture_lib),
        )
        duplicate = reversal = NO_MATCH
        party_key = _party_key(entry, nets)
        if party_key is not None:
            duplicate = _duplicate(earlier, self.by_party.get(party_key, deque()), lenient=False)
            self._add(self.by_party, party_key, earlier)
        if len(nets) <= MAX_LINES and any(nets):
            accounts = [line.compte_num for line in entry.lignes]
            lines_key = tuple(sorted(zip(accounts, nets, strict=True)))
            if party_key is None:
                lines_of_journal = (entry.journal_code, lines_key)
                duplicate = _duplicate(earlier, self.by_lines.get(lines_of_journal, deque()), lenient=True)
                self._add(self.by_lines, lines_of_journal, earlier)
            opposite = tuple(sorted((account, -net) for account, net in lines_key))
            reversal = _reversal(earlier, self.by_lines.get(opposite, deque()))
            self._add(self.by_lines, lines_key, earlier)
        return duplicate, reversal

    def _add(self, table: dict[Hashable, deque[Earlier]], key: Hashable, earlier: Earlier) -> None:
        found = table.pop(key, None) or deque(maxlen=CANDIDATES)
        if all(other.ecriture_id != earlier.ecriture_id for other in found):
            found.append(earlier)
        table[key] = found
        forget_oldest(table, MAX_KEYS)


def _party_key(entry: Ecriture, nets: list[int]) -> Hashable | None:
    """Return third party, side and amount of the entry's largest third-party line."""
    best: tuple[int, str, int] | None = None
    for line, net in zip(entry.lignes, nets, strict=True):
        party = party_of(line.compte_num, line.comp_aux_num)
        if party and (best is None or abs(net) > best[0]):
            best = (abs(net), party, net)
    if best is None or best[0] == 0:
        return None
    return best[1], entry.journal_code, best[2]


def _duplicate(entry: Earlier, candidates: deque[Earlier], *, lenient: bool) -> Match:
    best = NO_MATCH
    habitual = sum(other.order < entry.order for other in candidates) >= CANDIDATES // 2
    for other in candidates:
        days = abs(entry.day - other.day)
        if other.order >= entry.order or other.ecriture_id == entry.ecriture_id:
            continue
        if entry.piece and entry.piece == other.piece and days <= (NEAR_DAYS if lenient else SAME_PIECE_DAYS):
            value = LIKELY if lenient and habitual else CERTAIN
        elif days > NEAR_DAYS:
            continue
        elif entry.piece and other.piece and not _alike(entry.piece, other.piece):
            value = POSSIBLE
        else:
            value = POSSIBLE if habitual else LIKELY
        if value > best.value:
            best = Match(value, other.ecriture_id, days)
    return best


def _alike(one: str, other: str) -> bool:
    """Return whether two references differ by one letter or two neighbours swapped, but not as 101 and 102 do."""
    if len(one) != len(other):
        return one.startswith(other) or other.startswith(one)
    differ = [k for k in range(len(one)) if one[k] != other[k]]
    if len(differ) != 2 or differ[1] != differ[0] + 1:
        return False
    return one[differ[0]] == other[differ[1]] and one[differ[1]] == other[differ[0]]


def _reversal(entry: Earlier, candidates: deque[Earlier]) -> Match:
    best = NO_MATCH
    for other in candidates:
        days = entry.day - other.day
        if other.order < entry.order and 0 <= days <= REVERSAL_DAYS and other.ecriture_id != entry.ecriture_id:
            value = 1.0 - days / (2 * REVERSAL_DAYS)
            if not math.isclose(value, best.value) and value > best.value:
                best = Match(value, other.ecriture_id, days)
    return best

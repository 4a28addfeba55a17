"""Finding the earlier entry that a later one repeats or reverses."""

import math
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

from schemas import Ecriture
from wisebook_ml.habits.bounded import forget_oldest
from wisebook_ml.habits.trace import party_of
from wisebook_ml.ledger.references import normal_reference, piece_of

__all__ = ["NO_MATCH", "EntryIndex", "Match", "Places"]

MAX_KEYS = 100_000
"""Keys by which earlier entries are found, two an entry; the oldest are far outside the windows below."""

CANDIDATES = 6
"""Earlier entries kept per key: a monthly rent fills it, a duplicate is found among the latest."""

HABIT = 3
"""Equal amounts of one third party from which they are a habit: a rent, a subscription."""

MIN_DIGITS = 3
"""Figures from which a reference is a document's number and not a month or a word."""

SHARED = "\0"
"""Holder of a reference that several third parties have; no name is that."""

MIN_CENTS = 100_00
"""Entries without a third party below a hundred euros (bank fees, stamps) repeat by nature."""

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
    """The earlier entry that was found, how surely it matches, and how many days lie between.

    `repeats` counts earlier entries with the same third party and amount, whether they match or not.
    """

    value: float
    ecriture_id: str = ""
    days: int = 0
    repeats: int = 0


NO_MATCH = Match(0.0)

Places = tuple[Hashable, ...]
"""Keys under which an entry can be found."""


@dataclass(slots=True)
class EntryIndex:
    """Recent entries by third party and amount, and by the accounts and amounts of their lines."""

    pieces: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[Hashable, deque[Earlier]] = field(default_factory=dict)

    def match(self, entry: Ecriture, nets: list[int], order: int) -> tuple[Match, Match, Places]:
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
        places : tuple
            Where the entry can be found from now on, for `forget`.
        """
        duplicate = reversal = NO_MATCH
        places: list[Hashable] = []
        party_key = _party_key(entry, nets)
        earlier = Earlier(
            order,
            entry.ecriture_id,
            entry.ecriture_date.toordinal(),
            self._document(entry, party_key),
            normal_reference(entry.lignes[0].ecriture_lib),
        )
        if party_key is not None:
            duplicate = _duplicate(earlier, self.places.get(party_key, NOBODY), lenient=False)
            places.append(party_key)
        if len(nets) <= MAX_LINES and any(nets):
            accounts = [line.compte_num for line in entry.lignes]
            lines_key = tuple(sorted(zip(accounts, nets, strict=True)))
            if party_key is None and max(map(abs, nets)) >= MIN_CENTS:
                lines_of_journal = (entry.journal_code, lines_key)
                duplicate = _duplicate(earlier, self.places.get(lines_of_journal, NOBODY), lenient=True)
                places.append(lines_of_journal)
            opposite = tuple(sorted((account, -net) for account, net in lines_key))
            reversal = _reversal(earlier, self.places.get(opposite, NOBODY))
            places.append(lines_key)
        for place in places:
            self._add(place, earlier)
        return duplicate, reversal, tuple(places)

    def forget(self, ecriture_id: str, places: Places) -> None:
        """Take an entry away that was deleted, or that a later revision replaces."""
        for place in places:
            found = self.places.get(place)
            if found is not None:
                kept = [other for other in found if other.ecriture_id != ecriture_id]
                self.places[place] = deque(kept, maxlen=CANDIDATES)

    def _document(self, entry: Ecriture, party_key: tuple[str, str, int] | None) -> str:
        """Return the reference that names the entry's document; empty where it names several or none.

        A bank statement's reference, a month or a word ("LOYER") is shared by many entries: it tells none apart.
        """
        piece = next((piece for line in entry.lignes if (piece := piece_of(line.piece_ref))), "")
        if sum(ch.isdigit() for ch in piece) < MIN_DIGITS:
            return ""
        party = party_key[0] if party_key else entry.ecriture_id
        key = (entry.journal_code, piece)
        holder = self.pieces.setdefault(key, party)
        if holder != party:
            self.pieces[key] = SHARED
            return ""
        forget_oldest(self.pieces, MAX_KEYS)
        return piece

    def _add(self, place: Hashable, earlier: Earlier) -> None:
        found = self.places.pop(place, None)
        if found is None:
            found = deque(maxlen=CANDIDATES)
        found.append(earlier)
        self.places[place] = found
        forget_oldest(self.places, MAX_KEYS)


NOBODY: deque[Earlier] = deque(maxlen=0)


def _party_key(entry: Ecriture, nets: list[int]) -> tuple[str, str, int] | None:
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
    """Return the best earlier match; `lenient` for entries without a third party, which repeat more by nature."""
    earlier = [other for other in candidates if other.order < entry.order and other.ecriture_id != entry.ecriture_id]
    best = Match(0.0, repeats=len(earlier))
    habitual = len(earlier) >= HABIT or _comes_in_pairs(earlier)
    for other in earlier:
        days = abs(entry.day - other.day)
        if entry.piece and entry.piece == other.piece and days <= (NEAR_DAYS if lenient else SAME_PIECE_DAYS):
            same = _letters(entry.label) == _letters(other.label) and not _comes_in_pairs(earlier)
            value = CERTAIN if same else POSSIBLE
        elif days > NEAR_DAYS:
            continue
        elif entry.piece and other.piece and not _alike(entry.piece, other.piece):
            value = POSSIBLE
        else:
            value = POSSIBLE if habitual or (lenient and entry.label != other.label) else LIKELY
        if value > best.value:
            best = Match(value, other.ecriture_id, days, len(earlier))
    return best


def _letters(label: str) -> str:
    """Return a label without its figures, which may name another period or document."""
    return "".join(ch for ch in label if not ch.isdigit())


def _comes_in_pairs(earlier: list[Earlier]) -> bool:
    """Return whether equal entries have come on one day before: two subscriptions of one price."""
    days = [other.day for other in earlier]
    return len(days) > len(set(days))


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

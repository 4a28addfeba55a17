"""Entries that a later entry corrected to another account: labels that nobody had to give."""

import re
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from schemas import Ecriture, Ligne, Operation, to_minor
from wisebook_ml.datasets.lettering import references

__all__ = ["Reclassification", "reclassifications", "reclassified"]

MEMORY_DAYS = 548
"""Eighteen months: what is older is corrected for other reasons than a slip."""

REPOST_DAYS = 31
"""Days within which an entry that was reversed is posted anew, if that is what the reversal was for."""

WORDS_DAYS = 92
"""Days within which words alone link two entries: a quarter, after which accounts are looked through at the latest."""

CANDIDATES = 24
"""Last lines of an account with an amount among which the corrected one is looked for: rents repeat for ever."""

MOST_LINES = 24
"""Lines of an entry that is looked at as a whole: larger ones (payrolls, takings) are not posted anew for one line."""

NO_SLIP = ("28", "29", "39", "49", "59", "68", "78", "603", "713", "675", "775", "3", "5", "8")
"""Accounts that value is moved to and from in the course of business: depreciation, provisions, stock, disposals,
money."""

BALANCES = frozenset("58")
"""Classes of money and of special accounts: what is posted there happened there."""

CUT_OFF = ("408", "418", "428", "438", "448", "468", "48")
"""Accounts that hold what belongs to another period."""

SUSPENSE = ("471", "472", "473", "474", "475")
"""Where a line waits until somebody knows better (472 to 475: general plan of accounts, article 944-47)."""

PRIVATE = ("108", "455")
"""The owner's account: where a private expense belongs that was posted as the company's."""

IN_COURSE = ("23",)
"""Fixed assets in course, which move to their account when they are put into service."""

SAYS_SO = re.compile(r"RECLASS|RECTIF|CORREC|ERREUR|IMPUTATION|REIMPUT|A TORT|AFFECTATION")
"""How a label says that it corrects."""

ADMITS = re.compile(r"RECTIF|CORREC|ERREUR|IMPUTATION|REIMPUT|A TORT")
"""How a label says that the account was wrong; a reclassification can be plain business (a doubtful client)."""

_NO_LINK = (
    "FACTURE FACTURES COMPTE ECRITURE ACHAT ACHATS VENTE VENTES FRAIS CHARGES DIVERS PIECE REFERENCE REGULARISATION "
    "RECLASSEMENT RECTIFICATION CORRECTION ERREUR IMPUTATION AFFECTATION TORT DANS POUR SARL SOCIETE CLIENT "
    "FOURNISSEUR JANVIER FEVRIER MARS AVRIL JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE"
)

GENERIC = frozenset(_NO_LINK.split())
"""Words that link nothing."""

_WORD = re.compile(r"[^\W\d_]{4,}")

Cell = tuple[str, str]
"""An account and a third party."""

Whole = tuple[tuple[Cell, int], ...]
"""An entry's cells with their net amounts, sorted."""


class Reclassification(NamedTuple):
    """A line that a later entry moved to another account.

    Attributes
    ----------
    societe_id, ecriture_id, ligne
        The corrected line; lines count from 1.
    compte_num, compte_juste : str
        The account that was written, and the right one.
    par : str
        The entry that corrected it.
    """

    societe_id: int
    ecriture_id: str
    ligne: int
    compte_num: str
    compte_juste: str
    par: str

    @property
    def attente(self) -> bool:
        """Whether the line only waited in a suspense account: then the entry was no mistake."""
        return self.compte_num.startswith(SUSPENSE)


class _Line(NamedTuple):
    """A line that may be corrected yet."""

    entry: Ecriture
    number: int

    @property
    def account(self) -> str:
        return self.entry.lignes[self.number].compte_num


def reclassifications(entries: Iterable[Ecriture]) -> list[Reclassification]:
    """Find the entries that later ones corrected to another account.

    Parameters
    ----------
    entries : iterable of Ecriture
        All revisions, of one or several companies, in the order of their publication.

    Returns
    -------
    list of Reclassification
        In the order in which they were corrected; a line at most once.

    Notes
    -----
    Two ways of correcting are recognised, in any journal. *A transfer*: the entry takes an amount from an account and
    puts it on another one that could be confused with it (both are charges or fixed assets, both are products, a charge
    is the owner's, a line waited in a suspense account; any two, where the label admits an error and names the piece).
    Within eighteen months before, a line has that account and
    that amount on the other side. What links the two is, the strongest first: the piece or the number of the entry,
    the third party, or a label that says that it corrects and shares a telling word. Equal candidates: the latest, but
    for mere words, which must leave no doubt. *A reversal and a new posting*: an entry reverses another line by line,
    and within a month one follows that is like the first but for the account of one line.

    What moves in the course of business is no correction: money between banks, VAT to be paid, payments, claims that
    become doubtful, accruals and their reversal, depreciation, stock, disposals, assets put into service.

    The time grows with the number of lines; only the sorting by date takes a little more.

    References
    ----------
    MYOB's patent on predicting accounts takes the entries reclassified in the last eighteen months as its labels.

    Examples
    --------
    >>> import datetime as dt
    >>> def made(name, day, *lines):
    ...     lignes = [Ligne(compte_num=account, debit=debit, credit=credit, piece_ref="F1234")
    ...               for account, debit, credit in lines]
    ...     return Ecriture(societe_id=1, ecriture_id=name, journal_code="OD", ecriture_date=dt.date(2024, 3, day),
    ...                     lignes=lignes)
    >>> bought = made("A1", 1, ("606400", "50.00", "0.00"), ("401000", "0.00", "50.00"))
    >>> moved = made("O1", 9, ("606300", "50.00", "0.00"), ("606400", "0.00", "50.00"))
    >>> reclassifications([bought, moved])[0][1:]
    ('A1', 1, '606400', '606300', 'O1')
    """
    found: list[Reclassification] = []
    transfers, reposts = _Transfers(), _Reposts()
    for entry in _in_order(entries):
        nets = _nets(entry)
        found += reposts.take(entry, nets)
        found += transfers.take(entry, nets)
    once: dict[tuple[int, str, int], Reclassification] = {}
    for one in found:
        once.setdefault(one[:3], one)
    return list(once.values())


def reclassified(entries: Iterable[Ecriture]) -> set[str]:
    """Return the entries of a company that were a mistake, as a later one shows; waiting in suspense is none."""
    return {one.ecriture_id for one in reclassifications(entries) if not one.attente}


def _in_order(entries: Iterable[Ecriture]) -> list[Ecriture]:
    """Return the latest revision of each entry that was not deleted, by date and then by arrival."""
    latest: dict[tuple[int, str], Ecriture] = {}
    for entry in entries:
        key = (entry.societe_id, entry.ecriture_id)
        if key not in latest or entry.revision >= latest[key].revision:
            latest[key] = entry
    kept = [entry for entry in latest.values() if entry.operation is not Operation.SUPPRESSION]
    return sorted(kept, key=lambda entry: entry.ecriture_date)


def _net(line: Ligne) -> int:
    return to_minor(line.debit) - to_minor(line.credit)


def _nets(entry: Ecriture) -> dict[Cell, int]:
    """Return what an entry moves, by account and third party."""
    nets: dict[Cell, int] = defaultdict(int)
    for line in entry.lignes:
        nets[line.compte_num, line.comp_aux_num] += _net(line)
    return {cell: net for cell, net in nets.items() if net}


class _Transfers:
    """Corrections by one entry that moves an amount."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, str, int], deque[_Line]] = {}

    def take(self, entry: Ecriture, nets: dict[Cell, int]) -> Iterator[Reclassification]:
        """Yield what an entry corrects, and remember its lines."""
        if not any(account.startswith("5") for account, _ in nets):
            times = Counter(nets.values())
            there = {net: cell for cell, net in nets.items() if times[net] == 1}
            for amount in sorted(there):
                if -amount in there:
                    yield from self._moved(entry, there[-amount][0], there[amount][0], amount)
        for number, line in enumerate(entry.lignes):
            amount = _net(line)
            if amount and line.compte_num[:1] not in BALANCES:
                key = (entry.societe_id, line.compte_num, amount)
                self._open.setdefault(key, deque(maxlen=CANDIDATES)).append(_Line(entry, number))

    def _moved(self, entry: Ecriture, wrong: str, right: str, amount: int) -> Iterator[Reclassification]:
        candidates = self._open.get((entry.societe_id, wrong, amount))
        if not candidates or wrong[:1] in BALANCES or right[:1] in BALANCES or wrong == right:
            return
        admitted = _admits(entry)
        least = NOTHING if _confused(wrong, right) else NAMED
        if least == NAMED and not admitted:
            return
        ranked = [
            (_link(entry, line.entry), k)
            for k, line in enumerate(candidates)
            if (entry.ecriture_date - line.entry.ecriture_date).days <= MEMORY_DAYS
        ]
        best = max((rank for rank, _ in ranked), default=APART)
        alone = wrong.startswith(SUSPENSE) and len(ranked) == 1
        if best < least or (best == NOTHING and not alone):
            return
        equal = [k for rank, k in ranked if rank == best]
        if best == WORDS and len(equal) > 1:
            return
        line = candidates[equal[-1]]
        del candidates[equal[-1]]
        yield _found(line, right, entry)


class _Reposts:
    """Corrections by an entry that reverses and another one that posts anew."""

    def __init__(self) -> None:
        self._whole: dict[tuple[int, Whole], deque[Ecriture]] = {}
        self._reversed: dict[tuple[int, Whole, int], tuple[Ecriture, Cell, int]] = {}

    def take(self, entry: Ecriture, nets: dict[Cell, int]) -> Iterator[Reclassification]:
        """Yield what an entry corrects, and remember it, or what it reverses."""
        if not 2 <= len(nets) <= MOST_LINES:
            return
        whole, day = tuple(sorted(nets.items())), entry.ecriture_date.toordinal()
        before = self._whole.get((entry.societe_id, tuple(sorted((cell, -net) for cell, net in nets.items()))))
        if before and (entry.ecriture_date - before[-1].ecriture_date).days <= MEMORY_DAYS:
            first = before.pop()
            for cell, net in _nets(first).items():
                self._reversed[entry.societe_id, _without(first, cell), net] = (first, cell, day)
            return
        for (account, _), net in nets.items() if self._reversed else ():
            told = self._reversed.get((entry.societe_id, _rest(whole, (account, _)), net))
            if told is None:
                continue
            first, cell, when = told
            posted_anew = day - when <= REPOST_DAYS and (any(aux for _, aux in nets) or _link(entry, first) > 0)
            if posted_anew and _confused(cell[0], account):
                for one in _nets(first):
                    self._reversed.pop((entry.societe_id, _without(first, one), _nets(first)[one]), None)
                number = next(k for k, line in enumerate(first.lignes) if line.compte_num == cell[0])
                yield _found(_Line(first, number), account, entry)
                break
        self._whole.setdefault((entry.societe_id, whole), deque(maxlen=CANDIDATES)).append(entry)


def _without(entry: Ecriture, cell: Cell) -> Whole:
    return _rest(tuple(sorted(_nets(entry).items())), cell)


def _rest(whole: Whole, cell: Cell) -> Whole:
    return tuple(one for one in whole if one[0] != cell)


def _found(line: _Line, right: str, by: Ecriture) -> Reclassification:
    entry = line.entry
    return Reclassification(entry.societe_id, entry.ecriture_id, line.number + 1, line.account, right, by.ecriture_id)


def _confused(wrong: str, right: str) -> bool:
    """Whether one account can have been taken for the other, rather than value have moved between them."""
    if wrong == right or any(account.startswith(NO_SLIP + CUT_OFF) for account in (wrong, right)):
        return False
    if wrong.startswith(SUSPENSE):
        return right[:1] in "267" or (right.startswith("4") and not right.startswith("47"))
    if wrong.startswith(IN_COURSE) or right.startswith(SUSPENSE):
        return False
    if wrong[:1] in "26":
        return right[:1] in "26" or (wrong.startswith("6") and right.startswith(PRIVATE))
    if wrong.startswith("7"):
        return right.startswith("7")
    # The account of another supplier or client, where each has its own.
    return wrong.startswith(("40", "41")) and wrong[:3] == right[:3]


NAMED, PARTY, WORDS, NOTHING, APART = 3, 2, 1, 0, -1
"""What links two entries, the strongest first; `APART`: they name different third parties."""


def _link(by: Ecriture, first: Ecriture) -> int:
    """Return what links an entry to one that it may correct."""
    pieces = {line.piece_ref.upper() for line in first.lignes if _tells(line.piece_ref)}
    pieces.update(name.upper() for name in references(first.ecriture_num))
    named = {line.piece_ref.upper() for line in by.lignes}
    named.update(name.upper() for line in by.lignes for name in references(line.ecriture_lib))
    if pieces & named:
        return NAMED
    ours, theirs = ({line.comp_aux_num for line in entry.lignes if line.comp_aux_num} for entry in (by, first))
    if ours & theirs:
        return PARTY
    if ours and theirs:
        return APART
    text = " ".join(_plain(line.ecriture_lib) for line in by.lignes)
    if not SAYS_SO.search(text) or (by.ecriture_date - first.ecriture_date).days > WORDS_DAYS:
        return NOTHING
    return WORDS if (_words([text]) & _words(_texts(first))) - _names_of_accounts(by, first) else NOTHING


def _admits(entry: Ecriture) -> bool:
    return any(ADMITS.search(_plain(line.ecriture_lib)) for line in entry.lignes)


def _tells(piece: str) -> bool:
    return any(char.isdigit() for char in piece)


def _texts(entry: Ecriture) -> Sequence[str]:
    return [text for line in entry.lignes for text in (_plain(line.ecriture_lib), _plain(line.comp_aux_lib))]


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text)} - GENERIC


def _names_of_accounts(*entries: Ecriture) -> set[str]:
    """Return the words of accounts' names: an entry that moves supplies shares them with all supplies."""
    return _words(_plain(line.compte_lib) for entry in entries for line in entry.lignes)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()

"""Lines of entries, each with what is around it but its account: what the account is recommended from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

import pandas as pd

from schemas import DomaineApplication, Ecriture, Ligne, Objet, Operation, TypeObjet, Verdict, detection_id
from schemas.money import to_minor
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.reclassifications import reclassifications
from wisebook_ml.feedback.standing import standing

__all__ = ["line_frame", "lines_of"]

RATES = {"20": 2000, "10": 1000, "8.5": 850, "5.5": 550, "2.1": 210}
"""Legal French VAT rates in hundredths of a percent, the most usual first: the first that fits is taken."""

MOST_OTHERS = 24
"""Accounts of other lines that a row names; entries have up to 100,000 lines, and rows must stay short."""

MOST_LABEL = 120
"""Characters of another line's label; what tells something stands in front."""

NATURE = frozenset("267")
"""Classes of accounts that say what was bought or sold: of an entry in doubt, it is these that are chosen wrongly."""

NAMING = frozenset({Verdict.RECLASSEE, Verdict.MANQUEE})
"""Verdicts that may name the right account."""

COLUMNS = {
    "date": "datetime64[s]",
    "societe_id": "int64",
    "ecriture_id": "object",
    "ligne": "int64",
    "lignes": "int64",
    "journal_code": "object",
    "ecriture_lib": "object",
    "comp_aux_num": "object",
    "comp_aux_lib": "object",
    "debit": "float64",
    "credit": "float64",
    "tiers_num": "object",
    "tiers_lib": "object",
    "autres_comptes": "object",
    "compte_precedent": "object",
    "compte_suivant": "object",
    "autre_lib": "object",
    "part_total": "float64",
    "part_precedent": "float64",
    "part_suivant": "float64",
    "taux_tva": "object",
    "taux_base": "object",
    "compte_num": "object",
}
"""Columns of a row, and how each is kept."""


def line_frame(collected: Collected) -> pd.DataFrame:
    """Return the lines to learn from: of the latest revision of each entry that was not deleted.

    Where a later entry moved a line to another account (`wisebook_ml.datasets.reclassifications`), that account is the
    line's. A verdict that names the right account (RECLASSEE, or MANQUEE) replaces `compte_num` of one line, if no line
    of the entry has that account by now: of the line whose account begins as the right one does; among equals, of one
    in a class of charges, products or fixed assets (what an invoice was for is in doubt more often than the bank or the
    tax); among those, of the largest. Of several verdicts, the one that stands counts
    (`wisebook_ml.feedback.standing`). The rows of the entry's other lines see the account that was written.

    Parameters
    ----------
    collected : Collected
        Entries and verdicts; rows are those from `du` to `au`.
    """
    latest: dict[tuple[int, str], Ecriture] = {}
    for entry in collected.entries:
        key = (entry.societe_id, entry.ecriture_id)
        if key not in latest or entry.revision >= latest[key].revision:
            latest[key] = entry
    kept = [
        entry
        for entry in latest.values()
        if entry.operation is not Operation.SUPPRESSION
        and (collected.du is None or entry.ecriture_date >= collected.du)
        and (collected.au is None or entry.ecriture_date <= collected.au)
    ]
    frame = lines_of(kept)
    right = _right_accounts(collected, kept)
    if right:
        keys = zip(frame["societe_id"], frame["ecriture_id"], frame["ligne"], frame["compte_num"], strict=True)
        frame["compte_num"] = [right.get((societe, entry, line), account) for societe, entry, line, account in keys]
    return frame


def lines_of(entries: Iterable[Ecriture]) -> pd.DataFrame:
    """Return one row for each line of `entries`, as they come.

    Nothing but `compte_num` depends on the row's own account (nor on any `compte_lib`).

    Returns
    -------
    DataFrame
        ``date`` (of the entry), ``societe_id``, ``ecriture_id``, ``ligne`` (from 1), ``lignes`` (how many there are),
        ``journal_code``, ``ecriture_lib``, ``comp_aux_num``, ``comp_aux_lib``, ``debit``, ``credit`` (euros);

        of the entry: ``tiers_num``, ``tiers_lib`` (third party of the line, or else the first among the others),
        ``autres_comptes`` (the accounts of the other lines with their side, ``C401000 D445660``, at most
        `MOST_OTHERS`), ``compte_precedent``, ``compte_suivant`` (those of the two lines beside it), ``autre_lib`` (the
        first label among the others that is not its own), ``part_total``, ``part_precedent``, ``part_suivant`` (its
        amount to that of the entry's larger side and to those of the lines beside it; 0 where there is none),
        ``taux_tva``, ``taux_base`` (the legal rate at which it is the tax on another line, or another line its tax);

        and the label, ``compte_num``.

    Examples
    --------
    >>> import datetime as dt
    >>> lines = [Ligne(compte_num="606300", debit="100.00"), Ligne(compte_num="445660", debit="20.00"),
    ...          Ligne(compte_num="401000", comp_aux_num="F01", credit="120.00")]
    >>> entry = Ecriture(societe_id=1, ecriture_id="E1", journal_code="AC", ecriture_date=dt.date(2024, 3, 1),
    ...                  lignes=lines)
    >>> lines_of([entry])[["tiers_num", "autres_comptes", "taux_tva", "taux_base"]].iloc[1].to_list()
    ['F01', 'C401000 D606300', '20', '']
    """
    rows = [row for entry in entries for row in _rows(entry)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype(COLUMNS)


def _rows(entry: Ecriture) -> Iterator[tuple[object, ...]]:
    """Yield the rows of an entry, in the order of `COLUMNS`."""
    lines = entry.lignes
    amounts = [to_minor(line.debit) - to_minor(line.credit) for line in lines]
    sizes = [abs(amount) for amount in amounts]
    sides = [side_of(line) for line in lines]
    tokens = [side + line.compte_num.replace(" ", "") for side, line in zip(sides, lines, strict=True)]
    total = max(sum(size for size, side in zip(sizes, sides, strict=True) if side == which) for which in "DC")
    others, tax = _Others(tokens), _Tax(sizes)
    named = [number for number, line in enumerate(lines) if line.comp_aux_num or line.comp_aux_lib][:1]
    labels = _first_two(line.ecriture_lib for line in lines)
    last = len(lines) - 1
    for number, line in enumerate(lines):
        of_party = line if line.comp_aux_num or line.comp_aux_lib or not named else lines[named[0]]
        yield (
            entry.ecriture_date,
            entry.societe_id,
            entry.ecriture_id,
            number + 1,
            len(lines),
            entry.journal_code,
            line.ecriture_lib,
            line.comp_aux_num,
            line.comp_aux_lib,
            to_minor(line.debit) / 100,
            to_minor(line.credit) / 100,
            of_party.comp_aux_num,
            of_party.comp_aux_lib,
            others.than(number),
            tokens[number - 1] if number else "",
            tokens[number + 1] if number < last else "",
            next((label[:MOST_LABEL] for label in labels if label != line.ecriture_lib), ""),
            _share(sizes[number], total),
            _share(sizes[number], sizes[number - 1]) if number else 0.0,
            _share(sizes[number], sizes[number + 1]) if number < last else 0.0,
            tax.on_another(sizes[number]),
            tax.of(sizes[number]),
            line.compte_num,
        )


def side_of(line: Ligne) -> str:
    """Return the side of a line; a negative debit stays a debit, as it was written."""
    return "D" if to_minor(line.debit) else "C"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _first_two(labels: Iterable[str]) -> Sequence[str]:
    """Return the first two different labels: for each line, one of them is the first that is not its own."""
    found: list[str] = []
    for label in labels:
        if label and label not in found:
            found.append(label)
            if len(found) == 2:
                break
    return found


class _Others:
    """The accounts of an entry's other lines, for each line: in time that grows with the lines, not their square."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._count = Counter(tokens)
        self._sorted = sorted(self._count)

    def than(self, number: int) -> str:
        """Return the different accounts of all lines but one, with their sides."""
        own = self._tokens[number]
        first = self._sorted[: MOST_OTHERS + 1]
        if self._count[own] == 1:
            first = [token for token in first if token != own]
        return " ".join(first[:MOST_OTHERS])


class _Tax:
    """Which amounts of an entry are the tax on which others, to a cent."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._there = frozenset(sizes)
        self._taxes: dict[int, str] = {}
        for name, rate in reversed(RATES.items()):
            for size in self._there:
                for cent in (-1, 1, 0):
                    self._taxes[_tax(size, rate) + cent] = name

    def on_another(self, size: int) -> str:
        """Return the rate at which an amount is the tax on another one."""
        return self._taxes.get(size, "") if size else ""

    def of(self, size: int) -> str:
        """Return the rate at which another amount is the tax on this one."""
        for name, rate in RATES.items():
            tax = _tax(size, rate)
            if tax and any(tax + cent in self._there for cent in (0, -1, 1)):
                return name
        return ""


def _tax(base: int, rate: int) -> int:
    """Return the tax in cents at a rate in hundredths of a percent."""
    return (base * rate + 5_000) // 10_000


def _right_accounts(collected: Collected, kept: Iterable[Ecriture]) -> dict[tuple[int, str, int], str]:
    """Return the accounts that people put in the place of others, by company, entry and line."""
    moved: dict[tuple[int, str], dict[int, str]] = {}
    for one in reclassifications(collected.entries):
        moved.setdefault((one.societe_id, one.ecriture_id), {})[one.ligne] = one.compte_juste
    named = {key: avis.compte_num for key, avis in standing(collected.avis).items() if avis.verdict in NAMING}
    for entry in kept if named else ():
        objet = Objet(type=TypeObjet.ECRITURE, id=entry.ecriture_id)
        about = detection_id(entry.societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)
        account, key = named.get((entry.societe_id, about)), (entry.societe_id, entry.ecriture_id)
        by_now = {line.compte_num for line in entry.lignes} | set(moved.get(key, {}).values())
        if account and account not in by_now:
            moved[key] = {_concerned(entry.lignes, account) + 1: account}
    return {(*key, line): account for key, lines in moved.items() for line, account in lines.items()}


def _concerned(lines: Sequence[Ligne], account: str) -> int:
    """Return the place of the line that should have had `account`."""

    def likeness(number: int) -> tuple[int, bool, int, int]:
        line = lines[number]
        begins = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(line.compte_num, account, strict=False)))
        size = max(abs(to_minor(line.debit)), abs(to_minor(line.credit)))
        return begins, line.compte_num[:1] in NATURE, size, -number

    return max(range(len(lines)), key=likeness)

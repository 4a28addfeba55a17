"""Lines of entries as keys: each way of looking at a line is a 64-bit hash that like lines share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.services.chart import stems, words

__all__ = ["ATTRIBUTES", "COLUMNS", "TOKENS", "VIEWS", "LineKeys", "line_keys"]

T = TypeVar("T")
Keys = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

COLUMNS = (
    "ligne",
    "lignes",
    "journal_code",
    "ecriture_lib",
    "comp_aux_num",
    "comp_aux_lib",
    "debit",
    "credit",
    "tiers_num",
    "tiers_lib",
    "autres_comptes",
    "compte_precedent",
    "compte_suivant",
    "autre_lib",
    "part_total",
    "part_precedent",
    "part_suivant",
    "taux_tva",
    "taux_base",
)
"""What is read of a line (see `wisebook_ml.datasets.lines.lines_of`)."""

ATTRIBUTES = {
    "S": "sens",
    "J": "journal",
    "T": "tiers",
    "L": "ecriture_lib",
    "M": "montant",
    "O": "autres_lignes",
}
"""The accounting attributes, by the letter that `VIEWS` and `TOKENS` have for them."""

VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "journal": ("SJ", ("side", "journal")),
    "journal_party_kind": ("SJT", ("side", "journal", "own", "party_1")),
    "party_kind": ("ST", ("side", "party_3", "own")),
    "party_journal": ("TSJ", ("party", "side", "journal", "own")),
    "party_side": ("TS", ("party", "side", "own")),
    "party": ("T", ("party", "own")),
    "others_journal": ("OSJ", ("others", "side", "journal", "own")),
    "others": ("OS", ("others", "side")),
    "others_party": ("OTS", ("party", "others", "side", "own")),
    "others_both_sides": ("OJ", ("others_sideless", "journal", "own")),
    "others_roots": ("OS", ("roots", "side", "own")),
    "others_roots_both_sides": ("O", ("roots_sideless", "own")),
    "others_classes": ("O", ("classes", "own")),
    "others_roots_party": ("OTS", ("party", "roots", "side", "own")),
    "beside": ("OSJ", ("before", "after", "side", "journal", "own")),
    "beside_both_sides": ("OJ", ("before_sideless", "after_sideless", "journal", "own")),
    "before_ratio": ("OMSJ", ("before", "ratio_before", "side", "journal")),
    "after_ratio": ("OMSJ", ("after", "ratio_after", "side", "journal")),
    "label_journal": ("LSJ", ("label", "side", "journal", "own")),
    "label_side": ("LS", ("label", "side")),
    "label": ("LJ", ("label", "journal", "own")),
    "label_full": ("LS", ("label_full", "side", "own")),
    "label_others": ("LOS", ("label", "others", "side", "own")),
    "label_others_both_sides": ("LO", ("label", "roots_sideless", "own")),
    "label_party": ("LTS", ("label", "party", "side", "own")),
    "first_word": ("LSJ", ("first", "side", "journal", "own")),
    "first_words": ("LSJ", ("first_two", "side", "journal", "own")),
    "other_label": ("OSJ", ("other_label", "side", "journal", "own")),
    "share": ("MSJ", ("share", "side", "journal", "own")),
    "share_others": ("MOS", ("share", "others", "side", "own")),
    "rates_journal": ("MSJ", ("rate_tax", "rate_base", "side", "journal", "own")),
    "rates": ("MS", ("rate_tax", "rate_base", "side", "own")),
    "rates_others": ("MOS", ("rate_tax", "rate_base", "others", "side", "own")),
    "amount_party": ("MTS", ("amount", "party", "side", "own")),
    "amount_journal": ("MLSJ", ("amount", "first", "side", "journal")),
    "position": ("OSJ", ("number", "lines", "side", "journal", "own")),
}
"""The views of a line: which attributes each is of, and the components that two lines have alike."""

TOKENS = {
    "words": ("LS", ("side", "own")),
    "words_journal": ("LSJ", ("side", "own", "journal")),
    "words_both_sides": ("L", ("own",)),
    "grams": ("LS", ("side", "own")),
    "party_words": ("TS", ("side", "own")),
    "other_accounts": ("OS", ("side", "own")),
    "other_accounts_both_sides": ("O", ("own",)),
    "other_roots": ("OSJ", ("side", "own", "journal")),
}
"""Views that a line has several keys in: words and pairs of words, character 4-grams, accounts of other lines."""

ROOT = 3
"""Digits of an account that say what kind it is, in the chart of accounts."""

FEW = 256
"""Texts that are hashed without looking for equal ones first."""

START = np.uint64(0x9E3779B97F4A7C15)
"""What a mixed hash begins with."""

MOST_LINES = 9
"""Entries of more lines than this are long ones, however long."""


@dataclass(frozen=True, slots=True)
class LineKeys:
    """Lines as numbers.

    Attributes
    ----------
    views : dict of ndarray
        By name of `VIEWS`, a key for each row.
    tokens : dict of (ndarray, ndarray)
        By name of `TOKENS`, rows (ascending) and their keys.
    log_amounts : ndarray
        Decimal logarithm of the amount in euros.
    debit : ndarray of bool
        Whether the line is on the debit side.
    stems : list of set
        Beginnings of the label's words.
    others : list of list
        Accounts of the other lines, each after the letter of its side.
    """

    views: dict[str, Keys]
    tokens: dict[str, tuple[Ints, Keys]]
    log_amounts: npt.NDArray[np.float64]
    debit: npt.NDArray[np.bool_]
    stems: Sequence[set[str]]
    others: Sequence[list[str]]

    def __len__(self) -> int:
        return len(self.debit)

    def take(self, which: Ints) -> "LineKeys":
        """Return some rows."""
        tokens = {}
        for name, (rows, keys) in self.tokens.items():
            begin, end = np.searchsorted(rows, which, "left"), np.searchsorted(rows, which, "right")
            sizes = end - begin
            first = np.concatenate([[0], np.cumsum(sizes)[:-1]]) if len(sizes) else sizes
            new = np.repeat(np.arange(len(which)), sizes)
            tokens[name] = (new, keys[np.arange(len(new)) + np.repeat(begin - first, sizes)])
        return LineKeys(
            {name: keys[which] for name, keys in self.views.items()},
            tokens,
            self.log_amounts[which],
            self.debit[which],
            [self.stems[row] for row in which],
            [self.others[row] for row in which],
        )


def line_keys(frame: pd.DataFrame) -> LineKeys:
    """Return the keys of lines; only `COLUMNS` of `frame` are read."""
    labels, others = _Texts(frame["ecriture_lib"]), _Texts(frame["autres_comptes"])
    parties = _Texts(frame["tiers_lib"])
    debit, credit = frame["debit"].to_numpy(float), frame["credit"].to_numpy(float)
    parts = _components(frame, labels, others)
    views = _views(parts)
    several: dict[str, tuple[_Texts, Callable[[str], Iterable[str]]]] = {
        "words": (labels, _words_and_pairs),
        "words_journal": (labels, _words_and_pairs),
        "words_both_sides": (labels, _words_and_pairs),
        "grams": (labels, _grams),
        "party_words": (parties, words),
        "other_accounts": (others, str.split),
        "other_accounts_both_sides": (others, lambda text: (token[1:] for token in text.split())),
        "other_roots": (others, lambda text: (token[: ROOT + 1] for token in text.split())),
    }
    tokens, read = {}, dict[tuple[_Texts, Callable[[str], Iterable[str]]], tuple[Ints, Keys]]()
    for name, (_, which) in TOKENS.items():
        if several[name] not in read:
            texts, cut = several[name]
            read[several[name]] = texts.tokens(cut)
        rows, keys = read[several[name]]
        tokens[name] = (rows, _mix([keys, *(parts[part][rows] for part in which)]))
    return LineKeys(
        views,
        tokens,
        np.log10(np.abs(debit) + np.abs(credit) + 0.01),
        debit != 0,
        labels.each(stems),
        others.each(str.split),
    )


def _components(frame: pd.DataFrame, labels: "_Texts", others: "_Texts") -> dict[str, Keys]:
    """Return what views are mixed of, as hashes."""
    debit, credit = frame["debit"].to_numpy(float), frame["credit"].to_numpy(float)
    side = np.where(debit != 0, "D", "C").astype(object) + np.where((debit < 0) | (credit < 0), "-", "+").astype(object)
    aux = _Texts(frame["comp_aux_num"])
    own = (frame["comp_aux_num"].to_numpy() != "") | (frame["comp_aux_lib"].to_numpy() != "")
    before, after = _Texts(frame["compte_precedent"]), _Texts(frame["compte_suivant"])
    return {
        "side": _hash(side),
        "journal": _hash(frame["journal_code"]),
        "own": _hash(np.where(own, "own", "other").astype(object)),
        "party": _mix([_hash(frame["tiers_num"]), _hash(frame["tiers_lib"])]),
        "party_1": aux.hashed(lambda text: text[:1]),
        "party_3": aux.hashed(lambda text: text[:3]),
        "others": _hash(frame["autres_comptes"]),
        "others_sideless": others.hashed(lambda text: " ".join(sorted({token[1:] for token in text.split()}))),
        "roots": others.hashed(lambda text: " ".join(sorted({token[: ROOT + 1] for token in text.split()}))),
        "roots_sideless": others.hashed(lambda text: " ".join(sorted({token[1 : ROOT + 1] for token in text.split()}))),
        "classes": others.hashed(lambda text: " ".join(sorted({token[1:ROOT] for token in text.split()}))),
        "before": _hash(frame["compte_precedent"]),
        "after": _hash(frame["compte_suivant"]),
        "before_sideless": before.hashed(lambda text: text[1:]),
        "after_sideless": after.hashed(lambda text: text[1:]),
        "label": labels.hashed(lambda text: " ".join(filter(str.isalpha, words(text)))),
        "label_full": labels.hashed(lambda text: " ".join(words(text))),
        "first": labels.hashed(lambda text: " ".join(list(filter(str.isalpha, words(text)))[:1])),
        "first_two": labels.hashed(lambda text: " ".join(list(filter(str.isalpha, words(text)))[:2])),
        "other_label": _Texts(frame["autre_lib"]).hashed(lambda text: " ".join(filter(str.isalpha, words(text)))),
        "share": _hash_number(frame["part_total"]),
        "ratio_before": _hash_number(frame["part_precedent"]),
        "ratio_after": _hash_number(frame["part_suivant"]),
        "rate_tax": _hash(frame["taux_tva"]),
        "rate_base": _hash(frame["taux_base"]),
        "amount": _hash_number(np.abs(debit) + np.abs(credit), 2),
        "number": _hash_number(frame["ligne"]),
        "lines": _hash_number(np.minimum(frame["lignes"].to_numpy(float), MOST_LINES)),
    }


class _Texts:
    """A column of texts, of which each different one is read once."""

    def __init__(self, column: pd.Series) -> None:
        self._codes, different = pd.factorize(column.to_numpy(object))
        self._texts = [str(text) for text in different]

    def hashed(self, of: Callable[[str], str]) -> Keys:
        """Return the hash of what each row's text becomes."""
        made: Keys = _hash(np.array([of(text) for text in self._texts], dtype=object))[self._codes]
        return made

    def each(self, of: Callable[[str], T]) -> list[T]:
        made = [of(text) for text in self._texts]
        return [made[code] for code in self._codes]

    def tokens(self, cut: Callable[[str], Iterable[str]]) -> tuple[Ints, Keys]:
        """Return rows and hashes of the different tokens of each row's text."""
        lists = [list(dict.fromkeys(cut(text))) for text in self._texts]
        keys = _hash(np.array([token for tokens in lists for token in tokens], dtype=object))
        lengths = np.array([len(tokens) for tokens in lists], dtype=np.int64)
        ends = np.cumsum(lengths)
        sizes = lengths[self._codes]
        # The n-th token of a row lies n places after the first one of its text.
        shifts = (ends - lengths)[self._codes] - (np.cumsum(sizes) - sizes)
        rows = np.repeat(np.arange(len(sizes)), sizes)
        return rows, keys[np.arange(len(rows)) + shifts[rows]]


def _words_and_pairs(text: str) -> list[str]:
    found = words(text)
    return [*found, *(f"{one} {two}" for one, two in pairwise(found))]


def _grams(text: str) -> Iterable[str]:
    for word in words(text):
        if len(word) > 2 and word.isalpha():
            framed = f"^{word}$"
            yield from (framed[at : at + 4] for at in range(len(word) - 1))


def _hash(values: pd.Series | npt.NDArray[np.object_]) -> Keys:
    """Return hashes of texts."""
    array = np.asarray(values, dtype=object)
    if not len(array):
        return np.zeros(0, np.uint64)
    # To look for equal texts first saves time among many of them; among few it takes most of it.
    return np.asarray(pd.util.hash_array(array, categorize=len(array) > FEW), dtype=np.uint64)


def _hash_number(values: pd.Series | npt.NDArray[np.float64], decimals: int = 3) -> Keys:
    """Return hashes of rounded numbers."""
    rounded: Keys = np.round(np.asarray(values, dtype=float) * 10**decimals).astype(np.int64).view(np.uint64)
    return rounded


def _views(parts: dict[str, Keys]) -> dict[str, Keys]:
    """Return the keys of all views, mixed side by side: one after the other, calls took longer than the work."""
    names = sorted(VIEWS, key=lambda name: -len(VIEWS[name][1]))  # so that those with one more part come first
    mixed = np.full((len(names), len(parts["side"])), START, dtype=np.uint64)
    for place in range(len(VIEWS[names[0]][1])):
        further = [VIEWS[name][1][place] for name in names if len(VIEWS[name][1]) > place]
        _mix_into(mixed[: len(further)], np.array([parts[part] for part in further]))
    made = dict(zip(names, mixed, strict=True))
    return {name: made[name] for name in VIEWS}


def _mix(parts: Sequence[Keys]) -> Keys:
    """Return hashes of several parts together."""
    mixed = np.full(len(parts[0]), START, dtype=np.uint64)
    for part in parts:
        _mix_into(mixed, part)
    return mixed


def _mix_into(mixed: Keys, part: Keys) -> None:
    """Mix one more part into hashes, in place (the finalizer of splitmix64)."""
    mixed ^= part
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(32)

"""Which accounts lines had, by everything that a line can share with an earlier one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from wisebook_ml.models.sparse_rows import dense_rows, weighed_rows
from wisebook_ml.services.line_keys import TOKENS, VIEWS, LineKeys

__all__ = ["BEST", "AccountHistory", "CodedLines", "Evidence", "Vocabulary", "coded", "vocabulary_of"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Vocabulary = dict[str, npt.NDArray[np.uint64]]
"""The different keys of each view, ascending; a key's code is its place, and the number of keys stands for none."""

SMOOTHING = 0.5
"""Lines of no account that each key is given besides its own: a key seen once speaks with two thirds."""

BEST = ("words", "words_both_sides", "grams", "party_words")
"""Tokens of which also the most telling one is heard alone, as `<name>:best`."""

SPREAD = 2.0
"""Lines of ordinary amounts that each account is given besides its own."""


@dataclass(frozen=True, slots=True)
class CodedTokens:
    """Tokens of lines: those of row i are ``codes[starts[i] : starts[i + 1]]``, all of them below `width`."""

    starts: Ints
    codes: Ints
    width: int

    def rows(self, which: Ints) -> "CodedTokens":
        """Return those of some rows."""
        sizes = np.diff(self.starts)[which]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        shifts = np.repeat(self.starts[which] - starts[:-1], sizes)
        return CodedTokens(starts, self.codes[np.arange(starts[-1]) + shifts], self.width)

    def matrix(self) -> Any:
        """Return a sparse matrix of rows and codes."""
        ones = np.ones(len(self.codes), np.float32)
        return sparse.csr_matrix((ones, self.codes, self.starts), shape=(len(self.starts) - 1, self.width))


@dataclass(frozen=True, slots=True)
class CodedLines:
    """Lines by the codes of their keys."""

    views: dict[str, Ints]
    tokens: dict[str, CodedTokens]
    log_amounts: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.log_amounts)

    def rows(self, which: Ints) -> "CodedLines":
        """Return some rows."""
        return CodedLines(
            {name: codes[which] for name, codes in self.views.items()},
            {name: tokens.rows(which) for name, tokens in self.tokens.items()},
            self.log_amounts[which],
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the history says of rows: by view, the share of each account (rows x accounts), and on how much it rests."""

    shares: dict[str, Floats]
    support: dict[str, Floats]


def vocabulary_of(lines: LineKeys) -> Vocabulary:
    """Return the keys of lines that are learnt from."""
    return {
        **{name: np.unique(lines.views[name]) for name in VIEWS},
        **{name: np.unique(lines.tokens[name][1]) for name in TOKENS},
    }


def coded(lines: LineKeys, vocabulary: Vocabulary) -> CodedLines:
    """Return lines by the codes that their keys have in a vocabulary."""
    views = {name: _codes(vocabulary[name], keys) for name, keys in lines.views.items()}
    tokens = {}
    for name, (rows, keys) in lines.tokens.items():
        codes = _codes(vocabulary[name], keys)
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(lines)))])
        tokens[name] = CodedTokens(starts, codes, len(vocabulary[name]) + 1)
    return CodedLines(views, tokens, lines.log_amounts)


def _codes(known: npt.NDArray[np.uint64], keys: npt.NDArray[np.uint64]) -> Ints:
    if not len(known):
        return np.zeros(len(keys), np.int64)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, len(known))


class AccountHistory:
    """Counts of the accounts that lines had, by view and key.

    Parameters
    ----------
    lines : CodedLines
        What is learnt from.
    accounts : ndarray of int
        The account of each, as its number among `count` accounts.
    """

    def __init__(self, lines: CodedLines, accounts: Ints, count: int, sizes: dict[str, int]) -> None:
        size = len(lines)
        ones = np.ones(size, np.float32)
        self.views = {
            name: sparse.csr_matrix((ones, (codes, accounts)), shape=(sizes[name] + 1, count))
            for name, codes in lines.views.items()
        }
        had = sparse.csr_matrix((ones, (np.arange(size), accounts)), shape=(size, count))
        self.tokens: dict[str, Any] = {}
        self.weights: dict[str, Floats] = {}
        for name, tokens in lines.tokens.items():
            counts = (tokens.matrix().T @ had).tocsr()
            total = np.asarray(counts.sum(axis=1)).ravel()
            purity = np.asarray(counts.multiply(counts).sum(axis=1)).ravel() / np.maximum(total, 1) ** 2
            rarity = np.log1p(size / np.maximum(total, 1))
            self.tokens[name] = counts.multiply((1 / (total + SMOOTHING))[:, None]).tocsr().astype(np.float32)
            self.weights[name] = (rarity * purity * total / (total + 1)).astype(np.float32)
            self.weights[name][-1] = 0.0
        self.lines = np.bincount(accounts, minlength=count).astype(np.float32)
        usual = float(lines.log_amounts.mean())
        summed = np.bincount(accounts, lines.log_amounts, minlength=count)
        self.amounts = (summed + SPREAD * usual) / (self.lines + SPREAD)
        squares = np.bincount(accounts, (lines.log_amounts - self.amounts[accounts]) ** 2, minlength=count)
        self.spreads = np.sqrt((squares + SPREAD) / (self.lines + SPREAD))

    def evidence(self, lines: CodedLines) -> Evidence:
        """Return what is known of lines, by view and token kind."""
        shares: dict[str, Floats] = {}
        support: dict[str, Floats] = {}
        width = len(self.lines)
        for name, codes in lines.views.items():
            table = self.views[name]
            counts = dense_rows(table.indptr, table.indices, table.data, codes, width)
            total = counts.sum(axis=1)
            counts /= (total + SMOOTHING)[:, None]
            shares[name], support[name] = counts, np.log1p(total)
        for name, tokens in lines.tokens.items():
            owners, codes = np.repeat(np.arange(len(lines)), np.diff(tokens.starts)), tokens.codes
            weights = self.weights[name][codes]
            if name in BEST:
                best = _best(owners, weights)
                weight = np.zeros(len(lines), np.float32)
                weight[owners[best]] = weights[best]
                alone = self._spoken(name, owners[best], codes[best], np.ones(len(best), np.float32), len(lines))
                shares[f"{name}:best"], support[f"{name}:best"] = alone, weight
            total = np.bincount(owners, weights, minlength=len(lines)).astype(np.float32)
            spoken = self._spoken(name, owners, codes, weights, len(lines))
            spoken /= (total + 1e-3)[:, None]
            shares[name], support[name] = spoken, total
        return Evidence(shares, support)

    def _spoken(self, name: str, owners: Ints, codes: Ints, weights: Floats, count: int) -> Floats:
        """Return what tokens say of accounts, by the row of each (rows x accounts)."""
        table = self.tokens[name]
        return weighed_rows(owners, codes, weights, table.indptr, table.indices, table.data, count, len(self.lines))


def _best(owners: Ints, weights: Floats) -> Ints:
    """Return the place of each row's heaviest token, where it weighs anything; `owners` are ascending."""
    order = np.lexsort((weights, owners))
    ends = np.flatnonzero(np.append(owners[order][1:] != owners[order][:-1], True)) if len(order) else order
    best: Ints = order[ends]
    return best[weights[best] > 0]

"""Finding words in labels, several lists at once, in one pass over the bytes.

The words become one automaton (Aho, Corasick: Efficient string matching. Communications of the ACM 18, 1975), which
reads folded characters (`wisebook_ml.ledger.characters`) and takes any run of separators for one. Words are found
whole; a ``*`` at the end of one stands for any ending.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.characters import MARK, PLANE, WORD, characters, code_point, kind_of, plain

__all__ = ["Words", "search"]

SEPARATOR, OTHER = 0, 1
"""Classes of characters that no word is made of: separators, and all other letters and figures."""

FOUND, DEPTH, WHOLE, STEM, EXTRA = -4, -3, -2, -1, 4
"""Columns beside an automaton's steps: lists with a word that ends here, length of the way here, lists with a word
that this way spells, and the same for words with any ending."""


@dataclass(frozen=True)
class Words:
    """Lists of words as an automaton; list k is told by bit k.

    Parameters
    ----------
    lists : sequence of sequences of str
        Words or phrases; case, accents and the kind and number of separators do not matter. A word without a letter
        or a figure is never found.

    Attributes
    ----------
    classes : ndarray of int16, shape (65536,)
        Which column of the automaton a code point is read in; -1 where it is passed over.
    automaton : ndarray of int32, shape (states, classes + 4)
        The next state for each class, then `FOUND`, `DEPTH`, `WHOLE`, `STEM`.

    Examples
    --------
    >>> words = Words([["avoir", "annul*"], ["à régulariser"]])
    >>> words.find(0, "ANNULÉE le 3/4"), words.find(0, "savoir"), words.find(1, "A  REGULARISER.")
    ('annulee', '', 'a regulariser')
    """

    lists: Sequence[Sequence[str]]
    classes: npt.NDArray[np.int16] = field(init=False, repr=False)
    automaton: npt.NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        fold, kind = characters()
        letters = sorted({ord(ch) for words in self._spelled for word, _ in words for ch in word} - {ord(" ")})
        of_fold = np.full(PLANE, OTHER, dtype=np.int16)
        of_fold[letters] = np.arange(OTHER + 1, OTHER + 1 + len(letters))
        classes = np.where(kind & WORD, of_fold[fold], SEPARATOR).astype(np.int16)
        classes[(kind & MARK) != 0] = -1
        object.__setattr__(self, "classes", classes)
        object.__setattr__(self, "automaton", self._automaton(of_fold, OTHER + 1 + len(letters)))

    @cached_property
    def _spelled(self) -> list[list[tuple[str, bool]]]:
        """Return the words of each list as they are found in a folded text, and whether they may go on."""
        spelled = []
        for words in self.lists:
            folded = [(plain(word.rstrip("*")), word.rstrip().endswith("*")) for word in words]
            spelled.append([(word, open_) for word, open_ in folded if word and max(map(ord, word)) < PLANE])
        return spelled

    def _automaton(self, of_fold: npt.NDArray[np.int16], n_classes: int) -> npt.NDArray[np.int32]:
        trie: list[dict[int, int]] = [{}]
        ends: dict[int, list[tuple[int, bool]]] = {}
        depth = [0]
        for k, words in enumerate(self._spelled):
            for word, open_ in words:
                symbols = [SEPARATOR if ch == " " else int(of_fold[ord(ch)]) for ch in f" {word}{'' if open_ else ' '}"]
                state = 0
                for symbol in symbols:
                    if symbol not in trie[state]:
                        trie[state][symbol] = len(trie)
                        trie.append({})
                        depth.append(depth[state] + 1)
                    state = trie[state][symbol]
                ends.setdefault(state, []).append((k, open_))
        table = np.zeros((len(trie), n_classes + EXTRA), dtype=np.int32)
        table[:, DEPTH] = depth
        for state, lists in ends.items():
            for k, open_ in lists:
                table[state, STEM if open_ else WHOLE] |= 1 << k
        table[:, FOUND] = table[:, STEM] | table[:, WHOLE]
        # Where a word cannot go on, what was read may be the beginning of another: the longest such is `falls`.
        queue = deque((child, 0) for child in trie[0].values())
        table[0, list(trie[0])] = list(trie[0].values())
        while queue:
            state, falls = queue.popleft()
            table[state, :n_classes] = table[falls, :n_classes]
            table[state, FOUND] |= table[falls, FOUND]
            for symbol, child in trie[state].items():
                queue.append((child, int(table[falls, symbol])))
                table[state, symbol] = child
        return table

    def find(self, which: int, text: str) -> str:
        """Return the first word of a list in a text, folded, with its ending; empty where there is none.

        The same words that `search` finds.
        """
        padded, best, found = f" {plain(text)} ", -1, ""
        for word, open_ in self._spelled[which]:
            at = padded.find(f" {word}" if open_ else f" {word} ")
            if at >= 0 and (best < 0 or at < best):
                end = at + 1 + len(word)
                best, found = at, padded[at + 1 : padded.index(" ", end)]
        return found


@compiled
def search(data: Array, start: int, end: int, kind: Array, classes: Array, automaton: Array) -> tuple[int, int]:
    """Search ``data[start:end]``, UTF-8, for words.

    Returns
    -------
    found : int
        Bits of the lists with a word in the text.
    whole : int
        Bits of the lists with a word (one with any ending, if it is a single one) that the whole text consists of.
    """
    columns = automaton.shape[1]
    state = automaton[0, 0]
    read, words, last, found, stem = 1, 0, 0, 0, 0
    at = start
    while at < end:
        code, size = code_point(data, at)
        at += size
        symbol = classes[code] + 0 if code < 0x10000 else (1 if kind_of(code, kind) else 0)
        if symbol < 0 or (symbol == 0 and last == 0):
            continue
        if symbol == 0:
            words += 1
        last = symbol
        state = automaton[state, symbol]
        read += 1
        found |= automaton[state, columns - 4]
        if automaton[state, columns - 3] == read:
            stem |= automaton[state, columns - 1]
    if last != 0:
        words += 1
        state = automaton[state, 0]
        read += 1
        found |= automaton[state, columns - 4]
    whole = automaton[state, columns - 2] if automaton[state, columns - 3] == read else 0
    return found + 0, whole | (stem if words == 1 else 0)

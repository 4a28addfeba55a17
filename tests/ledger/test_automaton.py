"""Words in labels: whole words, whatever the case, the accents and the separators."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.ledger.automaton import Words, search
from wisebook_ml.ledger.characters import (
    BLANK,
    DIGIT,
    LETTER,
    MARK,
    PLANE,
    UPPER,
    WORD,
    characters,
    code_point,
    fold_of,
    kind_of,
    plain,
)
from wisebook_ml.ledger.vocabulary import CREDIT_NOTE, DEFAULT_WATCHED, GENERIC, RETURN, WATCHED, vocabulary

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=300)

PIECES = [
    "avoir",
    "AV",
    "av",
    "annulé",
    "Perso",
    "a régulariser",
    "fictives",
    "n",
    "a",
    "x",
    "É",
    "œ",
    "_",
    "7",
    "🙂",
    "漢",
]
SEPARATORS = [" ", "  ", "\u00a0", "-", "’", "/", "\u0301", ".", "\t", ""]
ASSIGNED = st.characters(max_codepoint=PLANE - 1, exclude_categories=["Cs", "Co", "Cn"])
"""Beyond the plane, what Unicode has not assigned yet is taken for a letter."""
LABELS = st.lists(st.sampled_from(PIECES + SEPARATORS) | st.text(ASSIGNED, max_size=3), max_size=8).map("".join)
LISTS = st.lists(
    st.lists(st.sampled_from(["avoir", "av", "annul*", "a regulariser", "perso", "n/a", "é*", "*", "?", "œ", "漢*"])),
    min_size=1,
    max_size=3,
)


def found(words: Words, text: str) -> tuple[int, int]:
    """Return what the automaton says of a text."""
    data = np.frombuffer(bytearray(text.encode()), dtype=np.uint8)
    return search(data, 0, len(data), characters().kind, words.classes, words.automaton)


def pattern(word: str) -> str:
    """Return the expression that finds a word in a plain text; nothing where the word has no letter."""
    stem = plain(word.rstrip("*"))
    ending = r"\w*" if word.endswith("*") else ""
    return rf"\b{re.escape(stem)}{ending}\b" if stem else "(?!)"


# Characters.


def test_the_basic_plane_is_described_as_unicode_does() -> None:
    fold, kind = characters()
    for code in (*range(0xD800), *range(0xF900, PLANE)):
        ch = chr(code)
        if unicodedata.combining(ch):
            assert kind[code] == MARK
            continue
        decomposed = unicodedata.normalize("NFKD", ch.lower())
        bare = [one for one in decomposed if not unicodedata.combining(one)]
        base = bare[0] if len(bare) == 1 and ord(bare[0]) < PLANE else ch
        assert fold[code] == ord(base)
        assert bool(kind[code] & WORD) == bool(re.match(r"\w", base)), hex(code)
        assert bool(kind[code] & LETTER) == base.isalpha(), hex(code)
        assert bool(kind[code] & DIGIT) == base.isdigit(), hex(code)
        assert bool(kind[code] & UPPER) == ch.isupper(), hex(code)
        assert bool(kind[code] & BLANK) == ch.isspace(), hex(code)


@pytest.mark.parametrize("text", ["", "a", "é", "漢", "🙂", "aé漢🙂"])
def test_code_points_are_read_as_they_are_written(text: str) -> None:
    data, at, codes = np.frombuffer(bytearray(text.encode()), dtype=np.uint8), 0, []
    while at < len(data):
        code, size = code_point(data, at)
        codes.append(chr(code))
        at += size
    assert "".join(codes) == text


def test_beyond_the_plane_pictographs_separate_and_letters_do_not() -> None:
    kind = characters().kind
    assert kind_of(ord("🙂"), kind) == 0
    assert kind_of(ord("𠀀"), kind) == WORD | LETTER
    assert fold_of(ord("𠀀"), characters().fold) == ord("𠀀")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("PÉNALITÉ", "penalite"),
        ("pe\u0301nalite\u0301", "penalite"),
        ("d’août", "d aout"),
        ("à\u00a0régulariser", "a regulariser"),
        ("un —  deux", "un deux"),
        ("ＡＢ", "ab"),
        ("m²", "m2"),
        ("œuvre", "œuvre"),
    ],
)
def test_what_is_the_same_to_a_reader(text: str, same: str) -> None:
    assert plain(text) == same


# Words.


@REPEATABLE
@given(LISTS, LABELS)
def test_the_automaton_finds_what_an_expression_finds(lists: list[list[str]], label: str) -> None:
    bits, _ = found(Words(lists), label)
    for k, words in enumerate(lists):
        assert bool(bits >> k & 1) == any(re.search(pattern(word), plain(label)) for word in words)


@REPEATABLE
@given(LISTS, LABELS)
def test_the_word_that_is_named_is_one_that_was_found(lists: list[list[str]], label: str) -> None:
    words = Words(lists)
    bits, _ = found(words, label)
    for k, listed in enumerate(lists):
        named = words.find(k, label)
        assert bool(named) == bool(bits >> k & 1)
        if named:
            assert named in plain(label)
            assert any(re.fullmatch(pattern(word), named) for word in listed)


@REPEATABLE
@given(LISTS, LABELS)
def test_a_text_that_is_a_word_and_nothing_else(lists: list[list[str]], label: str) -> None:
    _, whole = found(Words(lists), label)
    for k, words in enumerate(lists):
        expected = any(
            re.fullmatch(pattern(word), plain(label)) and (" " not in word or not word.endswith("*")) for word in words
        )
        assert bool(whole >> k & 1) == expected


@pytest.mark.parametrize(
    ("which", "label"),
    [
        (CREDIT_NOTE, "AVOIR Durand"),
        (CREDIT_NOTE, "Annulation fact. 12"),
        (CREDIT_NOTE, "chèque impayé"),
        (CREDIT_NOTE, "REMBOURSEMENT"),
        (RETURN, "retour marchandises"),
        (WATCHED, "Facture fictives"),
        (WATCHED, "À régulariser"),
        (WATCHED, "a\u00a0regulariser"),
        (WATCHED, "dépense perso."),
        (WATCHED, "sans  pièce"),
    ],
)
def test_words_that_are_looked_for(which: int, label: str) -> None:
    assert found(vocabulary(), label)[0] >> which & 1


@pytest.mark.parametrize("label", ["Savoir-faire", "Personnalisation des vitrines", "avenue", "perso_1", "gerante"])
def test_words_inside_others_are_none(label: str) -> None:
    assert found(vocabulary(), label)[0] & (1 << CREDIT_NOTE | 1 << WATCHED) == 0


def test_a_generic_label_is_one_that_says_nothing_else() -> None:
    assert all(found(vocabulary(), label)[1] >> GENERIC & 1 for label in ("Divers.", "n/a", "sans libellé", "DIVERSES"))
    assert not any(found(vocabulary(), label)[1] >> GENERIC & 1 for label in ("divers achats", "test du four", "EDF"))


def test_a_company_s_words_replace_the_default_ones() -> None:
    own = vocabulary(("Offert*", "Ελλάδα"))
    assert own.find(WATCHED, "repas OFFERTS") == "offerts"
    assert own.find(WATCHED, "ελλαδα") == "ελλαδα"
    assert own.find(WATCHED, "ελλας") == ""
    assert own.find(WATCHED, "perso") == ""


@pytest.mark.parametrize("blank", [(), ("",), (" ", "\t")])
def test_a_list_of_blanks_is_no_list(blank: tuple[str, ...]) -> None:
    assert vocabulary(blank).find(WATCHED, DEFAULT_WATCHED[0]) == DEFAULT_WATCHED[0]

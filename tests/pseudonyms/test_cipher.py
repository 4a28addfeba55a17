"""Pseudonyms: the same for the same name, another for another company, and an error for all that is wrong."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.pseudonym import ALPHABET, PATTERN, PREFIX, shortened
from wisebook_ml.pseudonyms import (
    DamagedPseudonym,
    KeyUnknown,
    MasterKey,
    MasterKeyError,
    PseudonymError,
    Pseudonymiser,
    Wrapped,
    new_key,
    replaced,
)

NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
ONE = Pseudonymiser(1, "bcdfghjk", bytes(range(64)))
TWO = Pseudonymiser(2, "lmnpqrst", bytes(range(1, 65)))
MASTER = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()


@given(NAMES)
def test_there_and_back(name: str) -> None:
    pseudonym = ONE.seal(name)
    assert PATTERN.fullmatch(pseudonym)
    assert ONE.open(pseudonym) == name
    assert Pseudonymiser(1, "bcdfghjk", bytes(range(64))).seal(name) == pseudonym, "the same in every process"
    assert ONE.seal(pseudonym) == pseudonym, "doing it twice changes nothing"
    assert replaced(f"« {pseudonym} »", {"bcdfghjk": ONE}) == f"« {name} »"


@given(NAMES, NAMES)
def test_names_are_told_apart(one: str, other: str) -> None:
    assert (ONE.seal(one) == ONE.seal(other)) == (one == other)


@given(NAMES)
def test_companies_are_kept_apart(name: str) -> None:
    pseudonym = ONE.seal(name)
    assert TWO.seal(name)[len(PREFIX) + 8 :] != pseudonym[len(PREFIX) + 8 :]
    with pytest.raises(KeyUnknown):
        TWO.open(pseudonym)
    same_key = Pseudonymiser(2, "bcdfghjk", bytes(range(64)))
    with pytest.raises(DamagedPseudonym):
        same_key.open(pseudonym)
    wrong_key = Pseudonymiser(1, "bcdfghjk", bytes(64))
    with pytest.raises(DamagedPseudonym):
        wrong_key.open(pseudonym)
    assert replaced(pseudonym, {"bcdfghjk": wrong_key}) == shortened(pseudonym), "never a wrong name"


@given(NAMES, st.data())
def test_whatever_is_changed_is_noticed(name: str, data: st.DataObject) -> None:
    pseudonym = ONE.seal(name)
    at = data.draw(st.integers(0, len(pseudonym) - 1))
    letter = data.draw(st.sampled_from(ALPHABET).filter(lambda one: one != pseudonym[at]))
    for damaged in (pseudonym[:at] + letter + pseudonym[at + 1 :], pseudonym[:at]):
        with pytest.raises(PseudonymError):
            ONE.open(damaged)


@given(st.text())
def test_texts_without_pseudonyms_stay(text: str) -> None:
    assert replaced(text, {"bcdfghjk": ONE}) == text


def test_a_pseudonym_says_nothing_by_itself() -> None:
    """It is one word without a vowel or a figure after its beginning, as long as its name tells."""
    pseudonym = ONE.seal("Éléonore Dupont")
    assert not set(pseudonym[len(PREFIX) :]) & set("aeiouy0123456789")
    assert len(pseudonym) == len(ONE.seal("x" * len("Éléonore Dupont")))


def test_the_master_key_keeps_the_others() -> None:
    key_id, key = new_key()
    wrapped = MasterKey(MASTER).wrap(7, key_id, key)
    pseudonym = Pseudonymiser(7, key_id, key).seal("Dupont")
    assert MasterKey(MASTER).pseudonymiser(Wrapped(7, key_id, wrapped)).open(pseudonym) == "Dupont"
    assert key not in wrapped
    damaged = bytes([wrapped[0] ^ 1]) + wrapped[1:]
    for master, kept in (
        (OTHER, Wrapped(7, key_id, wrapped)),
        (MASTER, Wrapped(8, key_id, wrapped)),
        (MASTER, Wrapped(7, "bcdfghjk", wrapped)),
        (MASTER, Wrapped(7, key_id, damaged)),
        (MASTER, Wrapped(7, key_id, b"")),
    ):
        with pytest.raises(MasterKeyError, match="does not open"):
            MasterKey(master).pseudonymiser(kept)


@pytest.mark.parametrize("text", ["", "  ", "secret", "ééé", base64.b64encode(bytes(31)).decode()])
def test_what_is_no_master_key(text: str) -> None:
    with pytest.raises(MasterKeyError, match=r"WISEBOOK_ML_PSEUDONYM_KEY.*openssl"):
        MasterKey(text)

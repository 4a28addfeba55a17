"""Keys of companies, in both databases: made once, wrapped anew by another master key, and erased."""

import base64
import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from wisebook_ml.clock import utc_now
from wisebook_ml.pseudonyms import KeyErased, MasterKey, MasterKeyError
from wisebook_ml.storage import PseudonymKeys

OLD, NEW, FOREIGN = (base64.b64encode(bytes(range(first, first + 32))).decode() for first in (0, 1, 2))
NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def test_who_comes_first_makes_the_key(engine: Engine) -> None:
    keys, master = PseudonymKeys(engine), MasterKey(OLD)
    assert keys.current(7) is None
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: keys.enable(7, master, utc_now()), range(8)))
    assert len({kept.key_id for kept, _ in made}) == 1
    assert [new for _, new in made].count(True) == 1
    assert [one.key_id for one in keys.history()] == [made[0][0].key_id]
    token = master.pseudonymiser(made[0][0]).seal("Dupont SARL")
    (found,) = keys.find([made[0][0].key_id, "tttttttt"])
    assert MasterKey(OLD).pseudonymiser(found).open(token) == "Dupont SARL"
    with pytest.raises(MasterKeyError, match="does not open"):
        keys.enable(7, MasterKey(FOREIGN), NOW)


def test_an_erased_key_is_gone_and_another_may_follow(engine: Engine) -> None:
    keys, master = PseudonymKeys(engine), MasterKey(OLD)
    first, _ = keys.enable(7, master, NOW)
    keys.enable(8, master, NOW)
    assert keys.erase(7, NOW) == first.key_id
    assert keys.erase(7, NOW) is None
    assert keys.find([first.key_id]) == []
    with pytest.raises(KeyErased, match="pseudonyms enable --societe 7"):
        keys.current(7)
    second, new = keys.enable(7, master, NOW)
    assert (new, second.key_id != first.key_id) == (True, True)
    assert [(one.key_id, one.erased) for one in keys.history(7)] == [(first.key_id, NOW), (second.key_id, None)]


def test_another_master_key_keeps_all_of_them_or_none(engine: Engine) -> None:
    keys, old, both = PseudonymKeys(engine), MasterKey(OLD), MasterKey(NEW, OLD)
    tokens = {one: old.pseudonymiser(keys.enable(one, old, NOW)[0]).seal("Martin") for one in (7, 8)}
    keys.enable(9, old, NOW)
    keys.erase(9, NOW)
    with pytest.raises(MasterKeyError, match="does not open"):
        keys.rotate(MasterKey(NEW, FOREIGN))
    assert old.pseudonymiser(keys.enable(7, old, NOW)[0]).open(tokens[7]) == "Martin"
    keys.enable(10, both, NOW)  # kept by the new one already
    assert keys.rotate(both) == (2, 3)
    assert keys.rotate(both) == (0, 3)
    for societe_id, token in tokens.items():
        kept = keys.current(societe_id)
        assert kept is not None
        assert MasterKey(NEW).pseudonymiser(kept).open(token) == "Martin"
        with pytest.raises(MasterKeyError, match="does not open"):
            old.pseudonymiser(kept)
    assert keys.history(9)[0].erased == NOW

"""`wisebook-ml pseudonyms`, and what publishing does where a key is missing."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wisebook_ml.cli import main
from wisebook_ml.cli.pseudonym_keys import pseudonymisers
from wisebook_ml.pseudonyms import KeyErased, MasterKeyError
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import AuditLog, PseudonymKeys, open_database

Invoke = Callable[..., Result]
MASTER = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()
THIRD = base64.b64encode(bytes(range(2, 34))).decode()


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Call the command in an empty folder, with a master key unless told otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", "127.0.0.1:1")

    def run(*arguments: str, master: str = MASTER, before: str = "", answer: str | None = None) -> Result:
        monkeypatch.setenv("WISEBOOK_ML_PSEUDONYM_KEY", master)
        monkeypatch.setenv("WISEBOOK_ML_PSEUDONYM_KEY_BEFORE", before)
        get_settings.cache_clear()
        return CliRunner().invoke(main, ["pseudonyms", *arguments], input=answer)

    yield run
    get_settings.cache_clear()


def pseudonym(societe: int, name: str) -> str:
    return pseudonymisers(get_settings(), [societe])[societe].seal(name)


def test_from_the_first_day_to_the_last(invoke: Invoke) -> None:
    assert pseudonymisers(get_settings(), [7]) == {}
    assert "No company" in invoke("status").stderr
    made = invoke("enable", "--societe", "7")
    assert made.exit_code == 0, made.output
    again = invoke("enable", "--societe", "7")
    assert "already" in again.stdout
    token = pseudonym(7, "Dupont SARL")
    assert invoke("show", token).stdout == "Dupont SARL\n"
    (state,) = map(json.loads, invoke("status", "--json").stdout.splitlines())
    assert (state["societe_id"], state["state"]) == (7, "in force")
    assert invoke("erase", "--societe", "7", answer="n\n").exit_code == 1
    assert invoke("show", token).exit_code == 0, "nothing happened without a yes"
    erased = invoke("erase", "--societe", "7", "--yes")
    assert erased.exit_code == 0
    assert "Backups" in erased.stderr
    gone = invoke("show", token)
    assert (gone.exit_code, "was erased on" in gone.stderr, "Dupont" in gone.output) == (1, True, False)
    with pytest.raises(KeyErased, match="pseudonyms enable --societe 7"):
        pseudonymisers(get_settings(), [7])
    assert invoke("erase", "--societe", "7", "--yes").exit_code == 1
    assert invoke("enable", "--societe", "7").exit_code == 0
    assert pseudonym(7, "Dupont SARL") != token
    assert "was erased" in invoke("show", token).stderr
    assert "erased" in invoke("status").stdout
    log = AuditLog(open_database(get_settings().sql_url))
    actions = [(one.action, one.statut, one.societe_id) for _, one in log.list(None, limit=50)]
    assert ("pseudonyms erase", 0, 7) in actions
    assert ("pseudonyms show", 0, 7) in actions


def test_erasing_leaves_no_byte_of_the_key(invoke: Invoke, tmp_path: Path) -> None:
    invoke("enable", "--societe", "7")
    keys = PseudonymKeys(open_database(get_settings().sql_url))
    kept = keys.current(7)
    assert kept is not None
    assert kept.wrapped is not None
    assert any(kept.wrapped in path.read_bytes() for path in tmp_path.rglob("*.db*"))
    invoke("erase", "--societe", "7", "--yes")
    assert not any(kept.wrapped in path.read_bytes() for path in tmp_path.rglob("*.db*"))


def test_another_master_key_takes_over(invoke: Invoke, tmp_path: Path) -> None:
    invoke("enable", "--societe", "7")
    invoke("enable", "--societe", "8")
    invoke("enable", "--societe", "9")
    invoke("erase", "--societe", "9", "--yes")
    tokens = [pseudonym(7, "Dupont SARL"), pseudonym(8, "Martin")]
    keys = PseudonymKeys(open_database(get_settings().sql_url))
    old = [kept.wrapped for kept in map(keys.current, (7, 8)) if kept is not None]
    alone = invoke("rotate", master=OTHER)
    assert (alone.exit_code, "does not open with this WISEBOOK_ML_PSEUDONYM_KEY:" in alone.stderr) == (1, True)
    wrong = invoke("rotate", master=OTHER, before=THIRD)
    assert (wrong.exit_code, "nor with WISEBOOK_ML_PSEUDONYM_KEY_BEFORE" in wrong.stderr) == (1, True)
    unread = invoke("rotate", master=OTHER, before="short")
    assert (unread.exit_code, "WISEBOOK_ML_PSEUDONYM_KEY_BEFORE is no key" in unread.stderr) == (1, True)
    # Meanwhile both are read, whichever has kept them.
    assert invoke("show", tokens[0], master=OTHER, before=MASTER).stdout == "Dupont SARL\n"
    done = invoke("rotate", master=OTHER, before=MASTER)
    assert (done.exit_code, "2 of 2 keys" in done.stdout) == (0, True), done.output
    assert "0 of 2 keys" in invoke("rotate", master=OTHER, before=MASTER).stdout
    assert [invoke("show", one, master=OTHER).stdout for one in tokens] == ["Dupont SARL\n", "Martin\n"]
    assert pseudonym(7, "Dupont SARL") == tokens[0]
    assert invoke("show", tokens[0], master=MASTER).exit_code == 1
    for wrapped in old:
        assert wrapped is not None
        assert not any(wrapped in path.read_bytes() for path in tmp_path.rglob("*.db*"))


def test_a_wrong_master_key_opens_nothing(invoke: Invoke) -> None:
    for master in ("", "short"):
        assert "openssl" in invoke("enable", "--societe", "7", master=master).stderr
    invoke("enable", "--societe", "7")
    token = pseudonym(7, "Dupont")
    for master, said in (("", "There is no master key"), ("short", "is no key"), (OTHER, "does not open")):
        shown = invoke("show", token, master=master)
        assert (shown.exit_code, said in shown.stderr, "Dupont" in shown.output) == (1, True, False)
        assert "does not open" in invoke("status", "--json", master=master).stdout
        with pytest.raises(MasterKeyError):  # rather than publish names in clear
            pseudonymisers(get_settings(), [7])
    assert "does not open" in invoke("enable", "--societe", "7", master=OTHER).stderr


def test_what_is_no_pseudonym(invoke: Invoke) -> None:
    invoke("enable", "--societe", "7")
    token = pseudonym(7, "Dupont")
    for wrong, said in (
        ("Dupont", "is no pseudonym"),
        (token[:20], "is no pseudonym"),
        (token[:-2], "is not as it was made"),
        (token[:-1] + ("b" if token[-1] != "b" else "c"), "is not as it was made"),
        (token.replace(token[6:14], "tttttttt"), "No company has the key tttttttt"),
    ):
        shown = invoke("show", wrong)
        assert (shown.exit_code, said in shown.stderr) == (1, True), shown.stderr

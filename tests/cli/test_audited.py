"""Commands that change something are in the audit log, with the operating system's user."""

import getpass
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas import DomaineApplication, TypeModele
from wisebook_ml.cli import main
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import AuditEntry, AuditLog, ModelRegistry, Source, open_database

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Invoke]:
    """Call the command in an empty folder, where nothing answers as a broker."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    get_settings.cache_clear()


def entries() -> Sequence[AuditEntry]:
    engine = open_database(get_settings().sql_url)
    found = AuditLog(engine).list(None, limit=50)
    engine.dispose()
    return [entry for _, entry in found]


def test_tokens(invoke: Invoke) -> None:
    token = invoke("tokens", "create", "Claire", "--companies", "2,1").stdout.strip()
    invoke("tokens", "revoke", "1")
    invoke("tokens", "revoke", "7")
    invoke("tokens", "list")
    invoke("tokens", "create", "Claire", "--companies", "x")
    missing, revoked, created = entries()
    assert [one.action for one in (created, revoked, missing)] == ["tokens create", "tokens revoke", "tokens revoke"]
    assert {(one.nom, one.source, one.jeton_id) for one in entries()} == {(getpass.getuser(), Source.CLI, None)}
    assert (created.demande["id"], created.demande["companies"], created.demande["rights"]) == (1, [1, 2], ["read"])
    assert token not in str(created)
    assert [one.statut for one in (created, revoked, missing)] == [0, 0, 1]


def test_models_with_their_company(invoke: Invoke) -> None:
    made = invoke("models", "create", "--societe", "7", "--type", "ISOLATION_FOREST", "--nom", "forêt")
    assert made.exit_code == 0, made.output
    invoke("models", "list")
    invoke("drift", "thresholds", "1")
    assert invoke("drift", "thresholds", "1", "--set", "psi=0.3").exit_code == 0
    changed, created = entries()
    assert (created.action, created.societe_id, created.demande["modele"]) == ("models create", 7, 1)
    assert (changed.action, changed.societe_id, changed.demande["changes"]) == ("drift thresholds", 7, ["psi=0.3"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("models", "promote", "1", "1"),
        ("models", "rollback", "1"),
        ("train", "1"),
        ("train", "1", "--cancel"),
        ("timers", "run", "drift"),
        ("settings", "set", "--societe", "7", "--budget", "0.02"),
        ("feedback", "missed", "E-1", "--societe", "7", "--par", "Claire"),
        ("alerts", "test", "7", "https://u:hunter2@127.0.0.1:1/hook?key=hunter2"),
    ],
)
def test_what_fails_half_way_or_before(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    engine = open_database(get_settings().sql_url)
    ModelRegistry(engine).create(7, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
    engine.dispose()
    assert invoke(*arguments).exit_code == 1
    (entry,) = entries()
    assert entry.action == " ".join(arguments[:1] if arguments[0] == "train" else arguments[:2])
    assert (entry.statut, entry.source) == (1, Source.CLI)
    assert "hunter2" not in str(entry)


def test_without_the_database_it_is_said(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISEBOOK_ML_DATABASE_URL", "postgresql://u@127.0.0.1:1/none")
    get_settings.cache_clear()
    told = invoke("timers", "run", "drift")
    assert "not in the audit log" in told.stderr

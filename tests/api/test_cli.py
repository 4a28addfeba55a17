"""`wisebook-ml tokens` and `wisebook-ml api`: real processes, from the making of a token to the first answer."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from wisebook_ml.broker.ports import free_port
from wisebook_ml.cli import main
from wisebook_ml.settings import Settings, get_settings

COMMAND = [sys.executable, "-c", "from wisebook_ml.cli import main; main()"]
STARTS_WITHIN = 60.0


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WISEBOOK_ML_")}
    return inherited | {"PYTHONPATH": str(Path(__file__).parents[2])}


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


def test_a_token_lets_in_until_it_is_revoked(tmp_path: Path) -> None:
    token = run(tmp_path, "tokens", "create", "Claire", "--companies", "1,2")
    port = free_port()
    headers = {"Authorization": f"Token {token}"}
    with subprocess.Popen([*COMMAND, "api", "--port", str(port)], cwd=tmp_path, env=environment()) as server:
        try:
            _await(f"http://127.0.0.1:{port}/healthz", server)
            asked = f"http://127.0.0.1:{port}/api/ml/detections/"
            assert httpx.get(asked, headers=headers).json() == {"count": 0, "results": []}
            told = httpx.post(
                f"http://127.0.0.1:{port}/connexion/", data={"jeton": token}, headers={"X-Forwarded-Proto": "https"}
            )
            assert "secure" not in told.headers["set-cookie"].lower(), "nobody was named who is believed"
            run(tmp_path, "tokens", "revoke", "1")
            assert httpx.get(asked, headers=headers).status_code == 401
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)
    assert token not in "".join(path.read_text("latin-1") for path in tmp_path.rglob("*.db*"))


def _await(url: str, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            httpx.get(url).raise_for_status()
        except httpx.TransportError:
            assert server.poll() is None, "the API ended"
            assert time.monotonic() < deadline, "the API does not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Call the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    get_settings.cache_clear()


Invoke = Callable[..., Result]


def test_tokens_are_listed_without_being_shown(invoke: Invoke) -> None:
    assert "tokens create" in invoke("tokens", "list").stderr
    tokens = [
        invoke("tokens", "create", name, "--companies", companies, "--rights", rights).stdout.strip()
        for name, companies, rights in (("Claire", "2,1", "read,verdict"), ("Paul", "all", "admin"))
    ]
    invoke("tokens", "revoke", "1")
    shown = invoke("tokens", "list").stdout
    listed = invoke("tokens", "list", "--json").stdout
    assert not any(token in shown + listed for token in tokens)
    rows = [json.loads(line) for line in listed.splitlines()]
    assert [(row["name"], row["companies"], row["rights"], row["state"]) for row in rows] == [
        ("Claire", [1, 2], ["read", "verdict"], "revoked"),
        ("Paul", None, ["admin"], "valid"),
    ]


@pytest.mark.parametrize("companies", ["", "a", "1,b", "0", "-1", "1.5", "²"])
def test_companies_that_are_none(invoke: Invoke, companies: str) -> None:
    refused = invoke("tokens", "create", "Claire", f"--companies={companies}")
    assert refused.exit_code == 2
    assert not refused.stdout


@pytest.mark.parametrize("rights", ["", "write", "read,all"])
def test_rights_that_are_none(invoke: Invoke, rights: str) -> None:
    refused = invoke("tokens", "create", "Claire", "--companies=1", f"--rights={rights}")
    assert refused.exit_code == 2
    assert "read, verdict, train, admin" in refused.stderr


def test_a_token_that_is_not_there_cannot_be_revoked(invoke: Invoke) -> None:
    refused = invoke("tokens", "revoke", "7")
    assert refused.exit_code == 1
    assert "no token 7" in refused.stderr


def test_a_certificate_without_its_key_is_refused(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "certificate.pem").touch()
    monkeypatch.setenv("WISEBOOK_ML_API_TLS_CERTIFICATE", "certificate.pem")
    refused = invoke("api")
    assert refused.exit_code == 1
    assert "go together" in refused.stderr


@pytest.mark.parametrize("proxies", ["proxy.example", "*", "10.0.0.1/8", "127.0.0.1, x"])
def test_a_proxy_that_is_none(proxies: str) -> None:
    with pytest.raises(ValidationError, match=r"10\.0\.0\.0/8"):
        Settings(api_proxies=proxies, _env_file=None)  # type: ignore[arg-type]


def test_proxies_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WISEBOOK_ML_API_PROXIES", "192.0.2.7, 10.0.0.0/8,")
    assert Settings(_env_file=None).api_proxies == ("192.0.2.7", "10.0.0.0/8")


@pytest.mark.parametrize("rate", ["", "many", "0/minute", "60", "60/year"])
def test_a_rate_that_is_none(rate: str) -> None:
    with pytest.raises(ValidationError, match="600/minute"):
        Settings(api_rate=rate, _env_file=None)

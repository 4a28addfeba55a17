"""`wisebook-ml api`: a real process, from the making of a token to the first answer."""

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

from wisebook_ml.api.tokens import digest
from wisebook_ml.broker.ports import free_port
from wisebook_ml.cli import main
from wisebook_ml.settings import Settings, TokenCompanies, get_settings

VARIABLE = "WISEBOOK_ML_API_TOKENS"
COMMAND = [sys.executable, "-c", "from wisebook_ml.cli.api import api; api()"]
STARTS_WITHIN = 60.0
DIGEST = digest("example")


def environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WISEBOOK_ML_")}
    return inherited | {"PYTHONPATH": str(Path(__file__).parents[2])}


def setting_of(output: str) -> str:
    name, _, value = output.splitlines()[1].partition("=")
    assert name == VARIABLE
    assert value[0] == value[-1] == "'"
    return value[1:-1]


def read(value: str) -> dict[str, TokenCompanies]:
    return Settings(api_tokens=value, _env_file=None).api_tokens


def test_a_token_is_made_and_lets_in(tmp_path: Path) -> None:
    made = subprocess.run(
        [*COMMAND, "--new-token", "1,2"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60
    )
    assert made.returncode == 0, made.stderr
    token = made.stdout.splitlines()[0]
    (tmp_path / ".env").write_text(f"{made.stdout.splitlines()[1]}\n")
    port = free_port()
    with subprocess.Popen([*COMMAND, "--port", str(port)], cwd=tmp_path, env=environment()) as server:
        try:
            _await(f"http://127.0.0.1:{port}/health", server)
            answer = httpx.get(
                f"http://127.0.0.1:{port}/api/ml/detections/", headers={"Authorization": f"Token {token}"}
            )
            assert answer.json() == {"count": 0, "results": []}
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(30) in (0, -signal.SIGTERM)


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
    """Call the command in an empty folder, with this value of the setting."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)

    def invoke_(*arguments: str, setting: str | None = None) -> Result:
        if setting is not None:
            monkeypatch.setenv(VARIABLE, setting)
        get_settings.cache_clear()
        return CliRunner().invoke(main, ["api", *arguments])

    yield invoke_
    get_settings.cache_clear()


Invoke = Callable[..., Result]


def test_without_any_token_it_says_how_to_make_one(invoke: Invoke) -> None:
    refused = invoke()
    assert refused.exit_code == 1
    assert "--new-token" in refused.stderr
    assert VARIABLE in refused.stderr


def test_a_new_token_keeps_those_that_are_there(invoke: Invoke) -> None:
    first = setting_of(invoke("--new-token", "3").stdout)
    made = invoke("--new-token", "all", setting=first)
    both = read(setting_of(made.stdout))
    assert both[digest(made.stdout.splitlines()[0])] == "*"
    assert sorted(map(str, both.values())) == ["*", "frozenset({3})"]


@pytest.mark.parametrize("companies", ["", "a", "1,b", "0", "-1", "1.5", "²"])
def test_companies_that_are_none(invoke: Invoke, companies: str) -> None:
    refused = invoke(f"--new-token={companies}")
    assert refused.exit_code == 2
    assert not refused.stdout


@pytest.mark.parametrize(
    "value",
    [
        "no json",
        "[1]",
        '{"my-secret-token": [1]}',
        f'{{"{DIGEST}": [0]}}',
        f'{{"{DIGEST}": "+"}}',
        f'{{"{DIGEST}": 1}}',
    ],
)
def test_a_setting_that_cannot_be_used_is_explained_without_being_shown(invoke: Invoke, value: str) -> None:
    refused = invoke(setting=value)
    assert refused.exit_code == 1
    assert f"{VARIABLE}: " in refused.stderr
    assert "my-secret-token" not in refused.stderr


def test_no_error_of_the_settings_shows_a_secret() -> None:
    with pytest.raises(ValidationError) as error:
        read('{"my-secret-token": [1]}')
    assert "my-secret-token" not in str(error.value)


def test_an_empty_setting_is_no_token() -> None:
    assert read("") == {}


def test_a_digest_is_read_in_any_case() -> None:
    assert read(f'{{"{DIGEST.upper()}": [2, 1]}}') == {DIGEST: frozenset({1, 2})}

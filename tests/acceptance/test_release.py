"""The release as others get it: built, installed outside the checkout, and run there."""

import json
import os
import re
import signal
import subprocess
import tarfile
import venv
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

from wisebook_ml import __version__

from . import client
from .deployment import Deployment

PACKAGES = ("schemas", "topics", "wisebook_ml", "agents")
SOURCES = ("pyproject.toml", "MANIFEST.in", "README.md", "CHANGELOG.md", "requirements", *PACKAGES)
LOCK = client.ROOT / "requirements" / "base.txt"
HEAVY = ("tensorflow", "xgboost", "prophet", "shap", "matplotlib")

ENTRIES = 300
PATIENCE = 900.0
"""Seconds for a demo in a new environment, which compiles the core first."""


def locked() -> dict[str, str]:
    """Return the distributions that scoring is installed with, and their versions."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return client.copied(tmp_path_factory.mktemp("release") / "checkout", *SOURCES)


@pytest.fixture(scope="module")
def built(checkout: Path) -> tuple[Path, Path]:
    """The source distribution, and the wheel that was made from it."""
    client.package(checkout, checkout.parent / "dist")
    (source,) = (checkout.parent / "dist").glob("*.tar.gz")
    (wheel,) = (checkout.parent / "dist").glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def command(built: tuple[Path, Path]) -> Path:
    """The command of an environment that has the wheel, and of ours only what the lock of scoring names."""
    python = client.install(built[1], built[1].parents[1] / "venv", *locked())
    return python.with_name("wisebook-ml")


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(built: tuple[Path, Path], checkout: Path) -> None:
    own = {
        path.relative_to(checkout).as_posix(): path.read_bytes()
        for package in PACKAGES
        for path in (checkout / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    inside = {name: content for name, content in contents(built[1]).items() if ".dist-info/" not in name}
    assert inside.keys() ^ own.keys() == set()
    assert inside == own


def test_the_checkout_makes_the_same_wheel_as_the_source_distribution(built: tuple[Path, Path], tmp_path: Path) -> None:
    # From a copy of its own: what an earlier build left would be taken along.
    client.package(client.copied(tmp_path / "checkout", *SOURCES), tmp_path / "dist", "--wheel")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert contents(wheel) == contents(built[1])


def test_the_source_distribution_has_what_it_is_installed_with(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "CHANGELOG.md", "requirements/base.txt", "requirements/train.txt"} <= inside
    assert {name.split("/")[0] for name in inside if "/" in name} == {*PACKAGES, "requirements", "wisebook_ml.egg-info"}


def test_both_are_named_by_the_version_that_the_code_tells(built: tuple[Path, Path]) -> None:
    assert [path.name for path in built] == [
        f"wisebook_ml-{__version__}.tar.gz",
        f"wisebook_ml-{__version__}-py3-none-any.whl",
    ]
    (told,) = [text for name, text in contents(built[1]).items() if name.endswith("/METADATA")]
    assert f"\nVersion: {__version__}\n" in told.decode()
    heading = re.search(r"^## \[?(\d+\.\d+\.\d+)", (client.ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heading is not None
    assert heading[1] == __version__


def test_scoring_is_locked_without_the_libraries_of_trainers() -> None:
    assert {name for name in locked() if name.startswith(HEAVY)} == set()


def test_it_runs_where_there_is_no_checkout(command: Path, tmp_path: Path) -> None:
    env = {
        "WISEBOOK_ML_HOME": str(tmp_path / "home"),
        "WISEBOOK_ML_BOOTSTRAP_SERVERS": "127.0.0.1:1",  # nobody answers there
    }

    def run(*arguments: str, code: int = 0) -> str:
        return client.run([str(command), *arguments], cwd=tmp_path, env=env, code=code)

    assert run("--version") == f"wisebook-ml, version {__version__}\n"
    where = "import wisebook_ml, agents, topics, schemas as s; print(wisebook_ml.__file__, s.__file__)"
    python = str(command.with_name("python"))
    assert str(client.ROOT) not in client.run([python, "-c", where], cwd=tmp_path)
    absent = f"import importlib.util as u; print([one for one in {HEAVY} if u.find_spec(one)])"
    assert client.run([python, "-c", absent], cwd=tmp_path) == "[]\n"

    assert {"entries", "detections", "models"} <= set(
        re.findall(r"wisebook\.([a-z-]+)", run("topics", "list", "--json"))
    )
    assert "DOUBLON" in run("controls", "list")
    client.run([python, "-m", "topics.contracts", "check"], cwd=tmp_path)  # the documents are beside the types
    client.run([python, "-m", "topics.contracts", "compatible"], cwd=tmp_path)

    # The migrations are inside: a database is made, and found up to date.
    assert run("tokens", "create", "Essai", "--companies", "1").strip()
    assert json.loads(run("tokens", "list", "--json"))["name"] == "Essai"
    told = run("doctor", code=1)  # the brokers are away
    assert "127.0.0.1:1" in told


@pytest.mark.soak
def test_it_installs_by_the_lock_and_shows_its_demo(
    built: tuple[Path, Path], tmp_path: Path, deployment: Deployment
) -> None:
    """As docs/upgrading.md has it: an empty environment, the locked requirements by hash, the wheel."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)], cwd=tmp_path, check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(built[1])], cwd=tmp_path, check=True)
    subprocess.run([str(python), "-m", "pip", "check"], cwd=tmp_path, check=True)
    wisebook = str(python.with_name("wisebook-ml"))
    env = {name: value for name, value in {**os.environ, **deployment.env}.items() if name != "PYTHONPATH"}

    shown = subprocess.run(
        [wisebook, "demo", "--entries", str(ENTRIES), "--json"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr.decode()
    told = json.loads(shown.stdout)
    assert told["throughput"]["dead_letters"] == 0
    assert told["detections"]["open"] > 0

    with (tmp_path / "api.log").open("wb") as log:
        api = subprocess.Popen([wisebook, "api", "--port", "0"], cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        found: list[re.Match[str] | None] = []

        def listening() -> bool:
            assert api.poll() is None, (tmp_path / "api.log").read_text()
            found[:] = [re.search(r"http://127\.0\.0\.1:[1-9]\d*", (tmp_path / "api.log").read_text())]
            return found[0] is not None

        deployment.until(listening, "the API says where it listens")
        assert found[0] is not None
        for path, words in (("/healthz", __version__), ("/connexion/", "<html")):
            with urlopen(found[0][0] + path, timeout=60) as answer:
                assert words in answer.read().decode()
    finally:
        api.send_signal(signal.SIGINT)
        assert api.wait(PATIENCE) in (0, -signal.SIGINT)

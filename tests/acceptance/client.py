"""The client as others get it: built, installed into an environment of its own, with nothing of ours beside it."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "client" / "examples"

COMMAND_SECONDS = 300.0
"""How long a command may take on a machine that does ten other things."""


def build(folder: Path) -> tuple[Path, Path]:
    """Build the source distribution, and from it the wheel; returns both. Nothing is written into the repository."""
    checkout = copied(folder / "checkout", "client", "schemas", "topics")
    package(checkout / "client", folder / "dist")
    (source,) = (folder / "dist").glob("*.tar.gz")
    (wheel,) = (folder / "dist").glob("*.whl")
    return source, wheel


def copied(checkout: Path, *names: str) -> Path:
    """Copy files and folders of the repository, as they are in a fresh checkout; returns where they are."""
    ignored = shutil.ignore_patterns("__pycache__", "build", "dist", "*.egg-info")
    checkout.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
        else:
            shutil.copyfile(ROOT / name, checkout / name)
    return checkout


def package(project: Path, out: Path, *options: str) -> None:
    """Build a project as `make dist` does: with what is installed here, asking no index."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "build", "--quiet", "--offline", "--no-build-isolation", "--python", sys.executable]
    run([*command, *options, "--out-dir", str(out), str(project)])


def install(wheel: Path, home: Path, *libraries: str) -> Path:
    """Install a wheel into a new environment (`environment`); returns its Python."""
    python = environment(home, *libraries)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    run([*pip, "--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)])
    return python


def environment(home: Path, *libraries: str) -> Path:
    """Make an environment that has some of the distributions that are installed here.

    No index is asked: what is needed is linked from this environment, file by file, and nothing else is there.

    Parameters
    ----------
    home : Path
        Where the environment will be.
    *libraries : str
        Distributions, without what they depend on.

    Returns
    -------
    Path
        Its Python.
    """
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (packages,) = home.glob("lib/python*/site-packages")
    for library in libraries:
        distribution = importlib.metadata.distribution(library)
        tops = {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}
        for name in tops:
            (packages / name).symlink_to(Path(str(distribution.locate_file(name))))
    return python


def run(command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, code: int = 0) -> str:
    """Run a command to its end, without our own packages on its path; returns what it printed."""
    done = subprocess.run(
        command, cwd=cwd, env=_without_ours(env), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    assert done.returncode == code, f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def start(command: list[str], cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a command in the same way."""
    return subprocess.Popen(command, cwd=cwd, env=_without_ours(env), stderr=subprocess.DEVNULL)


def _without_ours(env: Mapping[str, str] | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    # The examples lie in the repository.
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **(env or {})}

"""Kafka's jars: resolved once by Maven from `pom.xml`, then kept in the user's cache.

The cache of one version is a folder that is either complete or not there: Maven writes into a folder
beside it, which gets its name only when all jars and a list of them (``complete.json``) are in.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
import platformdirs

from wisebook_ml.broker.exceptions import DistributionError
from wisebook_ml.broker.java import find_maven
from wisebook_ml.broker.locks import exclusive

__all__ = [
    "CACHE_VARIABLE",
    "Distribution",
    "Progress",
    "distribution_folder",
    "ensure_distribution",
    "kafka_version",
]

#: Environment variable that moves the cache, for continuous integration and for tests.
CACHE_VARIABLE = "WISEBOOK_ML_CACHE"
#: 44 MB take half a minute on a slow line; after this long the line is not slow but dead.
_MAVEN_TIMEOUT = 900.0
#: Whoever waits for another process to fetch the jars must outlast its Maven.
_LOCK_TIMEOUT = _MAVEN_TIMEOUT + 60.0
#: Maven states its reason in the first error lines and follows it with advice about its own options.
_MAVEN_LINES_SHOWN = 12
_MARKER = "complete.json"
_UNFINISHED = "resolving-"

#: Takes one line for the user.
Progress = Callable[[str], None]


class _Contents(msgspec.Struct, frozen=True):
    """What a complete cache folder holds: from which pom, and each jar's size."""

    pom_sha256: str
    jars: dict[str, int]


class Distribution(msgspec.Struct, frozen=True):
    """A complete set of Kafka's jars.

    Parameters
    ----------
    version
        The version of Kafka.
    folder
        Where the jars are.
    """

    version: str
    folder: Path

    @property
    def class_path(self) -> str:
        """The value for Java's ``-cp``."""
        return str(self.folder / "*")


@cache
def kafka_version() -> str:
    """Return the version of Kafka that `pom.xml` pins."""
    found = re.search(r"<kafka\.version>([^<]+)</kafka\.version>", _pom())
    if found is None:
        raise DistributionError("wisebook_ml/broker/pom.xml names no <kafka.version>; restore the file.")
    return found[1]


def distribution_folder() -> Path:
    """Return the folder the jars are in, or would be."""
    override = os.environ.get(CACHE_VARIABLE)
    root = Path(override).absolute() if override else Path(platformdirs.user_cache_dir("wisebook-ml"))
    return root / "kafka" / kafka_version()


def ensure_distribution(progress: Progress | None = None) -> Distribution:
    """Return Kafka's jars, after fetching them if this machine has no complete set.

    Parameters
    ----------
    progress
        Told when a download begins and ends, or when another process is at it.

    Raises
    ------
    ProgramMissing
        If Maven is needed and is missing or too old.
    DistributionError
        If Maven could not fetch the jars.
    """
    say = progress or (lambda _: None)
    folder = distribution_folder()
    distribution = Distribution(kafka_version(), folder)
    if _is_complete(folder):
        return distribution

    def waiting() -> None:
        say("Another process is fetching Kafka; waiting for it.")

    with exclusive(folder.with_name(f"{folder.name}.lock"), timeout=_LOCK_TIMEOUT, waiting=waiting):
        if not _is_complete(folder):
            _fetch(folder, say)
    return distribution


def _fetch(folder: Path, say: Progress) -> None:
    maven = find_maven()
    prefix = f".{folder.name}.{_UNFINISHED}"
    # We hold the lock, so whatever is unfinished here was left by a process that was killed.
    for leftover in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    say(f"Fetching Apache Kafka {kafka_version()} with Maven (once, about 44 MB) into {folder}")
    work = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        pom, jars = work / "pom.xml", work / "jars"
        pom.write_text(_pom(), encoding="utf-8")
        _run_maven(maven, pom, jars)
        sizes = {jar.name: jar.stat().st_size for jar in sorted(jars.glob("*.jar"))}
        if not sizes:
            raise DistributionError(f"Maven reported success but copied no jar into {jars}; try `mvn -v`.")
        (jars / _MARKER).write_bytes(msgspec.json.encode(_Contents(_pom_sha256(), sizes)))
        if folder.exists():
            folder.rename(work / "broken")
        jars.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"Kafka is in the cache ({len(sizes)} jars).")


def _run_maven(maven: str, pom: Path, jars: Path) -> None:
    command = [maven, "-q", "-B", "--strict-checksums", "-Dstyle.color=never", "-f", str(pom)]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_MAVEN_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DistributionError(
            f"Maven did not finish within {_MAVEN_TIMEOUT:.0f} s. Check the network, and the proxy or "
            "mirror in ~/.m2/settings.xml, then try again: what was downloaded is kept."
        ) from None
    if done.returncode == 0:
        return
    lines = [line for line in done.stdout.splitlines() if line.strip() not in ("", "[ERROR]")]
    shown = "\n  ".join(lines[:_MAVEN_LINES_SHOWN]) or "(no output)"
    raise DistributionError(
        f"Maven could not fetch Apache Kafka {kafka_version()} (exit code {done.returncode}). Check the "
        f"network, and the proxy or mirror in ~/.m2/settings.xml, then try again. Maven said:\n  {shown}"
    )


def _is_complete(folder: Path) -> bool:
    try:
        contents = msgspec.json.decode((folder / _MARKER).read_bytes(), type=_Contents)
        if contents.pom_sha256 != _pom_sha256():
            return False
        return all((folder / name).stat().st_size == size for name, size in contents.jars.items())
    except (OSError, msgspec.DecodeError):
        return False


@cache
def _pom() -> str:
    return resources.files(__package__).joinpath("pom.xml").read_text(encoding="utf-8")


def _pom_sha256() -> str:
    return hashlib.sha256(_pom().encode()).hexdigest()

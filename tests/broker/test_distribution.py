"""Kafka's jars, resolved by the real Maven (from its local repository once that is filled)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wisebook_ml.broker import DistributionError, ProgramMissing, ensure_distribution, kafka_version
from wisebook_ml.broker.distribution import CACHE_VARIABLE, distribution_folder
from wisebook_ml.broker.java import find_java, find_maven

FETCH = "from wisebook_ml.broker import ensure_distribution; ensure_distribution(print)"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # A fetch by the ordinary way first: it fills Maven's local repository on a new machine.
    ensure_distribution()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    return tmp_path


def script(folder: Path, name: str, body: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_a_broken_cache_is_fetched_anew_and_a_whole_one_is_not(cache: Path) -> None:
    said: list[str] = []
    distribution = ensure_distribution(said.append)
    assert distribution.folder == cache / "kafka" / kafka_version() == distribution_folder()
    assert "Fetching Apache Kafka" in said[0]
    said.clear()
    ensure_distribution(said.append)
    assert said == []
    jar = next(distribution.folder.glob("kafka_2.13-*.jar"))
    size = jar.stat().st_size
    os.truncate(jar, 1000)
    ensure_distribution(said.append)
    assert said
    assert jar.stat().st_size == size


@pytest.mark.chaos
def test_a_fetch_killed_half_way_leaves_nothing_that_looks_whole(cache: Path) -> None:
    # Only what this test starts is killed: Maven shares the session of its parent.
    fetch = subprocess.Popen([sys.executable, "-c", FETCH], stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 30
    while not list(cache.glob("kafka/.*/jars/*.jar")) and time.monotonic() < deadline:
        time.sleep(0.002)
    os.killpg(fetch.pid, signal.SIGKILL)
    fetch.wait()
    assert not distribution_folder().exists()
    ensure_distribution()
    left = {entry.name for entry in (cache / "kafka").iterdir()}
    assert left == {kafka_version(), f"{kafka_version()}.lock"}


@pytest.mark.chaos
def test_two_processes_fetch_once(cache: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", FETCH], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(process.communicate(timeout=60)[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said.count("Fetching Apache Kafka") == 1
    assert said.count("waiting for it") == 1


def test_missing_programs_are_named_with_what_to_install(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(cache))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("MAVEN_HOME", raising=False)
    with pytest.raises(ProgramMissing, match=r"`mvn`.*apt install maven"):
        ensure_distribution()
    with pytest.raises(ProgramMissing, match=r"`java`.*openjdk-17"):
        find_java()


def test_programs_too_old_or_broken_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("MAVEN_HOME", raising=False)
    script(tmp_path, "java", "echo 'openjdk version \"1.8.0_392\"' >&2")
    script(tmp_path, "mvn", "echo 'Apache Maven 3.3.9'")
    with pytest.raises(ProgramMissing, match="is Java 8; Kafka needs 17"):
        find_java()
    with pytest.raises(ProgramMissing, match=r"Maven 3\.3\.9; fetching Kafka needs 3\.6\.3"):
        find_maven()
    script(tmp_path, "java", "echo no heap >&2; exit 1")
    with pytest.raises(ProgramMissing, match="does not work: no heap"):
        find_java()


def test_java_home_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(tmp_path / "bin", "java", "echo 'openjdk version \"21\" 2023-09-19' >&2")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == str(tmp_path / "bin" / "java")


def test_mavens_reason_for_a_failed_download_is_shown(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = cache / "programs"
    reason = "[ERROR] Could not transfer artifact kafka_2.13: Connection refused"
    script(programs, "mvn", f"[ \"$1\" = -v ] && echo 'Apache Maven 3.8.7' && exit; echo '{reason}'; exit 1")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.delenv("MAVEN_HOME", raising=False)
    with pytest.raises(DistributionError, match=r"(?s)Check the network.*Connection refused"):
        ensure_distribution()
    assert not distribution_folder().exists()
    assert not list(cache.glob("kafka/.*"))

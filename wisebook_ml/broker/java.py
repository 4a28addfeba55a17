"""Find Java and Maven, and say what to install when they are missing or too old."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from wisebook_ml.broker.exceptions import ProgramMissing

__all__ = ["QUICK_JAVA_OPTIONS", "find_java", "find_maven", "java_environment"]

#: For a program of Kafka that lives for seconds: compile little, and take little memory.
QUICK_JAVA_OPTIONS = ("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")

#: Kafka 4 brokers are compiled for Java 17.
_MIN_JAVA = 17
#: The oldest Maven that maven-dependency-plugin 3.9 supports.
_MIN_MAVEN = (3, 6, 3)
#: Printing a version takes well under a second; a hanging wrapper script must not hang us.
_VERSION_TIMEOUT = 30.0


def find_java() -> str:
    """Return the path of a Java that can run Kafka: the one of ``JAVA_HOME``, or the first on ``PATH``.

    Raises
    ------
    ProgramMissing
        If there is none, or it is too old.
    """
    java = _locate("java", "JAVA_HOME")
    install = f"Install Java {_MIN_JAVA} or newer (Debian: `apt install openjdk-17-jre-headless`)"
    if java is None:
        raise ProgramMissing(f"Kafka needs Java; there is no `java` on PATH. {install}, or set JAVA_HOME.")
    output = _version_output(java, "-version")
    found = re.search(r'version "(\d+)(?:\.(\d+))?', output)
    if found is None:
        raise ProgramMissing(f"`{java} -version` does not work: {output.strip() or 'no output'}. {install}.")
    # Java 8 and older call themselves 1.8.
    major = int(found[2] or 0) if found[1] == "1" else int(found[1])
    if major < _MIN_JAVA:
        raise ProgramMissing(f"{java} is Java {major}; Kafka needs {_MIN_JAVA}. {install}, or set JAVA_HOME.")
    return java


def find_maven() -> str:
    """Return the path of Maven.

    Raises
    ------
    ProgramMissing
        If there is none, or it is too old.
    """
    maven = _locate("mvn", "MAVEN_HOME")
    wanted = ".".join(map(str, _MIN_MAVEN))
    install = f"Install Maven {wanted} or newer (Debian: `apt install maven`)"
    if maven is None:
        raise ProgramMissing(f"Fetching Kafka needs Maven, and there is no `mvn` on PATH. {install}.")
    output = _version_output(maven, "-v")
    found = re.search(r"Apache Maven (\d+)\.(\d+)\.(\d+)", output)
    if found is None:
        raise ProgramMissing(f"`{maven} -v` does not work: {output.strip() or 'no output'}. {install}.")
    if tuple(map(int, found.groups())) < _MIN_MAVEN:
        raise ProgramMissing(f"{maven} is {found[0]}; fetching Kafka needs {wanted}. {install}.")
    return maven


def java_environment() -> dict[str, str]:
    """Return the environment for a Java process: ours, but file names keep their accents."""
    environment = dict(os.environ)
    environment["LC_ALL"] = "C.UTF-8"
    return environment


def _locate(name: str, home_variable: str) -> str | None:
    home = os.environ.get(home_variable)
    if home:
        candidate = Path(home) / "bin" / name
        if os.access(candidate, os.X_OK):
            return str(candidate)
    return shutil.which(name)


def _version_output(program: str, flag: str) -> str:
    try:
        done = subprocess.run(
            [program, flag],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT,
            check=False,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)

"""Life of the local broker: start, stop, status.

The home of a broker holds::

    data/               Kafka's data directory, formatted once
    logs/server.log     Kafka's log of the present run (the run before: server.previous.log)
    logs/console.log    what Java itself printed in the present run
    broker.pid          which process it is, while it runs
    broker.port         the port of the last start
    broker.lock         held while a start or a stop is under way
    server.properties   written anew at each start
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from wisebook_ml.broker.distribution import Distribution, Progress, ensure_distribution, kafka_version
from wisebook_ml.broker.exceptions import BrokerStartFailed, BrokerStopFailed, PortTaken
from wisebook_ml.broker.java import find_java, java_environment
from wisebook_ml.broker.locks import exclusive
from wisebook_ml.broker.logs import TAIL_LINES, begin_run, failure_lines, log_tail
from wisebook_ml.broker.ports import LOOPBACK, choose_port, free_port, read_port
from wisebook_ml.broker.process import (
    ProcessRecord,
    end_process,
    is_alive,
    process_birth,
    read_record,
    write_record,
)
from wisebook_ml.broker.readiness import wait_until_ready
from wisebook_ml.broker.storage import (
    ensure_formatted,
    read_cluster_id,
    render_configuration,
    write_log_configuration,
)

__all__ = ["DEFAULT_JAVA_OPTIONS", "BrokerStatus", "LocalKafka"]

#: Half a gigabyte took 199,000 records of 230 bytes a second (2 cores, client included, acks=all).
#: The collector and its pause are those of Kafka's own start script.
DEFAULT_JAVA_OPTIONS = ("-Xmx512m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true")
#: A start takes three seconds; ten times that on a busy machine is still no reason to give up.
_START_TIMEOUT = 60.0
#: A broker with data flushes and closes its segments within a second or two.
_STOP_TIMEOUT = 30.0
#: After SIGKILL only the system has work to do.
_KILL_TIMEOUT = 10.0
#: A start that another process has under way may format first, and then wait for its own timeout.
_LOCK_MARGIN = 120.0
#: Between looking at a port and Kafka's taking it, another program may take it. Not three times.
_PORT_ATTEMPTS = 3
#: How Kafka says that a port is taken.
_BIND_ERROR = "Address already in use"


class BrokerStatus(msgspec.Struct, frozen=True):
    """What is known about a local broker.

    Parameters
    ----------
    running
        Whether its process is alive.
    bootstrap
        Address for clients, while it runs.
    pid
        Number of its process, while it runs.
    home
        Its home.
    version
        Version of Kafka: the one running, else the one the next start would run.
    """

    running: bool
    bootstrap: str | None
    pid: int | None
    home: str
    version: str


class _EndedEarly(BrokerStartFailed):
    """The process is gone, in contrast to one that is slow."""


class LocalKafka:
    """One Apache Kafka node (KRaft) that lives in a folder and listens on this machine only.

    It outlives the Python process that starts it; any process may stop it. As a context manager it is
    started on entry and stopped on exit.

    Parameters
    ----------
    home
        Folder of the broker; created at the first start.
    port
        Port for clients. By default the port of the last start if it is still free, else a free one.
    java_options
        Options of the Java process, among them its memory.
    progress
        Told about what takes long, one line at a time.

    Examples
    --------
    >>> from pathlib import Path
    >>> with LocalKafka(Path(".wisebook/kafka")) as bootstrap:  # doctest: +SKIP
    ...     print(bootstrap)
    127.0.0.1:23817
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        java_options: Sequence[str] = DEFAULT_JAVA_OPTIONS,
        progress: Progress | None = None,
    ) -> None:
        self.home = home.absolute()
        self._port = port
        self._java_options = tuple(java_options)
        self._progress = progress
        self._pid_file = self.home / "broker.pid"
        self._port_file = self.home / "broker.port"
        self._lock_file = self.home / "broker.lock"
        # Kept so that a broker which dies while we live is reaped and does not stay as a zombie.
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, timeout: float = _START_TIMEOUT) -> str:
        """Start the broker unless it runs, and return its address once topics can be created.

        Parameters
        ----------
        timeout
            Seconds the broker may take to become ready. Fetching Kafka's jars, which happens once a
            machine, does not count.

        Raises
        ------
        BrokerError
            One of its subclasses; the message says what to do.
        """
        if self._running() is None:
            # Before the lock, which is held for seconds only.
            ensure_distribution(self._progress)
        self.home.mkdir(parents=True, exist_ok=True)
        with exclusive(self._lock_file, timeout=timeout + _LOCK_MARGIN, waiting=self._say_waiting):
            running = self._running()
            if running is not None:
                self._check_same_port(running)
                # A start that was killed while it waited leaves a broker that may not be ready yet. One
                # that was just killed may end only now: that is no failure, a new one takes its place.
                with suppress(_EndedEarly):
                    self._await_ready(running, timeout)
                    return _address(running.port)
            return self._start_new(timeout)

    def stop(self, timeout: float = _STOP_TIMEOUT) -> bool:
        """Stop the broker.

        Parameters
        ----------
        timeout
            Seconds it may take to close its files before it is killed.

        Returns
        -------
        bool
            Whether it was running.

        Raises
        ------
        BrokerStopFailed
            If its process could not be ended.
        """
        if not self.home.is_dir():
            return False
        with exclusive(self._lock_file, timeout=timeout + _LOCK_MARGIN, waiting=self._say_waiting):
            record = self._running()
            if record is not None:
                self._end(record, timeout)
            self._pid_file.unlink(missing_ok=True)
            return record is not None

    def status(self) -> BrokerStatus:
        """Tell whether the broker runs, and where."""
        record = self._running()
        if record is None:
            return BrokerStatus(False, None, None, str(self.home), kafka_version())
        return BrokerStatus(True, _address(record.port), record.pid, str(self.home), record.version)

    def log_tail(self, lines: int = TAIL_LINES) -> tuple[str, ...]:
        """Return the last lines of the present or last run: Kafka's log, then what Java itself printed."""
        return log_tail(self.home / "logs", lines)

    def _start_new(self, timeout: float) -> str:
        java = find_java()
        distribution = ensure_distribution(self._progress)
        ensure_formatted(self.home, java, distribution)
        deadline = time.monotonic() + timeout
        attempt = 1
        while True:
            port = choose_port(self._port, read_port(self._port_file) if attempt == 1 else None)
            record = self._spawn(java, distribution, port)
            try:
                self._await_ready(record, deadline - time.monotonic())
            except BaseException as error:
                # Whatever ends the wait, ctrl-C included, must not leave half a broker behind.
                self._end(record, _KILL_TIMEOUT)
                self._pid_file.unlink(missing_ok=True)
                lost_port = isinstance(error, BrokerStartFailed) and _BIND_ERROR in "".join(error.log)
                if not lost_port or self._port is not None or attempt == _PORT_ATTEMPTS:
                    raise
                attempt += 1
                continue
            self._port_file.write_text(str(port))
            return _address(port)

    def _spawn(self, java: str, distribution: Distribution, port: int) -> ProcessRecord:
        render_configuration(self.home, "server.properties", port=port, controller_port=free_port(apart_from=port))
        write_log_configuration(self.home, "log4j2.xml")
        command = [java, *self._java_options, "-Dlog4j2.configurationFile=log4j2.xml"]
        command += ["-cp", distribution.class_path, "kafka.Kafka", "server.properties"]
        # Paths are relative to the home (see server.properties); a session of its own keeps the
        # terminal's ctrl-C and hang-up away from the broker.
        with begin_run(self.home / "logs").open("wb") as console:
            child = subprocess.Popen(
                command,
                cwd=self.home,
                env=java_environment(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._child = child
        record = ProcessRecord(child.pid, process_birth(child.pid) or "", port, distribution.version)
        write_record(self._pid_file, record)
        return record

    def _await_ready(self, record: ProcessRecord, timeout: float) -> None:
        def alive() -> bool:
            self._reap()
            return is_alive(record)

        cluster_id = read_cluster_id(self.home) or ""
        if wait_until_ready(_address(record.port), cluster_id, alive=alive, timeout=timeout):
            return
        if alive():
            kind, message = BrokerStartFailed, f"Kafka (process {record.pid}) was not ready within {timeout:.0f} s."
        else:
            kind, message = _EndedEarly, f"Kafka (process {record.pid}) ended at its start."
        raise kind(f"{message} Its logs are in {self.home / 'logs'}.", failure_lines(self.home / "logs"))

    def _end(self, record: ProcessRecord, timeout: float) -> None:
        if not end_process(record, grace=timeout, kill_wait=_KILL_TIMEOUT):
            raise BrokerStopFailed(
                f"Kafka of {self.home} (process {record.pid}) does not end even when killed; a disk or file "
                "system that does not answer is the usual reason."
            )
        self._reap()

    def _running(self) -> ProcessRecord | None:
        self._reap()
        record = read_record(self._pid_file)
        return record if record is not None and is_alive(record) else None

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    def _check_same_port(self, running: ProcessRecord) -> None:
        if self._port not in (None, running.port):
            raise PortTaken(
                f"Kafka of {self.home} already runs on port {running.port}. Stop it first to start it on {self._port}."
            )

    def _say_waiting(self) -> None:
        if self._progress is not None:
            self._progress(f"Another process is starting or stopping Kafka in {self.home}; waiting for it.")


def _address(port: int) -> str:
    return f"{LOOPBACK}:{port}"

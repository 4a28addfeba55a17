"""What is shown of the log of a broker that did not start."""

from pathlib import Path

from wisebook_ml.broker.logs import failure_lines

START = "2026-11-23 02:32:01.100 INFO [KafkaServer id=1] starting"
SLOW = "2026-11-23 02:32:04.420 ERROR [QuorumController id=1] Exceptionally slow controller event took 2037 us"
ERROR = "2026-11-23 02:32:05.030 ERROR Found directory /data/notes, 'notes' is not in the form of topic-partition"

REQUEST = "2026-11-23 02:32:05.010 ERROR [ControllerApis nodeId=1] Unexpected error handling request RequestHeader("
FATAL = "2026-11-23 02:32:05.020 ERROR Encountered fatal fault: Error starting LogManager (org.apache.kafka.server)"


def test_the_log_is_shown_from_the_first_error_on(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("\n".join([START, SLOW, START, ERROR, START]))
    assert failure_lines(tmp_path) == (ERROR, START)


def test_without_an_error_its_end_is(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("\n".join([START, SLOW]))
    (tmp_path / "console.log").write_text("Unrecognized VM option")
    assert failure_lines(tmp_path) == ("Unrecognized VM option", START, SLOW)


def test_what_failed_on_the_way_out_comes_behind(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text("\n".join([START, REQUEST, START, FATAL, ERROR, START]))
    assert failure_lines(tmp_path) == (FATAL, ERROR, START)

"""Files of the broker's home."""

import threading
from pathlib import Path

from wisebook_ml.broker.storage import write_log_configuration

TOOLS, NAME = 8, "tools-log4j2.xml"


def test_several_tools_may_be_called_at_once(tmp_path: Path) -> None:
    errors: list[Exception] = []
    together = threading.Barrier(TOOLS)

    def call() -> None:
        together.wait()
        try:
            for _ in range(50):
                assert write_log_configuration(tmp_path, NAME).read_text().rstrip().endswith("</Configuration>")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=call) for _ in range(TOOLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [path.name for path in tmp_path.iterdir()] == [NAME]

"""What lies in `schemas/` is what the types say; ``python -m topics.contracts write`` makes it so."""

from pathlib import Path

import pytest

from topics import contracts


def test_the_written_contracts_are_up_to_date() -> None:
    assert contracts.stale() == "", "run: python -m topics.contracts write"


def test_write_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts.main(["check"], tmp_path) == contracts.STALE
    output = capsys.readouterr()
    assert "+++ expected/asyncapi.json" in output.out
    assert "python -m topics.contracts write" in output.err

    assert contracts.main(["write"], tmp_path) == 0
    assert contracts.main(["check"], tmp_path) == 0


def test_an_edit_by_hand_shows_as_a_diff(tmp_path: Path) -> None:
    contracts.write(tmp_path)
    path = tmp_path / "json" / "ecriture.schema.json"
    path.write_text(path.read_text("utf-8").replace("societe_id", "company_id"), "utf-8")
    diff = contracts.stale(tmp_path)
    assert '-    "company_id": {' in diff
    assert '+    "societe_id": {' in diff


def test_files_of_records_that_are_gone_are_stale_and_removed(tmp_path: Path) -> None:
    contracts.write(tmp_path)
    gone = tmp_path / "json" / "gone.schema.json"
    gone.write_text("{}\n")
    assert "--- written/json/gone.schema.json" in contracts.stale(tmp_path)
    contracts.write(tmp_path)
    assert not gone.exists()


@pytest.mark.parametrize("arguments", [[], ["wrong"], ["write", "more"]])
def test_misuse_explains_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts.main(arguments) == contracts.MISUSE
    assert contracts.USAGE in capsys.readouterr().err

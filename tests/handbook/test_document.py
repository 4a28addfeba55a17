"""``docs/controls.md`` is what the code declares; ``python -m wisebook_ml.handbook.document write`` makes it so."""

from pathlib import Path

import pytest

from wisebook_ml.handbook import document
from wisebook_ml.handbook.catalogue import checks


def test_the_written_page_is_up_to_date() -> None:
    assert document.stale() == "", "run: make contracts"


def test_it_names_every_check_with_its_figures() -> None:
    page = document.document()
    for check in checks():
        assert f"### {check.code.value}\n" in page
        assert f"threshold {check.threshold:g}, weight {check.weight:g}" in page
        assert check.source in page


def test_write_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "controls.md"
    assert document.main(["check"], path) == document.STALE
    assert "document write" in capsys.readouterr().err
    assert document.main(["write"], path) == 0
    assert document.main(["check"], path) == 0


def test_an_edit_by_hand_shows_as_a_diff(tmp_path: Path) -> None:
    path = tmp_path / "controls.md"
    document.main(["write"], path)
    path.write_text(path.read_text("utf-8").replace("threshold 0.75", "threshold 0.5"), "utf-8")
    assert "threshold 0.5" in document.stale(path)


@pytest.mark.parametrize("arguments", [[], ["wrong"], ["write", "more"]])
def test_misuse_explains_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert document.main(arguments) == document.MISUSE
    assert document.USAGE in capsys.readouterr().err

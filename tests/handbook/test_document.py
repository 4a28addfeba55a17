"""Pages of ``docs/`` are what the code declares; ``python -m wisebook_ml.handbook.document write`` makes them so."""

from pathlib import Path

import pytest

import topics
from schemas.json_schema import record_types
from wisebook_ml.handbook import document
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.handbook.controls_page import controls_page
from wisebook_ml.handbook.examples import examples

PAGES = document.pages()


def test_the_written_pages_are_up_to_date() -> None:
    assert document.stale() == "", "run: make contracts"


def test_controls_are_all_there_with_their_figures() -> None:
    page = PAGES["controls.md"]
    for check in checks():
        assert f"### {check.code.value}\n" in page
        assert f"threshold {check.threshold:g}, weight {check.weight:g}" in page
        assert check.source in page


def test_the_french_page_says_the_same_in_french() -> None:
    page = " ".join(PAGES["fr/controles.md"].split())
    for check in checks():
        assert f"### {check.code.value} **{check.description.title_fr}**." in page
        assert check.source_fr in page
        for case in (*examples(check.code, "fr").found, *examples(check.code, "fr").left):
            assert " ".join(case.split()) in page
    assert "threshold" not in page
    assert controls_page("fr").count("\n### ") == controls_page("en").count("\n### ")


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_every_topic_has_a_section_with_its_records(topic: topics.Topic) -> None:
    section = PAGES["topics.md"].partition(f"\n## {topic.name}\n")[2].partition("\n## ")[0]
    assert f"cleanup.policy={topic.config()['cleanup.policy']}" in section
    for record in topic.records:
        assert f"[{record.__name__}](#{record.__name__.lower()})" in section
    assert "\n- written by: `" in section


def test_every_record_has_a_table_of_its_fields() -> None:
    for record in record_types():
        section = PAGES["topics.md"].partition(f"\n### {record.__name__}\n")[2].partition("\n### ")[0]
        assert record.ce_type in section
        for field in record.__struct_fields__:
            assert f"\n| `{field}` | " in section


def test_write_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert document.main(["check"], tmp_path) == document.STALE
    assert "document write" in capsys.readouterr().err
    assert document.main(["write"], tmp_path) == 0
    assert document.main(["check"], tmp_path) == 0


def test_an_edit_by_hand_shows_as_a_diff(tmp_path: Path) -> None:
    document.write(tmp_path)
    path = tmp_path / "controls.md"
    path.write_text(path.read_text("utf-8").replace("threshold 0.75", "threshold 0.5"), "utf-8")
    assert "threshold 0.5" in document.stale(tmp_path)
    assert "topics.md" not in document.stale(tmp_path)


@pytest.mark.parametrize("arguments", [[], ["wrong"], ["write", "more"]])
def test_misuse_explains_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert document.main(arguments) == document.MISUSE
    assert document.USAGE in capsys.readouterr().err

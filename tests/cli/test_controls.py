"""`wisebook-ml controls list|explain`."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wisebook_ml.cli import main
from wisebook_ml.handbook.catalogue import checks


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(main, ["controls", *arguments])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.json"
    path.write_text(
        '{"societe_id": 0, "version": 1}\n'
        '{"societe_id": 3, "version": 2, "controles": {"DOUBLON": {"seuil": 0.5}, "MOT_CLE": {"actif": false}}}\n'
        '{"societe_id": 3, "version": 1, "controles": {"DOUBLON": {"seuil": 0.6}}}\n'
    )
    return path


class TestList:
    @pytest.mark.parametrize("lang", ["fr", "en"])
    def test_every_check_in_eighty_columns(self, lang: str) -> None:
        done = run("list", "--lang", lang)
        assert done.exit_code == 0
        for check in checks():
            assert check.code.value in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert ("Seuil" if lang == "fr" else "Threshold") in done.stdout

    def test_french_figures_have_a_comma(self) -> None:
        assert "0,75" in run("list", "--lang", "fr").stdout
        assert "0.75" in run("list", "--lang", "en").stdout

    def test_as_json(self) -> None:
        records = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
        assert [record["code"] for record in records] == [check.code.value for check in checks()]
        hours = next(record for record in records if record["code"] == "HEURE_INHABITUELLE")
        assert hours["needs"] == ["saisie_le", "saisie_par"]

    def test_the_last_settings_of_the_company_are_shown(self, settings: Path) -> None:
        done = run("list", "--lang", "en", "--settings", str(settings), "--societe", "3")
        assert "Settings of company 3, version 2" in done.stdout
        assert "0.5 (default" in done.stdout
        assert "switched off" in done.stdout
        other = run("list", "--json", "--settings", str(settings), "--societe", "4")
        assert all(json.loads(line)["active"] for line in other.stdout.splitlines())

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ('{"societe_id": 3, "controles": {"NOTHING": {}}}', "NOTHING is no control; "),
            ('{"societe_id": 3, "controles": {"RAFALE": {"poids": -1}}}', "control RAFALE, poids: expected"),
            ('{"societe_id": 3, "budget_alertes": -1}', "budget_alertes: expected"),
            ("nothing", "the settings are no JSON: "),
            ("[1]", "the settings are no JSON object"),
            ('{"a": 1}', "unknown field 'a'"),
        ],
    )
    def test_settings_that_are_none_are_refused_with_a_reason(self, tmp_path: Path, text: str, why: str) -> None:
        path = tmp_path / "wrong.json"
        path.write_text(text)
        done = run("list", "--settings", str(path))
        assert done.exit_code == 1
        assert f"wrong.json: {why}" in done.stderr


class TestExplain:
    @pytest.mark.parametrize("check", checks(), ids=lambda check: check.code.value)
    @pytest.mark.parametrize("lang", ["fr", "en"])
    def test_every_check(self, check, lang: str) -> None:
        done = run("explain", check.code.value, "--lang", lang)
        assert done.exit_code == 0
        assert check.description.title(lang) in done.stdout
        assert " ".join(done.stdout.split()).find(check.description.about(lang)) >= 0
        assert max(map(len, done.stdout.splitlines())) <= 80

    def test_what_it_needs_and_examples(self) -> None:
        said = run("explain", "heure-inhabituelle", "--lang", "en").stdout
        assert "saisie_le (time of entry), saisie_par (author of the entry)" in " ".join(said.split())
        assert "Examples to be found" in said
        assert "Legitimate examples, to be left alone" in said

    def test_an_override_shows(self, settings: Path) -> None:
        said = run("explain", "DOUBLON", "--settings", str(settings), "--societe", "3").stdout
        assert "0,5 (défaut 0,75)" in said

    def test_an_unknown_code_is_answered_with_near_ones(self) -> None:
        done = run("explain", "TVA")
        assert done.exit_code == 1
        assert "there is no control 'TVA'; did you mean TVA_TAUX or TVA_SANS_BASE?" in done.stderr
        assert "wisebook-ml controls list" in run("explain", "zzz").stderr

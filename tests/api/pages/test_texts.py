"""Every text that a page names is there, in both languages, with the same places; and every value has its name."""

import re
from importlib.resources import files

import pytest

import schemas
from wisebook_ml.api.pages import languages
from wisebook_ml.api.pages.languages import LANGUAGES, texts

ROOT = files(languages.__package__ or "")

USED = re.compile(r"\bt\(\s*\"([\w.]+)\"|\bt\(.*? \? \"([\w.]+)\" : \"([\w.]+)\"|\bt\('([\w.]+)'")
"""`t("key")`, and `t(this ? "one" : "other")`."""

NAMED = {
    "severity": schemas.Severite,
    "objet": schemas.TypeObjet,
    "verdict": schemas.Verdict,
    "avis": schemas.Verdict,
    "origine": schemas.Origine,
    "alerte": schemas.EtatAlerte,
    "alertes": schemas.EtatAlerte,
    "campagne": schemas.StatutCampagne,
    "etape": schemas.Etape,
    "statut": schemas.Statut,
    "type": schemas.TypeModele,
    "execution": schemas.StatutExecution,
    "code": schemas.CodeMotif,
}


def sources() -> dict[str, str]:
    found = [*(ROOT / "static" / "js").iterdir(), *(ROOT / "templates").iterdir()]
    return {one.name: one.read_text(encoding="utf-8") for one in found}


def test_both_languages_say_the_same_things() -> None:
    french, english = (texts(lang) for lang in LANGUAGES)
    assert french.keys() == english.keys()
    for key, text in french.items():
        if not key.startswith("code."):
            assert set(languages.PLACE.findall(text)) == set(languages.PLACE.findall(english[key])), key


@pytest.mark.parametrize("name", sorted(sources()))
def test_texts_that_are_used_are_there(name: str) -> None:
    used = {key for found in USED.findall(sources()[name]) for key in found if key and not key.endswith(".")}
    assert used <= texts("fr").keys()


def test_no_text_is_left_over() -> None:
    everything = "".join([*sources().values(), (ROOT / "sessions.py").read_text(), (ROOT / "route.py").read_text()])
    made = (*NAMED, "attribut", "entry", "nav", "error", "sign_in", "live", "scenario", "span")
    left = [key for key in texts("fr") if key.split(".")[0] not in made and f'"{key}"' not in everything]
    assert [key for key in left if f"'{key}'" not in everything and not key.endswith(".lead")] == []


@pytest.mark.parametrize("kind", NAMED)
def test_every_value_has_a_name(kind: str) -> None:
    assert {f"{kind}.{value}" for value in NAMED[kind]} <= texts("fr").keys()

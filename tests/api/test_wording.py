"""Errors in French: every sentence of the API has its own, and who asks in French is told in French."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import wisebook_ml.api
from schemas import Detection
from wisebook_ml.api.wording import SENTENCES, in_french

Client = Callable[[str], httpx.Client]

FRENCH = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.8"}

ENGLISH_BEHIND = "en anglais"

FOR_PROGRAMS = ("campaigns", "model_actions", "models", "operations", "predictions", "statistics", "limits")
"""Modules whose errors a person hardly meets on a page: beyond the first words they may be in English."""


def sentences() -> Iterator[tuple[str, str]]:
    """Yield modules and the sentences that they answer with, a letter in each place."""
    for path in sorted(Path(wisebook_ml.api.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "HTTPException" and len(node.args) > 1:
                said = node.args[1]
                parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                text = "".join(str(one.value) if isinstance(one, ast.Constant) else "x" for one in parts)
                if len(text) > len("x x."):  # not the words of another error alone
                    yield path.stem, text


@pytest.mark.parametrize("sentence", sorted({text for module, text in sentences() if module not in FOR_PROGRAMS}))
def test_every_sentence_that_people_meet_has_its_french(sentence: str) -> None:
    assert ENGLISH_BEHIND not in in_french(sentence, 400)


@pytest.mark.parametrize("english", SENTENCES)
def test_a_sentence_is_known_by_its_places(english: str) -> None:
    assert in_french(english, 400) != ""
    assert "{" not in SENTENCES[english].format_map(dict.fromkeys(_places(english), "x"))


def _places(english: str) -> list[str]:
    return [part.partition("}")[0] for part in english.split("{")[1:]]


class TestAnswers:
    def test_who_asks_in_french_is_told_in_french(
        self, client: Client, write: Callable[..., None], detection: Callable[..., Detection]
    ) -> None:
        write(detection(1))
        reader, judge = client("one"), client("verdict")
        path = f"/api/ml/detections/{detection(1).detection_id}/"
        cases = {
            reader.get("/api/ml/parametres/9/", headers=FRENCH): (404, "Ce jeton ne voit aucune société 9."),
            reader.get("/api/ml/detections/?severite=X", headers=FRENCH): (
                400,
                "severite : doit être l’une de ces valeurs : 'INFO', 'FAIBLE', 'MOYENNE', 'ELEVEE' or 'CRITIQUE'",
            ),
            reader.get("/api/ml/detections/?limit=900&x=1", headers=FRENCH): (
                400,
                "limit : doit être d’au plus 500; x : ce paramètre n’existe pas",
            ),
            reader.post(f"{path}avis/", json={"verdict": "CONFIRMEE"}, headers=FRENCH): (
                403,
                "Ce jeton n’a pas le droit « verdict », nécessaire ici.",
            ),
            judge.post(f"{path}avis/", json={"verdict": "CONFIRMEE"}, headers=FRENCH): (
                503,
                "Kafka ne répond pas. La demande est correcte : renvoyez-la dans un instant.",
            ),
            judge.post(f"{path}avis/", json={"verdict": "CONFIRMEE", "revision": 7}, headers=FRENCH): (
                409,
                f"La détection {detection(1).detection_id} en est à la révision 1, et l’avis porte sur la révision 7, "
                "qui est inconnue. Regardez à nouveau la détection.",
            ),
        }
        for answer, (status, detail) in cases.items():
            assert (answer.status_code, answer.json()["detail"]) == (status, detail)
            assert (answer.headers["content-language"], answer.headers["vary"]) == ("fr", "Accept-Language")

    def test_others_are_told_in_english(self, client: Client) -> None:
        for headers in ({}, {"Accept-Language": "en, fr;q=0.4"}, {"Accept-Language": ";;q=x,,fr;q=a"}):
            answer = client("one").get("/api/ml/parametres/9/", headers=headers)
            assert answer.json()["detail"] == "This token sees no company 9."
            assert answer.headers["content-language"] == "en"

    def test_a_person_who_mistypes_an_address_gets_a_page(self, client: Client) -> None:
        answer = client("one").get("/detection/", headers={"Accept": "text/html,*/*"})
        assert answer.status_code == 404
        assert "Il n’y a rien à cette adresse." in answer.text

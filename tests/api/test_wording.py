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

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 50_000 + b"]" * 50_000

ENGLISH_BEHIND = "en anglais"

REFUSALS = {"HTTPException": 1, "unauthorized": 0}
"""What answers with a sentence, and which of its arguments that is."""

FOR_PROGRAMS = (
    "campaigns",
    "model_drift",
    "model_trainings",
    "model_versions",
    "models",
    "operations",
    "predictions",
    "statistics",
    "limits",
)
"""Modules whose errors a person hardly meets on a page: beyond the first words they may be in English."""


def sentences() -> Iterator[tuple[str, str]]:
    """Yield modules and the sentences that they answer with, a letter in each place."""
    for path in sorted(Path(wisebook_ml.api.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            place = REFUSALS.get(getattr(node.func, "id", ""))
            if place is not None and len(node.args) > place:
                said = node.args[place]
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
                "severite : doit être l’une de ces valeurs : 'INFO', 'FAIBLE', 'MOYENNE', 'ELEVEE' ou 'CRITIQUE'",
            ),
            reader.get("/api/ml/detections/?limit=900&x=1", headers=FRENCH): (
                400,
                "limit : doit être d’au plus 500 ; x : ce paramètre n’existe pas",
            ),
            reader.get("/api/ml/detections/?cursor=x", headers=FRENCH): (
                400,
                "cursor : aucune page ne l’a donné : reprenez tel quel le « next » de la page précédente",
            ),
            reader.get("/api/ml/detections/?montant_min=x&depuis=x", headers=FRENCH): (
                400,
                "depuis : doit être une date, comme 2025-06-30 ; montant_min : doit être un montant, comme 5000 ou "
                "5000.50",
            ),
            reader.get("/api/ml/societes/", headers=FRENCH | {"Authorization": "Token wbml_old"}): (
                401,
                "Ce jeton est inconnu, expiré ou révoqué. Vérifiez qu’il a été copié en entier, ou demandez-en un "
                "autre.",
            ),
            reader.get("/api/ml/societes/", headers=FRENCH | {"Authorization": "Bearer x"}): (
                401,
                "Envoyez votre jeton dans l’en-tête « Authorization: Token … ».",
            ),
            judge.post(f"{path}avis/", content=b"x" * 3_000_000, headers=FRENCH): (
                413,
                "Le corps dépasse 2 Mo, le maximum : envoyez-en moins à la fois.",
            ),
            judge.post(f"{path}avis/", content=DEEP, headers=FRENCH | JSON): (
                400,
                "body : les valeurs y sont imbriquées trop profondément",
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

    def test_what_is_wrong_is_told_in_words_of_people(self, client: Client) -> None:
        path = "/api/ml/ecritures/manquees/"
        cases = {
            client("one").get(
                "/api/ml/detections/?cursor=x"
            ): "cursor: no page has given this one; take it from `next` of the page before, unchanged",
            client("one").get(
                "/api/ml/detections/?montant_max=1,5"
            ): "montant_max: is no amount, such as 5000 or 5000.50",
            client("verdict").post(path, content=DEEP, headers=JSON): "body: values are nested too deeply",
            client("verdict").post(path, content=b"[NaN]", headers=JSON): "body: is no JSON: JSON is malformed: "
            "invalid character (byte 1)",
        }
        for answer, detail in cases.items():
            assert (answer.status_code, answer.json()["detail"]) == (400, detail)

    def test_a_person_who_mistypes_an_address_gets_a_page(self, client: Client) -> None:
        answer = client("one").get("/detection/", headers={"Accept": "text/html,*/*"})
        assert answer.status_code == 404
        assert "Il n’y a rien à cette adresse." in answer.text

"""Settings from JSON: what is misspelt names what was meant."""

import msgspec
import pytest

from schemas import CodeMotif, Parametres, ReglageControle
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.reading import explain, parse


def test_what_is_written_is_read() -> None:
    settings = Parametres(
        societe_id=4, version=2, budget_alertes=0.02, controles={CodeMotif.RAFALE: ReglageControle(actif=False)}
    )
    assert parse(msgspec.json.encode(settings)) == settings


def test_the_company_may_be_left_out_or_given() -> None:
    assert parse(b"{}") == Parametres(societe_id=0)
    assert parse(b'{"societe_id": 4}', societe_id=7) == Parametres(societe_id=7)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"JournalCode|", "no JSON"),
        (b"[1]", "no JSON object"),
        (b'{"budget_alerte": 0.02}', "unknown field 'budget_alerte'; did you mean 'budget_alertes'?"),
        (b'{"controles": {"MONTANT_RONDS": {}}}', "MONTANT_RONDS is no control; did you mean MONTANT_ROND?"),
        (b'{"controles": {"RAFALE": {"seuils": 2}}}', "unknown field RAFALE.'seuils'; did you mean 'seuil'?"),
        (b'{"controles": {"RAFALE": {"poids": -1}}}', "control RAFALE, poids: expected `float` >= 0.0"),
        (b'{"controles": {"RAFALE": 3}}', "control RAFALE: expected `object`"),
        (b'{"controles": 3}', "controles"),
        (b'{"attenuations": [{"code": "RAFAL", "journal_code": "BQ", "facteur": 1}]}', "did you mean RAFALE?"),
        (b'{"attenuations": [{"code": "RAFALE", "journal_code": "BQ", "facteur": 2}]}', "attenuation 0, facteur"),
        (b'{"attenuations": [3]}', "attenuation 0: expected `object`"),
        (b'{"jours_feries": ["2026-02-30"]}', "jours_feries"),
        (b'{"plafonds_approbation": ["5000,00"]}', "plafonds_approbation"),
        (b'{"budget_alertes": 0}', "budget_alertes"),
        (b'{"tresorerie": {"planchers": {}}}', "unknown field tresorerie.'planchers'; did you mean 'plancher'?"),
        (b'{"tresorerie": {"plancher": {"EUR": "20 000"}}}', "floor of EUR: '20 000' is no amount"),
        (b'{"tresorerie": {"plancher": {"EUR": 20000}}}', "tresorerie.plancher"),
        (b'{"tresorerie": {"probabilite_alerte": 50}}', "probabilite_alerte 50 is not between 0.05 and 0.95"),
        (b'{"tresorerie": {"pays": "France"}}', "give its code of two letters, such as FR"),
        (b'{"tresorerie": 3}', "tresorerie: expected `object`"),
    ],
)
def test_mistakes(written: bytes, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse(written)
    assert told in str(refused.value)


def test_a_dead_letter_names_the_control() -> None:
    assert "did you mean DOUBLON?" in explain(b'{"societe_id": 1, "controles": {"DOUBLONS": {}}}', "x")
    negative = b'{"societe_id": 1, "controles": {"DOUBLON": {"poids": -0.5}}}'
    assert explain(negative, "x") == "control DOUBLON, poids: expected `float` >= 0.0"


def test_a_dead_letter_says_what_is_wrong_with_the_treasury() -> None:
    wrong = b'{"societe_id": 1, "tresorerie": {"plancher": {"EUR": "5,5"}}}'
    assert explain(wrong, "x").startswith("floor of EUR: '5,5' is no amount")


@pytest.mark.parametrize("value", [b"", b"[]", b'{"societe_id": "x"}', b'{"controles": []}', b'{"attenuations": {}}'])
def test_what_it_does_not_understand_keeps_the_decoders_reason(value: bytes) -> None:
    assert explain(value, "as decoded") == "as decoded"

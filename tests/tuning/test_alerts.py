"""What a company may set of its alerts, and what is said of what makes no sense."""

import msgspec
import pytest
from msgspec.structs import replace

from schemas import (
    Canal,
    CodeMotif,
    Destination,
    HeuresCalmes,
    Parametres,
    ReglageAlertes,
    ReglageControle,
    Severite,
)
from wisebook_ml.tuning.checks import faults
from wisebook_ml.tuning.differences import differences
from wisebook_ml.tuning.edit import edited
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.reading import explain, parse

BASE = Parametres(societe_id=1)


def test_what_makes_sense() -> None:
    alerts = ReglageAlertes(
        severite=Severite.MOYENNE,
        montant="500.00",
        controles=[CodeMotif.DOUBLON],
        budget_horaire=0,
        calmes=[HeuresCalmes(jours=[1, 7], feries=True)],
        escalade=30,
        destinations=[
            Destination(canal=Canal.WEBHOOK, adresse="https://erp.example.fr/alertes?cle=1", escalade=True),
            Destination(canal=Canal.EMAIL, adresse="anne@example.fr, paul@example.fr"),
        ],
    )
    settings = Parametres(societe_id=1, alertes=alerts)
    assert faults(settings) == []
    assert parse(msgspec.json.encode(settings)) == settings


@pytest.mark.parametrize(
    ("alertes", "why"),
    [
        ({"severites": "INFO"}, "unknown field alertes.'severites'; did you mean 'severite'?"),
        ({"severite": "GRAVE"}, "alertes.severite: invalid enum value 'GRAVE'"),
        ({"montant": "1 000"}, "alertes.montant: '1 000' is no amount in euros"),
        ({"montant": "0"}, "alertes.montant 0 is no amount that is worth a threshold"),
        ({"controles": ["DOUBLONS"]}, "alertes.controles: DOUBLONS is no control; did you mean DOUBLON?"),
        ({"controles": ["DOUBLON"], "sauf_controles": ["DOUBLON"]}, "DOUBLON is in `controles` and in"),
        ({"budget_horaire": -1}, "alertes.budget_horaire -1 is not between 0 and 1000 alerts an hour"),
        ({"regroupement": 100_000}, "alertes.regroupement 100000 is not between 0 and 10080 minutes"),
        ({"calmes": [{"debut": "8h"}]}, "quiet hours 1: debut '8h' is no time of day; write hours and minutes"),
        ({"calmes": [{"jours": [8]}]}, "quiet hours 1: 8 is no day of the week"),
        ({"calmes": [{"jour": [1]}]}, "unknown field alertes.calmes 1.'jour'; did you mean 'jours'?"),
        (
            {"calmes": [{"debut": "00:00", "fin": "12:00"}, {"debut": "12:00", "fin": "00:00"}]},
            "the quiet hours leave no time of the week to tell alerts below CRITIQUE",
        ),
        ({"destinations": [{"canal": "EMAIL", "adresse": "anne"}]}, "destination 1: 'anne' is no mail address"),
        ({"destinations": [{"canal": "WEBHOOK", "adresse": "erp.fr/x"}]}, "'erp.fr/x' is no URL of a webhook"),
        ({"destinations": [{"canal": "WEBHOOK", "adresse": "http://erp.fr/x"}]}, "give its https:// address"),
        ({"destinations": [{"canal": "FAX", "adresse": "0145"}]}, "alertes.destinations[0].canal: invalid enum value"),
        (
            {"destinations": [{"canal": "EMAIL", "adresse": "a@b.fr", "escalade": True}]},
            "destination 1 is for escalations, and there are none",
        ),
        ({"destinations": [{"canal": "EMAIL", "adresse": "a@b.fr"}] * 2}, "destination 2: a@b.fr is given twice"),
    ],
)
def test_mistakes(alertes: dict[str, object], why: str) -> None:
    written = msgspec.json.encode({"societe_id": 1, "alertes": alertes})
    with pytest.raises(Refusal) as refused:
        parse(written)
    assert why in str(refused.value)
    if "unknown field" not in why:
        assert why in explain(written, "as decoded")


def test_alerts_that_no_control_can_make() -> None:
    (fault,) = faults(Parametres(societe_id=1, alertes=ReglageAlertes(sauf_controles=list(CodeMotif))))
    assert "leave none that could make an alert" in fault
    off = {CodeMotif.RAFALE: ReglageControle(actif=False)}
    settings = Parametres(societe_id=1, controles=off, alertes=ReglageAlertes(controles=[CodeMotif.RAFALE]))
    (fault,) = faults(settings)
    assert "leave none that could make an alert" in fault
    assert faults(replace(settings, alertes=replace(settings.alertes, actif=False))) == []


def test_a_local_receiver_may_be_in_the_clear() -> None:
    one = Destination(canal=Canal.WEBHOOK, adresse="http://127.0.0.1:8000/hook")
    assert faults(Parametres(societe_id=1, alertes=ReglageAlertes(destinations=[one]))) == []


def test_changes_one_by_one() -> None:
    changed = edited(
        BASE,
        alertes=["severite=critique", "montant=500", "sauf_controles=benford,rafale", "escalade=30", "actif=oui"],
        calmes=(["20:00-08:00", "12:00-14:00 jours=1,2 sauf=ELEVEE"], []),
        destinations=(["mailto:anne@example.fr langue=en", "https://erp.example.fr/a escalade severite=CRITIQUE"], []),
    )
    assert changed.alertes == ReglageAlertes(
        severite=Severite.CRITIQUE,
        montant="500.00",
        sauf_controles=[CodeMotif.BENFORD, CodeMotif.RAFALE],
        escalade=30,
        calmes=[HeuresCalmes(), HeuresCalmes(debut="12:00", fin="14:00", jours=[1, 2], sauf=Severite.ELEVEE)],
        destinations=[
            Destination(canal=Canal.EMAIL, adresse="anne@example.fr", langue="en"),
            Destination(
                canal=Canal.WEBHOOK, adresse="https://erp.example.fr/a", escalade=True, severite=Severite.CRITIQUE
            ),
        ],
    )
    assert faults(changed) == []
    again = edited(
        changed, alertes=["montant=defaut"], calmes=([], ["20:00-08:00"]), destinations=([], ["anne@example.fr"])
    )
    assert [tuple(one) for one in differences(changed, again)] == [
        ("alertes montant", "500.00", None),
        ("alertes calmes 20:00-08:00", "20:00-08:00", None),
        ("alertes destinations anne@example.fr", "EMAIL anne@example.fr langue=en", None),
    ]
    assert edited(again, calmes=(["20:00-08:00"], [])) == edited(again, calmes=(["20:00-08:00"] * 2, []))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"alertes": ["severite"]}, "is not FIELD=VALUE of alerts; the fields are actif, severite"),
        ({"alertes": ["calmes=1"]}, "is not FIELD=VALUE of alerts"),
        ({"alertes": ["severite=grave"]}, "'grave' is no severity; there are INFO, FAIBLE"),
        ({"alertes": ["actif=peut-être"]}, "neither true nor false"),
        ({"alertes": ["escalade=bientôt"]}, "is no whole number"),
        ({"calmes": (["nuit"], [])}, "'nuit' are no quiet hours; write 20:00-08:00"),
        ({"calmes": (["20:00-08:00 jours=lun"], [])}, "days of the week are numbers"),
        ({"calmes": (["20:00-08:00 jour=1"], [])}, "'jour' is none of jours, feries, sauf"),
        ({"calmes": ([], ["20:00-08:00"])}, "there is no quiet hours '20:00-08:00' to take away; there are: none"),
        ({"destinations": (["anne"], [])}, "'anne' is no mail address"),
    ],
)
def test_changes_that_nobody_understands(change: dict[str, object], why: str) -> None:
    with pytest.raises(Refusal) as refused:
        edited(BASE, **change)  # type: ignore[arg-type]
    assert why in str(refused.value)


def test_a_code_that_there_is_not_is_told_with_the_rest() -> None:
    wrong = edited(BASE, alertes=["controles=doublons", "montant=5,5"])
    assert [one.partition(";")[0] for one in faults(wrong)] == [
        "alertes.montant: '5,5' is no amount in euros",
        "alertes.controles: DOUBLONS is no control",
    ]
    assert faults(replace(wrong, alertes=ReglageAlertes())) == []

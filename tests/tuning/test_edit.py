"""Changes as a person spells them."""

import datetime as dt

import pytest

from schemas import CodeMotif, Parametres, ReglageControle, ReglageTresorerie
from wisebook_ml.tuning.differences import differences
from wisebook_ml.tuning.edit import edited, set_control, with_items, without_items
from wisebook_ml.tuning.exceptions import Refusal

BASE = Parametres(
    societe_id=1,
    version=3,
    mots_cles=["perso"],
    plafonds_approbation=["5000"],
    controles={CodeMotif.RAFALE: ReglageControle(seuil=3.0)},
)
DAY = dt.date(2026, 12, 24)


def test_what_is_not_given_stays() -> None:
    assert edited(BASE) == BASE


def test_lists_grow_and_shrink() -> None:
    changed = edited(
        BASE, mots=(["gérant", "PERSO"], []), plafonds=(["12000"], ["5000.00"]), feries=([DAY], []), budget=0.02
    )
    assert changed.mots_cles == ["perso", "gérant"]
    assert changed.plafonds_approbation == ["12000"]
    assert changed.jours_feries == [DAY]
    assert edited(changed, feries=([], [DAY])).jours_feries == []


def test_materiality_can_be_taken_back() -> None:
    own = edited(BASE, signification="1500")
    assert own.seuil_signification == "1500"
    assert edited(own, signification="defaut").seuil_signification is None


def test_fields_of_a_control_are_set_one_by_one() -> None:
    both = edited(BASE, controles=["RAFALE.poids=0.2", "rafale.actif=NON"]).controles
    assert both == {CodeMotif.RAFALE: ReglageControle(seuil=3.0, poids=0.2, actif=False)}
    assert set_control(both, "RAFALE.seuil=defaut") == {CodeMotif.RAFALE: ReglageControle(poids=0.2, actif=False)}


def test_the_treasury_is_set_one_by_one() -> None:
    changed = edited(BASE, planchers=["20000", "usd=-5000.5"], probabilite_alerte=0.3)
    assert changed.tresorerie == ReglageTresorerie(
        plancher={"EUR": "20000.00", "USD": "-5000.50"}, probabilite_alerte=0.3
    )
    again = edited(changed, planchers=["EUR=defaut"], pays="be")
    assert again.tresorerie == ReglageTresorerie(plancher={"USD": "-5000.50"}, probabilite_alerte=0.3, pays="BE")
    assert edited(again, planchers=["USD=-5000.50"]) == again
    assert [tuple(one) for one in differences(changed, again)] == [
        ("tresorerie pays", "FR", "BE"),
        ("tresorerie plancher EUR", "20000.00", None),
    ]
    for wrong in ("", "=20000", "EUR="):
        with pytest.raises(Refusal, match="neither an amount nor CURRENCY=AMOUNT"):
            edited(BASE, planchers=[wrong])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("RAFALE", "is not CODE.FIELD=VALUE"),
        ("RAFALE=3", "is not CODE.FIELD=VALUE"),
        (".seuil=3", "is not CODE.FIELD=VALUE"),
        ("RAFAL.seuil=3", "did you mean RAFALE?"),
        ("RAFALE.seuils=3", "has no field 'seuils'; there are actif, seuil, poids"),
        ("RAFALE.seuil=3,5", "'3,5' is no number; decimals have a dot"),
        ("RAFALE.seuil=", "is no number"),
        ("RAFALE.actif=peut-être", "neither true nor false"),
    ],
)
def test_mistakes(text: str, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        set_control({}, text)
    assert told in str(refused.value)


def test_items_are_the_same_however_they_are_spelt() -> None:
    assert with_items(["à régulariser"], ["A REGULARISER", "a régulariser*"]) == ["à régulariser", "a régulariser*"]
    assert without_items(["à régulariser", "perso"], ["A REGULARISER"]) == ["perso"]


def test_what_is_not_there_cannot_go() -> None:
    with pytest.raises(Refusal, match="gérant is not in the list; there are: perso"):
        without_items(["perso"], ["gérant"])


def test_differences_tell_what_changed_and_nothing_else() -> None:
    changed = edited(BASE, budget=0.02, mots=(["gérant"], []), controles=["RAFALE.seuil=defaut"])
    assert [tuple(one) for one in differences(BASE, changed)] == [
        ("budget_alertes", 0.01, 0.02),
        ("controles RAFALE seuil", 3.0, None),
        ("mots_cles gérant", None, "gérant"),
    ]
    assert differences(BASE, BASE) == []

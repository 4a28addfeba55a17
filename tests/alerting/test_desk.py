"""What becomes an alert, when it is told again, and when nobody is told."""

import datetime as dt
from typing import Any

import pytest
from msgspec.structs import replace

from schemas import (
    Acquittement,
    Canal,
    CodeMotif,
    Destination,
    Etat,
    EtatAlerte,
    HeuresCalmes,
    ReglageAlertes,
    Severite,
    StatutLivraison,
    TypeObjet,
)
from wisebook_ml.alerting.exceptions import UnknownAlert
from wisebook_ml.alerting.policy import Policy
from wisebook_ml.alerting.records import Source, Told
from wisebook_ml.delivery.planning import Told as Delivered
from wisebook_ml.delivery.planning import plan

from .made import HOUR, MINUTE, NINE, Company, brief, detection

NIGHT = [HeuresCalmes(debut="20:00", fin="08:00")]


def acknowledgement(told: Told, by: str = "anne", revision: int | None = None) -> Acquittement:
    return Acquittement(
        societe_id=7, alerte_id=told.record.alerte_id, auteur=by, commentaire="vu", revision=revision
    )  # fmt: skip


class TestPolicy:
    @pytest.mark.parametrize(
        ("reglage", "passes"),
        [
            (ReglageAlertes(), True),
            (ReglageAlertes(severite=Severite.CRITIQUE), False),
            (ReglageAlertes(montant="100.00"), True),
            (ReglageAlertes(montant="100.01"), False),
            (ReglageAlertes(controles=[CodeMotif.DOUBLON]), True),
            (ReglageAlertes(controles=[CodeMotif.RAFALE]), False),  # not the strongest reason
            (ReglageAlertes(sauf_controles=[CodeMotif.DOUBLON]), False),
            (ReglageAlertes(controles=[CodeMotif.DOUBLON], sauf_controles=[CodeMotif.DOUBLON]), False),
            (ReglageAlertes(actif=False), False),
        ],
    )
    def test_what_passes(self, reglage: ReglageAlertes, *, passes: bool) -> None:
        company = Company(reglage)
        assert bool(company.take(detection(1))) is passes
        company.wait(3 * HOUR)
        assert bool(company.desk.members) is passes

    def test_it_is_asked_again_at_each_revision(self) -> None:
        company = Company()
        assert company.take(detection(1, severite=Severite.MOYENNE)) == []
        assert brief(company.take(detection(1, revision=2))) == [("DOUBLON", 1, 1, "OUVERTE")]


class TestSwitchedOff:
    def test_nothing_is_told_any_more_but_ends(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=1, escalade=15))
        told = company.take(*(detection(k) for k in range(3)), detection(10, CodeMotif.RAFALE))
        assert len(told) == 1
        company.desk.policy = Policy(ReglageAlertes(actif=False))
        worse = detection(1, revision=2, severite=Severite.CRITIQUE)
        assert company.take(worse, after=MINUTE) == []
        assert company.wait(26 * HOUR) == []
        closed = [detection(k, revision=3, etat=Etat.CLOSE) for k in range(3)]
        assert brief(company.take(*closed, detection(10, CodeMotif.RAFALE, revision=2, etat=Etat.CLOSE))) == [
            ("DOUBLON", 2, 3, "RESOLUE")
        ]

    def test_what_was_held_back_then_is_told_at_its_next_revision(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=0))
        company.take(detection(1), detection(2))
        company.desk.policy = Policy(ReglageAlertes(actif=False))
        assert company.wait(2 * HOUR) == []
        company.desk.policy = Policy(ReglageAlertes())
        assert company.wait(26 * HOUR) == []
        assert company.take(detection(1)) == []
        assert brief(company.take(detection(1, revision=2))) == [("DOUBLON", 1, 1, "OUVERTE")]


class TestGrouping:
    def test_a_storm_of_one_cause_is_a_handful_of_records(self) -> None:
        company = Company()
        told = company.take(*(detection(k, cents=1_00) for k in range(10_000)))
        told += company.take(*(detection(k, cents=1_00) for k in range(10_000, 12_345)), after=30 * MINUTE)
        told += company.wait(2 * HOUR)
        numbers = [1, 10, 100, 1_000, 10_000, 12_345]
        assert brief(told) == [("DOUBLON", k, n, "OUVERTE") for k, n in enumerate(numbers, start=1)]
        last = told[-1].record
        assert (last.montant, len(last.detections), last.codes) == ("12345.00", 100, {"DOUBLON": 12_345})
        assert last.ouverte_le == NINE
        assert told[-1].at == NINE + HOUR

    def test_what_an_alert_says(self) -> None:
        company = Company()
        (one,) = company.take(detection(1, cents=48_210_00))
        assert one.record.titre_fr == "DOUBLON ! (écriture N1, journal AC, 48\u202f210,00\u202f€)"
        assert one.record.titre_en == "DOUBLON. (entry N1, journal AC, €48,210.00)"
        company.take(*(detection(k, cents=1_00) for k in range(2, 12)))
        (end,) = company.wait(2 * HOUR)
        assert end.record.titre_fr == "Doublon probable : 11 écritures, journal AC, 48\u202f220,00\u202f€"
        assert end.record.titre_en == "Probable duplicate: 11 entries, journal AC, €48,220.00"
        company.take(*(detection(100 + k, journal=f"J{k % 5}") for k in range(9)))
        (end,) = company.take(detection(200, objet=TypeObjet.COMPTE, journal=None))
        assert end.record.titre_fr == (
            "Doublon probable : 10 détections, journaux J0 (2), J1 (2), J2 (2) et 2 autres, 1\u202f000,00\u202f€"
        )

    def test_causes_and_times_apart_are_alerts_apart(self) -> None:
        company = Company(ReglageAlertes(regroupement=30))
        told = company.take(detection(1), detection(2, CodeMotif.MONTANT_ROND), detection(3))
        told += company.take(detection(4), after=30 * MINUTE)
        assert brief(told) == [
            ("DOUBLON", 1, 1, "OUVERTE"), ("MONTANT_ROND", 1, 1, "OUVERTE"),
            ("DOUBLON", 2, 2, "OUVERTE"), ("DOUBLON", 1, 1, "OUVERTE"),
        ]  # fmt: skip

    def test_without_grouping_each_is_told(self) -> None:
        company = Company(ReglageAlertes(regroupement=0))
        assert len(company.take(detection(1), detection(2))) == 2

    def test_a_later_revision_counts_once_and_worse_is_told(self) -> None:
        company = Company()
        company.take(detection(1))
        assert company.take(detection(1, revision=2, cents=150_00), detection(1, cents=9_99)) == []
        (worse,) = company.take(detection(1, revision=3, cents=150_00, severite=Severite.CRITIQUE))
        assert brief([worse]) == [("DOUBLON", 2, 1, "OUVERTE")]
        assert (worse.record.severite, worse.record.montant) == (Severite.CRITIQUE, "150.00")
        assert company.wait(2 * HOUR) == []

    def test_it_is_settled_with_its_last_detection(self) -> None:
        company = Company()
        company.take(detection(1), detection(2))
        assert company.take(detection(1, revision=2, etat=Etat.CLOSE)) == []
        assert company.take(detection(1, revision=3)) == []  # it stands again: the same one
        company.take(detection(1, revision=4, etat=Etat.CLOSE))
        closed = detection(2, revision=2, etat=Etat.CLOSE)
        assert brief(company.take(closed, closed)) == [("DOUBLON", 2, 2, "RESOLUE")]
        assert brief(company.take(detection(2), detection(2, revision=3))) == [("DOUBLON", 1, 1, "OUVERTE")]

    def test_what_never_passed_and_closes_leaves_no_trace(self) -> None:
        company = Company()
        assert company.take(detection(1, etat=Etat.CLOSE)) == []
        assert not company.desk.changed_members


class TestBudget:
    def test_what_exceeds_it_is_one_digest(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=2))
        codes = [CodeMotif.DOUBLON, CodeMotif.RAFALE, CodeMotif.MONTANT_ROND, CodeMotif.SOUS_SEUIL]
        told = company.take(*(detection(f"{code}{k}", code) for k in range(3) for code in codes), after=MINUTE)
        assert brief(told) == [("DOUBLON", 1, 1, "OUVERTE"), ("RAFALE", 1, 1, "OUVERTE")]
        assert brief(company.wait(58 * MINUTE)) == []
        digest, *groups = company.wait(2 * MINUTE)
        assert brief([digest]) == [("", 1, 6, "OUVERTE")]
        assert digest.at == NINE + HOUR
        assert digest.record.titre_fr == (
            "Synthèse : 6 écritures au-delà du budget d'alertes, 600,00\u202f€ : Montant rond (3), "
            "Montant juste sous un plafond (3)"
        ) or digest.record.codes == {"MONTANT_ROND": 3, "SOUS_SEUIL": 3}
        assert sorted(brief(groups)) == [("DOUBLON", 2, 3, "OUVERTE"), ("RAFALE", 2, 3, "OUVERTE")]

    def test_what_is_grave_does_not_wait_for_room_that_others_took(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=1, escalade=15))
        company.take(detection(1), detection(2, CodeMotif.RAFALE), detection(3, CodeMotif.BENFORD))
        grave = detection(4, CodeMotif.DESEQUILIBRE, severite=Severite.CRITIQUE)
        assert brief(company.take(grave, after=MINUTE)) == [("DESEQUILIBRE", 1, 1, "OUVERTE")]
        told = company.wait(16 * MINUTE)
        assert [one.record.cause for one in told if one.record.escalade] == ["DOUBLON", "DESEQUILIBRE"]
        became = detection(2, CodeMotif.RAFALE, severite=Severite.CRITIQUE, revision=2)
        assert brief(company.take(became)) == [("RAFALE", 1, 1, "OUVERTE")]  # it was held back
        told = company.wait(HOUR)
        assert ("BENFORD", 1, 1, "OUVERTE") in brief(told)

    def test_a_storm_of_what_is_grave_is_bounded(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=0, regroupement=0))
        told = company.take(*(detection(k, severite=Severite.CRITIQUE) for k in range(1_000)))
        assert len(told) == 10
        (digest,) = company.wait(HOUR)
        assert digest.record.nombre == 990

    def test_none_at_all_is_a_digest_an_hour(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=0))
        told: list[Told] = []
        for k in range(180):
            told += company.take(detection(k), after=MINUTE)
        told += company.wait(HOUR)
        assert [(one.at, one.record.nombre) for one in told] == [
            (NINE + HOUR, 59), (NINE + 2 * HOUR, 60), (NINE + 3 * HOUR, 60), (NINE + 4 * HOUR, 1)
        ]  # fmt: skip

    def test_what_is_gone_before_the_digest_is_not_told(self) -> None:
        company = Company(ReglageAlertes(budget_horaire=0))
        company.take(detection(1), detection(2, cents=5_00), detection(1, revision=2, etat=Etat.CLOSE))
        (digest,) = company.wait(HOUR)
        assert (digest.record.nombre, digest.record.montant, len(digest.record.detections)) == (1, "5.00", 1)
        company.take(detection(3), detection(3, revision=2, etat=Etat.CLOSE))
        assert company.wait(2 * HOUR) == []

    def test_a_digest_is_about_what_is_still_held(self) -> None:
        company = Company(ReglageAlertes(severite=Severite.MOYENNE, budget_horaire=0))
        first, second = detection(1, cents=9_999_00), detection(2, severite=Severite.MOYENNE, cents=5_00)
        company.take(first, second, detection(1, revision=2, etat=Etat.CLOSE))
        (digest,) = company.wait(HOUR)
        assert digest.record.detections == [second.detection_id]
        assert digest.record.severite is Severite.MOYENNE
        assert digest.record.titre_fr == "Doublon probable : 1 écriture, journal AC, 5,00\u202f€"
        company.take(replace(first, revision=3), replace(first, revision=4, severite=Severite.MOYENNE, montant="20.00"))
        (digest,) = company.wait(HOUR)
        assert (digest.record.severite, digest.record.montant) == (Severite.MOYENNE, "20.00")
        assert "20,00" in digest.record.titre_fr


class TestQuietHours:
    def test_a_digest_at_their_end_and_the_gravest_at_once(self) -> None:
        company = Company(ReglageAlertes(calmes=NIGHT))
        company.wait(12 * HOUR)  # 21:00
        assert company.take(detection(1), detection(2, CodeMotif.RAFALE)) == []
        (grave,) = company.take(detection(3, CodeMotif.DESEQUILIBRE, severite=Severite.CRITIQUE))
        assert grave.record.cause == "DESEQUILIBRE"
        (digest,) = company.wait(12 * HOUR)
        assert brief([digest]) == [("", 1, 2, "OUVERTE")]
        assert digest.at == NINE + 23 * HOUR
        assert digest.record.titre_fr.startswith("Synthèse : 2 écritures en heures calmes, 200,00")

    def test_of_one_cause_it_is_an_alert_of_that(self) -> None:
        company = Company(ReglageAlertes(calmes=NIGHT))
        company.wait(12 * HOUR)
        company.take(detection(1), detection(2))
        (told,) = company.wait(12 * HOUR)
        assert told.record.titre_fr == "Doublon probable : 2 écritures, journal AC, 200,00\u202f€"

    def test_more_of_an_alert_waits_for_the_morning(self) -> None:
        company = Company(ReglageAlertes(calmes=NIGHT, escalade=30))
        company.wait(10 * HOUR + 45 * MINUTE)  # 19:45
        company.take(detection(0))
        assert company.take(*(detection(k) for k in range(1, 50)), after=30 * MINUTE) == []
        told = company.wait(12 * HOUR)
        assert [(one.at, one.record.nombre, one.record.escalade) for one in told] == [
            (NINE + 23 * HOUR, 50, 0), (NINE + 23 * HOUR, 50, 1)
        ]  # fmt: skip

    def test_settings_that_are_always_quiet_hide_nothing_for_ever(self) -> None:
        company = Company(ReglageAlertes(calmes=[HeuresCalmes(debut="00:00", fin="00:00")]))
        assert company.take(detection(1)) == []
        company.now += dt.timedelta(days=40)
        company.desk.advance(company.now)
        assert len(company.new()) == 1


class TestAcknowledgement:
    def test_it_ends_escalation_and_growing(self) -> None:
        company = Company(ReglageAlertes(escalade=15, escalades=3))
        (told,) = company.take(detection(1))
        (again,) = company.wait(20 * MINUTE)
        assert (again.record.revision, again.record.escalade) == (2, 1)
        assert company.desk.acknowledge(acknowledgement(told), company.now, company.now)
        assert not company.desk.acknowledge(acknowledgement(told, "paul"), company.now, company.now)
        (noted,) = company.new()
        assert (noted.record.etat, noted.record.acquittee_par) == (EtatAlerte.ACQUITTEE, "anne")
        assert noted.record.commentaire == "vu"
        assert company.take(*(detection(k) for k in range(2, 30))) == []
        assert brief(company.wait(5 * HOUR)) == [("DOUBLON", 4, 29, "ACQUITTEE")]

    def test_worse_opens_it_again(self) -> None:
        company = Company(ReglageAlertes(escalade=15))
        (told,) = company.take(detection(1))
        company.desk.acknowledge(acknowledgement(told), company.now, company.now)
        company.new()
        (worse,) = company.take(detection(2, severite=Severite.CRITIQUE))
        assert (worse.record.etat, worse.record.acquittee_par) == (EtatAlerte.OUVERTE, "")
        (escalated,) = company.wait(2 * HOUR)
        assert escalated.record.escalade == 1

    @pytest.mark.parametrize("revision", [1, None])
    def test_one_that_comes_again_does_not_silence_what_is_worse(self, revision: int | None) -> None:
        company = Company()
        (told,) = company.take(detection(1))
        one, place = acknowledgement(told, revision=revision), Source("acknowledgements", 3, 5)
        assert company.desk.acknowledge(one, company.now, company.now, place)
        (_, worse) = company.take(detection(2, severite=Severite.CRITIQUE))
        assert not company.desk.acknowledge(one, company.now, company.now, place)
        assert company.new() == []
        again = acknowledgement(told, revision=None if revision is None else worse.record.revision)
        assert company.desk.acknowledge(again, company.now, company.now, Source("acknowledgements", 3, 6))

    def test_one_of_what_was_less_serious_leaves_it_open(self) -> None:
        company = Company(ReglageAlertes(severite=Severite.FAIBLE, calmes=NIGHT))
        (told,) = company.take(detection(1, severite=Severite.MOYENNE))
        company.wait(11 * HOUR + 50 * MINUTE)
        (later,) = company.take(detection(2, CodeMotif.RAFALE, severite=Severite.CRITIQUE))
        assert company.take(detection(1, revision=2), after=HOUR) == []  # at night it became worse
        assert not company.desk.acknowledge(acknowledgement(told, revision=1), company.now, company.now)
        assert company.desk.acknowledge(acknowledgement(later, revision=1), company.now, company.now)
        seen = company.desk.alerts[told.record.alerte_id].vue
        assert company.desk.acknowledge(acknowledgement(told, revision=seen), company.now, company.now)
        assert [(one.record.revision, one.record.severite) for one in company.new()] == [
            (2, Severite.CRITIQUE), (2, Severite.ELEVEE)
        ]  # fmt: skip

    def test_what_is_opened_again_escalates_anew_and_its_count_goes_on(self) -> None:
        company = Company(ReglageAlertes(escalade=15, escalades=2))
        (told,) = company.take(detection(1))
        assert [one.record.escalade for one in company.wait(45 * MINUTE)] == [1, 2]
        company.desk.acknowledge(acknowledgement(told), company.now, company.now)
        company.take(detection(2, severite=Severite.CRITIQUE))
        assert [one.record.escalade for one in company.wait(2 * HOUR)] == [3, 4]

    def test_whom_escalations_go_to_is_told_again_of_what_was_opened_again(self) -> None:
        chief = Destination(canal=Canal.EMAIL, adresse="chef@example.fr", escalade=True)
        company = Company(ReglageAlertes(escalade=15, destinations=[chief]))
        (first,) = told = company.take(detection(1))
        told += company.wait(HOUR / 2)
        company.desk.acknowledge(acknowledgement(first), company.now, company.now)
        told += company.take(detection(2, severite=Severite.CRITIQUE)) + company.wait(HOUR)
        heard: dict[str, list[Delivered]] = {}
        for one in told:
            for planned in plan(one.record, company.desk.policy.reglage, heard):
                heard.setdefault(planned.destination, []).append(
                    Delivered(
                        revision=one.record.revision,
                        severite=one.record.severite,
                        etat=one.record.etat,
                        escalade=one.record.escalade,
                        statut=StatutLivraison.LIVREE,
                    )
                )
        assert [(one.severite, one.escalade) for mails in heard.values() for one in mails] == [
            (Severite.ELEVEE, 1), (Severite.CRITIQUE, 2)
        ]  # fmt: skip

    def test_of_what_there_is_not_it_is_refused(self) -> None:
        company = Company()
        (told,) = company.take(detection(1))
        for societe_id in (7, 8):
            one = Acquittement(
                societe_id=societe_id,
                alerte_id=told.record.detections[0] if societe_id == 7 else told.record.alerte_id,
                auteur="anne",
            )
            with pytest.raises(UnknownAlert, match=f"company {societe_id} has no alert"):
                company.desk.acknowledge(one, company.now, company.now)


def test_escalation_is_bounded() -> None:
    company = Company(ReglageAlertes(escalade=15, escalades=3))
    company.take(detection(1))
    told = company.wait(24 * HOUR)
    assert [one.at - NINE for one in told] == [15 * MINUTE, 30 * MINUTE, 45 * MINUTE]
    assert [one.record.escalade for one in told] == [1, 2, 3]


class TestClocks:
    def test_what_comes_years_late_or_early_counts_as_of_now(self) -> None:
        company = Company()
        years: list[Any] = [NINE.replace(year=1999), NINE.replace(year=2099), NINE - HOUR]
        for k, made in enumerate(years):
            company.desk.take(detection(k), made, company.now)
        told = company.new() + company.wait(2 * HOUR)
        assert brief(told) == [("DOUBLON", 1, 1, "OUVERTE"), ("DOUBLON", 2, 3, "OUVERTE")]
        assert told[0].at == NINE

    def test_after_an_outage_escalations_do_not_pile_up(self) -> None:
        company = Company(ReglageAlertes(escalade=15, escalades=5))
        company.take(detection(1))
        company.now += dt.timedelta(days=3)
        company.desk.advance(company.now)
        (told,) = company.new()
        assert told.at == company.now

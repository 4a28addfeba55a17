"""Who is told what of an alert."""

import pytest
from msgspec.structs import replace

from schemas import Alerte, Canal, Destination, EtatAlerte, ReglageAlertes, Severite, StatutLivraison
from wisebook_ml.delivery.addresses import digest
from wisebook_ml.delivery.planning import Told, plan

HOOK, BOX, CHIEF = "https://erp.example.fr/hook", "anne@example.fr", "chef@example.fr"


def rules(*destinations: Destination) -> ReglageAlertes:
    return ReglageAlertes(destinations=list(destinations))


WEBHOOK = Destination(canal=Canal.WEBHOOK, adresse=HOOK)
EMAIL = Destination(canal=Canal.EMAIL, adresse=BOX, severite=Severite.MOYENNE, langue="en")
ESCALATION = Destination(canal=Canal.EMAIL, adresse=CHIEF, escalade=True)


class Recipient:
    """A destination, and what it has been told of one alert."""

    def __init__(self, *destinations: Destination) -> None:
        self.rules = rules(*destinations)
        self.told: dict[str, list[Told]] = {}

    def hears(self, alerte: Alerte, statut: StatutLivraison = StatutLivraison.LIVREE) -> list[str]:
        planned = plan(alerte, self.rules, self.told)
        for one in planned:
            self.told.setdefault(one.destination, []).append(
                Told(
                    revision=alerte.revision,
                    severite=alerte.severite,
                    etat=alerte.etat,
                    escalade=alerte.escalade,
                    statut=statut,
                )
            )
        return [one.adresse for one in planned]


def test_a_program_is_told_of_each_revision_and_a_person_of_what_asks_for_something(alerte: Alerte) -> None:
    anyone = Recipient(WEBHOOK, EMAIL, ESCALATION)
    story = [
        (replace(alerte), [HOOK, BOX]),
        (replace(alerte, nombre=40), [HOOK]),
        (replace(alerte, escalade=1), [HOOK, BOX, CHIEF]),
        (replace(alerte, escalade=1, severite=Severite.CRITIQUE), [HOOK, BOX]),
        (replace(alerte, escalade=1, etat=EtatAlerte.ACQUITTEE), [HOOK]),
        (replace(alerte, escalade=1, etat=EtatAlerte.RESOLUE), [HOOK, BOX]),
        (replace(alerte, escalade=1, etat=EtatAlerte.RESOLUE, nombre=41), [HOOK]),
        (replace(alerte, escalade=1), [HOOK, BOX]),
        (replace(alerte, escalade=2), [HOOK, BOX, CHIEF]),
    ]
    for revision, (one, heard) in enumerate(story, 1):
        assert anyone.hears(replace(one, revision=revision)) == heard, revision
    assert anyone.hears(replace(alerte, escalade=2, revision=5)) == []  # it comes again


def test_severity(alerte: Alerte) -> None:
    one = Recipient(WEBHOOK, EMAIL)
    assert one.hears(replace(alerte, severite=Severite.FAIBLE)) == [HOOK]
    assert one.hears(replace(alerte, severite=Severite.MOYENNE, revision=2)) == [HOOK, BOX]
    assert one.hears(replace(alerte, severite=Severite.FAIBLE, revision=3)) == [HOOK]


def test_nobody_is_told_of_the_end_of_what_he_never_heard_of(alerte: Alerte) -> None:
    assert Recipient(WEBHOOK, EMAIL).hears(replace(alerte, etat=EtatAlerte.RESOLUE)) == []
    assert Recipient(WEBHOOK, EMAIL).hears(replace(alerte, etat=EtatAlerte.ACQUITTEE)) == []


def test_what_did_not_arrive_was_not_told(alerte: Alerte) -> None:
    one = Recipient(EMAIL)
    assert one.hears(alerte, StatutLivraison.ABANDONNEE) == [BOX]
    assert one.hears(alerte) == []  # the same revision
    assert one.hears(replace(alerte, revision=2, nombre=13)) == [BOX]
    assert one.hears(replace(alerte, revision=3, nombre=14)) == []


def test_what_was_replaced_was_told_by_what_replaced_it_alone(alerte: Alerte) -> None:
    one = Recipient(EMAIL)
    assert one.hears(alerte, StatutLivraison.REMPLACEE) == [BOX]
    assert one.hears(replace(alerte, revision=2, severite=Severite.CRITIQUE), StatutLivraison.ABANDONNEE) == [BOX]
    assert one.hears(replace(alerte, revision=3), StatutLivraison.REMPLACEE) == [BOX]
    assert one.hears(replace(alerte, revision=4, severite=Severite.CRITIQUE)) == [BOX]
    assert one.hears(replace(alerte, revision=5, severite=Severite.CRITIQUE)) == []


def test_several_mailboxes_get_a_mail_each_and_an_address_that_is_named_twice_one(alerte: Alerte) -> None:
    both = replace(EMAIL, adresse="anne@example.fr , paul@example.fr")
    planned = plan(alerte, rules(both, replace(EMAIL, adresse="paul@example.fr", langue="fr")), {})
    assert [(one.adresse, one.langue) for one in planned] == [("anne@example.fr", "en"), ("paul@example.fr", "en")]
    assert len({one.livraison_id for one in planned}) == 2
    assert planned[0].destination == digest(7, Canal.EMAIL, "anne@example.fr")


def test_a_company_that_wants_none(alerte: Alerte) -> None:
    assert plan(alerte, ReglageAlertes(actif=False, destinations=[WEBHOOK]), {}) == []
    assert plan(alerte, ReglageAlertes(), {}) == []


@pytest.mark.parametrize(
    ("canal", "adresse"),
    [
        (Canal.WEBHOOK, "erp.example.fr/hook"),
        (Canal.WEBHOOK, "ftp://erp.example.fr"),
        (Canal.WEBHOOK, "https://"),
        (Canal.WEBHOOK, "https://erp.example.fr/a\r\nhost: x"),
        (Canal.WEBHOOK, "https://erp.example.fr/\n"),
        (Canal.EMAIL, "anne"),
        (Canal.EMAIL, "anne@example.fr,"),
        (Canal.EMAIL, "anne@example.fr\r\nBcc: all@example.fr"),
        (Canal.EMAIL, "Anne <anne@example.fr>"),
        (Canal.EMAIL, "mailto:anne@example.fr"),
    ],
)
def test_an_address_that_is_none_is_refused_when_it_is_set(canal: Canal, adresse: str) -> None:
    with pytest.raises(ValueError, match="`adresse` of"):
        Destination(canal=canal, adresse=adresse)

"""Asking and following: a duplicate is followed to the end of the campaign that it joined."""

import uuid
from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from schemas import Campagne, DemandeEntrainement, Motif, StatutCampagne, TypeModele, campagne_id
from topics import TRAINING_REQUESTS
from wisebook_ml.messaging.events import Decoder
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelNotFound, ModelRegistry, open_database
from wisebook_ml.training.defaults import default_models
from wisebook_ml.training.events import campaign_event
from wisebook_ml.training.exceptions import CampaignTimeout
from wisebook_ml.training.learn import campaign_of
from wisebook_ml.training.request import cancel_training, follow_campaign, follow_campaigns, request_training

SECONDS = 60.0


def request(name: str, modele_id: int = 1) -> DemandeEntrainement:
    return DemandeEntrainement(demande_id=name, modele_id=modele_id, societe_id=7, motif=Motif.MANUEL, demandeur="me")


def publish(settings: Settings, steps: Sequence[Campagne]) -> None:
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        for step in steps:
            producer.send(campaign_event(step))


def follow(settings: Settings, one: DemandeEntrainement, seconds: float = SECONDS) -> list[StatutCampagne]:
    return [step.statut for step in follow_campaign(settings, settings.bootstrap_servers, one, seconds)]


def test_a_campaign_is_followed_to_its_end(settings: Settings) -> None:
    mine, other = request("mine"), request("other")
    waiting, working, done = StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS, StatutCampagne.REUSSIE
    publish(
        settings,
        [
            campaign_of(mine, waiting),
            campaign_of(other, working, 1),
            campaign_of(mine, working, 1),
            campaign_of(other, StatutCampagne.ECHEC, 1),
            campaign_of(mine, done, 1),
            campaign_of(mine, done, 1),
        ],
    )
    assert follow(settings, mine) == [waiting, working, done]
    assert follow(settings, other) == [working, StatutCampagne.ECHEC]


@pytest.mark.parametrize("ended_before", [False, True])
def test_a_duplicate_is_followed_to_the_end_of_the_one_it_joined(settings: Settings, ended_before: bool) -> None:
    first, second = request("first"), request("second")
    joined = replace(campaign_of(second, StatutCampagne.REJOINTE), rejointe=campagne_id("first"))
    end = campaign_of(first, StatutCampagne.ANNULEE, 1)
    publish(
        settings, [campaign_of(first, StatutCampagne.EN_COURS, 1), *((end, joined) if ended_before else (joined, end))]
    )
    followed = follow(settings, second)
    assert followed[0] is StatutCampagne.REJOINTE
    assert followed[-1] is StatutCampagne.ANNULEE


def test_several_are_followed_at_once(settings: Settings) -> None:
    one, two = request("one", 1), request("two", 2)
    publish(settings, [campaign_of(one, StatutCampagne.REUSSIE, 1), campaign_of(two, StatutCampagne.ECHEC, 1)])
    seen = {
        followed.demande_id: step.statut
        for followed, step in follow_campaigns(settings, settings.bootstrap_servers, [one, two], SECONDS)
    }
    assert seen == {"one": StatutCampagne.REUSSIE, "two": StatutCampagne.ECHEC}


def test_who_waits_too_long_is_told_what_to_start(settings: Settings) -> None:
    with pytest.raises(CampaignTimeout, match=r"request mine has not been served within 0 s.*worker training"):
        follow(settings, request("mine"), 0.1)


def test_requests_and_cancellations_are_published_under_their_model(settings: Settings) -> None:
    models = default_models(ModelRegistry(open_database(settings.sql_url)), 7)
    modele_id = models[TypeModele.XGBOOST]
    asked = request_training(settings, settings.bootstrap_servers, modele_id, demandeur="me", demande_id="nightly")
    cancel_training(settings, settings.bootstrap_servers, asked, demandeur="me")
    topic = TRAINING_REQUESTS.full_name(settings.topic_prefix)
    ((partition, (first, end)),) = end_offsets(settings.bootstrap_servers, topic).items()
    (run,) = read_partition(settings.bootstrap_servers, topic, partition, first, end)
    decode = Decoder(TRAINING_REQUESTS).decode
    published, cancelled = [decode(raw) for raw in run]
    assert (
        published
        == asked
        == DemandeEntrainement(
            demande_id="nightly", modele_id=modele_id, societe_id=7, motif=Motif.MANUEL, demandeur="me"
        )
    )
    assert type(cancelled).__name__ == "AnnulationEntrainement"
    assert [raw.key for raw in run] == [str(modele_id).encode()] * 2


def test_a_model_that_there_is_not_is_refused_at_once(settings: Settings) -> None:
    with pytest.raises(ModelNotFound, match="There is no model 12"):
        request_training(settings, settings.bootstrap_servers, 12, demandeur="me")


def test_a_company_has_one_default_model_an_algorithm(settings: Settings) -> None:
    registry = ModelRegistry(open_database(settings.sql_url))
    models = default_models(registry, 7)
    assert set(models) == set(TypeModele)
    assert default_models(registry, 7) == models
    assert len(set(models.values())) == len(TypeModele)
    assert {model.type_modele for model in registry.list(7)} == set(TypeModele)


def test_the_end_of_a_campaign_has_one_id_however_often_it_is_published() -> None:
    end = replace(campaign_of(request("mine"), StatutCampagne.REUSSIE, 1), avancement=1.0)
    again = replace(end, tentative=2)
    ids = {dict(campaign_event(one).headers)["ce_id"] for one in (end, again)}
    assert ids == {f"{campagne_id('mine')}/REUSSIE".encode()}
    assert isinstance(end.campagne_id, uuid.UUID)

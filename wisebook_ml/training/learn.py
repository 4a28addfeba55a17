"""One training, from a request to a version in the store: what a trainer's own process does.

Nothing here takes effect: the version counts once the campaign's end is recorded (`CampaignStore.finish`), and is in
force once it is announced (`wisebook_ml.training.promotion`).
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd
from msgspec.structs import replace

from schemas import (
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Etape,
    StatutCampagne,
    VersionModele,
    campagne_id,
)
from topics import TREASURY
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.datasets.catalogue import DATASETS, Dataset
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.services.base import BaseMLService, NotEnoughData
from wisebook_ml.services.catalogue import DOMAINES, service_class
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DatabaseUnreachable, Modele, ModelRegistry, open_database
from wisebook_ml.training.baselines import Baseline, best_baseline
from wisebook_ml.training.collect import ALL_COMPANIES, Collection, collect
from wisebook_ml.training.exceptions import TrainingFailed
from wisebook_ml.training.gate import Champion, Decision, decide

__all__ = ["LEARNT_UNTIL", "Tell", "campaign_of", "learn"]

LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

AWAY_SECONDS = 120.0
"""How long a database may be away once a model is fitted: what took an hour is not thrown away for a restart."""

ASK_SECONDS = 1.0
"""Pause before it is asked again."""

Tell = Callable[[Campagne], None]
"""Told how far a training is."""

LEARNT_UNTIL = "donnees_au"
"""Metric of a version: the last date that it has learnt from, as a number such as 20240531."""

SHARES = {
    Etape.COLLECTE: (0.0, 0.35),
    Etape.APPRENTISSAGE: (0.35, 0.9),
    Etape.EVALUATION: (0.9, 0.97),
    Etape.PUBLICATION: (0.97, 1.0),
}
"""Where each stage lies on the progress bar."""


class _Progress:
    """The campaign as it stands, told at each step."""

    def __init__(self, campaign: Campagne, tell: Tell) -> None:
        self.campaign = campaign
        self._tell = tell

    def at(self, etape: Etape, share: float = 0.0) -> None:
        """Tell that a stage is done to a share."""
        first, last = SHARES[etape]
        avancement = first + (last - first) * min(max(share, 0.0), 1.0)
        self.campaign = replace(self.campaign, etape=etape, avancement=round(avancement, 4))
        self._tell(self.campaign)

    def know(self, **facts: object) -> None:
        """Add what is known from now on; it is told with the next step."""
        self.campaign = replace(self.campaign, **facts)


@dataclass(frozen=True, slots=True)
class _HoldOut:
    """The rows that versions are compared on, and those before them."""

    before: pd.DataFrame
    after: pd.DataFrame


def campaign_of(request: DemandeEntrainement, statut: StatutCampagne, tentative: int = 0) -> Campagne:
    """Return a campaign of a request, of which nothing is known yet."""
    return Campagne(
        campagne_id=campagne_id(request.demande_id),
        demande_id=request.demande_id,
        modele_id=request.modele_id,
        societe_id=request.societe_id,
        statut=statut,
        tentative=tentative,
    )


def learn(request: DemandeEntrainement, tentative: int, settings: Settings, bootstrap: str, tell: Tell) -> Campagne:
    """Collect, fit, evaluate, save; return the campaign with the new version and what the gate decided of it.

    Raises
    ------
    TrainingFailed, InvalidParameters, MissingLibrary, ModelNotFound
        Where to try again would end the same; the message says what to do.
    ReadError, DatabaseUnreachable, OSError
        Where a broker, the database or the store is away.
    """
    registry = ModelRegistry(open_database(settings.sql_url))
    model = _model(registry, request)
    # Parameters are checked before minutes are spent on collecting.
    service = service_class(model.type_modele)(model.parametres_modele, seed=settings.seed)
    progress = _Progress(campaign_of(request, StatutCampagne.EN_COURS, tentative), tell)
    frame = _frame(DATASETS[model.type_modele], request, settings, bootstrap, progress)
    before, after, since = split_by_date(frame)
    progress.know(lignes=len(before), lignes_test=len(after), donnees_du=_first(frame), donnees_au=_last(frame))
    progress.at(Etape.APPRENTISSAGE)
    try:
        service.fit(before, progress=lambda share: progress.at(Etape.APPRENTISSAGE, share))
    except NotEnoughData as error:
        held_out = f" (besides {len(after):,} rows from {since} on, which are held out)" if len(after) else ""
        raise TrainingFailed(f"{error}{held_out}") from error
    progress.at(Etape.EVALUATION)
    store = ArtefactStore.of(settings)
    _judge(service, model, registry, store, _HoldOut(before, after), progress)
    progress.at(Etape.PUBLICATION)
    version = _save(service, model, registry, store)
    return replace(progress.campaign, statut=StatutCampagne.REUSSIE, avancement=1.0, version=version)


def _model(registry: ModelRegistry, request: DemandeEntrainement) -> Modele:
    try:
        model = registry.get(request.modele_id)
    except LookupError as error:  # of SQLAlchemy, for a value that the enumeration has not
        raise TrainingFailed(
            f"model {request.modele_id} is of a type that this version of wisebook_ml does not know ({error}); update "
            "the trainers, or create the model anew with a type of `wisebook-ml models create --help`"
        ) from error
    if model.societe_id != request.societe_id:
        raise TrainingFailed(f"model {model.id} belongs to company {model.societe_id}, not to {request.societe_id}")
    return model


def _frame(
    dataset: Dataset, request: DemandeEntrainement, settings: Settings, bootstrap: str, progress: _Progress
) -> pd.DataFrame:
    """Collect what the data set is made of, and return its rows; of several companies, one after the other."""
    if request.societe_id == ALL_COMPANIES and TREASURY in dataset.topics:
        raise TrainingFailed(
            "a forecast goes on from one company's cash flows, so there is no global one; train it for a company"
        )
    progress.at(Etape.COLLECTE)
    collection = collect(
        bootstrap,
        settings.topic_prefix,
        request.societe_id,
        dataset.topics,
        du=request.du,
        au=request.au,
        progress=lambda share: progress.at(Etape.COLLECTE, share),
    )
    progress.know(offsets=dict(collection.offsets))
    _check_not_empty(dataset, request, collection)
    # Company by company: habits and histories of one are nothing to another.
    frames = [dataset.build(collected) for collected in collection.companies.values()]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def _check_not_empty(dataset: Dataset, request: DemandeEntrainement, collection: Collection) -> None:
    topic = dataset.topics[0].name
    companies = collection.companies.values()
    found = sum(len(one.positions) if topic == "treasury" else len(one.entries) for one in companies)
    if not found:
        what = "treasury positions" if topic == "treasury" else "entries"
        whose = f"company {request.societe_id} has" if request.societe_id else "the companies have"
        raise TrainingFailed(f"{whose} no {what} on the topic {topic}; publish some first")


def _judge(
    service: BaseMLService,
    model: Modele,
    registry: ModelRegistry,
    store: ArtefactStore,
    hold_out: _HoldOut,
    progress: _Progress,
) -> None:
    """Evaluate the new version and the champion on the same rows, and have the gate decide."""
    learnt_until = _last(hold_out.before)
    champion: Champion | None = None
    if model.version_courante is not None:
        number = model.version_courante
        recorded = _patiently(lambda: registry.version(model.id, number))
        hold_out = _unseen(hold_out, recorded.metrics)
        champion = _evaluate_champion(store, recorded.version, hold_out)
    progress.at(Etape.EVALUATION, 0.5)
    metrics, reason = _evaluate(service, hold_out)
    judged = int(metrics.get("rows", len(hold_out.after)))  # of verdicts, fewer than there are entries
    baseline = _baseline(service, hold_out)
    decision = decide(metrics, champion, judged, service.gate, baseline)
    if reason:
        decision = Decision(False, None, f"challenger: {reason}")
    if baseline is not None:
        metrics[f"{service.gate.metric}_reference"] = baseline.value
    if learnt_until is not None:
        metrics[LEARNT_UNTIL] = float(f"{learnt_until:%Y%m%d}")
    progress.know(
        lignes_test=len(hold_out.after),
        metriques=metrics,
        metriques_avant=dict(champion.metrics) if champion else {},
        amelioration=decision.gain,
        promue=decision.promoted,
        decision=decision.text,
    )


def _baseline(service: BaseMLService, hold_out: _HoldOut) -> Baseline | None:
    """Return what a forecast has to beat; None for what is no forecast."""
    if DOMAINES[service.type_modele] is not DomaineApplication.FLUX_TRESORERIE or hold_out.after.empty:
        return None
    return best_baseline(
        hold_out.before,
        hold_out.after,
        horizon=service.parametres.horizon,
        country=service.parametres.jours_feries,
        metric=service.gate.metric,
    )


def _unseen(hold_out: _HoldOut, metrics: Mapping[str, object]) -> _HoldOut:
    """Return the rows of the hold-out that lie later than what the champion has learnt from.

    As a rule these are all. They are fewer where this training's dates end before those of the champion's.
    """
    try:
        seen = pd.Timestamp(dt.datetime.strptime(f"{float(str(metrics[LEARNT_UNTIL])):.0f}", "%Y%m%d"))
    except (KeyError, ValueError):
        return hold_out  # nobody knows; versions that were recorded by hand have none
    later = hold_out.after["date"] > seen
    if later.all():
        return hold_out
    return _HoldOut(pd.concat([hold_out.before, hold_out.after[~later]]), hold_out.after[later])


def _evaluate_champion(store: ArtefactStore, version: VersionModele, hold_out: _HoldOut) -> Champion:
    try:
        data = store.read(version)
    except ValueError as error:
        # Nobody knows whether the new version would be better: that is for a person to decide.
        raise TrainingFailed(
            f"version {version.version}, the champion, cannot be compared with: {error}. It stays; bring its artefact "
            f"back, or put another version in charge (`wisebook-ml models promote {version.modele_id} VERSION`), then "
            "train again; where there is no other, create the model anew"
        ) from error
    try:
        service = service_class(version.type_modele).load(data)
        return Champion(version.version, *_evaluate(service, hold_out))
    except OSError:
        raise  # the store is away; so the new version could not be saved either
    except Exception as error:  # whatever unpickling or an artefact of another release makes of it
        LOGGER.warning("version %d of model %d cannot be compared", version.version, version.modele_id, exc_info=True)
        return Champion(version.version, {}, str(error) or type(error).__name__)


def _evaluate(service: BaseMLService, hold_out: _HoldOut) -> tuple[dict[str, float], str]:
    """Return the metrics, or why there are none; without rows, the gate knows how to say that."""
    if hold_out.after.empty:
        return {}, ""
    try:
        found = service.evaluate(hold_out.after, avant=hold_out.before)
    except NotEnoughData as error:
        return {}, str(error)
    return {name: float(value) for name, value in found.items() if pd.notna(value)}, ""


def _save(service: BaseMLService, model: Modele, registry: ModelRegistry, store: ArtefactStore) -> VersionModele:
    return store.save(
        service.dump(),
        societe_id=model.societe_id,
        modele_id=model.id,
        version=_patiently(lambda: registry.next_version(model.id)),
        type_modele=model.type_modele,
    )


def _patiently(ask: Callable[[], T]) -> T:
    """Ask the database, again where it is away."""
    deadline = time.monotonic() + AWAY_SECONDS
    while True:
        try:
            return ask()
        except DatabaseUnreachable as error:
            if time.monotonic() > deadline:
                raise
            LOGGER.warning("the database is asked again: %s", error)
            time.sleep(ASK_SECONDS)


def _first(frame: pd.DataFrame) -> dt.date | None:
    return None if frame.empty else frame["date"].min().date()


def _last(frame: pd.DataFrame) -> dt.date | None:
    return None if frame.empty else frame["date"].max().date()

"""From what is asked for to a plan, and everything that could keep it from being done: before any work is."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec

from schemas import Activation, Reglage, VersionModele
from topics import ALL, DETECTIONS, ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.reader import TopicMissing, end_offsets
from wisebook_ml.messaging.topic_ids import topic_id
from wisebook_ml.pipeline.live import new_scorer, state_fingerprint
from wisebook_ml.pipeline.opinions import model_loader
from wisebook_ml.pipeline.tallied import PartitionState
from wisebook_ml.replay.bounds import parse_bound
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.plan import Plan, Stretch
from wisebook_ml.replay.rights import READ, WRITE, check_rights
from wisebook_ml.replay.stretches import check_records, stretches_of
from wisebook_ml.scoring.in_force import SCORED
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import Identity, SnapshotStore
from wisebook_ml.storage import Modele, ModelNotFound, ModelRegistry, SettingsStore, open_database
from wisebook_ml.training.collect import ALL_COMPANIES

__all__ = ["Asked", "check_rights_of", "check_still_there", "fold_of", "folder_of", "make_plan"]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for, in their words."""

    debut: str | None = None
    fin: str | None = None
    societes: Sequence[int] = ()
    modeles: Sequence[str] = ()
    parametres: int | None = None


def folder_of(settings: Settings, bootstrap: str, asked: Asked) -> ReplayFolder:
    """Return where the replay that is asked for lies: that of the same words, on the same topic."""
    topic = ENTRIES.full_name(settings.topic_prefix)
    return ReplayFolder(settings.home / "replays", (topic, topic_id(bootstrap, topic), asked))


def fold_of(settings: Settings) -> str:
    """Return what states rest on: the version of the program, and its settings."""
    return state_fingerprint(settings, PartitionState(new_scorer(settings)).fingerprint)


def make_plan(settings: Settings, bootstrap: str, asked: Asked) -> Plan:
    """Return what is to be done, once it is sure that it can be.

    Raises
    ------
    ReplayError, ReadError, StorageError
        Where it cannot; the message says why, and what to do.
    """
    topic = ENTRIES.full_name(settings.topic_prefix)
    debut, fin = _bounds(asked)
    activations = [one for name in asked.modeles for one in _activations(settings, name, asked.societes)]
    kinds = [(one.societe_id, one.version.type_modele) for one in activations]
    if len(set(kinds)) < len(kinds):
        raise ReplayError("--model names two models of one kind for a company, and one of a kind can be in force")
    reglages = [] if asked.parametres is None else [_reglage(settings, asked.parametres, asked.societes)]
    count, stretches = stretches_of(bootstrap, topic, debut, fin, asked.societes)
    plan = Plan(
        topic=topic,
        topic_id=topic_id(bootstrap, topic),
        partitions=count,
        stretches=stretches,
        societes=tuple(sorted(set(asked.societes))),
        activations=tuple(activations),
        reglages=tuple(reglages),
        fold=fold_of(settings),
    )
    check_still_there(settings, bootstrap, plan)
    check_records(bootstrap, topic, count, stretches, set(asked.societes))
    return plan


def _bounds(asked: Asked) -> tuple[int | None, int | None]:
    try:
        debut = None if asked.debut is None else parse_bound(asked.debut)
        fin = None if asked.fin is None else parse_bound(asked.fin, end=True)
    except ValueError as error:
        raise ReplayError(str(error)) from error
    if type(debut) is type(fin) and debut is not None and fin is not None and not debut < fin:  # type: ignore[operator]
        raise ReplayError(f"the range is empty: it ends ({asked.fin}) where it begins ({asked.debut}), or before")
    return debut, fin  # type: ignore[return-value]


def check_still_there(settings: Settings, bootstrap: str, plan: Plan) -> None:
    """Make sure that the topics are as the plan has them, and that the state before the stretches can be had.

    Raises
    ------
    ReplayError
        Where they are not, or it cannot.
    ReadError
        Where a topic does not exist, or no broker answers.
    """
    there = end_offsets(bootstrap, plan.topic)
    published = DETECTIONS.full_name(settings.topic_prefix)
    others = len(end_offsets(bootstrap, published))
    if len(there) != plan.partitions:
        raise ReplayError(
            f"{plan.topic} had {plan.partitions} partitions when this replay began, and has {len(there)} now: "
            "companies have moved. Replay from where they were added (--from)"
        )
    if others != len(there):
        raise ReplayError(
            f"{published} has {others} partitions and {plan.topic} has {len(there)}: detections go to the partition of "
            "their entry. Give both the same number (`wisebook-ml topics check`)"
        )
    for partition, stretch in plan.stretches.items():
        _check_beginning(settings, plan, partition, stretch, there[partition][0])


def _check_beginning(settings: Settings, plan: Plan, partition: int, stretch: Stretch, first: int) -> None:
    if first == 0:
        return
    identity = Identity(plan.topic, plan.topic_id, partition, plan.fold)
    store = SnapshotStore.of(settings)
    if first <= stretch[0] and any(store.newest(identity, after=first - 1, at_most=stretch[0])):
        return
    raise ReplayError(
        f"{plan.topic} partition {partition} has lost its beginning (its first offset is {first}: retention, or a "
        f"deletion), and there is no snapshot of the state between there and offset {stretch[0]}, where the replay "
        f"begins ({store.place}): what its companies were used to before is not known. Begin later, where the scoring "
        "role has a snapshot, or restore the topic"
    )


def check_rights_of(settings: Settings, bootstrap: str, plan: Plan, *, promotes: bool, into: str | None = None) -> None:
    """Make sure that the brokers allow what the replay does.

    Raises
    ------
    ReplayError
        Where they do not, or a topic to write into is none.
    """
    needs = {
        plan.topic: [READ, WRITE] if promotes else [READ],
        DETECTIONS.full_name(settings.topic_prefix): [READ],
    }
    if into is not None:
        if into in {one.name for one in ALL}:
            raise ReplayError(
                f"{into!r} is a topic of the system; --into writes into another, and --promote makes results hold"
            )
        name = settings.topic_prefix + into
        how = f"`wisebook-ml kafka tool topics --create --topic {name} --partitions {plan.partitions}`"
        try:
            there = len(end_offsets(bootstrap, name))
        except TopicMissing as error:
            raise ReplayError(f"there is no topic {name}, and --into creates none: {how}") from error
        if there != plan.partitions:
            raise ReplayError(
                f"{name} has {there} partitions and {plan.topic} has {plan.partitions}; results go to the partition of "
                f"their entry: create one with as many ({how})"
            )
        needs[name] = [READ, WRITE]
    check_rights(bootstrap, needs)


def _activations(settings: Settings, text: str, societes: Sequence[int]) -> list[Activation]:
    """Return what puts a version of a model in force: for the companies asked for, or whose model it is."""
    name, mark, number = text.rpartition("@")
    if not mark or not name or not (number.isascii() and number.isdigit()):
        raise ReplayError(
            f"--model {text!r} is not MODELE@VERSION, such as 4@2: the number or name of a model, and one of its "
            "versions (`wisebook-ml models list`)"
        )
    registry = ModelRegistry(open_database(settings.sql_url))
    model = _model(registry, name, societes)
    version = _version(registry, model.id, int(number))
    if version.type_modele not in SCORED:
        kinds = ", ".join(sorted(one.value for one in SCORED))
        raise ReplayError(
            f"model {model.id} is a {version.type_modele.value}, which takes no part in detections; those that do are "
            f"{kinds}"
        )
    _check_artefact(settings, version)
    if version.societe_id == ALL_COMPANIES:
        return [Activation(societe_id=one, version=version) for one in (societes or (ALL_COMPANIES,))]
    if societes and version.societe_id not in societes:
        raise ReplayError(f"model {model.id} is company {version.societe_id}'s, which --societe does not name")
    return [Activation(societe_id=version.societe_id, version=version)]


def _model(registry: ModelRegistry, name: str, societes: Sequence[int]) -> Modele:
    """Return the model that is meant: one of the company's own before one of all companies."""
    if len(societes) == 1 and not name.isdigit():
        with suppress(ModelNotFound):
            return registry.find(name, societes[0])
    return registry.find(name)


def _version(registry: ModelRegistry, model_id: int, number: int) -> VersionModele:
    try:
        return registry.version(model_id, number).version
    except ModelNotFound as error:
        there = ", ".join(str(one.version.version) for one in registry.versions(model_id))
        known = f"there are {there}" if there else "it has none yet (`wisebook-ml train`)"
        raise ReplayError(f"there is no version {number} of model {model_id}; {known}") from error


def _check_artefact(settings: Settings, version: VersionModele) -> None:
    try:
        model_loader(ArtefactStore.of(settings))(version)
    except ValueError as error:
        raise ReplayError(f"version {version.version} of model {version.modele_id} cannot be used: {error}") from error


def _reglage(settings: Settings, number: int, societes: Sequence[int]) -> Reglage:
    """Return what puts a version of settings in force: those of the one company, or those of all."""
    if len(set(societes)) > 1:
        raise ReplayError("--settings is a version of one company's settings; name one with --societe")
    company = societes[0] if societes else ALL_COMPANIES
    store = SettingsStore(open_database(settings.sql_url))
    found = store.get(company, number)
    if found is None:
        there = [str(one.version) for one in store.history(company)]
        known = f"there are {', '.join(there)}" if there else "there are none"
        whose = f"company {company}" if company else "all companies (--societe names one)"
        raise ReplayError(f"there is no version {number} of the settings of {whose}; {known}")
    return Reglage(societe_id=company, parametres=found.parametres)

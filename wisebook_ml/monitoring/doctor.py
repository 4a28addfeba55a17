"""Looks at a deployment and says in sentences what is wrong and what to do about it. Changes nothing."""

import datetime as dt
import importlib.util
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from schemas import Travailleur, TypeModele, VersionModele
from topics import DEAD_LETTER, DETECTIONS, ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.inference import LoadedModels
from wisebook_ml.messaging.admin import TopicAdminError, check_topics
from wisebook_ml.messaging.connect import ConnectError, reach_broker
from wisebook_ml.messaging.groups import group_lag, group_name
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.monitoring.dead_letters import read_letters
from wisebook_ml.monitoring.reports import is_stale, read_reports
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, StorageError, create_engine
from wisebook_ml.storage.migrations import check as check_tables

__all__ = ["CHECKS", "Finding", "Place", "State", "examine"]

ROLES = "wisebook_ml.roles"

NEEDED = frozenset({"scoring", "storage"})
"""Roles without which nothing is detected, or seen; whether the others are wanted is the deployment's choice."""

TRAIN_MODULES = {
    "tensorflow": TypeModele.LSTM,
    "xgboost": TypeModele.XGBOOST,
    "prophet": TypeModele.PROPHET,
    "shap": None,
}
"""Modules of the extra `train`, and which models cannot be trained without each; shap explains."""

STILL_SECONDS = 60.0
"""So long without progress, though there is work, is told: a batch takes seconds."""

CLOCK_SECONDS = 30.0
"""By how much clocks of two machines may differ; a report takes milliseconds."""

LOOKED_AT = 200
"""Dead letters whose reasons are counted."""


class State(StrEnum):
    """What was found: all is well; something to know; something that is wrong."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that was looked at: what is so, and what to do about it."""

    check: str
    state: State
    detail: str
    todo: str = ""


@dataclass
class Place:
    """The deployment that is looked at. What cannot be had raises, each time it is asked for."""

    settings: Settings
    now: dt.datetime

    @cached_property
    def bootstrap(self) -> str:
        """Brokers that have answered."""
        return reach_broker(self.settings)

    @cached_property
    def reports(self) -> Sequence[Travailleur]:
        """What processes say of themselves."""
        return read_reports(self.bootstrap, self.settings.topic_prefix, self.now)

    @cached_property
    def engine(self) -> Engine:
        """The database, whose tables are those of this version."""
        engine = create_engine(self.settings.sql_url)
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        if file is not None and not Path(file).exists():  # to connect would create it
            raise StorageError(f"There is no database {file} yet; the first worker or API that stores creates it.")
        check_tables(engine)
        return engine

    def alive(self, role: str) -> list[Travailleur]:
        """Return the processes of a role that are not gone."""
        return [one for one in self.reports if one.role == role and not is_stale(one, self.now)]

    def records(self, name: str) -> int:
        """Return how many offsets a topic has."""
        return sum(end - start for start, end in end_offsets(self.bootstrap, name).values())


def modules(place: Place) -> Iterator[Finding]:
    """Say which modules of the extra `train` are missing, and whether anything here needs them."""
    missing = [name for name in TRAIN_MODULES if importlib.util.find_spec(name) is None]
    if not missing:
        yield Finding(check="modules", state=State.OK, detail="All modules of the extra `train` are there.")
        return
    try:
        used = {model.type_modele for model in ModelRegistry(place.engine).list()}
    except StorageError:
        used = set()
    needed = [name for name in missing if TRAIN_MODULES[name] in used]
    yield Finding(
        check="modules",
        state=State.WRONG if needed else State.NOTE,
        detail=f"Of the extra `train`, {', '.join(missing)} cannot be imported here"
        + (f"; models of this deployment need {', '.join(needed)}." if needed else ": only trainers need them."),
        todo="pip install 'wisebook-ml[train]', or requirements/train.txt, where roles train or predict.",
    )


def brokers(place: Place) -> Iterator[Finding]:
    """Say whether the brokers answer."""
    yield Finding(check="brokers", state=State.OK, detail=f"Kafka answers at {place.bootstrap}.")


def declared_topics(place: Place) -> Iterator[Finding]:
    """Say which topics are missing, or not as they are declared."""
    settings = place.settings
    found = check_topics(place.bootstrap, settings.topic_prefix, settings.replication_factor)
    if not found:
        yield Finding(check="topics", state=State.OK, detail="All topics are as they are declared.")
    for one in found:
        todo = "wisebook-ml topics apply" if one.repairable else ""
        yield Finding(check="topics", state=State.WRONG, detail=one.message, todo=todo)


def database(place: Place) -> Iterator[Finding]:
    """Say whether the database answers, and has the tables of this version."""
    url = place.engine.url.render_as_string(hide_password=True)
    yield Finding(check="database", state=State.OK, detail=f"{url} answers, with the tables of this version.")


def workers(place: Place) -> Iterator[Finding]:
    """Say of each role whether somebody does it, is ready and gets on."""
    for role in sorted(point.name for point in entry_points(group=ROLES)):
        alive = place.alive(role)
        if not alive:
            gone = [one for one in place.reports if one.role == role]
            last = f"; the last one, on {gone[-1].hote}, was heard of at {gone[-1].vu_le:%H:%M:%S} UTC" if gone else ""
            yield Finding(
                check="workers",
                state=State.WRONG if gone or role in NEEDED else State.NOTE,
                detail=f"No worker of the role {role} runs{last}.",
                todo=f"wisebook-ml worker {role}" + (" (and look at its log for why it ended)" if gone else ""),
            )
        for one in alive:
            yield _worker(one)


def _worker(one: Travailleur) -> Finding:
    name = f"{one.role} on {one.hote} (process {one.pid})"
    still = [part for part in one.partitions if part.immobile_s > STILL_SECONDS]
    if not one.pret:
        return Finding(check="workers", state=State.WRONG, detail=f"{name} is not ready: {' '.join(one.motifs)}")
    if still:
        worst = max(still, key=lambda part: part.immobile_s)
        return Finding(
            check="workers",
            state=State.WRONG,
            detail=f"{name} has finished nothing of {worst.topic} partition {worst.partition} for "
            f"{worst.immobile_s:.0f} s, and {worst.retard} offsets wait.",
            todo="Look at its log; restarted, it goes on from its last commit.",
        )
    lag = sum(part.retard for part in one.partitions)
    return Finding(check="workers", state=State.OK, detail=f"{name} is ready; {lag} offsets wait.")


def processing(place: Place) -> Iterator[Finding]:
    """Say why nothing comes out, where nothing does."""
    prefix = place.settings.topic_prefix
    entries, lag = place.records(ENTRIES.full_name(prefix)), 0
    if entries:
        lag = group_lag(place.bootstrap, group_name(prefix, "scoring"), ENTRIES.full_name(prefix))
    if not entries:
        yield Finding(
            check="processing",
            state=State.NOTE,
            detail=f"There are no entries on {ENTRIES.full_name(prefix)}: nobody has published any under this prefix.",
            todo="wisebook-ml publish fec FILE; compare WISEBOOK_ML_TOPIC_PREFIX with that of who publishes.",
        )
    elif lag and not place.alive("scoring"):
        yield Finding(
            check="processing",
            state=State.WRONG,
            detail=f"{lag} entries wait, and no worker scores.",
            todo="wisebook-ml worker scoring",
        )
    else:
        detections = place.records(DETECTIONS.full_name(prefix))
        yield Finding(
            check="processing",
            state=State.OK,
            detail=f"{entries} offsets of entries, of which {lag} wait; {detections} of detections.",
        )
    letters = read_letters(place.bootstrap, prefix, None, LOOKED_AT)
    if letters:
        (topic, reason), count = Counter((one.topic, one.motif) for one in letters).most_common(1)[0]
        example = next(one for one in letters if (one.topic, one.motif) == (topic, reason))
        yield Finding(
            check="processing",
            state=State.NOTE,
            detail=f"There are dead letters on {DEAD_LETTER.full_name(prefix)}: of the last {len(letters)}, {count} "
            f"are {reason} of {topic}, such as: {example.detail}",
            todo="Repair what publishes them, then send them again: "
            "POST /api/ml/dead-letters/{partition}/{offset}/retry/",
        )


def models(place: Place) -> Iterator[Finding]:
    """Load each version that is in charge, as those do who serve it, and say which do not load, and why."""
    registry, store, sound = ModelRegistry(place.engine), ArtefactStore.of(place.settings), 0
    for model in registry.list():
        for number in filter(None, (model.version_courante, model.version_challenger)):
            error = _load_error(store, registry.version(model.id, number).version)
            if error is None:
                sound += 1
                continue
            yield Finding(
                check="models",
                state=State.WRONG,
                detail=f"Model {model.id} ({model.nom}, company {model.societe_id}) version {number} does not "
                f"load: {error}",
                todo=_mending(error, model.id),
            )
    yield Finding(check="models", state=State.OK, detail=f"{sound} model versions in charge load, and are as signed.")


def _load_error(store: ArtefactStore, version: VersionModele) -> Exception | None:
    try:
        LoadedModels(store, most=1).get(version)
    except Exception as error:  # loading runs what an artefact and a library bring with them
        return error
    return None


def _mending(error: Exception, modele_id: int) -> str:
    if isinstance(error, ImportError):
        return "pip install 'wisebook-ml[train]', or requirements/train.txt, wherever this model is to predict."
    back = (
        f"`wisebook-ml train {modele_id}`, or go back to another version with `wisebook-ml models rollback {modele_id}`"
    )
    if "train the model again" in str(error):
        return f"{back}; or install the versions that it was trained with (requirements/train.txt of that release)."
    return (
        "Give every process the same WISEBOOK_ML_ARTEFACTS and WISEBOOK_ML_SIGNING_KEY; bring the folder back from a "
        f"backup; or {back}."
    )


def clock(place: Place) -> Iterator[Finding]:
    """Say whether clocks agree: event times, timers and tokens go by them."""
    by = ((one.hote, (one.vu_le - place.now).total_seconds()) for one in place.reports)
    ahead = {host: seconds for host, seconds in by if seconds > CLOCK_SECONDS}
    for host, seconds in ahead.items():
        yield Finding(
            check="clock",
            state=State.WRONG,
            detail=f"The clock of {host} is {seconds:.0f} s ahead of this machine's.",
            todo="Have both follow a time server (NTP).",
        )
    if not ahead:
        yield Finding(
            check="clock", state=State.OK, detail=f"No process is ahead of this clock ({place.now:%F %T} UTC)."
        )


CHECKS: dict[str, Callable[[Place], Iterator[Finding]]] = {
    "modules": modules,
    "brokers": brokers,
    "topics": declared_topics,
    "database": database,
    "workers": workers,
    "processing": processing,
    "models": models,
    "clock": clock,
}
"""In the order in which a person would ask: what comes later rests on what comes before."""


def examine(place: Place) -> Iterator[Finding]:
    """Look at everything; what cannot be looked at is told once, by the check that it is about."""
    said: set[str] = set()
    for name, look in CHECKS.items():
        try:
            yield from look(place)
        except (ConnectError, ReadError, TopicAdminError, StorageError) as error:
            if str(error) not in said:
                said.add(str(error))
                yield Finding(check=name, state=State.WRONG, detail=str(error))

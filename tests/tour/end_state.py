"""What must be the same in the end, whoever died on the way; and what may differ, and why.

Compared are all records of the topics on which results and decisions lie, in their order, and all rows of all tables.
Left out is what tells of the wall clock or of processes: `MOMENTS`, `UNCOMPARED`, `UNCOMPARED_TOPICS`, and the headers
and offsets of records (each commit takes an offset of its own, and a worker that was killed leaves another number of
them).

A record that was published before a kill, and again after it, counts once: subscribers know it by its id, and that it
has the same value is checked here.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine, Table, select

from tests.acceptance.deployment import Deployment, Seen, assert_one_value_each, values_of
from topics import (
    COUNTS,
    DEAD_LETTER,
    DETECTIONS,
    DRIFT,
    ENTRIES,
    MODELS,
    PREDICTIONS,
    SETTINGS,
    SKETCHES,
    TRAINING_REQUESTS,
    TREASURY,
    Topic,
)
from wisebook_ml.storage.tables import Base, StatistiqueDetection

from .companies import YEAR
from .house import House

State = dict[str, list[str]]
"""By topic or table: records or rows, as text that can be compared and read."""

TOPICS: tuple[Topic, ...] = (
    ENTRIES,  # with the markers: each version of a model takes effect at the same entry
    TREASURY,
    DETECTIONS,
    PREDICTIONS,
    COUNTS,
    SKETCHES,
    DRIFT,
    TRAINING_REQUESTS,
    MODELS,
    SETTINGS,
    DEAD_LETTER,
)
"""Those on which results and decisions lie."""

UNCOMPARED_TOPICS: Mapping[str, str] = {
    "feedback": "dated by clicks; the table avis_detection has what was clicked",
    "alerts": "grouped by the hours of the wall clock; the table alerte_detection has which detections are in one",
    "acknowledgements": "nobody takes note of an alert",
    "deliveries": "nobody is to be brought alerts",
    "training-campaigns": "tells progress; the table campagne_entrainement has its end",
    "windows": "has the hours of clicks; the table statistique_detection has what was counted",
    "statistics": "the same",
    "timer-runs": "says how long a run took; the table execution_minuterie has the rest",
    "workers": "processes, and how they are",
}
"""Topics that are left out, and why."""

ORDERED = frozenset({ENTRIES.name, TREASURY.name, DETECTIONS.name, PREDICTIONS.name, DRIFT.name})

MOMENTS: Mapping[str, frozenset[str]] = {
    "detection_anomalie": frozenset({"ce_time", "record_topic", "record_offset"}),
    "motif_trouve": frozenset({"ce_time"}),
    # `empreinte` is a hash over the moment of the click, too.
    "avis_detection": frozenset({"donne_le", "empreinte"}),
    "modele_ml": frozenset({"created_at", "updated_at"}),
    "version_modele": frozenset({"created_at"}),
    "promotion_modele": frozenset({"promue_le"}),
    # `offsets` has the name of the topic with its prefix; `worker` that of a process.
    "campagne_entrainement": frozenset(
        {"demandee_le", "commencee_le", "terminee_le", "lease_until", "duree_minutes", "worker", "offsets"}
    ),
    "version_parametres": frozenset({"enregistree_le", "marquee_le"}),
    "execution_minuterie": frozenset({"debut", "duree_ms"}),
    # Which alert a detection is in follows from when it came; that it is in one, from what it says.
    "alerte_detection": frozenset({"alerte_id"}),
    "statistique_detection": frozenset({"latence_mediane_ms", "latence_p99_ms"}),
}
"""Columns that are left out, by table: moments by the wall clock, how long something took, which process did it."""

UNCOMPARED: Mapping[str, str] = {
    "alerte": "groups and budgets are of hours by the wall clock",
    "alerte_societe": "the same",
    "alerte_position": "offsets of detections",
    "alerte_envoi": "records on their way; empty",
    "jeton_api": "the token of the browser is drawn by chance",
    "session_web": "so is its session",
    "requete_idempotente": "answers that are kept for who asks again, under keys drawn by chance",
    "journal_audit": "who asked what, and when",
}
"""Tables that are left out, and why."""


def end_state(house: House) -> State:
    """Return what is compared."""
    found: State = {f"topic {topic.name}": _records(house.deployment, topic) for topic in TOPICS}
    for table in Base.metadata.sorted_tables:
        if table.name not in UNCOMPARED:
            found[f"table {table.name}"] = _rows(house.engine, table)
    found["replay"] = [msgspec.json.encode(house.kept["replay"], order="deterministic").decode()]
    return found


def _records(deployment: Deployment, topic: Topic) -> list[str]:
    seen = deployment.read(topic)
    if topic is DETECTIONS:
        assert_one_value_each(values_of(seen))
    once: dict[tuple[str, int, bytes | None], Seen] = {}
    for one in seen:
        before = once.setdefault((one.header("ce_id"), one.partition, one.key), one)
        assert before.value == one.value, f"{topic.name} has two values of {one.header('ce_id')}"
    told = [f"{one.partition} {(one.key or b'').decode()} {_text(one.value)}" for one in once.values()]
    return told if topic.name in ORDERED else sorted(told)


def _text(value: bytes | None) -> str:
    return "" if value is None else value.decode()


def _rows(engine: Engine, table: Table) -> list[str]:
    left_out = MOMENTS.get(table.name, frozenset())
    columns = [column for column in table.columns if column.name not in left_out]
    with engine.connect() as connection:
        rows = connection.execute(select(*columns)).mappings().all()
    told = [dict(row) for row in rows]
    if table.name == StatistiqueDetection.__tablename__:
        told = _counted(told)
    return sorted(msgspec.json.encode(row, order="deterministic").decode() for row in told)


def _counted(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the windows of the story, and what was clicked: that is in windows of the wall clock's hours and days."""
    clicked = Counter[str]()
    for row in rows:
        if row["debut"] > YEAR[1] and row["fin"] - row["debut"] > dt.timedelta(hours=1):
            clicked.update(row["avis"])
    return [*(row for row in rows if row["debut"] <= YEAR[1]), {"clicked": dict(clicked)}]


def differences(one: State, other: State, shown: int = 3) -> Sequence[str]:
    """Return what differs between two ends, some of each kind."""
    found = []
    for name in sorted({*one, *other}):
        mine, theirs = one.get(name, []), other.get(name, [])
        if mine != theirs:
            only = [f"- {text[:600]}" for text in mine if text not in set(theirs)][:shown]
            only += [f"+ {text[:600]}" for text in theirs if text not in set(mine)][:shown]
            found.append("\n".join([f"{name}: {len(mine)} and {len(theirs)}", *(only or ["another order"])]))
    return found

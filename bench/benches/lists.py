"""(n) Lists of detections over a million rows, in SQLite and in PostgreSQL: what a page costs, whatever is asked for.

Measured is what a request costs without HTTP: the count, the page, the verdicts on it, and its JSON. Companies differ
in size as they do in a practice: the largest has a seventh of all rows, the smallest some thousands.
"""

import datetime as dt
import random
import time
import uuid
from collections.abc import Callable, Iterator
from itertools import islice

from sqlalchemy import Engine, Table, insert, text

from bench.benches.latency import percentile
from bench.context import Context
from bench.postgres import local_postgres
from bench.results import line_of
from schemas import CodeMotif, DomaineApplication, Etat, Severite, TypeObjet, Verdict
from wisebook_ml.api.answers import json_answer
from wisebook_ml.api.routes.detections import DetectionList, read_of
from wisebook_ml.storage import VerdictStore, open_database
from wisebook_ml.storage.detection_pages import COUNTED, Cursor, DetectionPages, Filter, Order
from wisebook_ml.storage.engine import writing
from wisebook_ml.storage.tables import AvisDetection, Base, DetectionAnomalie, MotifTrouve

__all__ = ["fill", "questions", "run"]

P99_MS = 50.0
ROWS, QUICK_ROWS = 1_000_000, 50_000
COMPANIES = 40
CHUNK, COPIES = 10_000, 20
ASKED, QUICK_ASKED = 40, 10
"""How often each question is asked, each time of another company and with other values."""

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
CODES = list(CodeMotif)[:24]
JOURNALS = ["AC", "VE", "BQ", "OD", "PA", "AN", "CA", "IM"]
SEVERITIES = [(95.0, Severite.CRITIQUE), (85.0, Severite.ELEVEE), (60.0, Severite.MOYENNE), (40.0, Severite.FAIBLE)]
JUDGED, CLOSED = 0.01, 0.08
"""Shares of detections that people have judged, and that are gone."""

DETECTIONS, REASONS, VERDICTS = (
    Base.metadata.tables[one.__tablename__] for one in (DetectionAnomalie, MotifTrouve, AvisDetection)
)
TABLES = (DETECTIONS, REASONS, VERDICTS)
Ask = Callable[[DetectionPages, random.Random], tuple[Filter, Order, Cursor | None]]


def run(context: Context) -> None:
    """Measure both databases."""
    rows = QUICK_ROWS if context.sizes.quick else ROWS
    asked = QUICK_ASKED if context.sizes.quick else ASKED
    with local_postgres() as url:
        for name, place in (("sqlite", f"sqlite:///{context.home / 'lists.db'}"), ("postgresql", url)):
            engine = open_database(place)
            context.say(f"filling {name} with {rows:,} detections")
            fill(engine, rows)
            for question, delays in measure(engine, asked).items():
                context.results.add(
                    line_of(
                        f"lists.{name}.{question}.p99",
                        percentile(delays, 0.99),
                        "ms",
                        at_most=P99_MS,
                        rows=rows,
                        asked=len(delays),
                        median_ms=percentile(delays, 0.5),
                    )
                )
            engine.dispose()


def measure(engine: Engine, asked: int) -> dict[str, list[float]]:
    """Return how long each question took, in ms and sorted; they are asked in a random order, and once before."""
    store, verdicts = DetectionPages(engine, clock=lambda: NOW), VerdictStore(engine)
    rng = random.Random(11)
    found: dict[str, list[float]] = {}
    each = [(name, ask) for name, ask in questions().items() for _ in range(asked + 1)]
    rng.shuffle(each)
    for name, ask in each:
        wanted, order, after = ask(store, rng)
        begun = time.perf_counter()
        page = store.page(wanted, order, limit=50, after=after)
        told = verdicts.standing([one.detection.detection_id for one in page.results])
        shown = [read_of(one, told.get(one.detection.detection_id)) for one in page.results]
        json_answer(DetectionList(count=page.count, counted=page.count < COUNTED, results=shown))
        delays = found.setdefault(name, [])
        delays.append(1_000 * (time.perf_counter() - begun))
    return {"all": sorted(one for delays in found.values() for one in delays[1:])} | {
        name: sorted(delays[1:]) for name, delays in sorted(found.items())
    }


def questions() -> dict[str, Ask]:
    """Return what is asked, by name."""

    def of(**given: Callable[[random.Random], object]) -> Ask:
        def ask(_: DetectionPages, rng: random.Random) -> tuple[Filter, Order, Cursor | None]:
            fields = {"societes": company(rng), **{name: draw(rng) for name, draw in given.items()}}
            order = Order.TIME if "since" in given else Order.SCORE
            return Filter(**fields), order, None  # type: ignore[arg-type]  # names of its fields

        return ask

    def deep(store: DetectionPages, rng: random.Random) -> tuple[Filter, Order, Cursor | None]:
        return Filter(societes=company(rng)), Order.SCORE, Cursor(rng.uniform(20, 90), NOW, uuid.UUID(int=0))

    codes, journals = (lambda rng: rng.choice(CODES)), (lambda rng: rng.choice(JOURNALS))
    severities = lambda rng: rng.choice(list(Severite))  # noqa: E731
    day = lambda rng: dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(500))  # noqa: E731
    return {
        "company": of(),
        "open": of(etat=lambda _: Etat.OUVERTE),
        "closed": of(etat=lambda _: Etat.CLOSE),
        "severity": of(severite=severities),
        "open-severity": of(etat=lambda _: Etat.OUVERTE, severite=severities),
        "control": of(code=codes),
        "journal": of(journal=journals),
        "no-such-journal": of(journal=lambda _: "ZZ"),
        "control-journal-severity": of(code=codes, journal=journals, severite=severities),
        "dates": of(depuis=day),
        "one-day": of(depuis=lambda _: dt.date(2024, 5, 13), jusque=lambda _: dt.date(2024, 5, 13)),
        "amount": of(montant_min=lambda rng: f"{10 ** rng.uniform(1, 6):.2f}"),
        "no-such-amount": of(montant_min=lambda _: "999999999.00"),
        "score": of(score_min=lambda rng: rng.uniform(50, 99)),
        "judged": of(juge=lambda _: True),
        "not-judged": of(juge=lambda _: False),
        "false-positives": of(verdict=lambda _: Verdict.FAUX_POSITIF),
        "number": of(ecriture_num=lambda rng: str(rng.randrange(200_000))),
        "recent": of(since=lambda _: NOW - dt.timedelta(days=7)),
        "several-companies": of(societes=lambda rng: frozenset(rng.sample(range(1, COMPANIES + 1), 12))),
        "all-companies": of(societes=lambda _: None),
        "all-companies-severity": of(societes=lambda _: None, severite=severities),
        "all-companies-control": of(societes=lambda _: None, code=codes),
        "deep": deep,
    }


def company(rng: random.Random) -> frozenset[int]:
    """Return a company; each is as likely as another, since each has people who look at it."""
    return frozenset({rng.randrange(1, COMPANIES + 1)})


def fill(engine: Engine, rows: int) -> None:
    """Write detections with their reasons and verdicts.

    One in `COPIES` is made here, and the others are like it but for their ids and scores. The indexes are made
    afterwards. All of it is for the sake of speed.
    """
    indexes = [index for table in TABLES for index in table.indexes]
    for index in indexes:
        index.drop(engine)
    made = _rows(rows // COPIES)
    while chunk := list(islice(made, CHUNK)):
        with writing(engine) as connection:
            connection.execute(insert(DETECTIONS), [row for row, _ in chunk])
            connection.execute(insert(REASONS), [_coded(row, code) for row, codes in chunk for code in codes])
            judged = [_verdict(row) for row, _ in chunk if row["verdict"] is not None]
            if judged:
                connection.execute(insert(VERDICTS), judged)
    with writing(engine) as connection:
        for place in range(1, COPIES):
            for table in TABLES:
                connection.execute(text(_copying(table, engine.dialect.name, place)))
    for index in indexes:
        index.create(engine)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # as the server does by itself after a while


def _copying(table: Table, dialect: str, place: int) -> str:
    """Return the statement that copies the originals of a table, whose ids begin with eight zeros."""
    plain = "detection_id" if dialect == "sqlite" else "replace(CAST(detection_id AS text), '-', '')"
    changed = f"'{place:08x}' || substr({plain}, 9)"
    values = {
        "detection_id": changed if dialect == "sqlite" else f"CAST({changed} AS uuid)",
        "empreinte": changed,
        "score": f"score * {1 - place / 200}",
    }
    columns = [column.name for column in table.c if column.name != "id"]
    chosen = ", ".join(values.get(name, name) for name in columns)
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {chosen} FROM {table.name} WHERE {plain} < '00000001'"
    )


def _rows(count: int) -> Iterator[tuple[dict[str, object], list[CodeMotif]]]:
    rng = random.Random(7)
    weights = [1 / (place + 2) for place in range(COMPANIES)]
    companies = rng.choices(range(1, COMPANIES + 1), weights, k=count)
    for number, societe_id in enumerate(companies):
        score = round(100 * rng.betavariate(2, 2.5), 4)
        severite = next((one for least, one in SEVERITIES if score >= least), Severite.INFO)
        day = dt.date(2024, 1, 1) + dt.timedelta(days=rng.randrange(540))
        codes = rng.sample(CODES, rng.randrange(1, 4))
        row = {
            "detection_id": uuid.UUID(int=rng.getrandbits(96)),
            "societe_id": societe_id,
            "domaine": DomaineApplication.ECRITURES_COMPTABLES,
            "objet_type": TypeObjet.ECRITURE,
            "objet_id": f"E-{number}",
            "etat": Etat.CLOSE if rng.random() < CLOSED else Etat.OUVERTE,
            "revision": 1,
            "ecriture_id": f"E-{number}",
            "journal_code": rng.choice(JOURNALS),
            "ecriture_num": str(number % 200_000),
            "ecriture_date": day,
            "montant": f"{10 ** rng.uniform(0, 6):.2f}",
            "score": score,
            "severite": severite,
            "motifs": [_reason(code, score / len(codes)) for code in codes],
            "contributions": {"montant": score},
            "modeles": [],
            "parametres_version": 0,
            "ce_time": NOW - dt.timedelta(seconds=rng.randrange(540 * 86_400)),
            "record_topic": "entries",
            "record_partition": societe_id % 6,
            "record_offset": number,
            "verdict": rng.choice([Verdict.CONFIRMEE, Verdict.FAUX_POSITIF]) if rng.random() < JUDGED else None,
        }
        yield row, codes


def _coded(row: dict[str, object], code: CodeMotif) -> dict[str, object]:
    return {column.name: row[column.name] for column in REASONS.c if column.name != "code"} | {"code": code}


def _reason(code: CodeMotif, points: float) -> dict[str, object]:
    said = "L'écriture ressemble à une autre : même pièce, même tiers, même montant à trois jours d'intervalle"
    return {"code": code, "poids": points, "valeur": 2.0, "seuil": 1.0, "libelle_fr": said, "libelle_en": said}


def _verdict(row: dict[str, object]) -> dict[str, object]:
    kept = {name: row[name] for name in ("detection_id", "revision", "societe_id", "verdict", "journal_code", "score")}
    return kept | {
        "empreinte": f"{row['detection_id']}".replace("-", ""),
        "auteur": "Claire",
        "commentaire": "",
        "remplace": False,
        "en_vigueur": True,
        "donne_le": NOW,
        "motifs": {},
        "contributions": {},
        "modeles": [],
    }

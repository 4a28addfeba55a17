"""A real database, a real server, and tokens of three kinds."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
)
from wisebook_ml.access import Right
from wisebook_ml.api import create_api
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, StoredDetection, TokenStore, open_database

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)

STARTS_WITHIN = 60.0
"""Seconds until the server must accept requests; it takes a tenth of one."""

Serve = Callable[[Settings], AbstractContextManager[str]]


def _detection(number: int, societe_id: int = 1, **changes: object) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E-{number}")
    fields: dict[str, object] = {
        "etat": Etat.OUVERTE,
        "score": 71.3,
        "severite": Severite.ELEVEE,
        "montant": "1234.50",
        **changes,
    }
    return Detection(
        detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        revision=1,
        ecriture_id=f"E-{number}",
        journal_code="AC",
        ecriture_date=dt.date(2025, 6, 28),
        motifs=[
            MotifDetection(
                code=CodeMotif.DOUBLON,
                poids=71.3,
                valeur=1.0,
                seuil=0.5,
                libelle_fr="Même pièce, même tiers",
                libelle_en="Same piece, same third party",
            )
        ],
        contributions={"piece_ref": 50.1, "montant": 21.2},
        modeles=[ModeleUtilise(modele_id=3, version=2)],
        parametres_version=4,
        **fields,  # type: ignore[arg-type]
    )


@contextmanager
def _serving(settings: Settings) -> Iterator[str]:
    """Serve the API on a free port; gives its address."""
    app = create_api(settings, clock=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", proxy_headers=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server does not start"
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def now() -> dt.datetime:
    """Return the moment that the served API takes for the present one."""
    return NOW


@pytest.fixture
def detection() -> Callable[..., Detection]:
    """Make a detection of an entry by its number."""
    return _detection


@pytest.fixture
def serving() -> Serve:
    """Serve the API over settings of one's own."""
    return _serving


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database: SQLite, unless a test asks for both by an indirect parameter."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'wisebook_ml.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def store(database_url: str) -> Iterator[DetectionStore]:
    engine = open_database(database_url)
    yield DetectionStore(engine)
    engine.dispose()


@pytest.fixture
def write(store: DetectionStore) -> Callable[..., None]:
    """Store detections, made when said."""

    def write_(*detections: Detection, ce_time: dt.datetime = NOW) -> None:
        store.write(
            [StoredDetection(detection=one, ce_time=ce_time, partition=0, offset=0, topic="t") for one in detections]
        )

    return write_


@pytest.fixture
def tokens(database_url: str) -> dict[str, str]:
    """Return tokens that may read company 1, 1 and 2, all, and none; and one of each right for company 1."""
    engine = open_database(database_url)
    store = TokenStore(engine)
    companies = {"one": [1], "both": [1, 2], "all": None, "none": []}
    made = {name: store.create(name, seen, [Right.READ], now=NOW)[1] for name, seen in companies.items()}
    made["operator"] = store.create("Odile", None, [Right.ADMIN], now=NOW)[1]
    made |= {str(right): store.create(str(right), [1], [right], now=NOW)[1] for right in Right}
    engine.dispose()
    return made


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, home=tmp_path, _env_file=None)


@pytest.fixture
def address(settings: Settings, tokens: dict[str, str]) -> Iterator[str]:
    with _serving(settings) as url:
        yield url


@pytest.fixture
def client(address: str, tokens: dict[str, str]) -> Iterator[Callable[[str], httpx.Client]]:
    """Give a client that sends the token of this name."""
    clients: list[httpx.Client] = []

    def as_(name: str) -> httpx.Client:
        clients.append(httpx.Client(base_url=address, headers={"Authorization": f"Token {tokens[name]}"}))
        return clients[-1]

    yield as_
    for one in clients:
        one.close()

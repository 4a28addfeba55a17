"""Alerts to deliver, and certificates of an authority that only the test knows."""

import datetime as dt
import shutil
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import Alerte, Severite
from wisebook_ml.delivery.webhook import tls_context

NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture
def alerte() -> Alerte:
    return Alerte(
        alerte_id=uuid.uuid5(uuid.NAMESPACE_OID, "alert"),
        societe_id=7,
        severite=Severite.ELEVEE,
        detections=[uuid.uuid5(uuid.NAMESPACE_OID, f"detection {k}") for k in range(7)],
        titre_fr="12 doublons dans le journal HA",
        titre_en="12 duplicates in journal HA",
        cause="DOUBLON",
        nombre=12,
        montant="123456.70",
        codes={"DOUBLON": 12, "MONTANT_ROND": 3},
        ouverte_le=NOON,
        derniere_le=NOON + dt.timedelta(minutes=5),
    )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a certificate of localhost (`server.pem`, key included), and of who signed it (`ca.pem`)."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates")
    home = tmp_path_factory.mktemp("authority")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=home, check=True, capture_output=True)

    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority")
    (home / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl("req", *new[:-2], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-out", "server.crt", "-extfile", "names",
    )  # fmt: skip
    (home / "server.pem").write_bytes((home / "server.crt").read_bytes() + (home / "server.key").read_bytes())
    return home


@pytest.fixture
def server_tls(authority: Path) -> ssl.SSLContext:
    """What a server of this authority speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    return context


@pytest.fixture
def trusted(authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have this machine trust the authority, as an operator does that has one of his own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()

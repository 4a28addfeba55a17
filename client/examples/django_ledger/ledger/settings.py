"""Settings: by environment variable where a deployment differs."""

import os
from pathlib import Path
from urllib.parse import urlsplit

SECRET_KEY = os.environ.get("LEDGER_SECRET_KEY", "an example serves no pages")
INSTALLED_APPS = ["wisebook_ml_client.django", "ledger"]
USE_TZ = True
TIME_ZONE = "Europe/Paris"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database(url: str) -> dict[str, object]:
    """Return Django's settings of a database: ``postgresql://user:password@host:port/name``, or the path of a file."""
    parts = urlsplit(url)
    if parts.scheme != "postgresql":
        # Writers wait for one another, as long as a relay or a consumer may take.
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url, "OPTIONS": {"timeout": 30}}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
    }


DATABASES = {"default": database(os.environ.get("LEDGER_DATABASE", str(Path(__file__).parents[1] / "ledger.db")))}

WISEBOOK_ML = {
    "SOURCE": "/wisebook/core",
    "BOOTSTRAP_SERVERS": os.environ.get("WISEBOOK_ML_BOOTSTRAP_SERVERS", "localhost:9092"),
    "PREFIX": os.environ.get("WISEBOOK_ML_TOPIC_PREFIX", "wisebook."),
}

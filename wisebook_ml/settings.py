"""Settings of a process: from the environment (`WISEBOOK_ML_…`), a `.env` file, or the defaults below."""

import os
import re
from email.utils import parseaddr
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.alerting import BOITE

__all__ = ["Settings", "SettingsError", "get_settings"]

RATE = re.compile(r"[1-9]\d{0,8}/(second|minute|hour|day)")
"""What `api_rate` may be, of what the package limits reads; it is not loaded in workers."""

PREFIX = "WISEBOOK_ML_"

SECRETS = Path("/run/secrets")
"""Where containers have their secrets; `WISEBOOK_ML_SECRETS` names another folder."""


class SettingsError(ValueError):
    """A setting with a value that it cannot have; the message names the variable."""


class Settings(BaseSettings):
    """What a deployment may choose. Every field is set by the environment variable `WISEBOOK_ML_<FIELD>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        # A refused value may be a token or a URL with a password, and errors end up in logs.
        hide_input_in_errors=True,
    )

    bootstrap_servers: str = Field("", description="Kafka brokers, host:port[,…]. Empty: the local broker.")
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT",
        description="Kafka's security protocol: SSL encrypts (and authenticates by certificate), SASL asks "
        "for a name and a password.",
    )
    kafka_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="How SASL proves the password."
    )
    kafka_username: str = Field(
        "", description="User of SASL: best one a role, with the rights of `topics apply --acls`."
    )
    kafka_password: SecretStr = Field(SecretStr(""), description="The user's password.")
    kafka_ca: FilePath | None = Field(
        None, description="Certificates (PEM) that those of the brokers are checked by. Empty: those of the system."
    )
    kafka_certificate: FilePath | None = Field(None, description="Certificate (PEM) of this process, for mutual TLS.")
    kafka_key: FilePath | None = Field(None, description="The certificate's private key (PEM).")
    kafka_key_password: SecretStr = Field(SecretStr(""), description="The key's password, where it has one.")
    topic_prefix: str = Field("wisebook.", description="Put before every topic's name.")
    home: Path = Field(Path(".wisebook"), description="Local data: the broker's, the workers', SQLite.")
    database_url: str = Field("", description="SQLAlchemy URL. Empty: SQLite below `home`.")
    artefacts: str = Field(
        "ml_models", min_length=1, description="Artefact store of the models: a folder, or an fsspec URL (s3://…)."
    )
    state: str = Field(
        "",
        description="Snapshots of what scoring workers have learnt, so that a restart need not read everything again: "
        "a folder, or an fsspec URL (s3://bucket/folder, with the package s3fs). Workers on several machines need one "
        "that all of them reach. Empty: below `home`, which workers on one machine share.",
    )
    snapshot_records: int = Field(
        200_000, ge=1, description="Records of a partition after which a snapshot is due: what a restart reads again."
    )
    snapshot_seconds: float = Field(60.0, gt=0, description="Time after which one is due, where any records came.")
    signing_key: SecretStr = Field(
        SecretStr(""), description="Key that signs artefact digests. Empty: digests are checked, not signed."
    )
    pseudonym_key: SecretStr = Field(
        SecretStr(""),
        description="Master key of pseudonyms, 32 random bytes in base64: it opens the companies' keys, by which names "
        "are made pseudonyms when they are published, and read again. Empty: no names are pseudonymised or read.",
    )
    pseudonym_key_before: SecretStr = Field(
        SecretStr(""),
        description="The master key before it, while `wisebook-ml pseudonyms rotate` has not been run: what it keeps "
        "can still be opened.",
    )
    strict: bool = Field(False, description="Refuse entries of companies that are not listed in `societes`.")
    societes: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Known companies, comma-separated, for the strict mode."
    )
    provisioning: bool = Field(
        True,
        description="Create a company's default models, and request their first training, as soon as it has the data "
        "that they need (the prediction role does).",
    )
    replication_factor: int = Field(1, ge=1, description="Replicas of each topic that is created.")
    training_processes: int = Field(1, ge=1, description="Trainings that a training worker runs at once.")
    training_minutes: float = Field(60.0, gt=0, description="Longest time that a training may take.")
    training_memory_mb: int = Field(4096, ge=1, description="Most memory that a training may use, in MiB.")
    batch_size: int = Field(4000, ge=1, description="Most records that an agent takes at once.")
    seed: int = Field(20_221_231, description="Seed of every random choice.")
    api_host: str = Field("127.0.0.1", description="Address that the API listens on.")
    api_port: int = Field(8888, ge=0, le=65535, description="Port of the API. 0: any free one.")
    api_rate: str = Field("600/minute", description="How often a token may call the API: a number, and of what.")
    api_body_mb: int = Field(2, ge=1, description="Longest body of a request that the API reads, in MB.")
    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="Port of each process's metrics and probes. 0: any free one. Empty: none."
    )
    metrics_host: str = Field("127.0.0.1", min_length=1, description="Address that they are served on.")
    log_format: Literal["text", "json"] = Field("text", description="How processes log: lines, or a JSON object each.")
    api_tls_certificate: Path | None = Field(
        None, description="Certificate (PEM, with its chain) that the API serves HTTPS with. Empty: HTTP."
    )
    api_tls_key: Path | None = Field(None, description="The certificate's private key (PEM).")
    api_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses and networks of proxies in front of the API (192.0.2.7,10.0.0.0/8): what they say in "
        "X-Forwarded-For and X-Forwarded-Proto is believed. Empty: nobody is.",
    )

    webhook_http: bool = Field(
        False, description="Bring alerts to http:// addresses too, which everybody can listen to."
    )
    webhook_private: bool = Field(
        False, description="Bring alerts to addresses of private networks and of this machine, too."
    )
    smtp_host: str = Field("", description="Mail server that takes alerts. Empty: no e-mail is sent.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_user: str = Field("", description="User, where it asks for one.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The user's password.")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How mail is encrypted on its way: starttls (587), tls from the start (465), none (25)."
    )
    mail_from: str = Field("", description="Address that alerts come from, such as wisebook@example.fr.")
    delivery_seconds: float = Field(20.0, gt=0, le=60, description="Longest time that an attempt to deliver may take.")
    delivery_backoff_seconds: float = Field(
        30.0, gt=0, description="Longest wait after a first attempt that failed; three times as long after each other."
    )

    @field_validator("artefacts", mode="before")
    @classmethod
    def _spell(cls, value: object) -> object:
        """Accept a path."""
        return str(value) if isinstance(value, Path) else value

    @field_validator("metrics_port", mode="before")
    @classmethod
    def _no_port(cls, value: object) -> object:
        """Take an empty variable for one that is not set."""
        return None if value == "" else value

    @field_validator("mail_from")
    @classmethod
    def _check_sender(cls, value: str) -> str:
        """Refuse what could not stand in a mail, before there is one to send."""
        if value and (not value.isprintable() or BOITE.fullmatch(parseaddr(value)[1]) is None):
            raise ValueError("it is no mailbox, such as wisebook@example.fr or WiseBook <wisebook@example.fr>")
        return value

    @field_validator("societes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Accept the list as an environment variable spells it: ``1,2,7``."""
        if isinstance(value, str):
            return [part for part in value.replace(";", ",").split(",") if part.strip()]
        return value

    @field_validator("kafka_ca", "kafka_certificate", "kafka_key", "api_tls_certificate", "api_tls_key", mode="before")
    @classmethod
    def _no_file(cls, value: object) -> object:
        """Take an empty variable for one that is not set."""
        return None if value == "" else value

    @field_validator("api_proxies", mode="before")
    @classmethod
    def _addresses(cls, value: object) -> object:
        """Read the list, and refuse what is no address: a name would never be believed."""
        parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            return value
        found = tuple(str(part) for part in parts if part)
        try:
            for part in found:
                ip_network(part)
        except ValueError:
            raise ValueError("it is no list of addresses and networks, such as 192.0.2.7,10.0.0.0/8") from None
        return found

    @field_validator("api_rate")
    @classmethod
    def _check_rate(cls, value: str) -> str:
        """Refuse what is no rate, before there is a request."""
        if RATE.fullmatch(value) is None:
            raise ValueError("it is no rate, such as 600/minute or 20/second")
        return value

    @model_validator(mode="after")
    def _check_security(self) -> Self:
        """Refuse credentials that lack a part, or that would not be used."""
        if self.kafka_sasl and not (self.kafka_username and self.kafka_password.get_secret_value()):
            raise ValueError(f"{self.kafka_security} needs KAFKA_USERNAME and KAFKA_PASSWORD")
        if not self.kafka_sasl and self.kafka_username:
            raise ValueError(f"KAFKA_USERNAME is not used with KAFKA_SECURITY {self.kafka_security}: choose a SASL one")
        if (self.kafka_certificate is None) != (self.kafka_key is None):
            raise ValueError("KAFKA_CERTIFICATE and KAFKA_KEY go together")
        if not self.kafka_security.endswith("SSL") and (self.kafka_ca or self.kafka_certificate):
            raise ValueError(f"certificates are not used with KAFKA_SECURITY {self.kafka_security}: choose an SSL one")
        return self

    @property
    def kafka_sasl(self) -> bool:
        """Whether the brokers ask for a name and a password."""
        return self.kafka_security.startswith("SASL")

    @property
    def sql_url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{(self.home / 'wisebook_ml.db').absolute()}"

    @property
    def state_url(self) -> str:
        """Where snapshots of state are."""
        return self.state or str((self.home / "state").absolute())

    @property
    def kafka_home(self) -> Path:
        """Where the local broker keeps its data."""
        return self.home / "kafka"


@cache
def get_settings() -> Settings:
    """Return the process's settings, read once.

    Raises
    ------
    SettingsError
        Where a variable has a value that it cannot have.
    """
    try:
        return Settings(_secrets_dir=_secrets())
    except ValidationError as error:
        # Only the field is named: what lies below it can be a secret (the name of a token).
        wrong = "; ".join(_told(found["loc"], found["msg"]) for found in error.errors())
        raise SettingsError(f"The settings (environment, .env) cannot be used. {wrong}") from None


def _told(where: tuple[int | str, ...], message: str) -> str:
    return f"{PREFIX}{str(where[0]).upper()}: {message}" if where else message.removeprefix("Value error, ")


def _secrets() -> str | None:
    """Return the folder of secrets, where there is one: a file is a setting, named as its variable (in small letters).

    It is how Docker and Kubernetes hand over secrets, so that they are in no environment, which children inherit.
    """
    named = os.environ.get(f"{PREFIX}SECRETS")
    if named is None:
        return str(SECRETS) if SECRETS.is_dir() else None
    if named and not Path(named).is_dir():
        raise SettingsError(f"{PREFIX}SECRETS: there is no folder {named}.")
    return named or None

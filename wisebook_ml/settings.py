"""Settings of a process: from the environment (`WISEBOOK_ML_…`), a `.env` file, or the defaults below."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["Settings", "get_settings"]


class Settings(BaseSettings):
    """What a deployment may choose. Every field is set by the environment variable `WISEBOOK_ML_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="WISEBOOK_ML_", env_file=".env", extra="ignore", frozen=True)

    bootstrap_servers: str = Field("", description="Kafka brokers, host:port[,…]. Empty: the local broker.")
    topic_prefix: str = Field("wisebook.", description="Put before every topic's name.")
    home: Path = Field(Path(".wisebook"), description="Local data: the broker's, the workers', SQLite.")
    database_url: str = Field("", description="SQLAlchemy URL. Empty: SQLite below `home`.")
    artefacts: Path = Field(Path("ml_models"), description="Artefact store of the models.")
    signing_key: SecretStr = Field(
        SecretStr(""), description="Key that signs artefact digests. Empty: digests are checked, not signed."
    )
    strict: bool = Field(False, description="Refuse entries of companies that are not listed in `societes`.")
    societes: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Known companies, comma-separated, for the strict mode."
    )
    replication_factor: int = Field(1, ge=1, description="Replicas of each topic that is created.")
    batch_size: int = Field(1000, ge=1, description="Most records that an agent takes at once.")
    batch_wait: float = Field(0.05, gt=0, description="Longest wait for a batch to fill, in seconds.")
    seed: int = Field(20_221_231, description="Seed of every random choice.")

    @field_validator("societes", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Accept the list as an environment variable spells it: ``1,2,7``."""
        if isinstance(value, str):
            return [part for part in value.replace(";", ",").split(",") if part.strip()]
        return value

    @property
    def sql_url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{(self.home / 'wisebook_ml.db').absolute()}"

    @property
    def kafka_home(self) -> Path:
        """Where the local broker keeps its data."""
        return self.home / "kafka"


@cache
def get_settings() -> Settings:
    """Return the process's settings, read once."""
    return Settings()

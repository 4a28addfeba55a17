"""Which broker to talk to, and what to say when there is none."""

from wisebook_ml.broker import LocalKafka
from wisebook_ml.settings import Settings

__all__ = ["BrokerUnreachable", "ConnectError", "NoBroker", "resolve_bootstrap"]


class ConnectError(Exception):
    """Base of what keeps a process from reaching Kafka."""


class NoBroker(ConnectError):
    """No broker is configured, and the local one does not run."""


class BrokerUnreachable(ConnectError):
    """The configured brokers do not answer."""


def resolve_bootstrap(settings: Settings) -> str:
    """Return the brokers to connect to: those of the settings, or else the running local one.

    Raises
    ------
    NoBroker
        When there is neither.
    """
    if settings.bootstrap_servers:
        return settings.bootstrap_servers
    bootstrap = LocalKafka(settings.kafka_home).status().bootstrap
    if bootstrap is None:
        raise NoBroker(
            f"The local Kafka of {settings.kafka_home} does not run: start it with `wisebook-ml kafka start`, "
            "or name your brokers in WISEBOOK_ML_BOOTSTRAP_SERVERS."
        )
    return bootstrap

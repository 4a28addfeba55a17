"""Which broker to talk to, and what to say when there is none."""

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from wisebook_ml.broker import LocalKafka
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.settings import Settings

__all__ = ["BrokerUnreachable", "ConnectError", "NoBroker", "reach_broker", "resolve_bootstrap"]

ANSWER_SECONDS = 10.0
"""How long a broker may take to answer at all."""


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


def reach_broker(settings: Settings) -> str:
    """Return the brokers to connect to, as `resolve_bootstrap` does, once one of them has answered.

    Raises
    ------
    NoBroker
        When none is configured and the local one does not run.
    BrokerUnreachable
        When none answers within `ANSWER_SECONDS`.
    """
    bootstrap = resolve_bootstrap(settings)
    try:
        AdminClient(client_config(bootstrap)).list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        where = "WISEBOOK_ML_BOOTSTRAP_SERVERS" if settings.bootstrap_servers else "the local one"
        raise BrokerUnreachable(
            f"No Kafka answers at {bootstrap} ({where}): is it running? ({error.args[0].str()})"
        ) from error
    return bootstrap

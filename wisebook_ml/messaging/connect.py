"""Which brokers to talk to, and what to say where they do not answer or refuse."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from wisebook_ml.broker import LocalKafka
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.settings import Settings, get_settings

__all__ = [
    "BrokerUnreachable",
    "ConnectError",
    "CredentialsRefused",
    "NoBroker",
    "NotAllowed",
    "asking",
    "reach_broker",
    "resolve_bootstrap",
    "told",
]

ANSWER_SECONDS = 10.0
"""How long a broker may take to answer at all."""

NO_ANSWER = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE})

NO_RIGHT = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)


class ConnectError(Exception):
    """Base of what keeps a process from reaching Kafka."""


class NoBroker(ConnectError):
    """No broker is configured, and the local one does not run."""


class BrokerUnreachable(ConnectError):
    """The configured brokers do not answer."""


class CredentialsRefused(BrokerUnreachable):
    """The brokers do not let this process in, or it does not trust them."""


class NotAllowed(ConnectError):
    """The brokers let this process in, and not do what it asks for."""


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
    CredentialsRefused
        When they answer, and do not let this process in.
    """
    bootstrap = resolve_bootstrap(settings)
    with asking(bootstrap) as client:
        client.list_topics(timeout=ANSWER_SECONDS)
    return bootstrap


@contextmanager
def asking(bootstrap: str) -> Iterator[AdminClient]:
    """Give a client to ask the brokers with, and turn its errors into those that tell a person what to do.

    Raises
    ------
    BrokerUnreachable
        Where none answers.
    CredentialsRefused
        Where they do not let this process in, or it cannot trust them.
    NotAllowed
        Where its user may not do what was asked for.
    KafkaException
        Whatever else they refuse.
    """
    said: list[KafkaError] = []
    config: dict[str, Any] = {**client_config(bootstrap), "error_cb": said.append}
    try:
        client = AdminClient(config)
    except KafkaException as exception:  # of files that it cannot read, before it connects
        raise CredentialsRefused(f"No client for Kafka at {bootstrap}: {exception.args[0].str()}") from exception
    try:
        yield client
    except KafkaException as exception:
        client.poll(0)  # hands over why the connections failed
        error = exception.args[0]
        if error.code() in NO_ANSWER:
            raise _unreachable(bootstrap, error, said) from exception
        if error.code() in NO_RIGHT:
            raise NotAllowed(f"Kafka at {bootstrap}: {told(error)}") from exception
        raise


def told(error: KafkaError) -> str:
    """Return what a client's error says, and where it is a missing right, what to do."""
    if error.code() not in NO_RIGHT:
        return str(error.str())
    user = get_settings().kafka_username
    return (
        f"{'this process' if not user else f'the user {user}'} may not do that ({error.str()}). "
        "`wisebook-ml topics apply --acls`, run by somebody who may, gives each role its rights."
    )


def _unreachable(bootstrap: str, error: KafkaError, said: Sequence[KafkaError]) -> BrokerUnreachable:
    settings = get_settings()
    for one in said:
        if one.code() == KafkaError._AUTHENTICATION:
            return CredentialsRefused(
                f"Kafka at {bootstrap} does not let {settings.kafka_username or 'this process'} in "
                f"({_reason(one)}). See WISEBOOK_ML_KAFKA_USERNAME, WISEBOOK_ML_KAFKA_PASSWORD and "
                "WISEBOOK_ML_KAFKA_MECHANISM."
            )
        if one.code() == KafkaError._SSL:
            return CredentialsRefused(
                f"No encrypted connection to Kafka at {bootstrap} ({_reason(one)}). See WISEBOOK_ML_KAFKA_CA, which "
                "the brokers' certificates are checked by, and WISEBOOK_ML_KAFKA_CERTIFICATE, where they ask for one."
            )
    reasons = [_reason(one) for one in said if one.code() == KafkaError._TRANSPORT] or [error.str()]
    where = " (WISEBOOK_ML_BOOTSTRAP_SERVERS)" if bootstrap == settings.bootstrap_servers else ""
    plain = settings.kafka_security == "PLAINTEXT" and "Connect to" not in reasons[-1]
    hint = " Does it really speak without encryption (WISEBOOK_ML_KAFKA_SECURITY)?" if plain else ""
    return BrokerUnreachable(
        f"No Kafka answers at {bootstrap}{where}: is the address right, does it run (`wisebook-ml kafka status`), "
        f"and may this machine reach it?{hint} ({reasons[-1]})"
    )


def _reason(error: KafkaError) -> str:
    """Return what a client says, without the address that it puts before and the durations behind."""
    text = str(error.str())
    return text.split(": ", 1)[-1].partition(" (after ")[0]

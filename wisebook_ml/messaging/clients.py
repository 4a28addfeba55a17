"""How every Kafka client of this process connects: to whom, and by which credentials."""

from typing import Any

from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.settings import Settings, get_settings

__all__ = ["client_config", "security_config"]


def client_config(bootstrap: str) -> dict[str, Any]:
    """Return what all clients have in common, as librdkafka spells it.

    Who a process is to the brokers is a matter of the process, not of its parts: the credentials are those of its
    settings (environment, `.env`, secrets), whatever brokers are named.

    Parameters
    ----------
    bootstrap : str
        Brokers, ``host:port[,…]``.
    """
    return {"bootstrap.servers": bootstrap, "logger": CLIENT_LOGGER, **security_config(get_settings())}


def security_config(settings: Settings) -> dict[str, Any]:
    """Return the part of a client's configuration that authenticates and encrypts; empty where nothing does.

    Examples
    --------
    >>> security_config(Settings(_env_file=None))
    {}
    >>> security_config(Settings(_env_file=None, kafka_security="SSL"))
    {'security.protocol': 'SSL'}
    """
    if settings.kafka_security == "PLAINTEXT":
        return {}
    found: dict[str, Any] = {"security.protocol": settings.kafka_security}
    if settings.kafka_sasl:
        found |= {
            "sasl.mechanism": settings.kafka_mechanism,
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password.get_secret_value(),
        }
    files = {
        "ssl.ca.location": settings.kafka_ca,
        "ssl.certificate.location": settings.kafka_certificate,
        "ssl.key.location": settings.kafka_key,
    }
    found |= {name: str(path) for name, path in files.items() if path is not None}
    if settings.kafka_key_password.get_secret_value():
        found["ssl.key.password"] = settings.kafka_key_password.get_secret_value()
    return found

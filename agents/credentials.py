"""How Faust's own client, which fetches the records, connects: the same credentials as those of all other clients."""

import ssl

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from wisebook_ml.settings import Settings, SettingsError

__all__ = ["broker_credentials"]


def broker_credentials(settings: Settings) -> Credentials | None:
    """Return the credentials of a role's app; None where the brokers want none.

    Raises
    ------
    SettingsError
        Where a certificate or a key cannot be read.
    """
    context = _tls(settings) if settings.kafka_security.endswith("SSL") else None
    if settings.kafka_sasl:
        return SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            mechanism=settings.kafka_mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca)
        if settings.kafka_certificate is not None:
            password = settings.kafka_key_password.get_secret_value()
            # An empty string, not None: without a password OpenSSL would ask for one on the terminal.
            context.load_cert_chain(settings.kafka_certificate, settings.kafka_key, password=lambda: password)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"The certificates for Kafka cannot be used ({error}): see WISEBOOK_ML_KAFKA_CA, "
            "WISEBOOK_ML_KAFKA_CERTIFICATE, WISEBOOK_ML_KAFKA_KEY and WISEBOOK_ML_KAFKA_KEY_PASSWORD."
        ) from error
    return context

"""Whether the brokers let this process in and publish: asked before any work, and said so that it can be mended."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from topics import ENTRIES, FEEDBACK, TREASURY, Topic

__all__ = ["PUBLISHED", "BrokersAway", "NoAccess", "require_access"]

PUBLISHED = (ENTRIES, TREASURY, FEEDBACK)
"""What events go to."""

ANSWER_SECONDS = 10.0
"""How long brokers may take to tell."""

POLL_SECONDS = 0.1

CONNECTS = ("security.", "sasl.", "ssl.", "enable.ssl.", "https.", "client.", "socket.", "broker.", "reconnect.")
"""What options begin with that are about the connection; those of producers mean nothing to who only asks."""

NO_ANSWER = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE})
REFUSED = frozenset({KafkaError._AUTHENTICATION, KafkaError._SSL})


class NoAccess(Exception):
    """The brokers do not let this process in, or not publish; it says what to look at. Waiting does not help."""


class BrokersAway(Exception):
    """No broker answers. They may later."""


def require_access(
    bootstrap: str,
    prefix: str,
    topics: Sequence[Topic],
    options: Mapping[str, Any],
    seconds: float = ANSWER_SECONDS,
) -> None:
    """Check that this process may write to topics; a topic that is not there yet is passed over.

    Parameters
    ----------
    bootstrap, prefix, options
        As of `Publisher`.
    topics : sequence of Topic
        What it is to write to.
    seconds : float
        How long brokers may take to tell.

    Raises
    ------
    NoAccess
        Where a password, a certificate or a right is missing or wrong.
    BrokersAway
        Where none answers in time.
    """
    said: list[KafkaError] = []
    config: dict[str, Any] = {name: value for name, value in options.items() if name.startswith(CONNECTS)}
    config |= {"bootstrap.servers": bootstrap, "error_cb": said.append}
    try:
        client = AdminClient(config)
    except KafkaException as error:  # of files that it cannot read, before it connects
        raise NoAccess(f"no client for the brokers at {bootstrap}: {error.args[0].str()}") from error
    names = TopicCollection([topic.full_name(prefix) for topic in topics])
    asked = client.describe_topics(names, include_authorized_operations=True, request_timeout=seconds)
    deadline = time.monotonic() + seconds
    while not all(future.done() for future in asked.values()) and time.monotonic() < deadline:
        client.poll(POLL_SECONDS)
        _raise_refusal(bootstrap, options, said)
    missing = []
    for name, future in asked.items():
        try:
            allowed = future.result(timeout=seconds).authorized_operations
        except KafkaException as exception:
            answer = exception.args[0]
            client.poll(0)
            _raise_refusal(bootstrap, options, said)
            if answer.code() in NO_ANSWER:
                reason = _reason(said[-1] if said else answer)
                raise BrokersAway(f"no broker answers at {bootstrap}: {reason}") from exception
            if answer.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                missing.append(name)
            elif answer.code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise NoAccess(f"topic {name} at {bootstrap}: {answer.str()}") from exception
        else:
            if allowed and AclOperation.WRITE not in allowed:  # brokers before 2.3 do not tell
                missing.append(name)
    if missing:
        raise NoAccess(
            f"the brokers at {bootstrap} do not let {_who(options)} write to {', '.join(missing)}. `wisebook-ml topics "
            "apply --acls`, run by somebody who may, gives the user of the role `publisher` the right to."
        )


def _raise_refusal(bootstrap: str, options: Mapping[str, Any], said: Sequence[KafkaError]) -> None:
    for one in said:
        if one.code() == KafkaError._AUTHENTICATION:
            raise NoAccess(
                f"the brokers at {bootstrap} do not let {_who(options)} in ({_reason(one)}). See the options "
                "sasl.username, sasl.password and sasl.mechanism."
            )
        if one.code() == KafkaError._SSL:
            raise NoAccess(
                f"no encrypted connection to the brokers at {bootstrap} ({_reason(one)}). See the options "
                "ssl.ca.location, which their certificates are checked by, and security.protocol."
            )


def _who(options: Mapping[str, Any]) -> str:
    return f"the user {options['sasl.username']}" if options.get("sasl.username") else "this process"


def _reason(error: KafkaError) -> str:
    """Return what a client says, without the address that it puts before and the durations behind."""
    return str(error.str()).split(": ", 1)[-1].partition(" (after ")[0]

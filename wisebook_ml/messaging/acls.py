"""Write the rights of each role to the brokers, and tell a process which of its rights are missing."""

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from topics.access import ACCESS, Access
from wisebook_ml.messaging.connect import NotAllowed, asking

__all__ = ["ANYWHERE", "apply_acls", "bindings", "missing_rights", "principal", "require_rights", "right_text"]

ANYWHERE = "*"
"""From which hosts a user may come: the brokers' listeners and the network decide that."""

READERS = "wisebook-ml-"
"""What the groups begin with that a client has to name, and asks after, though it joins none and commits nothing."""

ANSWER_SECONDS = 20.0

SETTLE_SECONDS = 15.0
SETTLE_STEP = 0.1

NO_AUTHORIZER = frozenset({KafkaError.SECURITY_DISABLED})


def principal(role: str, users: str) -> str:
    """Return the name of a role's user to the brokers.

    Examples
    --------
    >>> principal("scoring", "wisebook-{role}")
    'User:wisebook-scoring'
    """
    return f"User:{users.format(role=role)}"


def bindings(access: Access, prefix: str, users: str) -> list[AclBinding]:
    """Return the rights of a role as the brokers keep them.

    Parameters
    ----------
    access : Access
        What the role does.
    prefix : str
        What the deployment puts before the names of topics, groups and transactional ids.
    users : str
        How users are named, with ``{role}`` in it.
    """
    return list(_bindings(access, prefix, principal(access.role, users)))


def _bindings(access: Access, prefix: str, user: str) -> Iterator[AclBinding]:
    def right(
        kind: ResourceType,
        name: str,
        operation: AclOperation,
        pattern: ResourcePatternType = ResourcePatternType.LITERAL,
    ) -> AclBinding:
        return AclBinding(kind, name, pattern, user, ANYWHERE, operation, AclPermissionType.ALLOW)

    for topic in access.reads:
        yield right(ResourceType.TOPIC, topic.full_name(prefix), AclOperation.READ)
    for topic in access.writes:
        yield right(ResourceType.TOPIC, topic.full_name(prefix), AclOperation.WRITE)
    if access.reads:
        yield right(ResourceType.GROUP, READERS, AclOperation.DESCRIBE, ResourcePatternType.PREFIXED)
    if access.group.endswith("*"):
        name = prefix + access.group.removesuffix("*")
        yield right(ResourceType.GROUP, name, AclOperation.READ, ResourcePatternType.PREFIXED)
    elif access.group:
        yield right(ResourceType.GROUP, prefix + access.group, AclOperation.READ)
    for begin in access.transactions:
        for operation in (AclOperation.WRITE, AclOperation.DESCRIBE):
            yield right(ResourceType.TRANSACTIONAL_ID, prefix + begin, operation, ResourcePatternType.PREFIXED)
    if access.watches:
        yield right(ResourceType.GROUP, prefix, AclOperation.DESCRIBE, ResourcePatternType.PREFIXED)


def apply_acls(bootstrap: str, prefix: str, users: str) -> tuple[list[AclBinding], list[AclBinding]]:
    """Give every role's user the rights it needs, and take those on our topics that it does not.

    Rights of other users, and of ours elsewhere, are left alone.

    Returns
    -------
    given, taken : list of AclBinding

    Raises
    ------
    ConnectError
        Where the brokers do not answer, check no rights, or do not let this process change them.
    """
    wanted = {right for access in ACCESS for right in bindings(access, prefix, users)}
    try:
        with asking(bootstrap) as client:
            there = _there(client, prefix, users)
            given, taken = sorted(wanted - there, key=_order), sorted(there - wanted, key=_order)
            if given:
                for created in client.create_acls(given, request_timeout=ANSWER_SECONDS).values():
                    created.result()
            if taken:
                for removed in client.delete_acls([_only(right) for right in taken]).values():
                    removed.result()
            # Brokers answer before they act by it; whoever starts a worker next counts on it.
            deadline = time.monotonic() + SETTLE_SECONDS
            while (given or taken) and _there(client, prefix, users) != wanted and time.monotonic() < deadline:
                time.sleep(SETTLE_STEP)
    except KafkaException as exception:
        error = exception.args[0]
        if error.code() in NO_AUTHORIZER:
            raise NotAllowed(
                f"Kafka at {bootstrap} checks no rights: its setting authorizer.class.name is empty "
                "(org.apache.kafka.metadata.authorizer.StandardAuthorizer is Kafka's own)."
            ) from exception
        raise NotAllowed(f"Kafka at {bootstrap} refused the rights: {error.str()}") from exception
    return given, taken


def _there(client: AdminClient, prefix: str, users: str) -> set[AclBinding]:
    """Return what the roles' users have on what is ours."""
    ours = {principal(access.role, users) for access in ACCESS}
    anything: Any = None  # which the client takes, and does not declare
    asked = AclBindingFilter(
        ResourceType.ANY, anything, ResourcePatternType.ANY, anything, anything, AclOperation.ANY, AclPermissionType.ANY
    )
    found = client.describe_acls(asked, request_timeout=ANSWER_SECONDS).result()
    return {right for right in found if right.principal in ours and right.name.startswith((prefix, READERS))}


def _only(right: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        right.restype,
        right.name,
        right.resource_pattern_type,
        right.principal,
        right.host,
        right.operation,
        right.permission_type,
    )


def right_text(right: AclBinding) -> str:
    """Return a right in words."""
    rest = "*" if right.resource_pattern_type is ResourcePatternType.PREFIXED else ""
    operation, kind = AclOperation(right.operation).name.lower(), ResourceType(right.restype).name.lower()
    return f"{right.principal}: {operation} on {kind.replace('_', ' ')} {right.name}{rest}"


def _order(right: AclBinding) -> tuple[str, str, str, str]:
    return right.principal, ResourceType(right.restype).name, right.name, AclOperation(right.operation).name


def require_rights(bootstrap: str, prefix: str, role: str) -> None:
    """Check that this process may read and write what its role does, before it does any of it.

    Raises
    ------
    NotAllowed
        Where a right is missing; the message names all that are.
    ConnectError
        Where the brokers do not answer.
    """
    access = next((one for one in ACCESS if one.role == role), None)
    if access is None:  # a role that another package brings
        return
    needed: dict[str, set[AclOperation]] = {}
    for topic in access.reads:
        needed.setdefault(topic.full_name(prefix), set()).add(AclOperation.READ)
    for topic in access.writes:
        needed.setdefault(topic.full_name(prefix), set()).add(AclOperation.WRITE)
    missing = missing_rights(bootstrap, needed)
    if missing:
        raise NotAllowed(
            f"The role {role} may not work at Kafka {bootstrap}: its user lacks {', '.join(missing)}. "
            "`wisebook-ml topics apply --acls`, run by somebody who may, gives each role its rights."
        )


def missing_rights(bootstrap: str, needed: Mapping[str, Collection[AclOperation]]) -> list[str]:
    """Return which operations on topics, by their full names, this process may not do, for a person.

    Raises
    ------
    ConnectError
        Where the brokers do not answer.
    """
    missing = []
    with asking(bootstrap) as client:
        asked = client.describe_topics(
            TopicCollection(list(needed)), include_authorized_operations=True, request_timeout=ANSWER_SECONDS
        )
        for name, operations in needed.items():
            try:
                has = set(asked[name].result().authorized_operations or ())
            except KafkaException as exception:
                if exception.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue  # told by whoever needs it
                if exception.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
                    raise
                has = set()
            lacking = sorted(set(operations) - has, key=lambda o: o.name)
            missing += [f"{operation.name} on {name}" for operation in lacking]
    return missing

"""What the brokers let a replay do: asked before it begins, so that it does not fail after an hour."""

from collections.abc import Collection, Mapping

from confluent_kafka.admin import AclOperation

from wisebook_ml.messaging.acls import missing_rights
from wisebook_ml.replay.exceptions import ReplayError

__all__ = ["READ", "WRITE", "check_rights"]

READ, WRITE = AclOperation.READ, AclOperation.WRITE


def check_rights(bootstrap: str, needs: Mapping[str, Collection[AclOperation]]) -> None:
    """Make sure that the brokers let us do what is needed.

    Raises
    ------
    ReplayError
        Where they do not; it names each right that is missing.
    ConnectError
        Where they do not answer.
    """
    missing = missing_rights(bootstrap, needs)
    if missing:
        raise ReplayError(
            f"the brokers do not allow {', '.join(missing)}. `wisebook-ml topics apply --acls`, run by somebody who "
            "may, gives the user of the role replay its rights; those on a topic of --into are yours to give"
        )

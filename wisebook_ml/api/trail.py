"""Takes requests down in the audit log."""

import logging
import uuid
from dataclasses import asdict

import msgspec
from fastapi import Request

from wisebook_ml.access import Caller, masked
from wisebook_ml.api.access import Access
from wisebook_ml.storage import AuditEntry, AuditLog, StorageError

__all__ = ["take_down"]

LOGGER = logging.getLogger(__name__)


def take_down(request: Request, caller: Caller, status: int, body: bytes = b"") -> None:
    """Take down a request, and how it was answered.

    Parameters
    ----------
    request : Request
        Of an app that `install_access` has prepared.
    caller : Caller
        Who made it.
    status : int
        HTTP status of the answer.
    body : bytes
        What was sent.

    Raises
    ------
    StorageError
        Where the database does not answer; what was to be taken down is in the process's log then.
    """
    access: Access = request.app.state.access
    audit: AuditLog = request.app.state.audit
    entry = AuditEntry(
        quand=access.clock(),
        jeton_id=caller.token_id,
        nom=caller.name,
        adresse=request.client.host if request.client else "",
        societe_id=getattr(request.state, "societe_id", None),
        action=f"{request.method} {request.url.path}",
        statut=status,
        demande=_asked(body),
        correlation=str(getattr(request.state, "correlation", None) or uuid.uuid4()),
    )
    try:
        audit.add(entry)
    except StorageError:
        LOGGER.error("not in the audit log: %s", msgspec.json.encode(masked(asdict(entry))).decode())  # noqa: TRY400
        raise


def _asked(body: bytes) -> object:
    """Return the body's value; of what is no JSON, the text."""
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace").replace("\0", "")

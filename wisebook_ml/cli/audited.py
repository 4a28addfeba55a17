"""Commands that change something: the audit log tells who ran them, with what, and how they ended."""

import functools
import getpass
import os
import uuid
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click
import msgspec

from wisebook_ml.clock import utc_now
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import AuditEntry, AuditLog, Source, StorageError, open_database

__all__ = ["audited", "tell"]

P = ParamSpec("P")
R = TypeVar("R")

TOLD = "wisebook_ml.audited"
"""Where a command's context keeps what it tells."""

COMPANY = "societe"
"""Parameter, and what is told, by which the company is known."""

USAGE = click.UsageError.exit_code
"""Exit status of a command that was not understood: it did nothing."""


def audited(command: Callable[P, R]) -> Callable[P, R]:
    """Have a command's function take down each run in the audit log, the failed ones as well.

    The author is the operating system's user, whatever name the command is given for the history. Without the database
    it does what it is asked all the same, and says that it could not be taken down.

    Parameters
    ----------
    command : callable
        What a `click.command` calls; the decorator stands below its options.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        context = click.get_current_context()
        status = 1
        try:
            done = command(*args, **kwargs)
            status = 0
        except (click.exceptions.Exit, click.ClickException) as error:
            status = error.exit_code
            raise
        else:
            return done
        finally:
            if status != USAGE:
                _take_down(context, status)

    return run


def tell(**known: object) -> None:
    """Have the audit log tell of the running command what its options do not; `societe` is the company."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(TOLD, {}).update(known)


def _take_down(context: click.Context, status: int) -> None:
    asked = {name: value for name, value in context.params.items() if value not in (None, (), "", False)}
    asked |= context.meta.get(TOLD, {})
    company = asked.get(COMPANY)
    entry = AuditEntry(
        quand=utc_now(),
        jeton_id=None,
        nom=_user(),
        adresse="",
        societe_id=company if isinstance(company, int) else None,
        action=_action(context),
        statut=status,
        # Dates, paths and sets as JSON has them.
        demande=msgspec.to_builtins(asked, str_keys=True, enc_hook=str),
        correlation=str(uuid.uuid4()),
        source=Source.CLI,
    )
    try:
        engine = open_database(get_settings().sql_url)
        try:
            AuditLog(engine).add(entry)
        finally:
            engine.dispose()
    except StorageError as error:
        click.echo(f"warning: this is not in the audit log: {error}", err=True)


def _action(context: click.Context) -> str:
    """Return the command without the program's name."""
    names: list[str] = []
    while context.parent is not None:
        names.append(context.info_name or "")
        context = context.parent
    return " ".join(reversed(names))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"uid {os.getuid()}"

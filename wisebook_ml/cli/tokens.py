"""``wisebook-ml tokens``: who may call the API.

Results go to stdout, messages for people to stderr.
"""

import datetime as dt
from collections.abc import Sequence

import click
import msgspec
from rich.console import Console
from rich.table import Table

from wisebook_ml.access import Right
from wisebook_ml.cli.audited import audited, tell
from wisebook_ml.cli.failures import saying
from wisebook_ml.clock import utc_now
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import StorageError, StoredToken, TokenStore, open_database

__all__ = ["tokens"]

ALL = ("*", "all")
"""How a person may say "all companies": a bare star is the shell's."""

DEFAULT_DAYS = 365


class _Companies(click.ParamType):
    """Company ids, comma-separated, or all."""

    name = "companies"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[int] | None:
        if value.strip() in ALL:
            return None
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if not ids or not all(part.isascii() and part.isdecimal() and int(part) >= 1 for part in ids):
            self.fail(f"{value!r} is neither company ids (1,2) nor 'all'", param, ctx)
        return frozenset(map(int, ids))


class _Rights(click.ParamType):
    """Rights, comma-separated."""

    name = "rights"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[Right]:
        names = [part.strip() for part in value.split(",") if part.strip()]
        wrong = [name for name in names if name not in set(Right)]
        if wrong or not names:
            self.fail(f"{', '.join(wrong) or 'nothing'}: the rights are {', '.join(Right)}", param, ctx)
        return frozenset(map(Right, names))


@click.group()
def tokens() -> None:
    """Make, list and revoke the tokens that the API lets in."""


@tokens.command()
@click.argument("name")
@click.option("--companies", type=_Companies(), required=True, metavar="1,2|all", help="The companies that it sees.")
@click.option(
    "--rights", type=_Rights(), default="read", show_default=True, metavar="read,verdict,train,names,admin",
    help="What it may do: see, judge, train, read names that are pseudonyms elsewhere, or everything.",
)  # fmt: skip
@click.option("--days", type=click.IntRange(1, 3650), default=DEFAULT_DAYS, show_default=True, help="When it expires.")
@audited
def create(name: str, companies: frozenset[int] | None, rights: frozenset[Right], days: int) -> None:
    """Make a token for NAME, whose verdicts and changes will bear that name."""
    if not name.strip() or not name.isprintable():
        raise click.BadParameter("whose token is it?", param_hint="NAME")
    store, now = _store(), utc_now()
    expires = now + dt.timedelta(days=days)
    number, token = store.create(name.strip(), companies, rights, now=now, expires=expires)
    tell(id=number, companies="all" if companies is None else sorted(companies))
    click.echo(f"Token {number}, until {expires:%Y-%m-%d}; it is stored nowhere, so take it now:", err=True)
    click.echo(token)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(as_json: bool) -> None:
    """List the tokens there are and were; what they are themselves is not known."""
    known, now = _store().list(), utc_now()
    if as_json:
        for one in known:
            click.echo(msgspec.json.encode(_json(one, now)).decode())
    else:
        _print(known, now)


@tokens.command()
@click.argument("number", type=click.IntRange(1))
@audited
def revoke(number: int) -> None:
    """End the token NUMBER of the list, and the sessions of browsers that it began, at once."""
    if not _store().revoke(number, utc_now()):
        raise click.ClickException(f"There is no token {number} to revoke; `wisebook-ml tokens list` shows them.")
    click.echo(f"Token {number} lets nobody in any more.", err=True)


def _store() -> TokenStore:
    with saying(StorageError):
        return TokenStore(open_database(get_settings().sql_url))


def _state(token: StoredToken, now: dt.datetime) -> str:
    if token.revoked is not None:
        return "revoked"
    return "valid" if token.valid(now) else "expired"


def _json(token: StoredToken, now: dt.datetime) -> dict[str, object]:
    caller = token.caller
    return {
        "id": caller.token_id,
        "name": caller.name,
        "companies": None if caller.companies is None else sorted(caller.companies),
        "rights": sorted(caller.rights),
        "created": token.created,
        "expires": token.expires,
        "revoked": token.revoked,
        "state": _state(token, now),
    }


def _print(known: Sequence[StoredToken], now: dt.datetime) -> None:
    if not known:
        click.echo("There is no token; `wisebook-ml tokens create NAME --companies 1,2` makes one.", err=True)
        return
    table = Table("number", "name", "companies", "rights", "until", "state", box=None)
    for one in known:
        caller = one.caller
        companies = "all" if caller.companies is None else ", ".join(map(str, sorted(caller.companies)))
        until = "" if one.expires is None else f"{one.expires:%Y-%m-%d}"
        table.add_row(
            str(caller.token_id), caller.name, companies, ", ".join(sorted(caller.rights)), until, _state(one, now)
        )
    Console().print(table)

"""``wisebook-ml api``: the REST API, and tokens for it.

Results go to stdout, messages for people to stderr.
"""

import json

import click
import uvicorn

from wisebook_ml.api import create_api
from wisebook_ml.api.tokens import NEW_TOKEN_HINT, digest, new_token
from wisebook_ml.settings import Settings, TokenCompanies, get_settings
from wisebook_ml.storage import StorageError

__all__ = ["api"]

VARIABLE = "WISEBOOK_ML_API_TOKENS"

ALL = ("*", "all")
"""How a person may say "all companies": a bare star is the shell's."""


class _Companies(click.ParamType):
    """Company ids, comma-separated, or all."""

    name = "companies"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> TokenCompanies:
        if value.strip() in ALL:
            return "*"
        ids = [part.strip() for part in value.split(",") if part.strip()]
        if not ids or not all(part.isdecimal() and int(part) >= 1 for part in ids):
            self.fail(f"{value!r} is neither company ids (1,2) nor 'all'", param, ctx)
        return frozenset(map(int, ids))


@click.command()
@click.option("--host", help="Address to listen on. [default: WISEBOOK_ML_API_HOST, else 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port; 0: any free one. [default: WISEBOOK_ML_API_PORT, else 8888]"
)
@click.option(
    "--new-token",
    "companies",
    type=_Companies(),
    metavar="1,2|all",
    help="Do not serve: print a new token for these companies, and the setting that lets it in.",
)
def api(host: str | None, port: int | None, companies: TokenCompanies | None) -> None:
    """Serve stored detections, forecasts of cash and scenarios over HTTP until told to stop."""
    settings = get_settings()
    if companies is not None:
        _print_token(settings, companies)
        return
    if not settings.api_tokens:
        raise click.ClickException(f"Nobody could use the API: {VARIABLE} holds no token. {NEW_TOKEN_HINT}")
    _serve(settings, settings.api_host if host is None else host, settings.api_port if port is None else port)


def _print_token(settings: Settings, companies: TokenCompanies) -> None:
    token = new_token()
    tokens = settings.api_tokens | {digest(token): companies}
    value = json.dumps({key: seen if seen == "*" else sorted(seen) for key, seen in tokens.items()})
    known = f" (with the {len(tokens) - 1} that it holds now)" if len(tokens) > 1 else ""
    click.echo("The token, for the one who will use it; it is stored nowhere:", err=True)
    click.echo(token)
    click.echo(f"The setting{known}, for the environment or `.env`; then start the API again:", err=True)
    click.echo(f"{VARIABLE}='{value}'")


def _serve(settings: Settings, host: str, port: int) -> None:
    try:
        app = create_api(settings)
    except StorageError as error:
        raise click.ClickException(str(error)) from error
    uvicorn.run(app, host=host, port=port, server_header=False)

"""Pages as HTML: templates, texts, and the headers that keep a page to itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from wisebook_ml import __version__
from wisebook_ml.access import Caller, Right, csrf_of
from wisebook_ml.api.access import SESSION_COOKIE
from wisebook_ml.api.pages.languages import LANGUAGES, fill, language_of, texts
from wisebook_ml.api.pages.statics import digest_of_all

__all__ = ["HEADERS", "PAGES", "Page", "render"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the dashboard: `name` is that of its template, its script and its texts."""

    name: str
    path: str


PAGES = (
    Page("detections", "/"),
    Page("alerts", "/alertes/"),
    Page("treasury", "/tresorerie/"),
    Page("statistics", "/statistiques/"),
    Page("models", "/modeles/"),
    Page("operations", "/exploitation/"),
)
"""In the order of the menu: what one looks at every day first."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # so that no script can write HTML: only text and elements
        "trusted-types 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers do not tell where a form comes from, which signing in looks at.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    # What belongs to a company does not stay in a browser after it has signed out.
    "Cache-Control": "no-store",
}
"""Of every page; with them it loads only what comes from here, and no other site can frame it."""


def render(
    request: Request, name: str, *, caller: Caller | None = None, status: int = 200, values: Mapping[str, object] = {}
) -> Response:
    """Return a page.

    Parameters
    ----------
    request : Request
        Chooses the language.
    name : str
        Of the template.
    caller : Caller, optional
        Who is signed in.
    status : int
        HTTP status.
    values : mapping
        Further values for the template.
    """
    lang = language_of(request)
    told = texts(lang)

    def say(key: str, **places: object) -> str:
        return fill(told[key], places)

    html = (
        _templates()
        .get_template(f"{name}.html")
        .render(
            t=say,
            lang=lang,
            other=next(one for one in LANGUAGES if one != lang),
            pages=PAGES,
            here=request.url.path,
            name=name,
            static=f"/static/{digest_of_all()}",
            version=__version__,
            caller=caller,
            rights=" ".join(right for right in Right if caller is not None and caller.may(right)),
            csrf=csrf_of(request.cookies.get(SESSION_COOKIE, "")),
            **values,
        )
    )
    return Response(html, status, HEADERS, media_type="text/html; charset=utf-8")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("wisebook_ml.api.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

"""What all pages have in common: who is not signed in is asked to, and errors are pages too."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

import sqlalchemy.exc
from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse

from wisebook_ml.api.pages.languages import LANGUAGE_COOKIE, LANGUAGES
from wisebook_ml.api.pages.shell import HEADERS, PAGES, render
from wisebook_ml.storage import StorageError

__all__ = ["SEE_OTHER", "SIGN_IN", "PageRoute", "redirect", "safe_target"]

SIGN_IN = "/connexion/"

A_YEAR = 365 * 24 * 3600
"""How long a browser remembers its language, in seconds."""

SEE_OTHER = 303

EXPLAINED = frozenset({403, 404, 429, 503})
"""Statuses that have a text of their own."""


class PageRoute(APIRoute):
    """A route that answers with pages: the `route_class` of the dashboard."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what handles a request."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            chosen = request.query_params.get("langue")
            if chosen in LANGUAGES and request.method == "GET":
                return _remember(request, chosen)
            try:
                return await handle(request)
            except HTTPException as error:
                if error.status_code == 401:
                    return redirect(f"{SIGN_IN}?{urlencode({'vers': request.url.path})}")
                return _explain(request, error.status_code)
            except (StorageError, sqlalchemy.exc.TimeoutError):
                return _explain(request, 503)

        return handler


def redirect(target: str) -> Response:
    """Return the answer that sends a browser elsewhere."""
    return RedirectResponse(target, SEE_OTHER, HEADERS)


def safe_target(wanted: str) -> str:
    """Return the page that was wanted before signing in; the first one, where that is none of this dashboard.

    Examples
    --------
    >>> safe_target("/alertes/"), safe_target("https://elsewhere.example/")
    ('/alertes/', '/')
    """
    return wanted if any(wanted == page.path for page in PAGES) else PAGES[0].path


def _remember(request: Request, lang: str) -> Response:
    left = [(name, value) for name, value in request.query_params.multi_items() if name != "langue"]
    response = redirect(request.url.path + (f"?{urlencode(left)}" if left else ""))
    secure = request.url.scheme == "https"
    response.set_cookie(
        LANGUAGE_COOKIE, lang, max_age=A_YEAR, path="/", secure=secure, httponly=True, samesite="strict"
    )
    return response


def _explain(request: Request, status: int) -> Response:
    told = status if status in EXPLAINED else 500
    return render(request, "error", status=status, values={"reason": f"error.{told}"})
